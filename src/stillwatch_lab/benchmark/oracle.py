"""When could a detector that knows a campaign's true parameters have acted? The bar for `patient`, which hides longest.

The oracle is told what no real detector knows: the distributions from which the campaign's exchanges and everybody
else's are drawn. It watches each account by itself, exchange by exchange in event time, and adds up

    LLR = Σ log2 P(exchange | campaign) / P(exchange | others)

over what a sketch holds: capability, sampling parameters, model, client, tools and content features, and whether the
conversation was last seen on another account. It acts on an account when its LLR first reaches log2(100,000) bits: if
the ratio is exact, the chance that an innocent ever reaches that is at most 1 in 100,000, however long one watches
(Ville 1939), and no test with the same errors needs fewer exchanges on average (Wald & Wolfowitz 1948).

The ratio is not exact, and two things keep it honest. Distributions are estimated on one half of the accounts and used
on the other, so that no account's own words speak against it. And persons are not draws from one distribution: one who
only ever asks for mathematics would pile up bits forever. So the bar is raised until at most 1 per 100,000 of the
world's innocents reach it at any time; `threshold_bits` is that bar, and `innocents_over_exact` tells how many would
have passed the exact one. It uses no links between accounts but continued conversations. Knowing the words means
knowing the very data set that the campaign asks from, which may give an account away at its first exchange; so the
outcome is also given `by_form` alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.records.features import decode_features
from stillwatch.records.sketches import FEATURES

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

EXACT_BITS = math.log2(100_000)  # a likelihood ratio that an innocent ever reaches with chance 1 in 100,000 at most
INNOCENTS_PER_100K = 1.0
CATEGORIES = ("capability", "parameters_value", "request_model", "user_agent_value", "tools_value")
BUCKETS = 1 << 20  # of content features: 50 million draws of a full world stay countable in 16 MB
SMOOTHING = 20.0  # pseudo-exchanges of the others' distribution added to the campaign's
CONTENT_CAP = 12.0  # bits an exchange: its 16 features come from one text and are far from independent
SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Seen:
    """All exchanges in order of account and time: account number, microseconds, and categories as small numbers."""

    account: Whole
    at: Whole
    categories: tuple[Whole, ...]
    content: NDArray[np.int32]  # (exchanges, FEATURES) buckets, -1 where absent
    continues: NDArray[np.bool_]
    ids: list[str]


@dataclass(frozen=True, slots=True)
class _Labels:
    """The oracle's knowledge: the campaign's accounts, the accounts in no campaign, the exchanges that serve it."""

    guilty: NDArray[np.bool_]
    innocent: NDArray[np.bool_]
    serves: NDArray[np.bool_]


def known_parameters(sketches: Path, truth: Path, profile: str) -> dict[str, Any] | None:
    """Days after the campaign's first exchange at which the oracle has acted on half of its accounts, and what led up
    to it; None when the world has no such profile.

    `half_at` is None when half are never reached; `leak_share` is of the campaign's exchanges before their account's
    crossing. `by_form` holds the same for an oracle that does not look at words.
    """
    campaigns = pq.read_table(truth / "campaigns.parquet")
    names = campaigns.filter(pc.field("rung") == profile)["campaign_id"].to_pylist()
    if not names:
        return None
    seen = _read(sketches)
    labels = _labels(truth, names, seen, sketches)
    form, words = _bits(seen, labels)
    by_form = _outcome(seen, labels, _running(seen.account, form))
    return {**_outcome(seen, labels, _running(seen.account, form + words)), "by_form": by_form}


def _read(sketches: Path) -> _Seen:
    columns = ["account_id", "started_at", "conversation_value", "content_features", *CATEGORIES]
    table = pq.read_table(sketches, columns=columns)  # the sketch table is ordered by account and time
    coded = table["account_id"].combine_chunks().dictionary_encode()
    account = coded.indices.to_numpy().astype(np.int64)
    at = table["started_at"].cast(pa.int64()).to_numpy()
    continues = _continues(account, at, _codes(table["conversation_value"]))
    features = decode_features(table["content_features"])
    content = np.where(features == 0, -1, (features % BUCKETS).astype(np.int32)).astype(np.int32)
    categories = tuple(_codes(table[name]) for name in CATEGORIES)
    return _Seen(account, at, categories, content, continues, coded.dictionary.to_pylist())


def _codes(column: pa.ChunkedArray) -> Whole:
    """Small numbers for the values of a column, -1 where null."""
    coded = column.combine_chunks().dictionary_encode().indices
    return np.asarray(pc.fill_null(coded, -1).to_numpy(), np.int64)


def _continues(account: Whole, at: Whole, conversation: Whole) -> NDArray[np.bool_]:
    """Whether the exchange before this one of the same conversation was another account's."""
    order = np.lexsort((at, conversation))
    same = (conversation[order][1:] == conversation[order][:-1]) & (conversation[order][1:] >= 0)
    result = np.zeros(len(account), bool)
    result[order[1:]] = same & (account[order][1:] != account[order][:-1])
    return result


