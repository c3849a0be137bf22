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
from stillwatch.link.split import CROSSING, SMALLEST, blocks
from stillwatch.link.ties import Lives, merely_copied
from stillwatch.link.values import HANDOVER, HIERARCHIES, HIERARCHY_OF, POOL

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

SEEDS = 1500  # values tried as seeds, strongest first: bounds the search

# handovers that one operator would have made between two groups, from which none is no accident
UNCROSSED = 30.0

# as of `split.CROSSING`, for the accounts of one pool: their contents alone already make them share some wording
POOL_CROSSING = 0.4

# bits for each further handover of an account. One account in a thousand meets a handover by coincidence, which is
# 10 bits; half of them allow for one person with two accounts.
FURTHER_HANDOVER_BITS = 5.0
MOST_FURTHER_HANDOVERS = 2


def find_biclusters(
    graph: Graph,
    null: NullModel,
    known: AccountPrior,
    minimum: int,
    net_bits: float,
    lives: Lives | None = None,
) -> list[Bicluster]:
    """All accepted biclusters of at least `minimum` accounts: those that handovers found first, then by seed strength.

    An account belongs to one operator: an account of a large handover group can join no other bicluster unless its own
    leaves it out, and neither can a member of an earlier one. Without `lives` nobody is known to be copied.
    """
    search = _Search(graph, null, known, minimum, net_bits, lives)
    groups = search.groups(HANDOVER)
    large = [holders for holders in groups if len(holders) >= SMALLEST]
    reserved = np.zeros(graph.accounts, bool)
    for holders in large:
        reserved[holders] = True
    # a small handover group may be a part of a larger bicluster that other values hold together
    barred = [search.barred(groups, number) for number in range(len(groups))]
    for holders, others in zip(large, barred, strict=False):
        free = reserved.copy()
        free[holders] = False
        search.grow(holders, free | others, core=HANDOVER)
        search.release(holders, reserved)
    for holders in search.groups(POOL):
        search.grow(holders, reserved, core=POOL)
    for holders, others in zip(groups[len(large) :], barred[len(large) :], strict=True):
        search.grow(holders, reserved | others)
    for value in seed_order(graph, null, known.bits, minimum)[:SEEDS]:
        search.grow(graph.holder[graph.value_start[value] : graph.value_start[value + 1]], reserved)
    return search.found


class _Search:
    """The biclusters found so far, and the accounts that they have taken."""

    def __init__(
        self, graph: Graph, null: NullModel, known: AccountPrior, minimum: int, net_bits: float, lives: Lives | None
    ) -> None:
        self._graph, self._null, self._known, self._lives = graph, null, known, lives
        self._minimum, self._net_bits = minimum, net_bits
        self._steps: Steps = {}
        self._taken = np.zeros(graph.accounts, bool)
        self.found: list[Bicluster] = []

    def groups(self, attribute: int) -> list[Int32]:
        """The account indices of each group of accounts that an attribute holds, the largest group first."""
        start, holder = self._graph.value_start, self._graph.holder
        groups = [holder[start[v] : start[v + 1]] for v in np.flatnonzero(self._graph.attribute == attribute)]
        return sorted((g for g in groups if len(g) >= self._minimum), key=lambda g: (-len(g), int(g[0])))

    def barred(self, groups: list[Int32], number: int) -> NDArray[np.bool_]:
        """Marks the accounts of those handover groups with which group `number` would have exchanged many requests if
        one scheduler dealt them: none crosses between groups, so that they are other operators'."""
        count = np.array([float(self._known.handover_count[holders].sum()) for holders in groups])
        dealt = count * count[number] / np.maximum(count + count[number], 1.0)
        dealt[number] = 0.0
        result = np.zeros(self._graph.accounts, bool)
        for other in np.flatnonzero(dealt >= UNCROSSED):
            result[groups[other]] = True
        return result

    def release(self, group: Int32, reserved: NDArray[np.bool_]) -> None:
        """Frees the accounts of a group that became a bicluster without them: what they took over was a coincidence."""
        if self._taken[group].any():
            reserved[group[~self._taken[group]]] = False

    def grow(self, seed: Int32, reserved: NDArray[np.bool_], core: int | None = None) -> None:
        """Completes a seed among accounts that are neither taken nor `reserved`, and keeps the biclusters it ends in.

        The accounts of one value of the attribute `core` belong together without further search. A seed whose accounts
        are mostly taken is left out: its bicluster was found.
        """
        free = ~(self._taken | reserved)
        if 2 * np.count_nonzero(free[seed]) < max(len(seed), self._minimum):
            return
        seed = seed[free[seed]]
        prior = self._with_handovers(seed) if core == HANDOVER else self._known.bits
        chosen = None if core is None else seed
        members = complete(self._graph, self._null, prior, seed, self._minimum, self._steps, free, chosen)
        if members is None:
            return
        for part, held in self._parts(members, seed, core):
            bicluster = self._accepted(prior, part, held)
            if bicluster is not None and self._stands(bicluster):
                self.found.append(bicluster)
                self._taken[bicluster.members] = True

    def _accepted(self, prior: Float, part: Int32, held: Int32 | None) -> Bicluster | None:
        """The bicluster of a part without those whom others only copied: they would dilute what the members share."""
        while len(part) >= self._minimum:
            found = accept(self._graph, self._null, prior, part, held)
            if found is None:
                return None
            if self._lives is None:
                return found
            copied = merely_copied(self._graph, found, self._lives)
            if not copied.any():
                return found
            part = found.members[~copied]
        return None

    def _stands(self, bicluster: Bicluster) -> bool:
        return (
            len(bicluster.members) >= self._minimum and bicluster.net_bits >= self._net_bits and agree(bicluster.groups)
        )

    def _parts(self, members: Int32, seed: Int32, core: int | None) -> list[tuple[Int32, Int32 | None]]:
        """The parts of one completed seed, one or several where it merged the accounts of several operators, with their
        core."""
        if core == POOL:
            return [(part, np.intersect1d(part, seed)) for part in _pool_parts(self._graph, self._null, members)]
        if core is None:
            return [(part, None) for part in _split_if_merged(self._graph, self._null, members)]
        # a member that takes part in handovers of a small group is no stranger who happens to be alike
        held = np.union1d(seed, members[self._known.handover_count[members] > 0])
        return [(part, held) for part in _around(held, _split_if_merged(self._graph, self._null, members))]

    def _with_handovers(self, core: Int32) -> Float:
        """The prior bits with those of further handovers: all but the one that put an account into the `core`.

        A coincidence does not come twice, and an account of a small handover group may have broken off the core's.
        """
        further = self._known.handover_count.copy()
        further[core] -= 1
        return np.asarray(self._known.bits + FURTHER_HANDOVER_BITS * np.clip(further, 0, MOST_FURTHER_HANDOVERS))


