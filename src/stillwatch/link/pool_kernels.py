"""Compiled loops over contents that compare accounts with pools of accounts: plain arrays in and out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.link.nearest_accounts import UNSHARED

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]


@njit(cache=True, nogil=True)
def alike(
    start: Int64, code: Int32, count: NDArray[np.uint8], weight: Float, members: Int32, scratch: Int32
) -> tuple[Float, Float]:
    """Weighted features shared by pairs of an account's own starts, and by pairs of one of its and another member's."""
    own, pool = np.zeros(len(members)), np.zeros(len(members))
    for u in members:
        for e in range(start[u], start[u + 1]):
            scratch[code[e]] += count[e]
    for i in range(len(members)):
        for e in range(start[members[i]], start[members[i] + 1]):
            c = float(count[e])
            # what one account alone holds says nothing of what it shares with others
            if code[e] != UNSHARED:
                own[i] += weight[code[e]] * c * (c - 1.0)
                pool[i] += weight[code[e]] * c * (float(scratch[code[e]]) - c)
    for u in members:
        for e in range(start[u], start[u + 1]):
            scratch[code[e]] = 0
    return own, pool


@njit(cache=True, nogil=True)
def likest(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    weight: Float,
    conversation_starts: Int32,
    accounts: Int32,
    begin: Int64,
    pool: Int32,
    share: Float,
    level: Float,
) -> tuple[Int64, Float, Float]:
    """The pool that each account is most like, over how like its members are; own similarity; and that to the pool."""
    best, own, similar = np.zeros(len(accounts), np.int64), np.zeros(len(accounts)), np.zeros(len(accounts))
    to = np.zeros(len(level))
    for i in range(len(accounts)):
        u, n = accounts[i], float(conversation_starts[accounts[i]])
        to[:] = 0.0
        for e in range(start[u], start[u + 1]):
            c, w = float(count[e]), weight[code[e]]
            if code[e] != UNSHARED:
                own[i] += w * c * (c - 1.0) / (n * (n - 1.0))
            for k in range(begin[code[e]], begin[code[e] + 1]):
                to[pool[k]] += w * c * share[k] / n
        best[i] = np.argmax(to / level)
        similar[i] = to[best[i]]
    return best, own, similar


@njit(cache=True, nogil=True)
def occurrences(code: Int32, count: NDArray[np.uint8], codes: int) -> Float:
    """How many conversation starts of all accounts hold each code: (codes,)."""
    result = np.zeros(codes)
    for e in range(len(code)):
        result[code[e]] += float(count[e])
    return result
