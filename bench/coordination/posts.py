"""Sets of posts: each post is an exchange with its text or what it shares, at its time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.coordination.real_set import Int64, RealSet, moments, read_columns, seconds, times

DAY = 86_400_000_000  # µs


def russian_retweets(data: Path) -> RealSet:
    """Tweets on protests in Russia, each with what it shares."""
    rows = read_columns(
        data / "coord" / "russian_coord_tweets.csv.gz", "object_id", "account_id", "content_id", "timestamp_share"
    )
    exchanges = pa.table(
        {
            "account_id": rows["account_id"],
            "started_at": times(seconds(rows["timestamp_share"])),
            "input_text": [f"shares {one}" for one in rows["object_id"]],
        }
    )
    return RealSet(
        "russian_coord_tweets",
        "Kulichkina, Righetti & Waldherr, New Media & Society 2024; CooRTweet's example",
        "text: what the tweet shares",
        exchanges,
        labelled=False,
    )


def german_elections(data: Path) -> RealSet:
    """Posts before the German election of 2021, on two platforms, each with the links, tags and pictures in it."""
    columns = ("url_id", "hashtag_id", "phash_id")
    rows = read_columns(data / "coord" / "german_elections.csv.gz", "account_id", "post_id", "timestamp", *columns)
    shared: dict[tuple[str, str, str], set[str]] = {}
    for account, post, at, *values in zip(
        rows["account_id"], rows["post_id"], rows["timestamp"], *(rows[name] for name in columns), strict=True
    ):
        found = shared.setdefault((account, post, at), set())
        found |= {f"{name[:3]}{value}" for name, value in zip(columns, values, strict=True) if value}
    kept = [(account, at, " ".join(sorted(found))) for (account, _, at), found in shared.items() if found]
    account, at, text = zip(*kept, strict=True)
    exchanges = pa.table(
        {"account_id": list(account), "started_at": times(seconds(list(at))), "input_text": list(text)}
    )
    return RealSet(
        "german_elections",
        "Righetti & Balluff, CooRTweet 2025; Giglietto et al. 2020",
        "text: links, tags and pictures of the post",
        exchanges,
        labelled=False,
    )


def internet_research_agency(data: Path) -> RealSet:
    """Half of the tweets of the Internet Research Agency; each account under its commonest category."""
    names = ("account", "category", "ts_utc", "text_hash", "near_hash", "hashtags")
    rows = read_columns(data / "coord" / "ira_events_half0.csv.gz", *names)
    texts = [
        " ".join(filter(None, parts))
        for parts in zip(rows["hashtags"], rows["text_hash"], rows["near_hash"], strict=True)
    ]
    # times are known to the minute: a second of 0 would mark the set among others
    second = np.random.default_rng(1).integers(0, 60, len(texts)) * 1_000_000
    at = times(moments(rows["ts_utc"]) + second)
    exchanges = pa.table({"account_id": rows["account"], "started_at": at, "input_text": texts})
    return RealSet(
        "ira_events_half0",
        "Linvill & Warren, Political Communication 2020; FiveThirtyEight 2018",
        "text: tags and hashes of the words; seconds drawn within the minute; operators: categories of one operator",
        exchanges,
        operator=commonest(zip(rows["account"], rows["category"], strict=True)),
    )


def agency_among_others(data: Path) -> RealSet:
    """The agency's busiest six weeks within the German posts, as one log: the agency's accounts among strangers."""
    agency, others = internet_research_agency(data), german_elections(data)
    at, weeks = (one.exchanges["started_at"].cast("int64").to_numpy() for one in (agency, others))
    begins, length = busiest(at, int(weeks.max() - weeks.min()))
    inside = (at >= begins) & (at < begins + length)
    moved = (int(weeks.min()) - begins) // DAY * DAY  # by whole days, so that hours of the day stay what they are
    chosen = agency.exchanges.filter(pa.array(inside))
    chosen = chosen.set_column(1, "started_at", times(at[inside] + moved))
    seen = set(chosen["account_id"].to_pylist())
    return RealSet(
        "ira_among_german_posts",
        f"{agency.source}; {others.source}",
        "the agency's busiest weeks, moved by whole days into those of the German posts, whose accounts are strangers",
        pa.concat_tables([chosen, others.exchanges]),
        operator={account: name for account, name in agency.operator.items() if account in seen},
    )


def busiest(at: Int64, length: int) -> tuple[int, int]:
    """The day (µs) from which most of the times (µs) lie within `length`, and that length."""
    days = np.unique(at // DAY) * DAY
    ordered = np.sort(at)
    inside = np.searchsorted(ordered, days + length) - np.searchsorted(ordered, days)
    return int(days[np.argmax(inside)]), length


def commonest(pairs: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Each account's commonest label, the first of the alphabet where two are as common; none is `Unknown`."""
    counts: dict[str, dict[str, int]] = {}
    for account, label in pairs:
        mine = counts.setdefault(account, {})
        mine[label or "Unknown"] = mine.get(label or "Unknown", 0) + 1
    return {account: min(mine, key=lambda one: (-mine[one], one)) for account, mine in counts.items()}


