"""Compiled loops over the account-value graph: plain arrays in and out, in a fixed order, so that runs repeat.

Of a hierarchy's attributes the strongest counts (an address and its subnet are one fact), the hierarchies of an
independence group add up, and each group is capped, so that no single sort of fact accuses.
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
    """Arrays that kernels reuse: between calls `by_value` (values,) is all 0 and `by_account` (accounts,) all -1."""

    by_value: Int32
    by_account: Int32


GROUP_CAP = 14.0  # bits that one independence group may add for one account
SEED_BITS = 6.0  # bits of an edge beyond which it makes a seed stronger: rarer than 1 in 64
AGREEING_BITS = 3.0  # bits from which a group agrees for an account: 1 in 8 strangers would have as much
ABSENCE_CAP = 8.0  # bits that an account may lose in one attribute for values of the bicluster it does not hold
ALL_VALUES = 8  # holdings of members times this: beyond so many, a pass over all values is faster than sorting
SLOTS = 256  # gains remembered by distinct count, and as many by country: most accounts hold fewer values


@njit(cache=True, nogil=True)
def support(
    account_start: Int64,
    held: Int32,
    attribute: NDArray[np.int8],
    rate: Float,
    distinct_count: Int32,
    counted: NDArray[np.bool_],
    hierarchy: Int64,
    hierarchy_group: Int64,
    groups: int,
    first: int,
    last: int,
) -> Float:
    """Capped surprise in each independence group of the accounts from `first` to before `last`: (accounts, groups).

    Only the values marked in `counted` (values,) count.
    """
    attributes = distinct_count.shape[0]
    result = np.zeros((last - first, groups))
    by_attribute = np.zeros(attributes)
    for account in range(first, last):
        by_attribute[:] = 0.0
        for e in range(account_start[account], account_start[account + 1]):
            if not counted[held[e]]:
                continue
            k = attribute[held[e]]
            chance = -np.expm1(-distinct_count[k, account] * rate[held[e]])
            by_attribute[k] += max(0.0, -np.log2(max(chance, 1e-30)) - SEED_BITS)
        _fold(by_attribute, hierarchy, hierarchy_group, result[account - first])
    return result


@njit(cache=True, nogil=True)
def _fold(by_attribute: Float, hierarchy: Int64, hierarchy_group: Int64, out: Float) -> None:
    """Adds to `out` (groups,) the strongest attribute of each hierarchy, capped, and caps the sums."""
    best = np.zeros(len(hierarchy_group))
    for k in range(len(by_attribute)):
        if abs(by_attribute[k]) > abs(best[hierarchy[k]]):
            best[hierarchy[k]] = by_attribute[k]
    for j in range(len(best)):
        out[hierarchy_group[j]] += min(best[j], GROUP_CAP)
    for f in range(len(out)):
        out[f] = max(-GROUP_CAP, min(out[f], GROUP_CAP))


@njit(cache=True, nogil=True)
def cells_filled(value_start: Int64, holder: Int32, cell: Int32, cells: int) -> Int64:
    """How many distinct cells the holders of each value are in: (values,). `cell` (accounts,) counts from 0."""
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
    """The values that at least two members hold, ascending, with their counts. `scratch` (values,) is 0 before and
    after."""
    room = 0
    for account in members:
        room += account_start[account + 1] - account_start[account]
    if room * ALL_VALUES > len(scratch):
        return _count_all(account_start, held, members, scratch)
    shared = np.empty(room, np.int32)
    found = 0
    for account in members:
        for e in range(account_start[account], account_start[account + 1]):
            v = held[e]
            scratch[v] += 1
            if scratch[v] == 2:
                shared[found] = v
                found += 1
    shared = np.sort(shared[:found])
    count = scratch[shared]
    for account in members:
        for e in range(account_start[account], account_start[account + 1]):
            scratch[held[e]] = 0
    return shared, count


@njit(cache=True, nogil=True)
def _count_all(account_start: Int64, held: Int32, members: Int32, scratch: Int32) -> tuple[Int32, Int32]:
    """The same by one pass over all values in order, without sorting."""
    for account in members:
        for e in range(account_start[account], account_start[account + 1]):
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
def distinct_counts_of(distinct_count: Int32, members: Int32) -> tuple[Float, Float]:
    """How many distinct values of each attribute members hold, summed, and how many members hold any: (attributes,)
    each."""
    total, states = np.zeros(distinct_count.shape[0]), np.zeros(distinct_count.shape[0])
    for k in range(distinct_count.shape[0]):
        for account in members:
            total[k] += distinct_count[k, account]
            states[k] += distinct_count[k, account] > 0
    return total, states


@njit(cache=True, nogil=True)
def _spans(value_start: Int64, holder: Int32, chosen: Int32, first: int, last: int) -> tuple[Int64, Int64]:
    """Where the edges of the accounts from `first` to before `last` begin and end, for each chosen value."""
    begin, end = np.empty(len(chosen), np.int64), np.empty(len(chosen), np.int64)
    for i in range(len(chosen)):
        start = value_start[chosen[i]]
        holders = holder[start : value_start[chosen[i] + 1]]
        begin[i], end[i] = start + np.searchsorted(holders, first), start + np.searchsorted(holders, last)
    return begin, end


@njit(cache=True, nogil=True)
def holdings_of(value_start: Int64, holder: Int32, values: Int32, place: Int32) -> tuple[Int64, Int64, Int64]:
    """The edges of `values` whose holder has a `place` (accounts,), -1 for none: edge, place, index of value."""
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
def _in_groups_enough(
    begin: Int64, end: Int64, holder: Int32, group: Int64, sufficient: NDArray[np.bool_], scratch: Int32
) -> Int32:
    """The accounts that hold chosen values of two groups, or of one that is `sufficient` (groups,), ascending.

    `scratch` (accounts,) is -1 before, and holds their rank afterwards.
    """
    account_prior = np.int32(0)
    for s in range(len(sufficient)):
        if sufficient[s]:
            account_prior |= np.int32(1) << np.int32(s)
    touched = np.empty((end - begin).sum(), np.int32)
    reached = 0
    for i in range(len(begin)):
        bit = np.int32(1) << np.int32(group[i])
        for p in range(begin[i], end[i]):
            account = holder[p]
            if scratch[account] == -1:
                touched[reached] = account
                reached += 1
            scratch[account] = -1 - ((-1 - scratch[account]) | bit)
    found = 0
    for j in range(reached):
        groups = -1 - scratch[touched[j]]
        scratch[touched[j]] = -1
        if groups & (groups - 1) or groups & account_prior:
            touched[found] = touched[j]
            found += 1
    candidates = np.sort(touched[:found])
    for i in range(found):
        scratch[candidates[i]] = i
    return candidates


@njit(cache=True, nogil=True)
def _grown(d: int, held: float) -> float:
    """How much of what a member holds an account can hold that has shown `d` values of the attribute."""
    return min(1.0, d / held) if held > 0.0 else 1.0


@njit(cache=True, nogil=True)
def _add_gains(
    begin: Int64,
    end: Int64,
    holder: Int32,
    distinct_count: Int32,
    attribute: NDArray[np.int8],
    usage: Float,
    rate: Float,
    held_of: Float,
    country: Int32,
    scratch: Int32,
    score: Float,
) -> None:
    """Adds the gain of each chosen value to its holders' score of its attribute: `score` (candidates, attributes)."""
    # a value's gain depends on distinct count and rate alone, few of which occur: gains are remembered by slot
    gain, asked = np.zeros(2 * SLOTS), np.zeros(2 * SLOTS)
    drawn, owner = np.zeros(2 * SLOTS, np.int64), np.full(2 * SLOTS, -1)
    for i in range(len(begin)):
        for p in range(begin[i], end[i]):
            account = holder[p]
            if scratch[account] < 0:
                continue
            q, d = rate[i, country[account]], distinct_count[attribute[i], account]
            slot = d % SLOTS if q == rate[i, 0] else SLOTS + country[account] % SLOTS
            if owner[slot] != i or drawn[slot] != d or asked[slot] != q:
                chance = -np.expm1(-d * q)
                share = usage[i] * _grown(d, held_of[attribute[i]])
                gain[slot] = np.log2(max(share, chance) / chance) - np.log2(1.0 - share)
                owner[slot], drawn[slot], asked[slot] = i, d, q
            score[scratch[account], attribute[i]] += gain[slot]


