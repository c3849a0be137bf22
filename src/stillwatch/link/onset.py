"""When the evidence sufficed, in event time: for a bicluster as a whole, and for each of its members.

Both look back from the finished bicluster. They say when the facts could be seen, which is at or before the moment at
which a continuous run would have seen them (docs/methods/link.md says by how much).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.link.acceptance import Bicluster
from stillwatch.link.graph import Graph, edges_inside
from stillwatch.link.holdings import by_account
from stillwatch.link.kernels import GROUP_CAP
from stillwatch.link.membership import EXTRA_BITS
from stillwatch.link.null_model import surprise
from stillwatch.link.values import GROUP_OF, GROUPS

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

STEPS = 128  # moments at which the pooled surprise of a forming bicluster is computed


@dataclass(frozen=True, slots=True)
class BiclusterEdges:
    """Edges inside a bicluster in order of time, parallel arrays (edges,): the indices of member and value, the time
    (µs) and the bits of the value."""

    member: Int64
    value: Int64
    at: Int64
    bits: Float


def bicluster_edges(graph: Graph, bicluster: Bicluster) -> BiclusterEdges:
    """All holdings of the bicluster's values by its members."""
    inside = edges_inside(graph, bicluster.members, bicluster.found.values)
    bits = np.log2(np.maximum(bicluster.found.inside, 1.0) / np.maximum(bicluster.found.expected, 1e-9))
    # a stable sort by time leaves edges of one time in order of member, then of value
    _, order = by_account(inside.member.astype(np.int32), len(bicluster.members))
    order = order[np.argsort(inside.at[order], kind="stable")]
    value = inside.value[order]
    return BiclusterEdges(inside.member[order], value, inside.at[order], bits[value])


def linked_at(graph: Graph, bicluster: Bicluster, edges: BiclusterEdges, prior: Float) -> Int64:
    """The time (µs) at which each member's capped bits first exceeded the threshold of membership; else of its last
    edge.

    `prior` (accounts,) are bits.
    """
    count = len(bicluster.members)
    threshold = np.log2(max(2.0, graph.accounts / count)) + EXTRA_BITS
    group = GROUP_OF[graph.attribute[bicluster.found.values]][edges.value]
    needed = threshold - prior[bicluster.members]
    return np.asarray(_first_sufficient(edges.member, edges.at, edges.bits, group, needed, len(GROUPS)))


@njit(cache=True, nogil=True)
def _first_sufficient(member: Int64, at: Int64, bits: Float, group: Int64, needed: Float, groups: int) -> Int64:
    held = np.zeros((len(needed), groups))
    result = np.zeros(len(needed), np.int64)
    done = np.zeros(len(needed), np.bool_)
    for i in range(len(member)):
        one, group_of_edge = member[i], group[i]
        if done[one]:
            continue
        # a second value of a group adds one bit: views of one fact are not counted twice
        again = 1.0 if held[one, group_of_edge] > 0.0 else 0.0
        held[one, group_of_edge] = min(GROUP_CAP, max(held[one, group_of_edge], bits[i]) + again)
        result[one] = at[i]
        done[one] = held[one].sum() > needed[one]
    return result


def formed_at(graph: Graph, bicluster: Bicluster, edges: BiclusterEdges, net_bits: float) -> int:
    """The time (µs) at which the pooled surprise of the carrying attributes first exceeded the price of the search by
    `net_bits`."""
    used = np.isin(graph.attribute[bicluster.found.values], bicluster.carrying)[edges.value]
    member, value, at = edges.member[used], edges.value[used], edges.at[used]
    if len(at) == 0:
        return int(edges.at[-1])
    joined = np.sort(np.unique(member, return_index=True)[1])  # the first edge of each member
    inside, start = np.zeros(len(bicluster.found.values), np.int32), 0
    for stop in np.unique(np.linspace(2, len(at), STEPS).astype(np.int64)):
        active = int(np.searchsorted(joined, stop))
        inside += np.bincount(value[start:stop], minlength=len(inside)).astype(np.int32)
        start = stop
        gain = surprise(inside, bicluster.found.expected * active / len(bicluster.members))
        picked = int((inside > 0).sum())
        price = active * np.log2(np.e * graph.accounts / active) + picked * np.log2(np.e * graph.values / picked)
        if gain.sum() - price > net_bits:
            return int(at[stop - 1])
    return int(at[-1])
