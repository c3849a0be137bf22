"""When the evidence sufficed, in event time: for a kit as a whole, and for each of its members.

Both look back with the finished kit in hand, so they say when the facts were there to be seen, which is at or before
the moment a continuous run would have seen them (docs/limits in the methods page say by how much).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.graph import Graph
from stillwatch.link.kernels import FAMILY_CAP
from stillwatch.link.values import FAMILIES, KINDS

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

STEPS = 128  # moments at which a kit's formation is looked at
EXTRA_BITS = 8.0  # beyond log2(accounts / members): under chance 1 in 256 kits would gain one stranger
FORMED_BITS = 10.0

_FAMILY = np.array([FAMILIES.index(kind.family) for kind in KINDS])


@dataclass(frozen=True, slots=True)
class KitEdges:
    """Edges inside a kit, by time: which member, which kit value (both as indices), when, and the bits of holding."""

    member: Int64
    value: Int64
    at: Int64
    bits: Float
    family: Int64


def surprise(inside: Int32, expected: Float) -> Float:
    """Poisson surprise of the count, in bits: c ln(c/E) - (c - E), zero below expectation."""
    c, e = inside.astype(float), np.maximum(expected, 1e-12)
    return np.where(c > e, (c * np.log(np.maximum(c, 1e-12) / e) - (c - e)) / np.log(2), 0.0)


def kit_edges(graph: Graph, members: Int32, chosen: Int32, inside: Int32, expected: Float) -> KitEdges:
    """All holdings of kit values by members, in time order."""
    spans = [np.arange(graph.value_start[v], graph.value_start[v + 1]) for v in chosen]
    edges = np.concatenate(spans)
    value = np.repeat(np.arange(len(chosen)), [len(span) for span in spans])
    at = np.searchsorted(members, graph.holder[edges])
    mine = members[np.clip(at, 0, len(members) - 1)] == graph.holder[edges]
    edges, value, member = edges[mine], value[mine], at[mine]
    bits = np.log2(np.maximum(inside, 1.0) / np.maximum(expected, 1e-9))
    order = np.lexsort((value, member, graph.first_at[edges]))
    edges, value, member = edges[order], value[order], member[order]
    return KitEdges(member, value, graph.first_at[edges], bits[value], _FAMILY[graph.kind[chosen[value]]])


def linked_at(edges: KitEdges, prior: Float, accounts: int, members: int) -> Int64:
    """The time at which each member's capped bits first cleared the threshold of membership; else its last edge."""
    threshold = np.log2(max(2.0, accounts / members)) + EXTRA_BITS
    held = np.zeros((members, len(FAMILIES)))
    result = np.zeros(members, np.int64)
    done = np.zeros(members, bool)
    for member, at, bits, family in zip(edges.member, edges.at, edges.bits, edges.family, strict=True):
        if done[member]:
            continue
        held[member, family] = min(FAMILY_CAP, max(held[member, family], bits) + (1.0 if held[member, family] else 0.0))
        result[member] = at
        done[member] = held[member].sum() + prior[member] > threshold
    return result


def formed_at(edges: KitEdges, expected: Float, carrying: NDArray[np.bool_], sizes: tuple[int, int]) -> int:
    """The time at which the pooled surprise of the carrying kinds first paid for the search."""
    accounts, values = sizes
    used = carrying[edges.value]
    member, value, at = edges.member[used], edges.value[used], edges.at[used]
    if len(at) == 0:
        return int(edges.at[-1])
    everyone = len(np.unique(edges.member))
    for stop in np.unique(np.linspace(2, len(at), STEPS).astype(np.int64)):
        active = len(np.unique(member[:stop]))
        inside = np.bincount(value[:stop], minlength=len(expected)).astype(np.int32)
        gain = surprise(inside, expected * active / everyone)
        picked = int((inside > 0).sum())
        price = active * np.log2(np.e * accounts / active) + picked * np.log2(np.e * values / picked)
        if gain.sum() - price > FORMED_BITS:
            return int(at[stop - 1])
    return int(at[-1])
