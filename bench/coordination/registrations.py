"""Sets of accounts: sign-ups and profiles, or products reviewed together, without times of use.

The contract wants a time of each exchange. An account without any use is given one exchange without text, all at one
moment, which says nothing; uses whose times are unknown are given drawn ones, far apart.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.coordination.real_set import Int64, RealSet, moments, read_columns, times

SEEN = np.datetime64("2022-01-01", "us").astype(np.int64)  # the moment of the one exchange
FEW = 100  # accounts of each operation, where they are thinned
YEAR = 365 * 86_400_000_000  # µs
OPENED = np.datetime64("2006-10-10", "us").astype(np.int64)  # of VKontakte, whose ids are in order of registration
THOUSAND_IDS = 600_000_000  # µs: some 700 million ids in fifteen years


def seen_once(accounts: list[str]) -> pa.Table:
    """One exchange without text for each account."""
    return pa.table({"account_id": accounts, "started_at": times(np.full(len(accounts), SEEN))})


def bought_followers(data: Path) -> RealSet:
    """Bought followers and the spam bots of one campaign among people, with their profiles."""
    colours = ("text_color", "link_color", "sidebar_fill", "sidebar_border", "background_color")
    names = ("account", "source", "label", "created_at", "lang", "site_h", "handle_pattern", "background_image_h")
    rows = read_columns(
        data / "coordination" / "cresci_purchased_spambots" / "accounts.csv.gz", *names, *colours, "time_zone"
    )
    # one account stands in two of the files that were put together
    first = sorted({account: place for place, account in reversed(list(enumerate(rows["account"])))}.values())
    kept = {name: [values[place] for place in first] for name, values in rows.items()}
    theme = [
        " ".join(one or "-" for one in parts)
        for parts in zip(*(kept[name] for name in (*colours, "background_image_h")), strict=True)
    ]
    accounts = pa.table(
        {
            "account_id": kept["account"],
            "created_at": times(moments(kept["created_at"])),
            "organisation_country": kept["lang"],
            "phone_prefix": kept["time_zone"],
            "email_domain": kept["site_h"],
            "email_shape": kept["handle_pattern"],
            "signup_fingerprint": theme,
        }
    )
    operator = {
        account: source
        for account, source, label in zip(kept["account"], kept["source"], kept["label"], strict=True)
        if label == "coordinated"
    }
    return RealSet(
        "cresci_purchased_spambots",
        "Cresci et al., Decision Support Systems 2015; Cresci et al., WWW 2017",
        "country: language; phone prefix: time zone; domain: site; email shape: the name's; sign-up client: theme",
        seen_once(kept["account"]),
        accounts,
        operator,
        timed=False,
    )


def few_bought_followers(data: Path) -> RealSet:
    """The same with a hundred accounts of each operation, which then are a fiftieth of the log and not a third."""
    whole = bought_followers(data)
    dropped: set[str] = set()
    for name in sorted(set(whole.operator.values())):
        own = sorted(account for account, owner in whole.operator.items() if owner == name)
        dropped |= set(np.random.default_rng(1).permutation(own)[FEW:].tolist())
    tables = [whole.exchanges, whole.accounts]
    kept = [one.filter(pc.invert(pc.is_in(one["account_id"], pa.array(sorted(dropped))))) for one in tables if one]
    operator = {account: owner for account, owner in whole.operator.items() if account not in dropped}
    note = f"the same, with {FEW} random accounts of each operation"
    return replace(whole, name="cresci_hundred_each", note=note, exchanges=kept[0], accounts=kept[1], operator=operator)


def rented_accounts(data: Path) -> RealSet:
    """Accounts that three traders lent, among people, with nothing but the order of registration."""
    names = ("account", "id_bin1000", "label", "vendor_or_community", "quality")
    rows = read_columns(data / "coordination" / "vk_purchased_bots" / "accounts.csv.gz", *names)
    born: dict[str, int] = {}
    operator: dict[str, str] = {}
    for account, place, label, vendor, quality in zip(*(rows[name] for name in names), strict=True):
        born[account] = int(place)
        if label == "bot":  # of those in several offers the first counts
            operator.setdefault(account, f"{vendor} {quality}".lower())
    created = OPENED + np.array(list(born.values()), np.int64) * THOUSAND_IDS
    accounts = pa.table({"account_id": list(born), "created_at": times(created)})
    return RealSet(
        "vk_purchased_bots",
        "Kolomeets, Chechulin & Kotenko, data of MKVK2021",
        "sign-up: the order of ids, as if as many registered every day",
        seen_once(list(born)),
        accounts,
        operator,
        timed=False,
    )


def spam_reviewers(data: Path) -> RealSet:
    """Reviewers who rated the same products; products are put together from pairs that rated alike."""
    folder = data / "coordination" / "amazon_spam_reviewers"
    known = read_columns(folder / "accounts.csv.gz", "account", "label")
    labels = {account: label for account, label in zip(known["account"], known["label"], strict=True) if label != "-10"}
    rows = read_columns(folder / "co_review_edges.csv.gz", "a", "b")
    neighbours: dict[str, set[str]] = {}
    for a, b in zip(rows["a"], rows["b"], strict=True):
        if a in labels and b in labels and a != b:
            neighbours.setdefault(a, set()).add(b)
            neighbours.setdefault(b, set()).add(a)
    account, text = [], []
    for number, members in enumerate(cliques(neighbours)):
        account += members
        text += [f"rates product {number}"] * len(members)
    alone = [one for one in labels if one not in neighbours]
    exchanges = pa.table(
        {
            "account_id": account + alone,
            "started_at": times(np.concatenate([_drawn(len(account)), np.full(len(alone), SEEN)])),
            "input_text": text + [None] * len(alone),
        }
    )
    return RealSet(
        "amazon_spam_reviewers",
        "Are neighbors alike?, data at github.com/guaiyoui/Fake_Review_Detection",
        "text: a product, one for each clique of pairs that rated alike; times drawn over a year",
        exchanges,
        operator={one: "spammers" for one, label in labels.items() if label == "1"},
        timed=False,
    )


def _drawn(count: int) -> Int64:
    return (SEEN - np.random.default_rng(1).integers(0, YEAR, count)).astype(np.int64)


def cliques(neighbours: dict[str, set[str]]) -> list[list[str]]:
    """Cliques that cover every pair of neighbours, each grown greedily from the first pair that is not covered yet."""
    covered: set[tuple[str, str]] = set()
    found = []
    for a in sorted(neighbours):
        for b in sorted(neighbours[a]):
            if a > b or (a, b) in covered:
                continue
            members, others = [a, b], neighbours[a] & neighbours[b]
            while others:
                # the account that leaves most others to go on with, the first of the alphabet of several
                best = min(others, key=lambda one: (-len(others & neighbours[one]), one))
                members.append(best)
                others = others & neighbours[best]
            found.append(sorted(members))
            covered |= {(one, two) for one in members for two in members if one < two}
    return found
