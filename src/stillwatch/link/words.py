"""What a network asks for, as far as it outlives addresses, programs and templates: the words of its texts.

Of some of a network's texts the content features are counted, those of frames left out, and of some texts of strangers
as well. A feature says log2(share of the network's texts / share of strangers') bits for a text that has it. How alike
an account is to the network is the mean over its texts of those bits, by the network's own mean: about 1 for a queue
that deals the same data set, near 0 for people. Words of one text depend on one another and texts of one person do too,
so that these bits are never added up: what likeness says is read from how it is distributed over accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.records.claims import ASKS_ALIKE
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.features import decode_features, without_frames

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

MOST_READ = 20_000  # accounts of all networks together, of each at most MEMBERS
MEMBERS = 200
STRANGERS = 2_000
TEXTS = 100  # of each account, its first
WORDS = 1_000  # of each network, those that tell most
HOLDERS, HOLDING = 3, 0.05  # accounts, and share of those read, that must use a word: what one account asks is its own
CAP = 4.0  # bits that one word may add
LEAST_TEXTS = 200  # of a network, for shares of them to be more than noise

# how mean likeness over n texts is distributed, by worlds 1 to 4 of `python -m bench.access --parts reentry`
PEOPLE = 0.03  # times 1 + 1/n, mean of a stranger's, exponentially distributed
MEMBER, OF_ONE_TEXT = 0.12, 0.4  # spread of a member's around 1, and of one text's beside that
SAME_SUBJECT = 1e-4  # share of newcomers who ask of the same things, other operators with the same aim included

_READ = Table("accounts_whose_words_count", columns(Kind.INT32, "account_index"))
_UNTIL = "texts_read_until"
CHOSEN_TO_READ = f"""(
  SELECT seen.account_id, seen.account_index, ends.until
  FROM account_sketches AS seen
  JOIN {_READ.name} AS wanted ON wanted.account_index = seen.account_index
  LEFT JOIN {_UNTIL} AS ends ON ends.account_index = seen.account_index
)"""
EARLY = "chosen.until IS NULL OR exchanges.started_at <= chosen.until"
"""Whether an exchange of CHOSEN_TO_READ may be among its account's first."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one network: features ascending, the bits of each (words,), and the mean bits of its own texts."""

    feature: Int64
    bits: Float
    level: float


NO_WORDS = Words(np.empty(0, np.int64), np.empty(0), 0.0)


def words_of(profile: pa.Table) -> Words:
    """The words among the rows of `network_profiles` of one network."""
    rows = profile.filter(pc.equal(profile["claim"], ASKS_ALIKE.name)).sort_by("keyed")
    if rows.num_rows == 0:
        return NO_WORDS
    usage, rate = rows["usage"].to_numpy(), rows["rate"].to_numpy()
    bits = np.clip(np.log2(np.maximum(usage, 1e-9) / np.maximum(rate, 1e-9)), 0.0, CAP)
    return Words(rows["keyed"].to_numpy(), bits, float((usage * bits).sum()))


