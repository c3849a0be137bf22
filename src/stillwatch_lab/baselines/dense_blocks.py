"""Dense blocks (FRAUDAR): greedy peeling of the account-value graph, columns weighted against camouflage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch.sketch.compiled import compiled
from stillwatch_lab.baselines.channels import channels
from stillwatch_lab.baselines.holdings import Holdings, load, starts
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import Int32, Int64, name_logs
from stillwatch_lab.baselines.unions import Floats

DAMPING = 5.0  # c of the column weight 1 / log(degree + c), as the authors chose it
BLOCKS = 20  # taken out one after another: more than there are campaigns, until blocks are as thin as the background


@dataclass(frozen=True, slots=True)
class DenseBlocks:
    """Accounts in a block of accounts and values that is denser than what remains of the graph."""

    name: str = "lies_in_a_dense_block"
    source: str = "Hooi et al., FRAUDAR: bounding graph fraud in the face of camouflage (KDD 2016)"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The density of the densest block that each account belongs to; 0 in none."""
        accounts = name_logs(engine, logs)
        return scored(accounts, blocks(load(engine, len(accounts), channels(engine)), BLOCKS))


def blocks(holdings: Holdings, wanted: int) -> Floats:
    """Density of the densest of the first `wanted` blocks around each account, (accounts,).

    A block's edges are removed and the column weights computed anew before the next is sought.
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
    """The densest block that greedy peeling passes through, of the edges (account, value), each (edges,).

    Returns who is inside, accounts and then values, (accounts + values,), and the summed weight of the edges inside
    over the nodes inside. At least half of the best density of any block (Charikar 2000; Hooi et al.).
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

    Returns the order of removal (nodes,), and after how many removals the rest was densest, and how dense.
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
    """Takes the least node off the heap of that size; its place becomes -1."""
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
    """Moves the node at `hole`, whose degree fell, up to where it belongs."""
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
