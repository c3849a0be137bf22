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


SIDE_CAP = 14.0  # bits one side may add for one account
BIRTH_BITS = 6.0  # an edge rarer than 1 in 64 counts towards birth
AGREEING_BITS = 3.0  # bits from which a side speaks for an account: 1 in 8 strangers would have as much
ABSENCE_CAP = 8.0  # bits an account may lose in one kind for kit values it does not hold


@njit(cache=True, nogil=True)
def support(
    account_start: Int64,
    held: Int32,
    kind: NDArray[np.int8],
    rate: Float,
    draws: Int32,
    nest: Int64,
    nest_side: Int64,
    sides: int,
) -> Float:
    """Capped surprise of each account's shared values on each side: (accounts, sides)."""
    accounts = len(account_start) - 1
    kinds = draws.shape[0]
    result = np.zeros((accounts, sides))
    by_kind = np.zeros(kinds)
    for u in range(accounts):
        by_kind[:] = 0.0
        for e in range(account_start[u], account_start[u + 1]):
            k = kind[held[e]]
            chance = -np.expm1(-draws[k, u] * rate[held[e]])
            by_kind[k] += max(0.0, -np.log2(max(chance, 1e-30)) - BIRTH_BITS)
        _fold(by_kind, nest, nest_side, result[u])
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
def count_held(account_start: Int64, held: Int32, members: Int32, scratch: Int32) -> tuple[Int32, Int32]:
    """Values held by members, ascending, with their counts. `scratch` (values,) is 0 before and after."""
    room = 0
    for u in members:
        room += account_start[u + 1] - account_start[u]
    touched = np.empty(room, np.int32)
    found = 0
    for u in members:
        for e in range(account_start[u], account_start[u + 1]):
            v = held[e]
            if scratch[v] == 0:
                touched[found] = v
                found += 1
            scratch[v] += 1
    touched = np.sort(touched[:found])
    count = scratch[touched]
    scratch[touched] = 0
    return touched, count


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
    sides: int,
) -> tuple[Int32, Float, Int32]:
    """Accounts holding a chosen value, ascending, with capped bits. `scratch` (accounts,) is -1 before and after."""
    kinds = draws.shape[0]
    room = 0
    for v in chosen:
        room += value_start[v + 1] - value_start[v]
    touched = np.empty(room, np.int32)
    reached = 0
    for v in chosen:
        for p in range(value_start[v], value_start[v + 1]):
            if scratch[holder[p]] < 0:
                scratch[holder[p]] = 0
                touched[reached] = holder[p]
                reached += 1
    candidates = np.sort(touched[:reached])
    for i in range(reached):
        scratch[candidates[i]] = i
    score = np.zeros((reached, kinds))
    absent = np.zeros(kinds)
    for i in range(len(chosen)):
        absent[kind[i]] += np.log2(1.0 - usage[i])
        for p in range(value_start[chosen[i]], value_start[chosen[i] + 1]):
            u = holder[p]
            chance = -np.expm1(-draws[kind[i], u] * rate[i, country[u]])
            score[scratch[u], kind[i]] += np.log2(max(usage[i], chance) / chance) - np.log2(1.0 - usage[i])
    bits = np.zeros(reached)
    agreeing = np.zeros(reached, np.int32)
    folded = np.zeros(sides)
    for i in range(reached):
        scratch[candidates[i]] = -1
        for k in range(kinds):
            if draws[k, candidates[i]] > 0:
                score[i, k] += max(absent[k], -ABSENCE_CAP)
        folded[:] = 0.0
        _fold(score[i], nest, nest_side, folded)
        bits[i] = folded.sum()
        agreeing[i] = (folded >= AGREEING_BITS).sum()
    return candidates, bits, agreeing
