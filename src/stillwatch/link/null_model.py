"""What a group would share by chance: rates without the group's own holders, and within its members' countries.

Two guards keep innocents apart. Rates are taken from accounts outside the group, so that many siblings cannot make
their own values common. And what people state at registration depends on their country (issuers, phone prefixes,
mail domains), so those rates are taken within each country as well and the larger one counts: neighbours
are not a network for being neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.chunks import Stripes
from stillwatch.link.graph import Graph
from stillwatch.link.kernels import Scratch, count_held, drawn_by
from stillwatch.link.rates import solve_rates
from stillwatch.link.values import KINDS

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

ENRICHMENT = 3.0  # a kit value is at least three times commoner among members than by chance
EXTRA_BITS = 6.0  # beyond log2(values): under chance one kit in 64 would show one false value
COUNTRY_WEIGHT = 5.0  # accounts' worth of the overall rate mixed into a country's own

_STATED = np.array([kind.source == "accounts" for kind in KINDS])


@dataclass(frozen=True, slots=True)
class Background:
    """The null over all accounts: values' rates and independent adopters, draws of each kind, accounts' countries."""

    rate: Float  # (values,)
    adopters: Float  # (values,)
    draws: Float  # (kinds,) total
    country: Int32  # (accounts,) codes from 0
    countries: int
    stating: Float  # (kinds, countries) accounts that have the kind at all
    scratch: Scratch
    stripes: Stripes


@dataclass(frozen=True, slots=True)
class Enriched:
    """Values commoner in a group than by chance: parallel arrays, `rate` (values, countries) a draw."""

    values: Int32
    inside: Int32
    expected: Float
    usage: Float  # share of members that hold it, the one account itself left out
    rate: Float


def background(graph: Graph, adopted: Float, country: Int32, threads: int = 1) -> Background:
    """Solves all rates, kind by kind. `adopted` (values,), `country` (accounts,); `threads` may score accounts."""
    rate = np.zeros(graph.values)
    for code in range(len(KINDS)):
        chosen = graph.kind == code
        rate[chosen] = solve_rates(adopted[chosen], graph.draws[code])
    countries = int(country.max(initial=0)) + 1
    stating = np.array([np.bincount(country[row > 0], minlength=countries) for row in graph.draws], float)
    scratch = Scratch(np.zeros(graph.values, np.int32), np.full(graph.accounts, -1, np.int32))
    draws, stripes = graph.draws.sum(axis=1).astype(float), Stripes(graph.accounts, threads)
    return Background(rate, adopted, draws, country, countries, stating, scratch, stripes)


def enriched(graph: Graph, null: Background, members: Int32) -> Enriched:
    """The values that members hold far more often than chance, by Poisson surprise."""
    touched, inside = count_held(graph.account_start, graph.held, members, null.scratch.by_value)
    kind = graph.kind[touched]
    draws, states = drawn_by(graph.draws, members)
    held = graph.value_start[touched + 1] - graph.value_start[touched]
    # adopters correct what accounts use; what they state would be judged by itself (an issuer by its issuer)
    outside = np.where(_STATED[kind], held - inside, np.minimum(held - inside, null.adopters[touched]))
    rate = -np.log1p(-np.minimum((outside + 0.5) / np.maximum(null.draws - draws, 1.0)[kind], 0.999))
    expected = states[kind] * -np.expm1(-(draws / np.maximum(states, 1.0))[kind] * rate)
    chosen = _beyond_chance(graph, inside, expected)
    touched, inside, kind = touched[chosen], inside[chosen], kind[chosen]
    rate, expected = rate[chosen], expected[chosen]
    by_country, chance = _within_countries(graph, null, members, touched, rate)
    expected = np.maximum(expected, chance)
    chosen = _beyond_chance(graph, inside, expected)
    usage = np.clip((inside - 1.0) / np.maximum(states[kind], 1.0), 1e-6, 0.98)
    return Enriched(touched[chosen], inside[chosen], expected[chosen], usage[chosen], by_country[chosen])


def _beyond_chance(graph: Graph, inside: Int32, expected: Float) -> NDArray[np.bool_]:
    needed = np.log2(max(graph.values, 2)) + EXTRA_BITS
    return np.asarray((inside >= 2) & (inside > ENRICHMENT * expected) & (surprise(inside, expected) > needed))


def _within_countries(
    graph: Graph, null: Background, members: Int32, values: Int32, rate: Float
) -> tuple[Float, Float]:
    """Rates (values, countries) and expected counts (values,) when registration is compared within countries."""
    rates = np.repeat(rate[:, None], null.countries, axis=1)
    expected = np.zeros(len(values))
    stated = np.flatnonzero(_STATED[graph.kind[values]])
    if null.countries == 1 or len(stated) == 0:
        return rates, expected
    inside = np.zeros(graph.accounts, bool)
    inside[members] = True
    spans = [graph.holder[graph.value_start[v] : graph.value_start[v + 1]] for v in values[stated]]
    holders = np.concatenate(spans)
    row = np.repeat(np.arange(len(stated)), [len(span) for span in spans])
    apart = ~inside[holders]
    size = (len(stated), null.countries)
    cell = row[apart] * null.countries + null.country[holders[apart]]
    outside = np.bincount(cell, minlength=size[0] * size[1]).reshape(size)
    kind = graph.kind[values[stated]]
    kinds, which = np.unique(kind, return_inverse=True)
    own = np.array([np.bincount(null.country[members[graph.draws[k, members] > 0]], minlength=size[1]) for k in kinds])
    own = own[which]
    chance = -np.expm1(-rate[stated])[:, None]
    share = (outside + COUNTRY_WEIGHT * chance) / (null.stating[kind] - own + COUNTRY_WEIGHT)
    rates[stated] = np.maximum(rates[stated], -np.log1p(-np.minimum(share, 0.999)))
    expected[stated] = (own * -np.expm1(-rates[stated])).sum(axis=1)
    return rates, expected


def surprise(inside: Int32, expected: Float) -> Float:
    """Poisson surprise of the count, in bits: c ln(c/E) - (c - E), zero below expectation."""
    c, e = inside.astype(float), np.maximum(expected, 1e-12)
    return np.where(c > e, (c * np.log(np.maximum(c, 1e-12) / e) - (c - e)) / np.log(2), 0.0)