def _around(core: Int32, parts: list[Int32]) -> list[Int32]:
    """Parts of a bicluster whose `core`, joined by handovers, stays together; other members may be split off it."""
    inside = [2 * np.isin(part, core).sum() >= len(part) for part in parts]
    whole = [part for part, held in zip(parts, inside, strict=True) if held]
    apart = [part for part, held in zip(parts, inside, strict=True) if not held]
    return [np.sort(np.concatenate(whole)), *apart] if whole else parts


def _split_if_merged(graph: Graph, null: NullModel, members: Int32) -> list[Int32]:
    if len(members) < 2 * SMALLEST:
        return [members]
    found = enriched_values(graph, null, members)
    return _blocks(graph, members, found.values, found, CROSSING)


def _pool_parts(graph: Graph, null: NullModel, members: Int32) -> list[Int32]:
    """A pool, or its parts that values other than the pool hold together where there are several: operators may deal
    one data set."""
    if len(members) < 2 * SMALLEST:
        return [members]
    found = enriched_values(graph, null, members)
    values = found.values[graph.attribute[found.values] != POOL]
    parts = [part for part in _blocks(graph, members, values, found, POOL_CROSSING) if len(part) >= SMALLEST]
    return parts if len(parts) > 1 else [members]


def _blocks(graph: Graph, members: Int32, values: Int32, found: EnrichedValues, crossing: float) -> list[Int32]:
    """Members parted where few of these `values` of the `found` ones are held on both sides."""
    edges = edges_inside(graph, members, values)
    chosen = np.isin(found.values, values)
    bits = np.log2(np.maximum(found.inside[chosen], 1.0) / np.maximum(found.expected[chosen], 1e-9))
    hierarchy = HIERARCHY_OF[graph.attribute[values]][edges.value]
    weight = _strongest_once(bits[edges.value], edges.member, hierarchy)
    parts = blocks(edges.member, edges.value, weight, (len(members), len(values)), crossing)
    return [members[part] for part in parts]


def _strongest_once(bits: Float, member: Int64, hierarchy: Int64) -> Float:
    """Bits of edges (edges,), scaled so that an account's values of one hierarchy weigh together what the strongest of
    them does: hundreds of closing words tie an account no more than one does."""
    place = member * len(HIERARCHIES) + hierarchy
    strongest = np.zeros(int(place.max(initial=-1)) + 1)
    np.maximum.at(strongest, place, bits)
    return np.asarray(bits * (strongest / np.maximum(np.bincount(place, weights=bits), 1e-12))[place])
