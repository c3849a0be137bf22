"""Kits: sets of values that one hand brings to many accounts, found by pooled surprise without account pairs.

A kit starts from the holders of one value that are unusually alike in *other* families (birth), is completed to all
accounts whose values are likelier under the kit than by chance (completion, to a fixed point), and is accepted
only when its pooled surprise pays for the whole search (acceptance): under independence the chance that any false
kit clears `net_bits` is at most 2^-net_bits, whatever the search did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.graph import Graph
from stillwatch.link.kernels import FAMILY_CAP, count_held, score_holders, support
from stillwatch.link.onset import EXTRA_BITS, formed_at, kit_edges, linked_at, surprise
from stillwatch.link.rates import solve_rates
from stillwatch.link.values import FAMILIES, KINDS

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

SEEDS = 1500  # values tried as births, strongest first: bounds the search; what it missed is in the report's limits
ROUNDS = 10
ENRICHMENT = 3.0  # a kit value is at least three times commoner among members than by chance

AGREEING_FAMILIES = 2

NESTS = tuple(dict.fromkeys(kind.nest for kind in KINDS))
_NEST = np.array([NESTS.index(kind.nest) for kind in KINDS])
_FAMILY = np.array([FAMILIES.index(kind.family) for kind in KINDS])
_NEST_FAMILY = np.array([FAMILIES.index(next(k.family for k in KINDS if k.nest == nest)) for nest in NESTS])


@dataclass(frozen=True, slots=True)
class Kit:
    """One accepted kit: its member accounts with their bits, its values with theirs, and its net bits."""

    members: Int32
    member_bits: Float
    values: Int32
    value_bits: Float
    inside: Int32  # holders of each value among the members
    net_bits: float
    families: tuple[str, ...]
    widespread: tuple[int, ...]  # kinds of which at least a third of the members hold a kit value
    linked_at: Int64  # µs: when each member's own values sufficed
    formed_at: int  # µs: when the kit's pooled surprise sufficed


@dataclass(frozen=True, slots=True)
class Background:
    """The null: rates before any group is left out, total draws of each kind, accounts that state each kind."""

    rate: Float
    adopters: Float
    draws: Float  # (kinds,)
    stating: Float  # (kinds,)


def background(graph: Graph, adopted: Float) -> Background:
    """Rates of all values, solved kind by kind."""
    rate = np.zeros(graph.values)
    for code in range(len(KINDS)):
        chosen = graph.kind == code
        rate[chosen] = solve_rates(adopted[chosen], graph.draws[code])
    return Background(rate, adopted, graph.draws.sum(axis=1).astype(float), (graph.draws > 0).sum(axis=1).astype(float))


def find_kits(graph: Graph, null: Background, prior: Float, minimum: int, net_bits: float) -> list[Kit]:
    """All accepted kits, strongest seed first.

    `prior` (accounts,) are bits for "no independent person" from the account alone. Members of an earlier kit do
    not found another one, but may belong to several.
    """
    order = _seed_order(graph, null, prior, minimum)
    taken = np.zeros(graph.accounts, bool)
    kits: list[Kit] = []
    for value in order[:SEEDS]:
        holders = graph.holder[graph.value_start[value] : graph.value_start[value + 1]]
        if taken[holders].mean() > 0.5:
            continue
        kit = complete(graph, null, prior, holders, minimum)
        if kit is None or kit.net_bits < net_bits or len(kit.families) < AGREEING_FAMILIES:
            continue
        if taken[kit.members].mean() > 0.5:
            continue
        kits.append(kit)
        taken[kit.members] = True
    return kits


def complete(graph: Graph, null: Background, prior: Float, seed: Int32, minimum: int) -> Kit | None:
    """Grows a seed to the fixed point of kit values and members; None when it falls below `minimum` accounts."""
    members = seed
    for _ in range(ROUNDS):
        chosen, inside, _ = _kit_values(graph, null, members)
        if len(chosen) == 0:
            return None
        candidates, bits = _member_bits(graph, null, members, chosen, inside)
        bits = bits + prior[candidates]
        threshold = np.log2(max(2.0, graph.accounts / max(len(members), 1))) + EXTRA_BITS
        grown = candidates[bits > threshold]
        if len(grown) < minimum:
            return None
        same = len(grown) == len(members) and bool((grown == members).all())
        members, member_bits = grown, bits[bits > threshold]
        if same:
            break
    return _accept(graph, null, prior, members, member_bits)


def _accept(graph: Graph, null: Background, prior: Float, members: Int32, member_bits: Float) -> Kit | None:
    chosen, inside, expected = _kit_values(graph, null, members)
    if len(chosen) == 0:
        return None
    gain = surprise(inside, expected)
    net, families, carrying = _net_bits(graph, members, chosen, gain)
    by_kind = np.bincount(graph.kind[chosen], weights=inside, minlength=len(KINDS))
    widespread = tuple(int(code) for code in np.flatnonzero(by_kind >= len(members) / 3))
    edges = kit_edges(graph, members, chosen, inside, expected)
    linked = linked_at(edges, prior[members], graph.accounts, len(members))
    formed = formed_at(edges, expected, np.isin(graph.kind[chosen], carrying), (graph.accounts, graph.values))
    return Kit(members, member_bits, chosen, gain, inside, net, families, widespread, linked, formed)


def _seed_order(graph: Graph, null: Background, prior: Float, minimum: int) -> Int64:
    shared = support(
        graph.account_start, graph.held, graph.kind, null.rate, graph.draws, _NEST, _NEST_FAMILY, len(FAMILIES)
    )
    holders = np.diff(graph.value_start)
    value_of_edge = np.repeat(np.arange(graph.values, dtype=np.int64), holders)
    family = _FAMILY[graph.kind[value_of_edge]]
    total = shared.sum(axis=1)
    # what each holder shares in families other than the seed's own
    other = np.clip(total[graph.holder] - shared[graph.holder, family] + prior[graph.holder], 0.0, 3 * FAMILY_CAP)
    usual = np.array([np.clip(total - shared[:, f] + prior, 0.0, 3 * FAMILY_CAP).mean() for f in range(len(FAMILIES))])
    excess = np.bincount(value_of_edge, weights=other - usual[family], minlength=graph.values)
    order = np.argsort(-excess, kind="stable")
    eligible = (holders >= max(3, minimum // 2)) & (excess > 0)
    return order[eligible[order]].astype(np.int64)


def _kit_values(graph: Graph, null: Background, members: Int32) -> tuple[Int32, Int32, Float]:
    """Values enriched among members, their counts inside, and the counts expected without the group's own holders."""
    touched, inside = count_held(graph.account_start, graph.held, members, graph.values)
    kind = graph.kind[touched]
    held = np.diff(graph.value_start)[touched]
    group_draws = np.array([graph.draws[code, members].sum() for code in range(len(KINDS))], float)
    group_states = np.array([(graph.draws[code, members] > 0).sum() for code in range(len(KINDS))], float)
    rest = np.maximum(null.draws - group_draws, 1.0)[kind]
    rate = _outside_rate(held, null.adopters[touched], inside, rest)
    mean_draws = (group_draws / np.maximum(group_states, 1.0))[kind]
    expected = group_states[kind] * (1.0 - np.exp(-mean_draws * rate))
    needed = np.log2(graph.values) + 6.0
    chosen = (inside >= 2) & (inside > ENRICHMENT * expected) & (surprise(inside, expected) > needed)
    return touched[chosen], inside[chosen], expected[chosen]


