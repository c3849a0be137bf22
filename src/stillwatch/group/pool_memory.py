"""How alike a group's conversation starts are by the time between them, on different accounts and on the same one.

A relay that deals its customers over its accounts makes the accounts look alike, but the pool keeps its customers'
memory: what one asks about, the same customer asks about again on that day, on another account. Rows of a data set do
not come back to a subject. Several answers to one question do, within minutes and nearly word for word, which is
why the hours after the first and texts that are nearly the same are looked at apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.statistics import conversation_starts
from stillwatch.group.templates import without_templates
from stillwatch.group.texts import coded
from stillwatch.records.definitions import DAY, HOUR
from stillwatch.records.features import without_frames

Bools = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

SOON = (0, HOUR)  # µs between two conversation starts: more than the first, up to the second
SAME_DAY = (3 * HOUR, 12 * HOUR)  # what is asked several times for one answer is asked within an hour or two
APART = (36 * HOUR, 1 << 60)  # not the same day, and soon enough to tell in a group's third day
COMMON = 0.05  # share of a group's conversation starts above which a word is its frame
LEAST_WORDS = 4  # words that a text must keep: texts of one word each are either alike or not
ALIKE = 0.3  # similarity from which two texts are the same but for the wording
STARTS = 8000  # conversation starts that are compared; more change the ratios by less than their own error
BLOCK = 2 * DAY  # µs of the log that are taken whole, so that what is near stays together
PAIRS = 60_000  # pairs of each sort that are compared
LEAST_PAIRS = 80  # pairs of either sort, for a ratio
BUSIEST = 4.0  # times the median account's pairs, beyond which an account's pairs are discounted
PRIOR = 1.0  # standard deviation of the log ratio over groups: what few pairs show is drawn to 0 by so much
LEAST = 1e-9  # similarity that stands in for none at all
SEED = 20261130


@dataclass(frozen=True, slots=True)
class Ratio:
    """Natural log of the similarity of pairs of some lag over that of pairs days apart, its standard error (days are
    clusters), and the share of pairs that are nearly the same text beyond that share of pairs days apart.

    All are NaN where too few pairs can be compared.
    """

    log: float
    error: float
    alike: float


NOTHING = Ratio(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class PoolMemory:
    """Similarity of conversation starts on different accounts within the hour, and later on the same day."""

    soon: Ratio
    same_day: Ratio


@dataclass(frozen=True, slots=True)
class _Starts:
    """Conversation starts in order of time: parallel arrays, and the words of each in ascending order of code.

    Accounts are numbered from 0 without gaps.
    """

    account: Int64
    at: Int64
    text: Int64
    code: Int32  # (starts, words), 0 for none
    weight: Float  # (codes,)
    norm: Float  # (starts,) length of the text's vector, 0 for too few words

    def __len__(self) -> int:
        return len(self.at)


def pool_memory(exchanges: Exchanges) -> PoolMemory:
    """The memory of the accounts together.

    Similarity is the cosine of words weighted by rarity (tf-idf), templates, frames and common words left out; pairs
    of one and the same text do not count, and no account counts for more than BUSIEST of the median account.
    """
    starts = _starts(exchanges)
    if len(starts) < 2:
        return PoolMemory(NOTHING, NOTHING)
    far = _similarities(starts, APART)
    return PoolMemory(_ratio(_similarities(starts, SOON), far), _ratio(_similarities(starts, SAME_DAY), far))


def _starts(exchanges: Exchanges) -> _Starts:
    rows = np.flatnonzero(conversation_starts(exchanges) & (exchanges.values["payload"] != 0))
    rows = rows[_blocks(exchanges.started_at[rows])]
    account_index = exchanges.account_index[rows]
    marks = np.stack([exchanges.values["head"][rows], exchanges.values["tail"][rows]], axis=1)
    features = exchanges.features[rows]
    features = without_frames(account_index, marks, without_templates(account_index, marks, features))
    names, code = coded(features)
    uses = np.bincount(code.ravel(), minlength=len(names))
    weight = np.log(max(len(rows), 1) / np.maximum(uses, 1)) ** 2
    weight[0] = 0.0
    weight[uses > max(3.0, COMMON * len(rows))] = 0.0
    code = np.sort(np.where(weight[code] > 0.0, code, 0), axis=1).astype(np.int32)
    norm = np.where((code > 0).sum(axis=1) >= LEAST_WORDS, np.sqrt(weight[code].sum(axis=1)), 0.0)
    order = np.argsort(exchanges.started_at[rows], kind="stable")
    order = order[norm[order] > 0.0]
    at, text = exchanges.started_at[rows], exchanges.values["payload"][rows]
    return _Starts(_dense(account_index[order]), at[order], text[order], code[order], weight, norm[order])


def _blocks(at: Int64) -> Bools:
    """Marks at most about STARTS of these times: whole blocks of time, evenly spaced, thinned where they are full."""
    chosen = np.ones(len(at), np.bool_)
    if len(at) <= STARTS:
        return chosen
    block = (at - at.min()) // BLOCK
    blocks = int(block.max()) + 1
    # some eight blocks remain, so that most pairs of them lie days apart
    step = max(1, min(blocks // 8, len(at) // STARTS))
    chosen = block % step == 0
    order = np.flatnonzero(chosen)[np.argsort(at[chosen], kind="stable")]
    thin = max(1, -(-len(order) // STARTS))
    kept = np.zeros(len(at), np.bool_)
    kept[order[::thin]] = True
    return kept


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Similarities of pairs, what each pair counts, and the day of its first text."""

    similarity: Float
    weight: Float
    day: Int64


