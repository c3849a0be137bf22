"""When the evidence sufficed, in event time: for a kit as a whole, and for each of its members.

Both look back with the finished kit in hand, so they say when the facts were there to be seen, which is at or before
the moment a continuous run would have seen them (docs/limits in the methods page say by how much).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.link.biclusters import EXTRA_BITS, Kit
from stillwatch.link.graph import Graph, edges_inside
from stillwatch.link.holdings import by_account
from stillwatch.link.kernels import SIDE_CAP
from stillwatch.link.null_model import surprise
from stillwatch.link.values import KINDS, SIDES

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

STEPS = 128  # moments at which a kit's formation is looked at

_SIDE = np.array([SIDES.index(kind.side) for kind in KINDS])


@dataclass(frozen=True, slots=True)
class KitEdges:
    """Edges inside a kit, in time order: which member, which kit value (both as indices), when, and its bits."""

    member: Int64
    value: Int64
    at: Int64
    bits: Float


def kit_edges(graph: Graph, kit: Kit) -> KitEdges:
    """All holdings of kit values by members."""
    inside = edges_inside(graph, kit.members, kit.found.values)
    bits = np.log2(np.maximum(kit.found.inside, 1.0) / np.maximum(kit.found.expected, 1e-9))
    # by member, then by value as they came; what is stable leaves that order where times are equal
    _, order = by_account(inside.member.astype(np.int32), len(kit.members))
    order = order[np.argsort(inside.at[order], kind="stable")]
    value = inside.value[order]
    return KitEdges(inside.member[order], value, inside.at[order], bits[value])


def linked_at(graph: Graph, kit: Kit, edges: KitEdges, prior: Float) -> Int64:
    """µs at which each member's capped bits first cleared the threshold of membership; else its last edge."""
    count = len(kit.members)
    threshold = np.log2(max(2.0, graph.accounts / count)) + EXTRA_BITS
    side = _SIDE[graph.kind[kit.found.values]][edges.value]
    return _first_sufficient(edges.member, edges.at, edges.bits, side, threshold - prior[kit.members])


@njit(cache=True, nogil=True)
def _first_sufficient(member: Int64, at: Int64, bits: Float, side: Int64, needed: Float) -> Int64:
    held = np.zeros((len(needed), 16))
    result = np.zeros(len(needed), np.int64)
    done = np.zeros(len(needed), np.bool_)
    for i in range(len(member)):
        u, f = member[i], side[i]
        if done[u]:
            continue
        # a second value of a side adds little: views of one fact are not counted twice
        again = 1.0 if held[u, f] > 0.0 else 0.0
        held[u, f] = min(SIDE_CAP, max(held[u, f], bits[i]) + again)
        result[u] = at[i]
        done[u] = held[u].sum() > needed[u]
    return result


def formed_at(graph: Graph, kit: Kit, edges: KitEdges, net_bits: float) -> int:
    """µs at which the pooled surprise of the carrying kinds first paid for the search, and `net_bits` beyond it."""
    used = np.isin(graph.kind[kit.found.values], kit.carrying)[edges.value]
    member, value, at = edges.member[used], edges.value[used], edges.at[used]
    if len(at) == 0:
        return int(edges.at[-1])
    joined = np.sort(np.unique(member, return_index=True)[1])  # the edges with which members begin
    inside, start = np.zeros(len(kit.found.values), np.int32), 0
    for stop in np.unique(np.linspace(2, len(at), STEPS).astype(np.int64)):
        active = int(np.searchsorted(joined, stop))
        inside += np.bincount(value[start:stop], minlength=len(inside)).astype(np.int32)
        start = stop
        gain = surprise(inside, kit.found.expected * active / len(kit.members))
        picked = int((inside > 0).sum())
        price = active * np.log2(np.e * graph.accounts / active) + picked * np.log2(np.e * graph.values / picked)
        if gain.sum() - price > net_bits:
            return int(at[stop - 1])
    return int(at[-1])
