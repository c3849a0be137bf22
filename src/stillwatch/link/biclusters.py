"""Kits: sets of values that one hand brings to many accounts, found by pooled surprise without account pairs.

A kit starts from the holders of one value that are unusually alike on *other* sides (birth), is completed to all
accounts whose values are likelier under the kit than by chance (completion, to a fixed point), and is accepted
only when its pooled surprise pays for the whole search (acceptance): under independence the chance that any false
kit clears `net_bits` is at most 2^-net_bits, whatever the search did.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stillwatch.link.graph import Graph, edges_inside
from stillwatch.link.kernels import SIDE_CAP, score_holders, support
from stillwatch.link.null_model import (
    Background,
    Enriched,
    enriched,
    surprise,
)
from stillwatch.link.split import SMALLEST, blocks
from stillwatch.link.values import (
    KINDS,
    SIDES,
    SUFFICIENT_SIDES,
    TOOL_SIDES,
)

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
Steps = dict[bytes, Int32]

SEEDS = 1500  # values tried as births, strongest first: bounds the search; what it missed is in the report's limits
ALIKE = 100  # accounts from which a median is taken
ROUNDS = 10
EXTRA_BITS = 8.0  # beyond log2(accounts / members): under chance 1 in 256 kits would gain one stranger

# of a handover: one account in a thousand meets one by coincidence, which is 10 bits; half of them are left to one
# person who has two accounts
AGAIN_BITS = 5.0
MOST_AGAIN = 2

AGREEING_SIDES = 2
JOINED = 0.4  # share of the members that must hang together by more than one tool and its wording

NESTS = tuple(dict.fromkeys(kind.nest for kind in KINDS))
_NEST = np.array([NESTS.index(kind.nest) for kind in KINDS])
_SIDE = np.array([SIDES.index(kind.side) for kind in KINDS])
_COARSE = {code for code, kind in enumerate(KINDS) if kind.coarse}
_JOINING = [c for c, kind in enumerate(KINDS) if kind.side not in TOOL_SIDES and not kind.coarse]
_SUFFICIENT = np.array([side in SUFFICIENT_SIDES for side in SIDES])
_HANDOVER = next(code for code, kind in enumerate(KINDS) if kind.source == "handovers")
_NEST_SIDE = np.array([SIDES.index(next(kind.side for kind in KINDS if kind.nest == nest)) for nest in NESTS])


@dataclass(frozen=True, slots=True)
class Kit:
    """One kit: its member accounts with their bits, its values with theirs, and its net bits."""

    members: Int32
    member_bits: Float
    value_bits: Float  # parallel to found.values
    net_bits: float
    sides: tuple[str, ...]  # that agree
    widespread: tuple[int, ...]  # kinds of which at least a third of the members hold a kit value
    found: Enriched
    carrying: tuple[int, ...]  # kinds whose surprise was counted


@dataclass(frozen=True, slots=True)
class Alone:
    """What is known of each account by itself (accounts,): bits for "no independent person", and handovers."""

    prior: Float
    handed: Int32


def find_kits(graph: Graph, null: Background, alone: Alone, minimum: int, net_bits: float) -> list[Kit]:
    """All accepted kits: first those that handovers found, then the strongest seed first.

    An account has one hand behind it: who hands requests over in a large group belongs to no other kit, and nor does a
    member of an earlier one.
    """
    search = _Search(graph, null, alone, minimum, net_bits)
    groups = search.handover_groups()
    large = [holders for holders in groups if len(holders) >= SMALLEST]
    reserved = np.zeros(graph.accounts, bool)
    for holders in large:
        reserved[holders] = True
    for holders in large:
        reserved[holders] = False
        search.grow(holders, reserved, whole=True)
        reserved[holders] = True
    # what few accounts hand over among themselves may be a part of more that is held together otherwise
    for holders in groups[len(large) :]:
        search.grow(holders, reserved, whole=False)
    for value in _seed_order(graph, null, alone.prior, minimum)[:SEEDS]:
        search.grow(graph.holder[graph.value_start[value] : graph.value_start[value + 1]], reserved, whole=False)
    return search.kits


class _Search:
    """The kits found so far, and which accounts they have taken."""

    def __init__(self, graph: Graph, null: Background, alone: Alone, minimum: int, net_bits: float) -> None:
        self._graph, self._null, self._alone = graph, null, alone
        self._minimum, self._net_bits = minimum, net_bits
        self._steps: Steps = {}
        self._taken = np.zeros(graph.accounts, bool)
        self.kits: list[Kit] = []

    def handover_groups(self) -> list[Int32]:
        """Accounts of each group joined by handovers, largest first."""
        start, holder = self._graph.value_start, self._graph.holder
        groups = [holder[start[v] : start[v + 1]] for v in np.flatnonzero(self._graph.kind == _HANDOVER)]
        return sorted((g for g in groups if len(g) >= self._minimum), key=lambda g: (-len(g), int(g[0])))

    def grow(self, seed: Int32, reserved: NDArray[np.bool_], whole: bool) -> None:
        """Completes a seed among accounts neither taken nor `reserved`, and keeps the kits it ends in.

        `whole` seeds are never cut apart. A seed of which most are taken is left: its kit has been found.
        """
        free = ~(self._taken | reserved)
        if 2 * np.count_nonzero(free[seed]) < max(len(seed), self._minimum):
            return
        graph, null, prior = self._graph, self._null, self._alone.prior
        core = seed[free[seed]] if whole else None
        if core is not None:
            prior = self._with_handovers(core)
        members = complete(graph, null, prior, seed[free[seed]], self._minimum, self._steps, free, core)
        if members is None:
            return
        if core is not None:
            # whoever is as alike and hands over elsewhere, among few, is no stranger who happens to be alike
            core = np.union1d(core, members[self._alone.handed[members] > 0])
        for kit in _pieces(graph, null, prior, members, self._minimum, core):
            if kit.net_bits >= self._net_bits and agree(kit.sides):
                self.kits.append(kit)
                self._taken[kit.members] = True

    def _with_handovers(self, core: Int32) -> Float:
        """The prior with what handovers add: all of those that do not make an account one of the `core`.

        Coincidences do not come twice, and who hands over among few may be a part of the queue that broke off.
        """
        further = self._alone.handed.copy()
        further[core] -= 1
        return np.asarray(self._alone.prior + AGAIN_BITS * np.clip(further, 0, MOST_AGAIN))


def _pieces(
    graph: Graph, null: Background, prior: Float, members: Int32, minimum: int, core: Int32 | None
) -> list[Kit]:
    """The kits of one completed seed: one, or several where it glued different hands together.

    What belongs to a `core` of accounts that hand requests over is never cut apart, but others may come off it.
    """
    found = enriched(graph, null, members)
    parts = [members] if len(members) < 2 * SMALLEST else _unglued(graph, members, found)
    if core is not None:
        inside = [2 * np.isin(part, core).sum() >= len(part) for part in parts]
        whole = [part for part, held in zip(parts, inside, strict=True) if held]
        apart = [part for part, held in zip(parts, inside, strict=True) if not held]
        parts = [np.sort(np.concatenate(whole)), *apart] if whole else parts
    kits = []
    for part in parts:
        kit = None if len(part) < minimum else _accept(graph, null, prior, part, core)
        if kit is not None and len(kit.members) >= minimum:
            kits.append(kit)
    return kits


def _unglued(graph: Graph, members: Int32, found: Enriched) -> list[Int32]:
    edges = edges_inside(graph, members, found.values)
    bits = np.log2(np.maximum(found.inside, 1.0) / np.maximum(found.expected, 1e-9))
    weight = _once(bits[edges.value], edges.member, _NEST[graph.kind[found.values]][edges.value])
    parts = blocks(edges.member, edges.value, weight, (len(members), len(found.values)))
    return [members[part] for part in parts]


def _once(bits: Float, member: Int64, nest: Int64) -> Float:
    """Bits of edges scaled so that an account's values of one nest weigh together as much as the strongest of them:
    hundreds of closing words are no more of a tie than one."""
    place = member * len(NESTS) + nest
    strongest = np.zeros(int(place.max(initial=-1)) + 1)
    np.maximum.at(strongest, place, bits)
    return np.asarray(bits * (strongest / np.maximum(np.bincount(place, weights=bits), 1e-12))[place])


def agree(sides: tuple[str, ...]) -> bool:
    """Do enough sides agree? Strangers who use one tool share its software and its wording, which is one side."""
    if set(sides) & set(SUFFICIENT_SIDES):
        return True
    return len(sides) >= AGREEING_SIDES and not set(sides) <= set(TOOL_SIDES)


def complete(  # noqa: PLR0913  the graph, its null and its prior go everywhere together
    graph: Graph,
    null: Background,
    prior: Float,
    seed: Int32,
    minimum: int,
    steps: Steps,
    free: NDArray[np.bool_],
    core: Int32 | None = None,
) -> Int32 | None:
    """Grows a seed to the fixed point of kit values and members; None when it falls below `minimum` accounts.

    `steps` remembers what each set of accounts grew to: seeds of one kit soon walk the same path. Only accounts that
    are `free` (accounts,) may belong. Those of a `core` hand requests over to one another.
    """
    members = seed
    for _ in range(ROUNDS):
        name = blake2b(members.tobytes() + (b"" if core is None else b"core" + core.tobytes()), digest_size=16).digest()
        if name not in steps:
            steps[name] = _grown(graph, null, prior, members, core)
        grown = steps[name][free[steps[name]]]
        if len(grown) < minimum:
            return None
        if len(grown) == len(members) and bool((grown == members).all()):
            break
        members = grown
    return members


def _grown(graph: Graph, null: Background, prior: Float, members: Int32, core: Int32 | None) -> Int32:
    found = enriched(graph, null, members)
    if len(found.values) == 0:
        return np.empty(0, np.int32)
    return _belonging(graph, null, prior, found, len(members), core)[0]


def _belonging(
    graph: Graph, null: Background, prior: Float, found: Enriched, size: int, core: Int32 | None
) -> tuple[Int32, Float]:
    """Accounts whose bits clear the price of picking them by chance, and that agree on at least two sides.

    Nobody picked those of a `core`, so that they need not pay for having been picked among all accounts.
    """
    candidates, bits, sides = _member_bits(graph, null, found)
    bits = bits + prior[candidates]
    extra = EXTRA_BITS if core is None else np.where(np.isin(candidates, core), 0.0, EXTRA_BITS)
    kept = (bits > np.log2(max(2.0, graph.accounts / max(size, 1))) + extra) & (sides >= AGREEING_SIDES)
    return candidates[kept], bits[kept]


def _accept(graph: Graph, null: Background, prior: Float, part: Int32, core: Int32 | None) -> Kit | None:
    found = enriched(graph, null, part)
    candidates, bits = _belonging(graph, null, prior, found, len(part), core)
    inside = np.isin(candidates, part)
    members, member_bits = candidates[inside], bits[inside]
    found = enriched(graph, null, members)
    if len(members) == 0 or len(found.values) == 0:
        return None
    gain = surprise(found.inside, found.expected)
    kind = graph.kind[found.values]
    net, sides, carrying = _net_bits(graph, members, found.values, gain)
    if _joined_share(graph, members, found) < JOINED:
        sides = tuple(side for side in sides if side in TOOL_SIDES)
    by_kind = np.bincount(kind, weights=found.inside, minlength=len(KINDS))
    widespread = tuple(int(code) for code in np.flatnonzero(by_kind >= len(members) / 3))
    return Kit(members, member_bits, gain, net, sides, widespread, found, carrying)


def _joined_share(graph: Graph, members: Int32, found: Enriched) -> float:
    """Share of the members in the largest piece held together by what is neither software nor wording.

    Strangers who ask from one public data set share its wording; that each also shares an address with colleagues
    of his own joins him to those few only.
    """
    values = found.values[np.isin(graph.kind[found.values], _JOINING)]
    edges = edges_inside(graph, members, values)
    size = len(members) + len(values)
    joined = coo_array((np.ones(len(edges.member)), (edges.member, edges.value + len(members))), shape=(size, size))
    _, label = connected_components(joined, directed=False)
    return float(np.bincount(label[: len(members)]).max() / len(members))


def _seed_order(graph: Graph, null: Background, prior: Float, minimum: int) -> Int64:
    """Values by how much more their holders share on other sides than accounts of which as much is logged."""
    holders = np.diff(graph.value_start)
    # what fewer hold is shared by any two people now and then, and cannot hold a kit together
    enough = holders >= max(3, minimum // 2)
    nests = (_NEST, _NEST_SIDE, len(SIDES))
    given = (graph.account_start, graph.held, graph.kind, null.rate, graph.draws, enough, *nests)
    shared = np.concatenate(null.stripes.each(lambda first, last: support(*given, first, last), len(graph.held)))
    other = np.clip(shared.sum(axis=1, keepdims=True) - shared + prior[:, None], 0.0, 3 * SIDE_CAP)
    other -= _usual(other, graph.draws)
    value_of_edge = np.repeat(np.arange(graph.values, dtype=np.int64), holders)
    side = _SIDE[graph.kind[value_of_edge]]
    # holders who share less than usual take nothing away: on some channels little is logged
    gain = np.maximum(other[graph.holder, side], 0.0)
    excess = np.bincount(value_of_edge, weights=gain, minlength=graph.values).astype(np.float64)
    return _in_turn(np.flatnonzero(enough & (excess > 0)), excess, graph.kind)


def _in_turn(values: Int64, excess: Float, kind: NDArray[np.int8]) -> Int64:
    """The strongest value of each kind, then the second of each, and so on: no kind may use up the search."""
    order = values[np.lexsort((values, -excess[values], kind[values]))]
    place = np.arange(len(order)) - np.searchsorted(kind[order], kind[order])
    return np.asarray(order[np.lexsort((order, -excess[order], place))], np.int64)


def _usual(other: Float, draws: Int32) -> Float:
    """The median of each column of `other` (accounts, sides) over accounts of which the same sides are logged.

    Some channels hand on no addresses or no text: who comes through them shares less with anybody, and would never
    stand out from the rest.
    """
    logged = np.stack([(draws[side == _SIDE] > 0).any(axis=0) for side in range(len(SIDES))])
    _, sort = np.unique(np.packbits(logged, axis=0)[0], return_inverse=True)
    usual = np.zeros_like(other)
    for one in range(int(sort.max(initial=-1)) + 1):
        alike = sort == one
        usual[alike] = np.median(other[alike if alike.sum() >= ALIKE else slice(None)], axis=0)
    return usual


def _member_bits(graph: Graph, null: Background, found: Enriched) -> tuple[Int32, Float, Int32]:
    """Accounts holding any kit value, ascending, with their log-likelihood ratio and how many sides agree."""
    given = (
        graph.value_start,
        graph.holder,
        graph.draws,
        found.values,
        graph.kind[found.values],
        found.usage,
        found.rate,
        null.country,
        _NEST,
        _NEST_SIDE,
        null.scratch.by_account,
        _SUFFICIENT,
    )
    holders = int((graph.value_start[found.values + 1] - graph.value_start[found.values]).sum())
    parts = null.stripes.each(lambda first, last: score_holders(*given, first, last), holders)
    candidates, bits, sides = (np.concatenate(column) for column in zip(*parts, strict=True))
    return candidates, bits, sides


def _net_bits(
    graph: Graph, members: Int32, chosen: Int32, gain: Float
) -> tuple[float, tuple[str, ...], tuple[int, ...]]:
    """Pooled surprise less the price of choosing these accounts and values; and the sides and kinds that carry it."""
    kind = graph.kind[chosen]
    by_kind = np.bincount(kind, weights=gain, minlength=len(KINDS))
    best: dict[int, int] = {}
    for code in range(len(KINDS)):
        nest = int(_NEST[code])
        if by_kind[code] > 0 and (nest not in best or by_kind[code] > by_kind[best[nest]]):
            best[nest] = code
    used = np.isin(kind, list(best.values()))
    picked, available = int(used.sum()), graph.values
    u = len(members)
    price = u * np.log2(np.e * graph.accounts / u) + picked * np.log2(np.e * available / max(picked, 1))
    by_side = dict.fromkeys(SIDES, 0.0)
    for code in best.values():
        by_side[KINDS[code].side] += by_kind[code]
    # a side agrees when it carries at least one bit an account by itself, not counting what a whole cloud shares
    told = dict.fromkeys(SIDES, 0.0)
    for code in range(len(KINDS)):
        if code not in _COARSE:
            told[KINDS[code].side] = max(told[KINDS[code].side], by_kind[code])
    agreeing = tuple(side for side, bits in told.items() if bits >= u)
    return float(sum(by_side.values()) - price), agreeing, tuple(sorted(best.values()))