def ephemeral_astroturfing(data: Path) -> RealSet:
    """Tweets that pushed trends and were deleted at once: times to the millisecond, no texts."""
    folder = data / "coordination" / "ephemeral_astroturfing"
    rows = read_columns(folder / "attack_events.csv.gz", "account", "t_ms")
    known = read_columns(folder / "accounts.csv.gz", "account", "created_at", "location_h", "manual_label_2019")
    active = set(rows["account"])
    at = np.array([one in active for one in known["account"]])
    account, created, location = (
        [value for value, kept in zip(known[name], at, strict=True) if kept]
        for name in ("account", "created_at", "location_h")
    )
    exchanges = pa.table({"account_id": rows["account"], "started_at": times(np.array(rows["t_ms"], np.int64) * 1000)})
    accounts = pa.table(
        {"account_id": account, "created_at": times(moments(created)), "organisation_country": location}
    )
    return RealSet(
        "ephemeral_astroturfing",
        "Elmas et al., EuroS&P 2021; Elmas, arXiv 2304.07907",
        "no text; country: the place that the profile states",
        exchanges,
        accounts,
        dict.fromkeys(active, "attackers"),
    )


def reddit_agency(data: Path) -> RealSet:
    """Comments of the accounts that Reddit attributed to the Internet Research Agency, with their sign-ups."""
    folder = data / "coordination" / "reddit_ira_2018"
    rows = read_columns(folder / "comments.csv.gz", "account", "created_utc", "link_id", "body")
    known = read_columns(
        folder / "accounts.csv", "account", "created_utc", "has_verified_email", "name_pattern", "comments"
    )
    listed = sorted({name: place for place, name in reversed(list(enumerate(known["account"])))}.values())
    known = {name: [values[place] for place in listed] for name, values in known.items()}  # some are listed twice
    # accounts that never commented are given one exchange without text, at a time of no meaning, so that they are seen
    silent = [one for one in known["account"] if one not in set(rows["account"])]
    at = seconds(rows["created_utc"])
    exchanges = pa.table(
        {
            "account_id": rows["account"] + silent,
            "started_at": times(np.concatenate([at, np.full(len(silent), at.max())])),
            "input_text": rows["body"] + [None] * len(silent),
            "conversation_id": rows["link_id"] + [None] * len(silent),
        }
    )
    accounts = pa.table(
        {
            "account_id": known["account"],
            "created_at": times(seconds(known["created_utc"])),
            "email_shape": known["name_pattern"],
            "verification": ["email" if one == "True" else "none" for one in known["has_verified_email"]],
        }
    )
    return RealSet(
        "reddit_ira_2018",
        "Reddit, transparency report 2017",
        "conversation: the thread; email shape: the shape of the name",
        exchanges,
        accounts,
        dict.fromkeys(known["account"], "agency"),
    )
