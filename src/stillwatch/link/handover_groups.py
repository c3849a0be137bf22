"""The groups that handovers join: connected accounts, parted where the handovers across do not show one queue.

Anyone can repeat anybody's requests. So one account joins nothing however often it repeats, and accounts that are only
repeated, and repeat nothing in turn, are not of the group that repeats them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components, maximum_bipartite_matching
from scipy.sparse.linalg import eigsh, minres

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

LEAST = 3  # accounts of a group; a pair may be one person with two accounts
CROSSED = 2  # disjoint pairs across a cut, beyond those of coincidence, up to which its sides are two operators
SMALL_CUT = 24  # accounts, under twice which a group is not parted: one may well hang on a chain by one handover
ONE_WAY = 0.05  # of the handovers across a cut, up to which those against the stream leave it one-way: in a queue whose
# accounts differ in volume by a factor of e^1.5 more go against it, as the tests hold
CUT_BITS = 16.0  # beyond the price of choosing the sides of a cut, by which its handovers must speak for two operators


def parted(left: Int64, right: Int64, size: int, density: float, expected: csr_array | None = None) -> Int64:
    """A label (size,) for each account; `density` is the probability that coincidence joins two given accounts.

    `left` and `right` (pairs,) are accounts that asked first and that took over, each ordered pair once. `expected`
    (size, size) are the handovers that coincidence would make between two accounts that ask the same at other times.
    """
    graph = csr_array(coo_array((np.ones(len(left)), (left, right)), shape=(size, size)))
    expected = csr_array((size, size)) if expected is None else expected
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    pending = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if size else []
    result, found = np.zeros(size, np.int64), 0
    while pending:
        group = pending.pop()
        part = csr_array(graph[group][:, group])
        halves = None
        if len(group) >= 2 * LEAST:
            halves = one_way_cut(part) or sparse_cut(part, density, csr_array(expected[group][:, group]))
        if halves is None:
            result[group] = found
            found += 1
        else:
            pending += [piece for half in halves for piece in _components(graph, group[half])]
    return result


def _components(graph: csr_array, group: Int64) -> list[Int64]:
    _, label = connected_components(graph[group][:, group], directed=False)
    return [group[label == one] for one in range(int(label.max(initial=-1)) + 1)]


def sparse_cut(graph: csr_array, density: float, expected: csr_array) -> tuple[Int64, Int64] | None:
    """Two sides that hardly any account joins although many would if one operator ran them; None for no such cut.

    Across the sides only disjoint pairs count, so that one account is one link. Two queues that work off one public
    data set meet now and then, as often as what they ask alike at other times lets one `expected` (accounts, accounts).
    The sides are looked for among all accounts, and then without the few that have most links.
    """
    both = csr_array(graph + graph.T)
    both.data[:] = 1.0
    degree = np.asarray(both.sum(axis=1))
    if len(degree) < 2 * SMALL_CUT:
        return None
    for left_out in (0, CROSSED):
        rest = np.sort(np.argsort(-degree, kind="stable")[left_out:])
        side = _sides(both, rest)
        high, low = np.flatnonzero(side), np.flatnonzero(~side)
        if min(len(high), len(low)) < LEAST:
            continue
        across = csr_array(both[high][:, low])
        crossing = int((maximum_bipartite_matching(across, perm_type="column") >= 0).sum())
        by_chance = float(expected[high][:, low].sum() + expected[low][:, high].sum())
        by_chance += 3.0 * density * len(high) * len(low)
        # a chain or a tree hangs by one link everywhere, and is never worth the price
        price = len(degree) * float(binary_entropy(np.array([len(high) / len(degree)]))[0])
        bits = two_blocks_bits(float(both[high][:, high].sum()), float(both[low][:, low].sum()), crossing)
        if crossing <= CROSSED + by_chance and bits > price + CUT_BITS:
            return high, low
    return None


def two_blocks_bits(inside: float, other_inside: float, crossing: float) -> float:
    """Bits by which the ends of links speak for two blocks and not for one, in the degree-corrected block model (Karrer
    & Newman, Stochastic blockmodels and community structure in networks, 2011).

    Arguments are the ends of links inside either block, and the links between them.
    """
    ends = np.array([[inside, crossing], [crossing, other_inside]])
    by_chance = np.outer(ends.sum(axis=1), ends.sum(axis=0)) / max(float(ends.sum()), 1.0)
    held = ends > 0
    return float((ends[held] * np.log2(ends[held] / by_chance[held])).sum() / 2.0)


def _sides(both: csr_array, rest: Int64) -> NDArray[np.bool_]:
    """Marks the accounts on one side of the cut that few links among `rest` cross; others follow most of their links.

    A component of its own is a side; else the second eigenvector of the normalised adjacency tells (Fiedler, Algebraic
    connectivity of graphs, 1973), parted where fewest of the links of the smaller side cross.
    """
    inner = csr_array(both[rest][:, rest])
    _, label = connected_components(inner, directed=False)
    size = np.bincount(label)
    largest = np.argsort(-size, kind="stable")
    place = np.zeros(both.shape[0])
    if len(size) > 1 and size[largest[1]] >= LEAST:
        place[rest] = np.where(label == largest[1], 1.0, np.where(size[label] >= LEAST, -1.0, 0.0))
    else:
        main = np.flatnonzero(label == largest[0])
        part = csr_array(inner[main][:, main])
        place[rest[main]] = np.where(swept(part, _second_vector(part)), 1.0, -1.0)
    for _ in range(2):  # first those left out, then who hangs on them
        place = np.where(place == 0.0, np.sign(both @ place), place)
    return np.asarray(place > 0.0)


def swept(both: csr_array, vector: Float) -> NDArray[np.bool_]:
    """Marks the accounts above that value of `vector` (accounts,) at which the cut has the least conductance: crossing
    links for each link end of the smaller side."""
    order = np.argsort(-vector, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    ends = np.cumsum(np.asarray(both.sum(axis=1))[order])
    links = both.tocoo()
    # both ends of a link are above the cut once the later one is
    inside = np.cumsum(np.bincount(np.maximum(rank[links.row], rank[links.col]), minlength=len(order)))
    conductance = (ends - inside) / np.maximum(np.minimum(ends, ends[-1] - ends), 1.0)
    possible = conductance[LEAST - 1 : len(order) - LEAST]
    cut = LEAST + int(np.argmin(possible)) if len(possible) else 0
    return np.asarray(rank < cut)


def _second_vector(both: csr_array) -> Float:
    degree = np.asarray(both.sum(axis=1))
    if len(degree) < SMALL_CUT:
        return np.ones(len(degree))
    scale = diags_array(degree**-0.5)
    # a fixed start makes runs repeat; rounding takes away the last bits, in which machines may differ
    start = np.linspace(1.0, 2.0, len(degree))
    strength, vectors = eigsh(csr_array(scale @ both @ scale), k=2, which="LA", v0=start, maxiter=20_000, tol=1e-9)
    return np.asarray(np.round(vectors[:, int(np.argmin(strength))] * degree**-0.5, 9))


def one_way_cut(graph: csr_array) -> tuple[Int64, Int64] | None:
    """Two sides of which one repeats the other far more than it is repeated; None for no such cut.

    Levels at which every handover goes one up, as far as they can, part the two (MacKay, Johnson & Sansom, How directed
    is a directed network? 2020). In a queue each handover across goes either way; the bits by which these do not must
    exceed a bit an account, since the sides were chosen among 2^accounts. Bits alone would part every large queue:
    accounts of more requests have more to hand over, so that hardly any ONE_WAY may go against the stream as well.
    """
    level = levels(graph)
    if len(level) == 0:
        return None
    high = level > np.median(np.unique(level))
    for _ in range(SETTLING):
        low_mean, high_mean = level[~high].mean() if (~high).any() else 0.0, level[high].mean() if high.any() else 0.0
        moved = level > (low_mean + high_mean) / 2.0
        if (moved == high).all():
            break
        high = moved
    upper, lower = np.flatnonzero(high), np.flatnonzero(~high)
    if min(len(upper), len(lower)) < LEAST:
        return None
    up, down = float(graph[lower][:, upper].sum()), float(graph[upper][:, lower].sum())
    bits = (up + down) * (1.0 - float(binary_entropy(np.array([down / max(up + down, 1.0)]))[0]))
    return (upper, lower) if down <= ONE_WAY * (up + down) and bits > len(level) + CUT_BITS else None


SETTLING = 20  # rounds in which two means of levels settle; mostly three


def levels(graph: csr_array) -> Float:
    """The level (accounts,) of each account of a connected graph of who took over (columns) from whom (rows)."""
    given, taken = np.asarray(graph.sum(axis=1), float), np.asarray(graph.sum(axis=0), float)
    laplacian = csr_array(diags_array(given + taken) - graph - graph.T)
    found, _ = minres(laplacian, taken - given, rtol=1e-9, maxiter=2_000)
    return np.asarray(np.round(found - found.min(initial=0.0), 6))


def binary_entropy(share: Float) -> Float:
    """Entropy in bits of shares in [0, 1]."""
    one, other = np.clip(share, 1e-12, 1.0), np.clip(1.0 - share, 1e-12, 1.0)
    return np.asarray(-(one * np.log2(one) + other * np.log2(other)))
