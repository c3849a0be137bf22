"""Splits a set of accounts that one seed merged: blocks that share next to no value belong to different operators.

One operator deals its values to all its accounts, so that any two halves of a true bicluster hold many values in
common. The second singular vector of the account-value matrix finds the cut that crosses least (Dhillon, Co-clustering
documents and words using bipartite spectral graph partitioning, KDD 2001); the cut is made when less than CROSSING of
the smaller side's weight crosses it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import svds

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

CROSSING = 0.25  # share of a block's weight on values it has in common with the rest
SMALLEST = 24  # accounts below which a block is not cut further: chance alone makes small matrices uneven

LARGE = 1024  # accounts from which a rough vector is tried first: exact vectors of 25,000 accounts take minutes
ROUGH = 0.03  # relative error of that vector
SETTLING = 20  # rounds in which a rough cut settles; most settle within three
DENSE = 512  # rows or columns up to which exact vectors are computed from the dense matrix
EQUAL = 1e-9  # squared singular values, all in [0, 1], that differ by no more count as equal


def blocks(
    member: Int64, value: Int64, weight: Float, shape: tuple[int, int], crossing: float = CROSSING
) -> list[Int64]:
    """Blocks of member indices, ascending, from the edges of a bicluster (edges,); `shape` is (members, values).

    A cut is made when less than `crossing` of the smaller side's weight crosses it.
    """
    table = csr_array((weight, (member, value)), shape=shape)
    result: list[Int64] = []
    pending = _components(table, np.arange(shape[0]))
    while pending:
        block = pending.pop()
        halves = _cut(table, block, crossing) if len(block) >= 2 * SMALLEST else None
        if halves is None:
            result.append(block)
        else:
            pending += [part for half in halves for part in _components(table, half)]
    return sorted(result, key=lambda block: int(block[0]))


def _components(table: csr_array, block: Int64) -> list[Int64]:
    part = table[block]
    held = np.flatnonzero(np.asarray(part.sum(axis=0)) > 0)
    part = part[:, held]
    edges = part.tocoo()
    size = len(block) + len(held)
    joined = csr_array((np.ones(len(edges.data)), (edges.row, edges.col + len(block))), shape=(size, size))
    _, label = connected_components(joined, directed=False)
    return [block[label[: len(block)] == one] for one in np.unique(label[: len(block)])]


def _cut(table: csr_array, block: Int64, crossing: float) -> tuple[Int64, Int64] | None:
    part = table[block]
    part = part[:, np.flatnonzero(np.asarray(part.sum(axis=0)) > 0)]
    if min(part.shape) < 4:
        return None
    # among hundreds of operators the exact vector is slow to find and cuts off one; a rough vector halves them
    for tolerance in (ROUGH, 0.0) if len(block) >= LARGE else (0.0,):
        high = _side(part, tolerance)
        high = _without_strays(part, high) if tolerance else high
        if min(high.sum(), (~high).sum()) >= SMALLEST // 3 and _crossing(part, high) <= crossing:
            return block[high], block[~high]
    return None


def _without_strays(part: csr_array, high: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The sides (members,) after every member has moved, round by round, to the side that holds more of its values."""
    rows, columns = np.asarray(part.sum(axis=1)), np.asarray(part.sum(axis=0))
    for _ in range(SETTLING):
        before = high
        high = part @ ((part.T @ np.where(high, 1.0, -1.0)) / columns) / rows > 0.0
        if (high == before).all():
            break
    return np.asarray(high)


def _side(part: csr_array, tolerance: float) -> NDArray[np.bool_]:
    """Marks the members (members,) on one side of the second singular vector, found to a relative `tolerance` (0:
    exact)."""
    rows, columns = np.asarray(part.sum(axis=1)), np.asarray(part.sum(axis=0))
    scaled = csr_array(diags_array(rows**-0.5) @ part @ diags_array(columns**-0.5))
    dense = tolerance == 0.0 and min(part.shape) <= DENSE
    left = _second(scaled) if dense else _second_by_iteration(scaled, tolerance)
    # rounding takes away the last bits, in which machines may differ
    second = np.round(left * rows**-0.5, 9)
    # a vector and its negative make the same cut, except that members at 0 lie on the lower side
    return np.asarray(second * second[np.flatnonzero(second)[:1]].sum() > 0.0)


def _second(scaled: csr_array) -> Float:
    """The second left singular vector times its singular value: 0 where all rows are alike and have no second
    direction.

    Of several equally good vectors, as where operators overlap evenly, the one nearest to a fixed vector is taken:
    which of them a library returns is not specified and differs between runs.
    """
    upright = scaled.shape[0] > scaled.shape[1]
    squared = (scaled.T @ scaled if upright else scaled @ scaled.T).toarray()
    strength, vectors = eigh(squared)
    equal = vectors[:, :-1][:, strength[:-1] >= strength[-2] - EQUAL]
    vector = equal @ (equal.T @ np.linspace(1.0, 2.0, len(squared)))
    return np.asarray(scaled @ vector if upright else vector * np.sqrt(max(strength[-2], 0.0)))


def _second_by_iteration(scaled: csr_array, tolerance: float) -> Float:
    # the start is fixed, but where few rows differ the iteration runs out of directions and draws others at random
    start = np.linspace(1.0, 2.0, min(scaled.shape))
    left, strength, _ = svds(scaled, k=2, v0=start, maxiter=4000, tol=tolerance)
    return np.asarray(left[:, int(np.argmin(strength))])


def _crossing(part: csr_array, high: NDArray[np.bool_]) -> float:
    """The share of the lighter side's weight that lies on values held on both sides, 1 when all are held evenly."""
    above, below = np.asarray(part[high].sum(axis=0)), np.asarray(part[~high].sum(axis=0))
    lighter, heavier = (above, below) if above.sum() < below.sum() else (below, above)
    expected = lighter.sum() / (lighter.sum() + heavier.sum())
    both = lighter + heavier
    # 1 when each value is split as the halves are, 0 when none is in both
    apart = np.where(both > 0, heavier / np.maximum(both, 1e-12), 0.0) / (1.0 - expected)
    return float((lighter * np.minimum(apart, 1.0)).sum() / lighter.sum())
