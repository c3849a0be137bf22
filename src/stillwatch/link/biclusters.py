"""The search for biclusters: sets of accounts that hold the same rare values, found without comparing pairs of
accounts.

A search starts from a seed: the holders of one value who are unusually alike in *other* independence groups. The seed
is completed to all accounts whose values are likelier under the bicluster than by chance, up to a fixed point
(`membership.py`), and what it grew to is accepted only when its pooled surprise pays for the whole search
(`acceptance.py`): under independence the chance that any false bicluster clears `net_bits` is at most 2^-net_bits,
however many seeds were tried.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.acceptance import Bicluster, accept, agree
from stillwatch.link.graph import Graph, edges_inside
from stillwatch.link.membership import AccountPrior, Int32, Steps, complete
from stillwatch.link.null_model import (
    EnrichedValues,
    NullModel,
    enriched_values,
)
from stillwatch.link.seeds import seed_order
from stillwatch.link.split import SMALLEST, blocks
from stillwatch.link.values import HANDOVER, HIERARCHIES, HIERARCHY_OF

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

SEEDS = 1500  # values tried as seeds, strongest first: bounds the search

# bits for each further handover of an account. One account in a thousand meets a handover by coincidence, which is
# 10 bits; half of them allow for one person with two accounts.
FURTHER_HANDOVER_BITS = 5.0
MOST_FURTHER_HANDOVERS = 2


def find_biclusters(
    graph: Graph, null: NullModel, known: AccountPrior, minimum: int, net_bits: float
) -> list[Bicluster]:
    """All accepted biclusters of at least `minimum` accounts: those that handovers found first, then by seed strength.

    An account belongs to one operator: an account of a large handover group can join no other bicluster, and neither
    can a member of an earlier one.
    """
    search = _Search(graph, null, known, minimum, net_bits)
    groups = search.handover_groups()
    large = [holders for holders in groups if len(holders) >= SMALLEST]
    reserved = np.zeros(graph.accounts, bool)
    for holders in large:
        reserved[holders] = True
    for holders in large:
        reserved[holders] = False
        search.grow(holders, reserved, whole=True)
        reserved[holders] = True
    # a small handover group may be a part of a larger bicluster that other values hold together
    for holders in groups[len(large) :]:
        search.grow(holders, reserved, whole=False)
    for value in seed_order(graph, null, known.bits, minimum)[:SEEDS]:
        search.grow(graph.holder[graph.value_start[value] : graph.value_start[value + 1]], reserved, whole=False)
    return search.found


class _Search:
    """The biclusters found so far, and the accounts that they have taken."""

    def __init__(self, graph: Graph, null: NullModel, known: AccountPrior, minimum: int, net_bits: float) -> None:
        self._graph, self._null, self._known = graph, null, known
        self._minimum, self._net_bits = minimum, net_bits
        self._steps: Steps = {}
        self._taken = np.zeros(graph.accounts, bool)
        self.found: list[Bicluster] = []

    def handover_groups(self) -> list[Int32]:
        """The account indices of each group joined by handovers, largest group first."""
        start, holder = self._graph.value_start, self._graph.holder
        groups = [holder[start[v] : start[v + 1]] for v in np.flatnonzero(self._graph.attribute == HANDOVER)]
        return sorted((g for g in groups if len(g) >= self._minimum), key=lambda g: (-len(g), int(g[0])))

    def grow(self, seed: Int32, reserved: NDArray[np.bool_], whole: bool) -> None:
        """Completes a seed among accounts that are neither taken nor `reserved`, and keeps the biclusters it ends in.

        A `whole` seed is never split. A seed whose accounts are mostly taken is left out: its bicluster was found.
        """
        free = ~(self._taken | reserved)
        if 2 * np.count_nonzero(free[seed]) < max(len(seed), self._minimum):
            return
        graph, null, prior = self._graph, self._null, self._known.bits
        core = seed[free[seed]] if whole else None
        if core is not None:
            prior = self._with_handovers(core)
        members = complete(graph, null, prior, seed[free[seed]], self._minimum, self._steps, free, core)
        if members is None:
            return
        if core is not None:
            # a member that takes part in handovers of a small group is no stranger who happens to be alike
            core = np.union1d(core, members[self._known.handover_count[members] > 0])
        for bicluster in _pieces(graph, null, prior, members, self._minimum, core):
            if bicluster.net_bits >= self._net_bits and agree(bicluster.groups):
                self.found.append(bicluster)
                self._taken[bicluster.members] = True

    def _with_handovers(self, core: Int32) -> Float:
        """The prior bits with those of further handovers: all but the one that put an account into the `core`.

        A coincidence does not come twice, and an account of a small handover group may have broken off the core's.
        """
        further = self._known.handover_count.copy()
        further[core] -= 1
        return np.asarray(self._known.bits + FURTHER_HANDOVER_BITS * np.clip(further, 0, MOST_FURTHER_HANDOVERS))


def _pieces(
    graph: Graph, null: NullModel, prior: Float, members: Int32, minimum: int, core: Int32 | None
) -> list[Bicluster]:
    """The biclusters of one completed seed: one, or several where it merged the accounts of several operators.

    The accounts of a `core`, joined by handovers, stay together; other members may be split off it.
    """
    found = enriched_values(graph, null, members)
    parts = [members] if len(members) < 2 * SMALLEST else _split_if_merged(graph, members, found)
    if core is not None:
        inside = [2 * np.isin(part, core).sum() >= len(part) for part in parts]
        whole = [part for part, held in zip(parts, inside, strict=True) if held]
        apart = [part for part, held in zip(parts, inside, strict=True) if not held]
        parts = [np.sort(np.concatenate(whole)), *apart] if whole else parts
    result = []
    for part in parts:
        bicluster = None if len(part) < minimum else accept(graph, null, prior, part, core)
        if bicluster is not None and len(bicluster.members) >= minimum:
            result.append(bicluster)
    return result


def _split_if_merged(graph: Graph, members: Int32, found: EnrichedValues) -> list[Int32]:
    edges = edges_inside(graph, members, found.values)
    bits = np.log2(np.maximum(found.inside, 1.0) / np.maximum(found.expected, 1e-9))
    hierarchy = HIERARCHY_OF[graph.attribute[found.values]][edges.value]
    weight = _strongest_once(bits[edges.value], edges.member, hierarchy)
    parts = blocks(edges.member, edges.value, weight, (len(members), len(found.values)))
    return [members[part] for part in parts]


def _strongest_once(bits: Float, member: Int64, hierarchy: Int64) -> Float:
    """Bits of edges (edges,), scaled so that an account's values of one hierarchy weigh together what the strongest of
    them does: hundreds of closing words tie an account no more than one does."""
    place = member * len(HIERARCHIES) + hierarchy
    strongest = np.zeros(int(place.max(initial=-1)) + 1)
    np.maximum.at(strongest, place, bits)
    return np.asarray(bits * (strongest / np.maximum(np.bincount(place, weights=bits), 1e-12))[place])