def _labels(truth: Path, names: list[str], seen: _Seen, sketches: Path) -> _Labels:
    exchanges = pq.read_table(truth / "exchanges.parquet", columns=["exchange_id", "campaign_id"])
    own = exchanges.filter(pc.is_in(exchanges["campaign_id"], pa.array(names, pa.string())))
    ids = pq.read_table(sketches, columns=["exchange_id"])["exchange_id"]
    serves, serves_any = (
        np.asarray(pc.is_in(ids, some["exchange_id"].combine_chunks()).to_numpy(), bool) for some in (own, exchanges)
    )
    guilty, innocent = np.zeros(len(seen.ids), bool), np.ones(len(seen.ids), bool)
    guilty[seen.account[serves]] = True
    innocent[seen.account[serves_any]] = False
    return _Labels(guilty, innocent, serves)


def _bits(seen: _Seen, labels: _Labels) -> tuple[Real, Real]:
    """Log2 likelihood ratio of each exchange by its form and by its words, its distributions taken from the other half
    of the accounts."""
    half = (np.arange(len(seen.ids)) % 2).astype(bool)[seen.account]
    others = labels.innocent[seen.account]
    form, words = np.zeros(len(seen.account)), np.zeros(len(seen.account))
    for fold in (False, True):
        learn, use = half != fold, half == fold
        ours, theirs = learn & labels.serves, learn & others
        for codes in (*seen.categories, seen.continues.astype(np.int64)):
            form[use] += _categorical(codes, ours, theirs)[codes[use] + 1]
        table = _content(seen.content, ours, theirs)
        own = np.where(seen.content[use] < 0, 0.0, table[seen.content[use]]).sum(axis=1)
        words[use] = np.clip(own, -CONTENT_CAP, CONTENT_CAP)
    return form, words


def _categorical(codes: Whole, ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Real:
    """Log2 ratio of the smoothed shares of each code, shifted by one so that -1 (absent) has a place."""
    size = int(codes.max(initial=-1)) + 2
    theirs_n = np.bincount(codes[theirs] + 1, minlength=size) + 0.5
    q = theirs_n / theirs_n.sum()
    p = (np.bincount(codes[ours] + 1, minlength=size) + SMOOTHING * q) / (ours.sum() + SMOOTHING)
    return np.asarray(np.log2(p / q), float)


def _content(content: NDArray[np.int32], ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Real:
    """Log2 ratio of the smoothed chances that an exchange holds a feature."""
    counts = [np.bincount(content[rows][content[rows] >= 0], minlength=BUCKETS) for rows in (ours, theirs)]
    q = (counts[1] + 0.5) / (theirs.sum() + 1.0)
    p = (counts[0] + SMOOTHING * q) / (ours.sum() + SMOOTHING)
    # as if a text's 16 features were worth 4 independent ones: they come from one sentence or two
    return np.asarray(np.log2(p / q) / math.sqrt(FEATURES), float)


def _running(account: Whole, bits: Real) -> Real:
    """Bits summed within each account up to and including each exchange."""
    total = np.cumsum(bits)
    starts = np.flatnonzero(np.diff(account, prepend=-1))
    before = np.where(starts > 0, total[starts - 1], 0.0)
    return np.asarray(total - np.repeat(before, np.diff(starts, append=len(account))), float)


def _outcome(seen: _Seen, labels: _Labels, running: Real) -> dict[str, Any]:
    threshold, over = _threshold(seen, labels, running)
    crossed = running >= threshold
    never = np.iinfo(np.int64).max
    first = np.full(len(seen.ids), never)
    np.minimum.at(first, seen.account[crossed], seen.at[crossed])
    began, ended = int(seen.at[labels.serves].min()), int(seen.at[labels.serves].max())
    times = np.sort(first[labels.guilty])
    half = int(times[(len(times) + 1) // 2 - 1])
    return {
        "accounts": int(labels.guilty.sum()),
        "reached": int((times != never).sum()),
        "threshold_bits": threshold,
        "innocents_over_exact": over,
        "innocents": int(labels.innocent.sum()),
        "half_at": None if half == never else (half - began) / 1e6 / SECONDS_A_DAY,
        "days": (ended - began) / 1e6 / SECONDS_A_DAY,
        "leak_share": float((seen.at[labels.serves] < first[seen.account[labels.serves]]).mean()),
        "exchanges_needed": _needed(seen, crossed & labels.guilty[seen.account]),
    }


def _threshold(seen: _Seen, labels: _Labels, running: Real) -> tuple[float, int]:
    """The bar that at most 1 per 100,000 innocents ever reach, and how many reach the exact one."""
    highest = np.full(len(seen.ids), -np.inf)
    np.maximum.at(highest, seen.account, running)
    innocent = np.sort(highest[labels.innocent])[::-1]
    allowed = int(INNOCENTS_PER_100K * len(innocent) / 100_000)
    bar = float(np.nextafter(innocent[allowed], np.inf)) if len(innocent) > allowed else EXACT_BITS
    return max(EXACT_BITS, bar), int((innocent >= EXACT_BITS).sum())


def _needed(seen: _Seen, crossed: NDArray[np.bool_]) -> float | None:
    """Median exchanges an account made up to its crossing, over the accounts that crossed."""
    starts = np.flatnonzero(np.diff(seen.account, prepend=-1))
    place = np.arange(len(seen.account)) - np.repeat(starts, np.diff(starts, append=len(seen.account))) + 1
    rows = np.flatnonzero(crossed)
    if not len(rows):
        return None
    _, firsts = np.unique(seen.account[rows], return_index=True)
    return float(np.median(place[rows[firsts]]))
