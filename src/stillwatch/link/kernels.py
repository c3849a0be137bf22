"""Compiled loops over the account-value graph; plain arrays in and out, sequential and so reproducible.

Kinds fold into nests by their strongest (an address and its subnet are one fact), nests add up to sides, and
each side is capped, so that no single sort of fact convicts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scratch:
    """Room that kernels use again and again: all 0 by value, all -1 by account, between calls."""

    by_value: Int32
    by_account: Int32


FIBONACCI = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: its product's high bits spread any key
SIDE_CAP = 14.0  # bits one side may add for one account
BIRTH_BITS = 6.0  # an edge rarer than 1 in 64 counts towards birth
AGREEING_BITS = 3.0  # bits from which a side speaks for an account: 1 in 8 strangers would have as much
ABSENCE_CAP = 8.0  # bits an account may lose in one kind for kit values it does not hold
ALL_VALUES = 8  # times what is held, from which all values are walked: 2 of 15 million 56 -> 46 ms, 22 426 -> 159
SLOTS = 256  # remembered gains by draws, and as many by country: most accounts draw fewer values of a kind


@njit(cache=True, nogil=True)
def support(
    account_start: Int64,
    held: Int32,
    kind: NDArray[np.int8],
    rate: Float,
    draws: Int32,
    counted: NDArray[np.bool_],
    nest: Int64,
    nest_side: Int64,
    sides: int,
    first: int,
    last: int,
) -> Float:
    """Capped surprise of each account's `counted` (values,) shared values on each side, of the accounts from `first`
    to before `last`: (accounts, sides)."""
    kinds = draws.shape[0]
    result = np.zeros((last - first, sides))
    by_kind = np.zeros(kinds)
    for u in range(first, last):
        by_kind[:] = 0.0
        for e in range(account_start[u], account_start[u + 1]):
            if not counted[held[e]]:
                continue
            k = kind[held[e]]
            chance = -np.expm1(-draws[k, u] * rate[held[e]])
            by_kind[k] += max(0.0, -np.log2(max(chance, 1e-30)) - BIRTH_BITS)
        _fold(by_kind, nest, nest_side, result[u - first])
    return result


@njit(cache=True, nogil=True)
def _fold(by_kind: Float, nest: Int64, nest_side: Int64, out: Float) -> None:
    """Largest kind of each nest, nests summed to sides, sides capped."""
    best = np.zeros(len(nest_side))
    for k in range(len(by_kind)):
        if abs(by_kind[k]) > abs(best[nest[k]]):
            best[nest[k]] = by_kind[k]
    for j in range(len(best)):
        out[nest_side[j]] += min(best[j], SIDE_CAP)
    for f in range(len(out)):
        out[f] = max(-SIDE_CAP, min(out[f], SIDE_CAP))


@njit(cache=True, nogil=True)
def note(value: Int64, count: NDArray[np.uint8]) -> None:
    """Counts each value in its cell, to 2 at most. `count` (a power of two) has four cells a byte."""
    shift = np.uint64(62 - _bits(len(count)))
    for i in range(len(value)):
        cell = (np.uint64(value[i]) * FIBONACCI) >> shift
        byte, place = cell >> np.uint64(2), np.uint8(2) * np.uint8(cell & np.uint64(3))
        if (count[byte] >> place) & 3 < 2:
            count[byte] += np.uint8(1) << place


@njit(cache=True, nogil=True)
def met_again(value: Int64, count: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Marks every value that was noted twice, and the few others that fall in its cell."""
    shift = np.uint64(62 - _bits(len(count)))
    result = np.empty(len(value), np.bool_)
    for i in range(len(value)):
        cell = (np.uint64(value[i]) * FIBONACCI) >> shift
        result[i] = (count[cell >> np.uint64(2)] >> (np.uint8(2) * np.uint8(cell & np.uint64(3)))) & 3 == 2
    return result


@njit(cache=True, nogil=True)
def _bits(size: int) -> int:
    bits = 0
    while 1 << bits < size:
        bits += 1
    return bits


