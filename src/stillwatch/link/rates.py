"""How popular a value is among independent accounts: the rates of the null model.

An account with d distinct values of an attribute holds value v by chance with probability 1 - exp(-d q_v). The rate q_v
is solved from the number of v's holders, with two guards: the probability saturates in d, so that heavy users and
popular values carry no bits by themselves; and holders are counted as *independent adopters*, so that many accounts
made in one batch cannot make their own values look popular.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.graph import Graph
from stillwatch.link.kernels import cells_filled

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

BINS = 48  # logarithmic bins of the distinct count over which the expected number of holders is summed
ROUNDS = 40  # bisection rounds: 2^-40 of the starting interval


def solve_rates(holders: Float, distinct_count: Int32) -> Float:
    """The rates q (values,) at which accounts with these distinct counts (accounts,) are expected to give `holders`
    (values,).

    Solves sum_u 1 - exp(-distinct_count_u q) = holders by bisection over bins; exact for equal distinct counts.
    """
    active = distinct_count[distinct_count > 0].astype(np.float64)
    if len(active) == 0 or len(holders) == 0:
        return np.zeros(len(holders))
    edges = np.unique(np.geomspace(1, max(2.0, active.max() + 1), BINS + 1))
    which = np.clip(np.searchsorted(edges, active, side="right") - 1, 0, len(edges) - 2)
    size = np.bincount(which, minlength=len(edges) - 1).astype(np.float64)
    mean = np.bincount(which, weights=active, minlength=len(edges) - 1) / np.maximum(size, 1.0)
    wanted = np.minimum(holders, len(active) - 0.5)
    # equal counts have equal rates: solve each distinct count once
    distinct, inverse = np.unique(wanted, return_inverse=True)
    low, high = np.zeros(len(distinct)), np.full(len(distinct), 60.0)
    for _ in range(ROUNDS + 6):
        middle = (low + high) / 2
        expected = ((1.0 - np.exp(-np.outer(middle, mean))) * size).sum(axis=1)
        below = expected < distinct
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(((low + high) / 2)[inverse])


def adopters(graph: Graph, cell: Int32) -> Float:
    """Independent adopters (values,) of every value: how many strangers would fill as many cells as its holders do.

    `cell` (accounts,) numbers the circumstances in which each account was made: sign-up week and card issuer, say.
    Holders that fill fewer cells than as many strangers would are counted as fewer.
    """
    holders = np.diff(graph.value_start)
    cells = int(cell.max()) + 1 if len(cell) else 1
    filled = cells_filled(graph.value_start, graph.holder, cell, cells)
    share = np.bincount(cell, minlength=cells) / max(1, len(cell))
    # expected cells filled by h strangers, on a grid fine enough to invert by interpolation
    grid = np.unique(np.concatenate([np.arange(1, 33), np.geomspace(32, max(64, graph.accounts), 160)]))
    expected = np.array([float((1.0 - (1.0 - share) ** h).sum()) for h in grid])
    return np.asarray(np.minimum(holders, np.interp(filled, expected, grid)), float)
