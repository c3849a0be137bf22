"""Memory: does an account resemble itself more than it resembles its most similar others?

A person returns to the same names, code and open questions; draws from a data set do not. For each account we
take at most `CONVERSATION_STARTS` conversation openings, count in how many of them each content feature occurs, and
compare

    within  = mean over pairs of its own openings of the weighted shared features,
    between = the same over pairs of one of its openings and one of a twin's, for its `TWINS` most similar accounts.

Measured on real text (see docs/methods/link.md): people 2-20 times, draws from a data set about 1.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.definitions import CONVERSATION_STARTS
from stillwatch.records.open_table import room, slot

TWINS = 5  # most similar other accounts
MINIMUM_OPENINGS = 4  # fewer openings say nothing about a person
POSTINGS = 24  # accounts remembered for each feature when looking for twins: bounds the cost, no df² term
PROBES = 48  # heaviest features of an account that look for twins
ACCOUNTS_AT_ONCE = 8192  # that one thread looks for the twins of
ALONE = 0  # the code of every feature that one account alone holds
CANDIDATES = 16  # most often met accounts, whose similarity is then computed exactly

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contents:
    """Content features of all accounts: account u holds `feature[start[u]:start[u + 1]]`, ascending, with counts."""

    start: Int64  # (accounts + 1,)
    feature: NDArray[np.uint32]
    count: NDArray[np.uint8]  # openings of the account that contain the feature
    openings: Int32  # (accounts,)


@dataclass(frozen=True, slots=True)
class Memory:
    """Similarities of each account: arrays of shape (accounts,)."""

    openings: Int32
    within: Float
    between: Float


def contents(account_index: Int32, features: NDArray[np.uint32], accounts: int) -> Contents:
    """Feature counts an account, from at most CONVERSATION_STARTS of its openings.

    `account_index` (openings,) ascending, `features` (openings, 16) with 0 for none.
    """
    chosen = spread(account_index)
    if not chosen.all():
        account_index, features = account_index[chosen], features[chosen]
    start, feature, count = _count(account_index, features, accounts, CONVERSATION_STARTS)
    openings = np.bincount(account_index, minlength=accounts).astype(np.int32)
    return Contents(start, feature, count, openings)


def memory(held: Contents, threads: int = 1) -> Memory:
    """Within- and between-account similarity of every account; the same for any number of threads."""
    accounts = len(held.openings)
    identifiers, holders = np.unique(held.feature, return_counts=True)
    codes, holders = _by_popularity(holders)
    # squared inverse document frequency over accounts: a feature everyone uses says nothing
    weight = np.log(accounts / holders) ** 2
    first = _first_of(identifiers, max(1, len(identifiers).bit_length() - 3))
    code = np.empty(len(held.feature), np.int32)
    within, between = np.zeros(accounts), np.zeros(accounts)

    def compare_own(begin: int, end: int) -> None:
        _code(identifiers, first, codes, held.feature, held.start[begin], held.start[end], code)
        _within(held.start, code, held.count, held.openings, weight, begin, end, within)

    def compare_others(begin: int, end: int) -> None:
        _between(held.start, code, held.count, held.openings, weight, postings, begin, end, between)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(compare_own, *_parts(accounts)))
        postings = _postings(held.start, code, holders)
        list(pool.map(compare_others, *_parts(accounts)))
    return Memory(held.openings, within, between)


def _parts(accounts: int) -> tuple[list[int], list[int]]:
    bounds = [*range(0, accounts, ACCOUNTS_AT_ONCE), accounts]
    return bounds[:-1], bounds[1:]


def _by_popularity(holders: Int64) -> tuple[Int32, Int64]:
    """A code for each feature, and the holders of each code: what is looked up often lies together, in the cache.

    All that one account alone holds, most features and no twin's, are one code: ALONE.
    """
    shared = np.flatnonzero(holders > 1)
    shared = shared[np.argsort(-holders[shared], kind="stable")]
    codes = np.full(len(holders), ALONE, np.int32)
    codes[shared] = np.arange(1, len(shared) + 1)
    return codes, np.concatenate([np.ones(1, np.int64), holders[shared]])


@njit(cache=True, nogil=True)
def _first_of(identifiers: NDArray[np.uint32], bits: int) -> Int32:
    """Where the ascending identifiers with each value of their high `bits` begin. They are hashes, evenly spread."""
    first = np.zeros((1 << bits) + 1, np.int32)
    for name in identifiers:
        first[(name >> np.uint32(32 - bits)) + 1] += 1
    for bucket in range(1 << bits):
        first[bucket + 1] += first[bucket]
    return first


@njit(cache=True, nogil=True)
def _code(
    identifiers: NDArray[np.uint32],
    first: Int32,
    codes: Int32,
    feature: NDArray[np.uint32],
    begin: int,
    end: int,
    result: Int32,
) -> None:
    """Writes the codes of the features begin..end, found among the ascending identifiers by their high bits."""
    bits = 0
    while 1 << bits < len(first) - 1:
        bits += 1
    for e in range(begin, end):
        bucket = feature[e] >> np.uint32(32 - bits)
        low, high = first[bucket], first[bucket + 1]
        while low < high:
            middle = (low + high) >> 1
            if identifiers[middle] < feature[e]:
                low = middle + 1
            else:
                high = middle
        result[e] = codes[low]


def spread(account_index: Int32) -> NDArray[np.bool_]:
    """Marks at most CONVERSATION_STARTS starts an account, evenly spaced in their order.

    `account_index` (conversation starts,) is ascending; the result is parallel to it.
    """
    return np.asarray(_spread(account_index, CONVERSATION_STARTS))


@njit(cache=True, nogil=True)
def _spread(account_index: Int32, most: int) -> NDArray[np.bool_]:
    chosen = np.zeros(len(account_index), np.bool_)
    begin = 0
    for end in range(1, len(account_index) + 1):
        if end < len(account_index) and account_index[end] == account_index[begin]:
            continue
        n = end - begin
        for k in range(n):
            chosen[begin + k] = n <= most or (k * most) // n != ((k + 1) * most) // n
        begin = end
    return chosen


@njit(cache=True, nogil=True)
def _count(
    account_index: Int32, features: NDArray[np.uint32], accounts: int, most: int
) -> tuple[Int64, NDArray[np.uint32], NDArray[np.uint8]]:
    n, width = features.shape
    start = np.zeros(accounts + 1, np.int64)
    feature = np.empty(n * width, np.uint32)
    count = np.empty(n * width, np.uint8)
    held = np.empty(most * width, np.uint32)
    filled = 0
    i = 0
    for u in range(accounts):
        m = 0
        while i < n and account_index[i] == u:
            for j in range(width):
                if features[i, j] != 0:
                    held[m] = features[i, j]
                    m += 1
            i += 1
        row = np.sort(held[:m])
        for j in range(m):
            if j == 0 or row[j] != row[j - 1]:
                feature[filled] = row[j]
                count[filled] = 1
                filled += 1
            else:
                count[filled - 1] += 1
        start[u + 1] = filled
    return start, feature[:filled].copy(), count[:filled].copy()


@njit(cache=True, nogil=True)
def _within(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    openings: Int32,
    weight: Float,
    begin: int,
    end: int,
    result: Float,
) -> None:
    """Writes `result[begin:end]`: weighted features shared by a pair of own openings, over the weight of one."""
    for u in range(begin, end):
        n = openings[u]
        if n < 2:
            continue
        shared, mass = 0.0, 0.0
        for e in range(start[u], start[u + 1]):
            c = float(count[e])
            shared += weight[code[e]] * c * (c - 1.0)
            mass += weight[code[e]] * c
        if mass > 0.0:
            result[u] = shared / (mass * (n - 1.0))


@njit(cache=True, nogil=True)
def _postings(start: Int64, code: Int32, holders: Int64) -> tuple[Int32, Int32]:
    """At most POSTINGS accounts for each code, chosen by a fixed stride so that order of input is no matter.

    None for ALONE.
    """
    offset = np.zeros(len(holders) + 1, np.int32)
    for f in range(1, len(holders)):
        offset[f + 1] = offset[f] + min(holders[f], POSTINGS)
    seen = np.zeros(len(holders), np.int32)
    posted = np.empty(offset[-1], np.int32)
    for u in range(len(start) - 1):
        for e in range(start[u], start[u + 1]):
            f = code[e]
            if f == ALONE:
                continue
            k, n = seen[f], holders[f]
            seen[f] = k + 1
            if n <= POSTINGS:
                posted[offset[f] + k] = u
            else:
                slot = (np.int64(k) * POSTINGS) // n
                if slot != ((np.int64(k) + 1) * POSTINGS) // n:
                    posted[offset[f] + slot] = u
    return offset, posted


@njit(cache=True, nogil=True)
def _table(code: Int32, begin: int, end: int, table: Int32) -> int:
    """Enters the places begin..end by their codes, but ALONE, into an open `table`, -1 where free; returns its mask.

    At most one place in sixteen is filled, so that a code that is not there is mostly known at the first look.
    """
    size = room(8 * (end - begin))
    table[:size] = -1
    for e in range(begin, end):
        if code[e] == ALONE:
            continue
        at = code[e] & (size - 1)
        while table[at] >= 0:
            at = (at + 1) & (size - 1)
        table[at] = e - begin
    return size - 1


@njit(cache=True, nogil=True)
def _shared(
    start: Int64, code: Int32, count: NDArray[np.uint8], weight: Float, u: int, w: int, table: Int32, mask: int
) -> float:
    """Weighted features shared by pairs of an opening of u and an opening of w; u's are in the `table`."""
    shared = 0.0
    for j in range(start[w], start[w + 1]):
        if code[j] == ALONE:
            continue
        at = code[j] & mask
        while table[at] >= 0:
            i = start[u] + table[at]
            if code[i] == code[j]:
                shared += weight[code[i]] * float(count[i]) * float(count[j])
                break
            at = (at + 1) & mask
    return shared