@njit(cache=True, nogil=True)
def _absent(attribute: NDArray[np.int8], usage: Float, k: int, grown: float) -> float:
    """Bits of an account that holds no chosen value of the attribute `k`."""
    bits = 0.0
    for i in range(len(usage)):
        if attribute[i] == k:
            bits += np.log2(1.0 - usage[i] * grown)
    return bits


@njit(cache=True, nogil=True)
def score_holders(
    value_start: Int64,
    holder: Int32,
    distinct_count: Int32,
    chosen: Int32,
    attribute: NDArray[np.int8],
    usage: Float,
    rate: Float,
    held_of: Float,
    country: Int32,
    hierarchy: Int64,
    hierarchy_group: Int64,
    scratch: Int32,
    sufficient: NDArray[np.bool_],
    first: int,
    last: int,
) -> tuple[Int32, Float, Int32]:
    """The accounts from `first` to before `last` that hold chosen values of enough groups, ascending, with their capped
    bits and how many groups agree.

    A `sufficient` group (groups,) counts for two: an account of handovers alone can have no second group. `held_of`
    (attributes,) is how many of the chosen values a member holds, so that accounts that have shown fewer values are
    expected to hold fewer; 0 where all have lived alike. `scratch` (accounts,) is -1 before and after; concurrent calls
    touch only their own accounts.
    """
    attributes = distinct_count.shape[0]
    groups = len(sufficient)
    begin, end = _spans(value_start, holder, chosen, first, last)
    candidates = _in_groups_enough(begin, end, holder, hierarchy_group[hierarchy[attribute]], sufficient, scratch)
    score = np.zeros((len(candidates), attributes))
    absent = np.zeros(attributes)
    for i in range(len(chosen)):
        absent[attribute[i]] += np.log2(1.0 - usage[i])
    _add_gains(begin, end, holder, distinct_count, attribute, usage, rate, held_of, country, scratch, score)
    bits = np.zeros(len(candidates))
    agreeing = np.zeros(len(candidates), np.int32)
    folded = np.zeros(groups)
    for i in range(len(candidates)):
        scratch[candidates[i]] = -1
        for k in range(attributes):
            d = distinct_count[k, candidates[i]]
            if d > 0:
                lost = absent[k] if d >= held_of[k] else _absent(attribute, usage, k, _grown(d, held_of[k]))
                score[i, k] += max(lost, -ABSENCE_CAP)
        folded[:] = 0.0
        _fold(score[i], hierarchy, hierarchy_group, folded)
        bits[i] = folded.sum()
        for f in range(groups):
            if folded[f] >= AGREEING_BITS:
                agreeing[i] += 2 if sufficient[f] else 1
    return candidates, bits, agreeing