def word_rows(engine: Engine, named: Sequence[tuple[str, NDArray[np.int32]]], accounts: int) -> list[pa.Table]:
    """Rows of profiles for the words of networks, whose members are indices among so many `accounts`."""
    if not named:
        return []
    most = max(1, min(MEMBERS, MOST_READ // len(named)))
    chosen = {name: _spread(np.sort(members), most) for name, members in named}
    inside = np.unique(np.concatenate([members for _, members in named]))
    outside = _spread(np.setdiff1d(np.arange(accounts), inside), STRANGERS)
    wanted = np.unique(np.concatenate([outside, *chosen.values()])).astype(np.int32)
    engine.store(_READ, pa.table({"account_index": wanted}).cast(_READ.schema))
    engine.create(_UNTIL, until_sql())
    account, _, features = texts_of(engine.fetch(texts_sql("exchange_sketches", CHOSEN_TO_READ, EARLY)))
    strangers = _counted(features[np.isin(account, outside)])
    total = int(np.isin(account, outside).sum())
    parts = [
        _rows(name, account[own], features[own], len(members), strangers, total)
        for name, members in chosen.items()
        if np.count_nonzero(own := np.isin(account, members)) >= LEAST_TEXTS
    ]
    return parts if total >= LEAST_TEXTS else []


def _spread(accounts: NDArray[np.integer], most: int) -> Int64:
    """At most so many of the accounts, evenly spaced."""
    places = np.linspace(0, len(accounts) - 1, min(most, len(accounts))).astype(np.int64)
    return np.asarray(accounts[places], np.int64)


def until_sql() -> Query:
    """When those accounts to read that sent more had sent TEXTS exchanges.

    Members may have sent a hundred times as many. Their times are small; their texts are sorted only as far as they are
    needed.
    """
    return Query(
        "last of the first exchanges",
        f"""
SELECT account_index, max(started_at) AS until
FROM (
  SELECT
    seen.account_index, exchanges.started_at,
    row_number() OVER (PARTITION BY seen.account_index ORDER BY exchanges.started_at) AS place
  FROM exchange_sketches AS exchanges
  JOIN account_sketches AS seen ON seen.account_id = exchanges.account_id
  JOIN {_READ.name} AS wanted ON wanted.account_index = seen.account_index
  WHERE seen.exchanges > {TEXTS}
) AS numbered
WHERE place <= {TEXTS}
GROUP BY account_index""",
    )


def texts_sql(exchanges: str, chosen: str, needed: str = "TRUE") -> Query:
    """The first TEXTS exchanges of each account of the table `chosen`, in order; all of them are `needed`, SQL."""
    return Query(
        "first exchanges of accounts",
        f"""
SELECT account_index, started_at, content_features, head_value, tail_value
FROM (
  SELECT
    chosen.account_index, exchanges.started_at, exchanges.content_features, exchanges.head_value,
    exchanges.tail_value,
    row_number() OVER (
      PARTITION BY chosen.account_index ORDER BY exchanges.started_at, exchanges.exchange_id
    ) AS place
  FROM {exchanges} AS exchanges
  JOIN {chosen} AS chosen ON chosen.account_id = exchanges.account_id
  WHERE {needed}
) AS numbered
WHERE place <= {TEXTS}
ORDER BY account_index, place""",
    )


def texts_of(rows: pa.Table) -> tuple[Int64, Int64, NDArray[np.uint32]]:
    """Accounts (exchanges,), times in µs, and features (exchanges, 16) without frames, of the rows of `texts_sql`."""
    account = rows["account_index"].to_numpy().astype(np.int64)
    marks = np.stack([rows[name].fill_null(0).to_numpy() for name in ("head_value", "tail_value")], axis=1)
    features = without_frames(account.astype(np.int32), marks, decode_features(rows["content_features"]))
    return account, rows["started_at"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(), features


def _counted(features: NDArray[np.uint32]) -> tuple[Int64, Int64]:
    """The distinct features, ascending, and how many texts hold each: a text holds each once."""
    found, count = np.unique(features[features > 0], return_counts=True)
    return found.astype(np.int64), count.astype(np.int64)


def _rows(
    name: str,
    account: Int64,
    features: NDArray[np.uint32],
    members: int,
    strangers: tuple[Int64, Int64],
    total: int,
) -> pa.Table:
    feature, texts = _counted(features)
    row, column = np.nonzero(features)
    # feature and account as one number, which is sorted many times faster than two
    pairs = np.unique(features[row, column].astype(np.uint64) << np.uint64(32) | account[row].astype(np.uint64))
    used = (pairs >> np.uint64(32)).astype(np.int64)
    holders = np.bincount(np.searchsorted(feature, used), minlength=len(feature))
    usage = texts / len(account)
    rate = (_looked_up(feature, strangers) + 0.5) / (total + 1.0)
    bits = np.log2(usage / rate)
    kept = np.flatnonzero((holders >= max(HOLDERS, HOLDING * members)) & (bits >= 1.0))
    kept = np.sort(kept[np.argsort(-(usage * np.minimum(bits, CAP))[kept], kind="stable")][:WORDS])
    count = len(kept)
    return pa.table(
        {
            "network_id": pa.array([name] * count, pa.string()),
            "claim": pa.array([ASKS_ALIKE.name] * count, pa.string()),
            "keyed": feature[kept],
            "accounts": holders[kept],
            "usage": usage[kept],
            "rate": rate[kept],
            "held_since": pa.array(np.zeros(count, np.int64), pa.timestamp("us")),  # words are not taken up
        }
    )


def _looked_up(wanted: Int64, counted: tuple[Int64, Int64]) -> Int64:
    feature, count = counted
    if len(feature) == 0:
        return np.zeros(len(wanted), np.int64)
    place = np.minimum(np.searchsorted(feature, wanted), len(feature) - 1)
    return np.where(feature[place] == wanted, count[place], 0)


def likeness(words: Words, features: NDArray[np.uint32]) -> Float:
    """How alike each text (texts,) is to those of the network, of which the mean is 1."""
    if words.level <= 0.0:
        return np.zeros(len(features))
    place = np.minimum(np.searchsorted(words.feature, features), len(words.feature) - 1)
    hit = (words.feature[place] == features) & (features > 0)
    return np.asarray(np.where(hit, words.bits[place], 0.0).sum(axis=1) / words.level)


def bits_of_likeness(alike: Float, texts: Int64) -> Float:
    """What the mean likeness of accounts of so many texts says: bits for a member of the network, NaN without texts."""
    count = np.maximum(texts, 1)
    sigma, mean = np.sqrt(MEMBER**2 + OF_ONE_TEXT**2 / count), PEOPLE * (1.0 + 1.0 / count)
    member = np.exp(-0.5 * ((alike - 1.0) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    stranger = (1.0 - SAME_SUBJECT) * np.exp(-alike / mean) / mean + SAME_SUBJECT
    return np.where(texts > 0, np.log2(np.maximum(member, 1e-9) / stranger), np.nan)


@dataclass(frozen=True, slots=True)
class Asked:
    """How alike accounts are to a network, over how many of their texts: (accounts,)."""

    alike: Float
    texts: Int64


def mean_likeness(words: Words, account: Int64, features: NDArray[np.uint32], accounts: int) -> Asked:
    """The mean likeness of each of so many accounts; `account` (texts,) says whose each text is."""
    has = (features > 0).any(axis=1)
    texts = np.bincount(account[has], minlength=accounts)
    total = np.bincount(account[has], weights=likeness(words, features[has]), minlength=accounts)
    return Asked(total / np.maximum(texts, 1), texts)