@njit(cache=True, nogil=True)
def _heaviest(mass: Float) -> Int64:
    """Indices of the PROBES largest, largest first and the lower index first where two are equal."""
    best = np.empty(PROBES, np.int64)
    size = 0
    for k in range(len(mass)):
        if size == PROBES and mass[k] <= mass[best[size - 1]]:
            continue
        size = min(size + 1, PROBES)
        at = size - 1
        while at > 0 and mass[best[at - 1]] < mass[k]:
            best[at] = best[at - 1]
            at -= 1
        best[at] = k
    return best[:size]


@njit(cache=True, nogil=True)
def _meet(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    weight: Float,
    postings: tuple[Int32, Int32],
    u: int,
    whom: Int32,
    met: NDArray[np.float32],
    touched: Int32,
) -> int:
    """Adds up the weight of u's heaviest posted features by the accounts posted there; returns how many are met.

    `whom` is an open table of accounts, counted from 1, and `met` their weights: few are met, and a table of all would
    not stay in the cache. `touched` are the places taken.
    """
    offset, posted = postings
    found = 0
    feature, mass = np.empty(start[u + 1] - start[u], np.int32), np.empty(start[u + 1] - start[u])
    for e in range(start[u], start[u + 1]):
        if offset[code[e] + 1] > offset[code[e]]:
            feature[found] = code[e]
            mass[found] = weight[code[e]] * count[e]
            found += 1
    m = 0
    for f in feature[_heaviest(mass[:found])]:
        for p in range(offset[f], offset[f + 1]):
            w = posted[p]
            if w != u:
                at = slot(whom, w + 1)
                if whom[at] == 0:
                    whom[at], met[at], touched[m] = w + 1, 0.0, at
                    m += 1
                met[at] += weight[f]
    return m


