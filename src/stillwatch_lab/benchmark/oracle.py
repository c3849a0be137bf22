"""The oracle: a detector that knows a campaign's true parameters. It gives the earliest possible time of detection.

The oracle is given what no real detector knows: the distributions of the campaign's exchanges and of all other
exchanges. It follows each account by itself, exchange by exchange in event time, and adds up

    LLR = Σ log2 P(exchange | campaign) / P(exchange | others)

over the columns of a sketch: subject, form, sampling parameters, model, client, tools and content features, and whether
the conversation continues from another account. It acts on an account when its LLR first reaches log2(100,000) bits.
If the ratio is exact, an innocent account ever reaches that with a chance of at most 1 in 100,000 at any length of time
(Ville 1939), and no test with the same errors needs fewer exchanges on average (Wald & Wolfowitz 1948).

The ratio is not exact, so that two precautions are taken. Distributions are estimated on one half of the accounts and
applied to the other, so that an account is not judged by its own words. And since people differ, a person who asks only
for mathematics would add up bits without limit; the threshold is therefore raised until at most 1 per 100,000 of the
world's innocents ever reach it. `threshold_bits` is that threshold, and `innocents_over_exact` is the number of
innocents above the exact one. The oracle uses no links between accounts except continued conversations. Its knowledge
of words amounts to the campaign's data set, which can reveal an account at its first exchange; results without words
are therefore given as `by_form`.
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

EXACT_BITS = math.log2(100_000)  # an innocent ever reaches this likelihood ratio with a chance of at most 1 in 100,000
INNOCENTS_PER_100K = 1.0
CATEGORIES = ("subject", "form", "parameters_value", "request_model", "user_agent_value", "tools_value")
BUCKETS = 1 << 20  # of content features; the counts of a full world's 50 million features then take 16 MB
SMOOTHING = 20.0  # pseudo-exchanges of the other exchanges' distribution that are added to the campaign's counts
CONTENT_CAP = 12.0  # most bits per exchange, since its 16 features come from one text and are not independent
SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Seen:
    """All exchanges by account and time: account index, time (µs), and categories as integers from 0."""

    account: Whole
    at: Whole
    categories: tuple[Whole, ...]
    content: NDArray[np.int32]  # (exchanges, FEATURES) buckets, -1 where absent
    continues: NDArray[np.bool_]
    ids: list[str]


@dataclass(frozen=True, slots=True)
class _Labels:
    """The oracle's knowledge: the campaign's accounts, the accounts in no campaign, and the campaign's exchanges."""

    guilty: NDArray[np.bool_]
    innocent: NDArray[np.bool_]
    serves: NDArray[np.bool_]


def known_parameters(sketches: Path, truth: Path, profile: str) -> dict[str, Any] | None:
    """The oracle's results on the campaign of a profile; None when the world has no such campaign.

    `half_at` is the day after the campaign's first exchange on which the oracle has acted on half of its accounts, None
    if it never has. `leak_share` is the share of exchanges before their account crossed the threshold. `by_form` holds
    the same results of an oracle without words.
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
    table = pq.read_table(sketches, columns=columns)  # this table is in order of account and time
    coded = table["account_id"].combine_chunks().dictionary_encode()
    account = coded.indices.to_numpy().astype(np.int64)
    at = table["started_at"].cast(pa.int64()).to_numpy()
    continues = _continues(account, at, _codes(table["conversation_value"]))
    features = decode_features(table["content_features"])
    content = np.where(features == 0, -1, (features % BUCKETS).astype(np.int32)).astype(np.int32)
    categories = tuple(_codes(table[name]) for name in CATEGORIES)
    return _Seen(account, at, categories, content, continues, coded.dictionary.to_pylist())


def _codes(column: pa.ChunkedArray) -> Whole:
    """The values of a column as integers from 0, -1 for null."""
    coded = column.combine_chunks().dictionary_encode().indices
    return np.asarray(pc.fill_null(coded, -1).to_numpy(), np.int64)


def _continues(account: Whole, at: Whole, conversation: Whole) -> NDArray[np.bool_]:
    """True if the previous exchange of the same conversation was another account's, (exchanges,)."""
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
    """Log2 likelihood ratios of each exchange by its form and by its words, (exchanges,) each.

    The distributions come from the half of the accounts to which the exchange's account does not belong.
    """
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
    """The log2 ratio of the smoothed shares of each code; codes are shifted by one, since -1 means absent."""
    size = int(codes.max(initial=-1)) + 2
    theirs_n = np.bincount(codes[theirs] + 1, minlength=size) + 0.5
    q = theirs_n / theirs_n.sum()
    p = (np.bincount(codes[ours] + 1, minlength=size) + SMOOTHING * q) / (ours.sum() + SMOOTHING)
    return np.asarray(np.log2(p / q), float)


def _content(content: NDArray[np.int32], ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> Real:
    """The log2 ratio of the smoothed chances that an exchange has a feature."""
    counts = [np.bincount(content[rows][content[rows] >= 0], minlength=BUCKETS) for rows in (ours, theirs)]
    q = (counts[1] + 0.5) / (theirs.sum() + 1.0)
    p = (counts[0] + SMOOTHING * q) / (ours.sum() + SMOOTHING)
    # A text's 16 features come from one or two sentences and count as 4 independent ones.
    return np.asarray(np.log2(p / q) / math.sqrt(FEATURES), float)


def _running(account: Whole, bits: Real) -> Real:
    """Cumulative bits of each account up to and including each exchange."""
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
    """The threshold that at most 1 per 100,000 innocents ever reach, and the innocents that reach the exact one."""
    highest = np.full(len(seen.ids), -np.inf)
    np.maximum.at(highest, seen.account, running)
    innocent = np.sort(highest[labels.innocent])[::-1]
    allowed = int(INNOCENTS_PER_100K * len(innocent) / 100_000)
    bar = float(np.nextafter(innocent[allowed], np.inf)) if len(innocent) > allowed else EXACT_BITS
    return max(EXACT_BITS, bar), int((innocent >= EXACT_BITS).sum())


def _needed(seen: _Seen, crossed: NDArray[np.bool_]) -> float | None:
    """The median number of exchanges up to the crossing, over the accounts that crossed the threshold."""
    starts = np.flatnonzero(np.diff(seen.account, prepend=-1))
    place = np.arange(len(seen.account)) - np.repeat(starts, np.diff(starts, append=len(seen.account))) + 1
    rows = np.flatnonzero(crossed)
    if not len(rows):
        return None
    _, firsts = np.unique(seen.account[rows], return_index=True)
    return float(np.median(place[rows[firsts]]))