def _outside_rate(held: Int64, adopters: Float, inside: Int32, rest: Float) -> Float:
    """Rate of a value among accounts outside the group, per draw; half a holder stands in for none."""
    outside = np.minimum(held - inside, adopters) + 0.5
    return np.asarray(-np.log1p(-np.minimum(outside / rest, 0.999)))


def _member_bits(graph: Graph, null: Background, members: Int32, chosen: Int32, inside: Int32) -> tuple[Int32, Float]:
    """Accounts holding any kit value, ascending, with their log-likelihood ratio of kit against chance."""
    kind = graph.kind[chosen]
    states = np.array([(graph.draws[code, members] > 0).sum() for code in range(len(KINDS))], float)[kind]
    # less one: a value only one member holds says nothing about the others
    usage = np.clip((inside - 1.0) / np.maximum(states, 1.0), 1e-6, 0.98)
    group_draws = np.array([graph.draws[code, members].sum() for code in range(len(KINDS))], float)
    rest = np.maximum(null.draws - group_draws, 1.0)[kind]
    rate = _outside_rate(np.diff(graph.value_start)[chosen], null.adopters[chosen], inside, rest)
    return score_holders(
        graph.value_start,
        graph.holder,
        graph.draws,
        chosen,
        kind,
        usage,
        rate,
        _NEST,
        _NEST_FAMILY,
        (graph.accounts, len(NESTS), len(FAMILIES)),
    )


def _net_bits(graph: Graph, members: Int32, chosen: Int32, gain: Float) -> tuple[float, tuple[str, ...], list[int]]:
    """Pooled surprise less the price of choosing these accounts and values; and the families that carry it."""
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
    by_family = np.zeros(len(FAMILIES))
    for code in best.values():
        by_family[_FAMILY[code]] += by_kind[code]
    # a family agrees when it carries at least one bit an account by itself
    agreeing = tuple(name for name, bits in zip(FAMILIES, by_family, strict=True) if bits >= u)
    return float(by_family.sum() - price), agreeing, sorted(best.values())
