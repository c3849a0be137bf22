"""Communities of a weighted graph: sets of nodes joined more than their weights would join them by chance."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

ROUNDS = 50  # rounds over all nodes within one level; most settle within ten


def communities(graph: csr_array, resolution: float) -> Int64:
    """A label from 0 for each node of a symmetric graph, by the modularity of Reichardt & Bornholdt (2006), which is
    raised by moving single nodes, then whole communities, until nothing raises it (Blondel et al., Fast unfolding of
    communities in large networks, 2008).

    Nodes are visited in order and the first of equally good moves is taken, so that runs repeat.
    """
    label = np.arange(graph.shape[0])
    while True:
        weight = np.asarray(graph.sum(axis=1), np.float64)
        moved = _moved(
            graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data, weight, resolution, ROUNDS
        )
        names, moved = np.unique(moved, return_inverse=True)
        label = moved[label]
        if len(names) == graph.shape[0]:
            return np.asarray(label, np.int64)
        gathered = csr_array((np.ones(len(moved)), (np.arange(len(moved)), moved)), shape=(len(moved), len(names)))
        graph = csr_array(gathered.T @ graph @ gathered)
        graph.sort_indices()


@njit(cache=True, nogil=True)
def _moved(begin: Int64, other: Int64, link: Float, weight: Float, resolution: float, rounds: int) -> Int64:
    """The community of each node after moves of single nodes, each first alone."""
    nodes = len(weight)
    label, total, joined = np.arange(nodes), weight.copy(), np.zeros(nodes)
    met = np.empty(nodes, np.int64)
    scale = resolution / max(weight.sum(), 1e-300)
    for _ in range(rounds):
        settled = True
        for node in range(nodes):
            found = 0
            for e in range(begin[node], begin[node + 1]):
                if other[e] != node and link[e] > 0.0:
                    if joined[label[other[e]]] == 0.0:
                        met[found] = label[other[e]]
                        found += 1
                    joined[label[other[e]]] += link[e]
            total[label[node]] -= weight[node]
            best, highest = label[node], joined[label[node]] - scale * weight[node] * total[label[node]]
            for k in range(found):
                gain = joined[met[k]] - scale * weight[node] * total[met[k]]
                if gain > highest + 1e-12:
                    best, highest = met[k], gain
            for k in range(found):
                joined[met[k]] = 0.0
            total[best] += weight[node]
            settled = settled and best == label[node]
            label[node] = best
        if settled:
            break
    return label
