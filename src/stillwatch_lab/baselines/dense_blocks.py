"""Dense blocks (FRAUDAR): greedy peeling of the account-value graph, columns weighted against camouflage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch.records.compiled import compiled
from stillwatch_lab.baselines.channels import channels
from stillwatch_lab.baselines.holdings import Holdings, load, starts
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import Int32, Int64, name_logs
from stillwatch_lab.baselines.unions import Floats

DAMPING = 5.0  # the authors' value of c in the column weight 1 / log(degree + c)
BLOCKS = 20  # blocks removed one after another: more than there are campaigns


@dataclass(frozen=True, slots=True)
class DenseBlocks:
    """Scores accounts by the density of their block of accounts and values."""

    name: str = "lies_in_a_dense_block"
    source: str = "Hooi et al., FRAUDAR: bounding graph fraud in the face of camouflage (KDD 2016)"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The density of the densest block of each account; 0 for an account in no block."""
        accounts = name_logs(engine, logs)
        return scored(accounts, blocks(load(engine, len(accounts), channels(engine)), BLOCKS))


def blocks(holdings: Holdings, wanted: int) -> Floats:
    """The density of each account's densest block among the first `wanted` blocks, (accounts,).

    Before the next block is sought, the block's edges are removed and the column weights are computed again.
    """
    best = np.zeros(holdings.accounts)
    account, value = holdings.holder.astype(np.int64), holdings.value_of.astype(np.int64)
    for _ in range(wanted):
        if len(account) == 0:
            break
        inside, density = densest(account, value, holdings.accounts, holdings.values)
        members = inside[: holdings.accounts]
        best[members] = np.maximum(best[members], density)
        kept = ~(inside[account] & inside[holdings.accounts + value])
        account, value = account[kept], value[kept]
    return best


def densest(account: Int64, value: Int64, accounts: int, values: int) -> tuple[NDArray[np.bool_], float]:
    """The densest block that greedy peeling finds in the graph of edges (account, value), each (edges,).

    Returns the mask of nodes inside, accounts before values, (accounts + values,), and the density: the summed weight
    of edges inside divided by the number of nodes inside. It is at least half of the highest density of any block
    (Charikar 2000; Hooi et al.).
    """
    weight = 1.0 / np.log(np.bincount(value, minlength=values) + DAMPING)
    ends = np.concatenate([account, value + accounts])
    other = np.concatenate([value + accounts, account])[np.argsort(ends, kind="stable")]
    removed, best = _peel(starts(ends, accounts + values), other.astype(np.int32), accounts, weight)
    inside = np.zeros(accounts + values, bool)
    inside[removed[best[0] :]] = True
    return inside, best[1]


@compiled
def _peel(start: Int64, other: Int32, accounts: int, weight: Floats) -> tuple[Int32, tuple[int, float]]:
    """Removes the node of least weighted degree again and again.

    Returns the order of removal, (nodes,), the number of removals after which the rest was densest, and that density.
    """
    nodes = len(start) - 1
    degree = np.zeros(nodes)
    for u in range(nodes):
        for e in range(start[u], start[u + 1]):
            degree[u] += weight[max(u, other[e]) - accounts]
    heap = np.argsort(degree, kind="mergesort").astype(np.int32)
    place = np.empty(nodes, np.int32)
    place[heap] = np.arange(nodes).astype(np.int32)
    total, removed = degree.sum() / 2, np.empty(nodes, np.int32)
    best, at = total / nodes, 0
    for step in range(nodes):
        u = _pop(heap, place, degree, nodes - step)
        removed[step] = u
        total -= degree[u]
        for e in range(start[u], start[u + 1]):
            if place[other[e]] >= 0:
                degree[other[e]] -= weight[max(u, other[e]) - accounts]
                _rise(heap, place, degree, place[other[e]])
        left = nodes - step - 1
        if left and total / left > best:
            best, at = total / left, step + 1
    return removed, (at, best)


@compiled
def _before(degree: Floats, u: int, v: int) -> bool:
    return bool(degree[u] < degree[v] or (degree[u] == degree[v] and u < v))


@compiled
def _pop(heap: Int32, place: Int32, degree: Floats, size: int) -> int:
    """Removes and returns the least node of the heap of that size; sets its place to -1."""
    least, last = heap[0], heap[size - 1]
    place[least] = -1
    if size == 1:
        return int(least)
    hole = 0
    while 2 * hole + 1 < size - 1:
        child = 2 * hole + 1
        if child + 1 < size - 1 and _before(degree, heap[child + 1], heap[child]):
            child += 1
        if not _before(degree, heap[child], last):
            break
        heap[hole] = heap[child]
        place[heap[hole]] = hole
        hole = child
    heap[hole] = last
    place[last] = hole
    return int(least)


@compiled
def _rise(heap: Int32, place: Int32, degree: Floats, hole: int) -> None:
    """Moves the node at `hole`, whose degree has fallen, up to its place in the heap."""
    node = heap[hole]
    while hole > 0:
        parent = (hole - 1) // 2
        if not _before(degree, node, heap[parent]):
            break
        heap[hole] = heap[parent]
        place[heap[hole]] = hole
        hole = parent
    heap[hole] = node
    place[node] = hole


DENSE_BLOCKS = DenseBlocks()