@njit(cache=True, nogil=True)
def cells_filled(value_start: Int64, holder: Int32, cell: Int32, cells: int) -> Int64:
    """How many different cells the holders of each value are in: (values,). `cell` (accounts,) counts from 0."""
    filled = np.zeros(len(value_start) - 1, np.int64)
    last = np.full(cells, -1)
    for v in range(len(filled)):
        for e in range(value_start[v], value_start[v + 1]):
            c = cell[holder[e]]
            if last[c] != v:
                last[c] = v
                filled[v] += 1
    return filled


@njit(cache=True, nogil=True)
def count_held(account_start: Int64, held: Int32, members: Int32, scratch: Int32) -> tuple[Int32, Int32]:
    """Values at least two members hold, ascending, with their counts. `scratch` (values,) is 0 before and after."""
    room = 0
    for u in members:
        room += account_start[u + 1] - account_start[u]
    if room * ALL_VALUES > len(scratch):
        return _count_all(account_start, held, members, scratch)
    shared = np.empty(room, np.int32)
    found = 0
    for u in members:
        for e in range(account_start[u], account_start[u + 1]):
            v = held[e]
            scratch[v] += 1
            if scratch[v] == 2:
                shared[found] = v
                found += 1
    shared = np.sort(shared[:found])
    count = scratch[shared]
    for u in members:
        for e in range(account_start[u], account_start[u + 1]):
            scratch[held[e]] = 0
    return shared, count


@njit(cache=True, nogil=True)
def _count_all(account_start: Int64, held: Int32, members: Int32, scratch: Int32) -> tuple[Int32, Int32]:
    """The same by a walk over all values in order: nothing is sorted, nor is what members hold gone through again."""
    for u in members:
        for e in range(account_start[u], account_start[u + 1]):
            scratch[held[e]] += 1
    found = 0
    for v in range(len(scratch)):
        found += scratch[v] >= 2
    shared, count = np.empty(found, np.int32), np.empty(found, np.int32)
    found = 0
    for v in range(len(scratch)):
        if scratch[v] >= 2:
            shared[found], count[found] = v, scratch[v]
            found += 1
        scratch[v] = 0
    return shared, count


@njit(cache=True, nogil=True)
def drawn_by(draws: Int32, members: Int32) -> tuple[Float, Float]:
    """How many values of each kind members draw together, and how many of them draw any: (kinds,) each."""
    total, states = np.zeros(draws.shape[0]), np.zeros(draws.shape[0])
    for k in range(draws.shape[0]):
        for u in members:
            total[k] += draws[k, u]
            states[k] += draws[k, u] > 0
    return total, states


@njit(cache=True, nogil=True)
def _spans(value_start: Int64, holder: Int32, chosen: Int32, first: int, last: int) -> tuple[Int64, Int64]:
    """Where the holders from account `first` to before `last` of each chosen value begin and end."""
    begin, end = np.empty(len(chosen), np.int64), np.empty(len(chosen), np.int64)
    for i in range(len(chosen)):
        start = value_start[chosen[i]]
        holders = holder[start : value_start[chosen[i] + 1]]
        begin[i], end[i] = start + np.searchsorted(holders, first), start + np.searchsorted(holders, last)
    return begin, end


@njit(cache=True, nogil=True)
def holdings_of(value_start: Int64, holder: Int32, values: Int32, place: Int32) -> tuple[Int64, Int64, Int64]:
    """Edges of `values` whose holder has a `place` (accounts,), -1 for none: edge, place and index of the value."""
    room = 0
    for v in values:
        room += value_start[v + 1] - value_start[v]
    edge, member, value = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    found = 0
    for i in range(len(values)):
        for e in range(value_start[values[i]], value_start[values[i] + 1]):
            if place[holder[e]] >= 0:
                edge[found], member[found], value[found] = e, place[holder[e]], i
                found += 1
    return edge[:found].copy(), member[:found].copy(), value[:found].copy()