@njit(cache=True, nogil=True)
def _most_met(whom: Int32, met: NDArray[np.float32], touched: Int32, openings: Int32, best: Int32) -> int:
    """Fills `best` with the places of the accounts met most, the lower one first where two were met alike.

    Returns how many; accounts with too few openings are left out.
    """
    size = 0
    for place in touched:
        at = size
        while at > 0 and (
            met[best[at - 1]] < met[place] or (met[best[at - 1]] == met[place] and whom[best[at - 1]] > whom[place])
        ):
            at -= 1
        if at < len(best) and openings[whom[place] - 1] >= MINIMUM_OPENINGS:
            size = min(size + 1, len(best))
            for k in range(size - 1, at, -1):
                best[k] = best[k - 1]
            best[at] = place
    return size


@njit(cache=True, nogil=True)
def _between(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    openings: Int32,
    weight: Float,
    postings: tuple[Int32, Int32],
    begin: int,
    end: int,
    result: Float,
) -> None:
    """Writes `result[begin:end]`: each account's similarity to its twins, the same ratio as `_within`."""
    size = room(PROBES * POSTINGS)
    whom, met = np.zeros(size, np.int32), np.empty(size, np.float32)
    touched = np.empty(PROBES * POSTINGS, np.int32)
    best = np.empty(CANDIDATES, np.int32)
    table = np.empty(room(8 * np.max(start[begin + 1 : end + 1] - start[begin:end])), np.int32)
    for u in range(begin, end):
        if openings[u] < MINIMUM_OPENINGS:
            continue
        m = _meet(start, code, count, weight, postings, u, whom, met, touched)
        mass = 0.0
        for e in range(start[u], start[u + 1]):
            mass += weight[code[e]] * float(count[e])
        similar = np.zeros(CANDIDATES)
        mask = _table(code, start[u], start[u + 1], table)
        for k in range(_most_met(whom, met, touched[:m], openings, best)):
            if mass > 0.0:
                w = whom[best[k]] - 1
                similar[k] = _shared(start, code, count, weight, u, w, table, mask) / (mass * openings[w])
        for k in range(m):
            whom[touched[k]] = 0
        result[u] = np.mean(np.sort(similar)[::-1][:TWINS])
