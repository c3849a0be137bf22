"""Counts the accounts that use each content feature, and finds its occurrences, in compiled loops.

Each function makes one pass over the rows with a hash table, without sorting. Rows are visited in order, so equal rows
give the same result to the last bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.open_table import room, slot

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
Features = NDArray[np.uint32]

ABSENT = np.uint32(0)  # fills a row that has fewer features
CELL_BITS = 16  # bits of an index to a table of counts; 2^16 counts stay in the processor's cache
_MIX = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: the high bits of the product spread any key


@njit(cache=True, nogil=True)
def _slot(keys: Features, feature: np.uint32, shift: np.uint64) -> np.int64:
    """Returns the index of the feature in the open table `keys`, or of the free entry where it belongs."""
    at = np.int64((np.uint64(feature) * _MIX) >> shift)
    while keys[at] != ABSENT and keys[at] != feature:
        at = np.int64((at + 1) & (len(keys) - 1))
    return at


def _room(features: int) -> tuple[int, np.uint64]:
    """Returns the size of a table that is at most half full, and the shift that leaves an index to it."""
    bits = max(4, int(2 * features).bit_length())
    return 1 << bits, np.uint64(64 - bits)


@njit(cache=True, nogil=True)
def numbered(value: Int64) -> Int32:
    """Returns a number (n,) for each value, from 0 in the order of first use; each 0 gets a number of its own."""
    size = room(len(value))
    keys, number = np.zeros(size, np.int64), np.empty(size, np.int32)
    result = np.empty(len(value), np.int32)
    found = 0
    for i in range(len(value)):
        if value[i] == 0:
            result[i] = found
            found += 1
        else:
            at = slot(keys, value[i])
            if keys[at] == 0:
                keys[at], number[at] = value[i], found
                found += 1
            result[i] = number[at]
    return result


def usage(account_index: Int32, features: Features, least: float = 1.0) -> tuple[Features, Int32, Int32]:
    """Returns the features used `least` times or more (unordered), the number of their accounts, and of their uses.

    `account_index` (rows,) must be grouped by account; `features` has shape (rows, n). All results are (features,).
    """
    names, holders, uses = _usage(account_index, features, _cell_counts(features), least)
    kept = uses >= least
    return names[kept], holders[kept], uses[kept]


@njit(cache=True, nogil=True)
def _cell_counts(features: Features) -> Int32:
    """Returns the number of uses in each of 1 << CELL_BITS cells, an upper bound for each feature of the cell."""
    count = np.zeros(1 << CELL_BITS, np.int32)
    for feature in features.flat:
        if feature != ABSENT:
            count[_cell(feature)] += 1
    return count


@njit(cache=True, nogil=True)
def _cell(feature: np.uint32) -> np.int64:
    return np.int64((np.uint64(feature) * _MIX) >> np.uint64(64 - CELL_BITS))


@njit(cache=True, nogil=True)
def _usage(account_index: Int32, features: Features, upper: Int32, least: float) -> tuple[Features, Int32, Int32]:
    # Tables start small and grow: for every feature of a large network they would take more memory than the network.
    bits = 12
    shift = np.uint64(64 - bits)
    keys, code = np.zeros(1 << bits, np.uint32), np.empty(1 << bits, np.int32)
    names, last = np.zeros(1 << (bits - 1), np.uint32), np.zeros(1 << (bits - 1), np.int32)
    holders, uses = np.zeros(1 << (bits - 1), np.int32), np.zeros(1 << (bits - 1), np.int32)
    found = 0
    for i in range(features.shape[0]):
        for j in range(features.shape[1]):
            if features[i, j] == ABSENT or upper[_cell(features[i, j])] < least:
                continue  # most features are rare, and each would cost a cache miss in a large table
            at = _slot(keys, features[i, j], shift)
            if keys[at] == ABSENT:
                if found == len(names):
                    bits += 1
                    shift = np.uint64(64 - bits)
                    keys, code = _table_of(names, bits, shift)
                    names, last = np.append(names, np.zeros_like(names)), np.append(last, np.zeros_like(last))
                    holders, uses = np.append(holders, np.zeros_like(uses)), np.append(uses, np.zeros_like(uses))
                    at = _slot(keys, features[i, j], shift)
                keys[at], code[at], names[found], last[found] = features[i, j], found, features[i, j], -1
                found += 1
            c = code[at]
            uses[c] += 1
            if last[c] != account_index[i]:
                last[c] = account_index[i]
                holders[c] += 1
    return names[:found].copy(), holders[:found].copy(), uses[:found].copy()


@njit(cache=True, nogil=True)
def _table_of(names: Features, bits: int, shift: np.uint64) -> tuple[Features, Int32]:
    """Returns an open table of 1 << `bits` entries with these distinct features, and the index of each."""
    keys, code = np.zeros(1 << bits, np.uint32), np.empty(1 << bits, np.int32)
    for c in range(len(names)):
        at = _slot(keys, names[c], shift)
        keys[at], code[at] = names[c], c
    return keys, code


def occurrences(features: Features, kept: Features) -> tuple[Int32, Int32]:
    """Returns the row (ascending) and the index into `kept` of every occurrence of a kept feature."""
    size, shift = _room(len(kept))
    return _occurrences(features, kept, size.bit_length() - 1, shift)


@njit(cache=True, nogil=True)
def _occurrences(features: Features, kept: Features, bits: int, shift: np.uint64) -> tuple[Int32, Int32]:
    keys, code = _table_of(kept, bits, shift)
    # Most features are not kept: one bit for each cell rejects nearly all of them without a look-up in the table.
    held = np.zeros(1 << (CELL_BITS - 6), np.uint64)
    for feature in kept:
        held[_cell(feature) >> 6] |= np.uint64(1) << np.uint64(_cell(feature) & 63)
    # The arrays have the greatest possible size; the system gives memory only to pages that are written.
    rows, codes = np.empty(features.size, np.int32), np.empty(features.size, np.int32)
    found = 0
    for i in range(features.shape[0]):
        for j in range(features.shape[1]):
            if features[i, j] == ABSENT:
                continue
            cell = _cell(features[i, j])
            if not (held[cell >> 6] >> np.uint64(cell & 63)) & np.uint64(1):
                continue
            at = _slot(keys, features[i, j], shift)
            if keys[at] != ABSENT:
                rows[found], codes[found] = i, code[at]
                found += 1
    return rows[:found].copy(), codes[:found].copy()


@njit(cache=True, nogil=True)
def summed(into: Int32, source: Int32, weight: Float, cells: int) -> Float:
    """Returns the sums of `weight[source]` in the cells `into`, both (n,): (cells,)."""
    result = np.zeros(cells)
    for e in range(len(into)):
        result[into[e]] += weight[source[e]]
    return result


@njit(cache=True, nogil=True)
def unkept(features: Features, rows: Int32) -> NDArray[np.uint8]:
    """Returns how many features each row (rows,) has beyond its occurrences, whose `rows` are ascending."""
    result = np.zeros(len(features), np.uint8)
    for i in range(features.shape[0]):
        for j in range(features.shape[1]):
            result[i] += features[i, j] != ABSENT
    for row in rows:
        result[row] -= 1
    return result


@njit(cache=True, nogil=True)
def weighted(count: NDArray[np.uint8], weight: Float) -> float:
    """Returns the sum of `count` times `weight`, both (rows,), in their order: the same on every machine."""
    result = 0.0
    for i in range(len(count)):
        result += count[i] * weight[i]
    return result


@njit(cache=True, nogil=True)
def add_capped(total: Float, rows: Int32, codes: Int32, rest: NDArray[np.uint8], nats: Float, cap: float) -> None:
    """Adds to each row's `total` the sum of its `nats[codes]`, limited to -`cap` to `cap`.

    `rows` (n,) are ascending, and `codes` (n,) belong to them; `rest` (rows,) counts what has the last of the `nats`.
    """
    at = 0
    for i in range(len(rest)):
        ratio = rest[i] * nats[-1]
        while at < len(rows) and rows[at] == i:
            ratio += nats[codes[at]]
            at += 1
        total[i] += min(max(ratio, -cap), cap)


def pairs(account: Int64, features: Features) -> tuple[Int64, Int32, Int32, int]:
    """Returns, for each distinct pair of account and feature, the account, the feature's code and its uses (pairs,).

    The last result is the number of codes; codes count from 0 in the order of first use. `account` (rows,) must be
    grouped by account, and pairs keep its order.
    """
    holder, code, count, found = _pairs(account, features, *_room(features.size))
    return holder, code, count, int(found)


@njit(cache=True, nogil=True)
def _pairs(account: Int64, features: Features, room: int, shift: np.uint64) -> tuple[Int64, Int32, Int32, int]:
    keys = np.zeros(room, np.uint32)
    code = np.empty(room, np.int32)
    place = np.full(
        features.size, -1, np.int32
    )  # code -> index of its last pair; an index below `begin` is of an earlier account
    result, count = np.empty(features.size, np.int32), np.zeros(features.size, np.int32)
    holder = np.empty(features.size, np.int64)
    begin, size, found = 0, 0, 0
    for i in range(features.shape[0]):
        if i > 0 and account[i] != account[i - 1]:
            begin = size
        for j in range(features.shape[1]):
            if features[i, j] == ABSENT:
                continue
            at = _slot(keys, features[i, j], shift)
            if keys[at] == ABSENT:
                keys[at], code[at] = features[i, j], found
                found += 1
            c = code[at]
            if place[c] < begin:
                place[c], result[size], holder[size] = size, c, account[i]
                size += 1
            count[place[c]] += 1
    return holder[:size].copy(), result[:size].copy(), count[:size].copy(), found
