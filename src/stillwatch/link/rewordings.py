"""Rewordings: a conversation that one account starts and another starts again, in other words, within the hour.

A queue that has each item answered several times deals the copies to different accounts, and may let each account use
words of its own. What names the item stays: rare words, numbers and names. Strangers who ask much the same hardly ever
do so within an hour; how often they do is counted in pairs a whole day apart, when the same people are awake.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.link.conversation_starts import ConversationStarts
from stillwatch.link.value_counts import met_again, note
from stillwatch.records.definitions import DAY, HOUR

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

HOLDERS = 12  # accounts that may ever start with a feature for it to name an item; more share a subject
SHARE = 1 / 3  # of the shorter start's features that must be such and shared
LEAST_SHARED = 3  # of them: fewer are one name or one number
LEAST_FEATURES = 6  # of either start: a greeting has fewer
FEATURES_AT_ONCE = 1 << 25  # features of conversation starts that are compared together: some 1 GB


@dataclass(frozen=True, slots=True)
class Rewordings:
    """Who asked first (`left`), who asked again in other words (`right`), and when (`at`, µs): arrays (rewordings,).

    `asked` and `again` (rewordings,) number the two conversation starts, of which each account has so many: `starts`
    (accounts,). `apart` (2, pairs) are the pairs of accounts whose starts are as alike a day apart: one for each that
    coincidence would bring within the hour.
    """

    left: Int64
    right: Int64
    at: Int64
    apart: Int64
    asked: Int64
    again: Int64
    starts: Int64


def find_rewordings(starts: ConversationStarts) -> Rewordings:
    """The rewordings among the conversation starts kept of each account.

    Only features that both accounts start with for the first time count: who returns to contents of its own takes over
    from nobody, however many have repeated them meanwhile.
    """
    first, second = _alike(starts)
    size = np.count_nonzero(starts.features, axis=1)
    first, second, shared = _counted(first, second, len(size))
    shorter = np.minimum(size[first], size[second])
    chosen = (shorter >= LEAST_FEATURES) & (shared >= np.maximum(LEAST_SHARED, SHARE * shorter))
    first, second = first[chosen], second[chosen]
    left, right = starts.account_index[first].astype(np.int64), starts.account_index[second].astype(np.int64)
    at = starts.started_at[second]
    gap = at - starts.started_at[first]
    near, apart = gap <= HOUR, gap > HOUR
    count = np.bincount(starts.account_index, minlength=len(starts.settled_at))
    pairs = np.stack([left[apart], right[apart]])
    return Rewordings(left[near], right[near], at[near], pairs, first[near], second[near], count)


def _alike(starts: ConversationStarts) -> tuple[Int64, Int64]:
    """Starts (earlier, later) that share a rare feature within the hour or a day apart, once for each feature."""
    flat = starts.features.reshape(-1)
    parts = 1
    while parts * FEATURES_AT_ONCE < len(flat):
        parts *= 2
    found = []
    for part in range(parts):
        packed = _of_part(flat, starts.new, np.uint32(part), np.uint32(parts - 1))
        feature = (packed >> np.uint64(32)).view(np.int64)
        count = np.zeros(1 << max(4, len(packed).bit_length()), np.uint8)
        note(feature, count)
        found.append(_near(np.sort(packed[met_again(feature, count)]), starts.account_index, starts.started_at))
    return np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])


def _counted(first: Int64, second: Int64, starts: int) -> tuple[Int64, Int64, Int64]:
    """Each pair once, and how often it occurs."""
    pair, count = np.unique(first * np.int64(max(starts, 1)) + second, return_counts=True)
    return pair // max(starts, 1), pair % max(starts, 1), count


@njit(cache=True, nogil=True)
def _of_part(flat: NDArray[np.uint32], new: NDArray[np.uint16], part: np.uint32, mask: np.uint32) -> NDArray[np.uint64]:
    """The features, 0 left out, whose low bits are `part`, each in the high half; the low one is the start that it is
    of, twice, and one more where the account had the feature before."""
    size = 0
    for feature in flat:
        size += feature != 0 and feature & mask == part
    packed = np.empty(size, np.uint64)
    width = len(flat) // max(len(new), 1)
    size = 0
    for i in range(len(flat)):
        if flat[i] != 0 and flat[i] & mask == part:
            packed[size] = np.uint64(flat[i]) << np.uint64(32) | np.uint64(2 * (i // width))
            packed[size] |= np.uint64((new[i // width] >> (i % width)) & 1 == 0)
            size += 1
    return packed


@njit(cache=True, nogil=True)
def _near(packed: NDArray[np.uint64], account: Int32, at: Int64) -> tuple[Int64, Int64]:
    """Pairs of starts as `_alike` gives them, from features and starts as of `_of_part` in order; of one account only
    its first start counts."""
    room = 1024
    first, second = np.empty(room, np.int64), np.empty(room, np.int64)
    met, new = np.empty(HOLDERS + 1, np.int64), np.empty(HOLDERS + 1, np.bool_)
    found, begin = 0, 0
    for end in range(1, len(packed) + 1):
        if end < len(packed) and packed[end] >> np.uint64(32) == packed[begin] >> np.uint64(32):
            continue
        known = _first_of_each(packed[begin:end], account, met, new)
        begin = end
        if known > HOLDERS:
            continue
        if found + known * known > room:
            room *= 2
            first, second = _grown(first, room), _grown(second, room)
        found = _paired(met[:known], new[:known], at, first, second, found)
    return first[:found].copy(), second[:found].copy()


@njit(cache=True, nogil=True)
def _paired(met: Int64, new: NDArray[np.bool_], at: Int64, first: Int64, second: Int64, found: int) -> int:
    """Writes the pairs of these starts, to which a feature is new, from place `found`; returns the next place."""
    for i in np.flatnonzero(new):
        for j in np.flatnonzero(new):
            gap = at[met[j]] - at[met[i]]
            if 0 < gap <= HOUR or abs(gap - DAY) <= HOUR // 2:
                first[found], second[found] = met[i], met[j]
                found += 1
    return found


@njit(cache=True, nogil=True)
def _first_of_each(packed: NDArray[np.uint64], account: Int32, met: Int64, new: NDArray[np.bool_]) -> int:
    """Writes the first of each account's starts, which come by account and time, and whether the feature was new to it;
    returns how many, at most one more than HOLDERS."""
    known = 0
    for one in packed:
        start = np.int64((one & np.uint64(0xFFFFFFFF)) >> np.uint64(1))
        if known == 0 or account[start] != account[met[known - 1]]:
            met[known], new[known] = start, one & np.uint64(1) == 0
            known += 1
            if known == len(met):
                break
    return known


@njit(cache=True, nogil=True)
def _grown(values: Int64, room: int) -> Int64:
    result = np.empty(room, np.int64)
    result[: len(values)] = values
    return result