@njit(cache=True, nogil=True)
def _on_sides_enough(
    begin: Int64, end: Int64, holder: Int32, side: Int64, sufficient: NDArray[np.bool_], scratch: Int32
) -> Int32:
    """Accounts holding chosen values of two sides, or of one that is `sufficient` (sides,), ascending.

    `scratch` is -1 before; after, their rank where >= 0.
    """
    alone = np.int32(0)
    for s in range(len(sufficient)):
        if sufficient[s]:
            alone |= np.int32(1) << np.int32(s)
    touched = np.empty((end - begin).sum(), np.int32)
    reached = 0
    for i in range(len(begin)):
        bit = np.int32(1) << np.int32(side[i])
        for p in range(begin[i], end[i]):
            u = holder[p]
            if scratch[u] == -1:
                touched[reached] = u
                reached += 1
            scratch[u] = -1 - ((-1 - scratch[u]) | bit)
    found = 0
    for j in range(reached):
        sides = -1 - scratch[touched[j]]
        scratch[touched[j]] = -1
        if sides & (sides - 1) or sides & alone:
            touched[found] = touched[j]
            found += 1
    candidates = np.sort(touched[:found])
    for i in range(found):
        scratch[candidates[i]] = i
    return candidates


@njit(cache=True, nogil=True)
def _add_gains(
    begin: Int64,
    end: Int64,
    holder: Int32,
    draws: Int32,
    kind: NDArray[np.int8],
    usage: Float,
    rate: Float,
    country: Int32,
    scratch: Int32,
    score: Float,
) -> None:
    """Adds each chosen value's gain to its holders' score of its kind."""
    # a value's gain depends on draws and rate alone, and few of either occur: remember them by slot
    gain, asked = np.zeros(2 * SLOTS), np.zeros(2 * SLOTS)
    drawn, owner = np.zeros(2 * SLOTS, np.int64), np.full(2 * SLOTS, -1)
    for i in range(len(begin)):
        for p in range(begin[i], end[i]):
            u = holder[p]
            if scratch[u] < 0:
                continue
            q, d = rate[i, country[u]], draws[kind[i], u]
            slot = d % SLOTS if q == rate[i, 0] else SLOTS + country[u] % SLOTS
            if owner[slot] != i or drawn[slot] != d or asked[slot] != q:
                chance = -np.expm1(-d * q)
                gain[slot] = np.log2(max(usage[i], chance) / chance) - np.log2(1.0 - usage[i])
                owner[slot], drawn[slot], asked[slot] = i, d, q
            score[scratch[u], kind[i]] += gain[slot]


@njit(cache=True, nogil=True)
def score_holders(
    value_start: Int64,
    holder: Int32,
    draws: Int32,
    chosen: Int32,
    kind: NDArray[np.int8],
    usage: Float,
    rate: Float,
    country: Int32,
    nest: Int64,
    nest_side: Int64,
    scratch: Int32,
    sufficient: NDArray[np.bool_],
    first: int,
    last: int,
) -> tuple[Int32, Float, Int32]:
    """Accounts holding chosen values of enough sides, ascending, with capped bits and how many sides agree: those from
    `first` to before `last`, so that others can be scored beside them.

    A `sufficient` side (sides,) counts for two: nobody else can have two agreeing sides. `scratch` (accounts,) is -1
    before and after.
    """
    kinds = draws.shape[0]
    sides = len(sufficient)
    begin, end = _spans(value_start, holder, chosen, first, last)
    candidates = _on_sides_enough(begin, end, holder, nest_side[nest[kind]], sufficient, scratch)
    score = np.zeros((len(candidates), kinds))
    absent = np.zeros(kinds)
    for i in range(len(chosen)):
        absent[kind[i]] += np.log2(1.0 - usage[i])
    _add_gains(begin, end, holder, draws, kind, usage, rate, country, scratch, score)
    bits = np.zeros(len(candidates))
    agreeing = np.zeros(len(candidates), np.int32)
    folded = np.zeros(sides)
    for i in range(len(candidates)):
        scratch[candidates[i]] = -1
        for k in range(kinds):
            if draws[k, candidates[i]] > 0:
                score[i, k] += max(absent[k], -ABSENCE_CAP)
        folded[:] = 0.0
        _fold(score[i], nest, nest_side, folded)
        bits[i] = folded.sum()
        for f in range(sides):
            if folded[f] >= AGREEING_BITS:
                agreeing[i] += 2 if sufficient[f] else 1
    return candidates, bits, agreeing