def _similarities(starts: _Starts, lag: tuple[int, int]) -> _Pairs:
    first, second = _pairs(starts.at, lag, PAIRS)
    kept = (starts.account[first] != starts.account[second]) & (starts.text[first] != starts.text[second])
    first, second = first[kept], second[kept]
    similarity = _cosines(starts.code, starts.weight, starts.norm, first, second)
    return _Pairs(similarity, _counting(starts.account, first, second), starts.at[first] // DAY)


def _pairs(at: Int64, lag: tuple[int, int], most: int) -> tuple[Int64, Int64]:
    """At most `most` pairs of ascending times between which more than the first and up to the second lag lies."""
    begin = np.maximum(np.searchsorted(at, at + lag[0], side="right"), np.arange(1, len(at) + 1))
    length = np.maximum(np.searchsorted(at, at + lag[1], side="right") - begin, 0)
    count = np.cumsum(length)
    total = int(count[-1])
    taken = np.arange(total) if total <= most else np.random.default_rng(SEED).integers(0, total, most)
    first = np.searchsorted(count, taken, side="right")
    return first, begin[first] + taken - (count - length)[first]


def _dense(account: Int32 | Int64) -> Int64:
    return np.unique(account, return_inverse=True)[1].astype(np.int64)


def _counting(account: Int64, first: Int64, second: Int64) -> Float:
    """What each pair counts: less where one of its accounts is in far more pairs than the median account."""
    if len(first) == 0:
        return np.zeros(0)
    accounts = int(account.max()) + 1
    pairs = np.bincount(account[first], minlength=accounts) + np.bincount(account[second], minlength=accounts)
    share = np.minimum(1.0, BUSIEST * np.median(pairs[pairs > 0]) / np.maximum(pairs, 1))
    return np.asarray(np.minimum(share[account[first]], share[account[second]]))


@njit(cache=True, nogil=True)
def _cosines(code: Int32, weight: Float, norm: Float, first: Int64, second: Int64) -> Float:
    """Cosines of pairs of texts whose codes are in ascending order, 0 first."""
    result, width = np.zeros(len(first)), code.shape[1]
    for pair in range(len(first)):
        a, b = first[pair], second[pair]
        i, j, shared = 0, 0, 0.0
        while i < width and j < width:
            x, y = code[a, i], code[b, j]
            if x == y:
                shared += weight[x]
            i += x <= y
            j += y <= x
        result[pair] = shared / (norm[a] * norm[b])
    return result


def _ratio(near: _Pairs, far: _Pairs) -> Ratio:
    """The ratio of means, with as many pairs of chance among the near ones as leave an error of PRIOR by themselves.

    Most pairs share no rare word, so that the mean of few pairs is either 0 or large: it would be told from chance by
    their number alone.
    """
    if min(len(near.weight), len(far.weight)) < LEAST_PAIRS:
        return NOTHING
    close, distant = (max(_mean(pairs.similarity, pairs.weight), LEAST) for pairs in (near, far))
    pairs = float(near.weight.sum() ** 2 / (near.weight**2).sum())
    spread = float(far.similarity.std()) / distant
    chance = (spread / PRIOR) ** 2
    ratio = (pairs * close / distant + chance) / (pairs + chance)
    summed = np.bincount(_dense(near.day), weights=near.weight * (near.similarity - close))
    clustered = math.sqrt(float((summed**2).sum())) / float(near.weight.sum()) / close
    error = max(clustered, spread / math.sqrt(pairs)) * pairs / (pairs + chance)
    alike = _mean(near.similarity >= ALIKE, near.weight) - _mean(far.similarity >= ALIKE, far.weight)
    return Ratio(math.log(ratio), error, alike)


def _mean(value: Float | Bools, weight: Float) -> float:
    return float((value * weight).sum() / weight.sum())
