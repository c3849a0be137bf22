"""The null model of linking: how many accounts of a set would hold each value by chance.

Two guards protect innocent accounts. Rates are taken from the accounts outside the set, so that accounts made together
cannot make their own values look common. And what people state at registration depends on their country (card issuers,
telephone prefixes, mail domains): those rates are taken within each country as well, and the larger rate counts, so
that neighbours are no network for being neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.chunks import Chunks
from stillwatch.link.graph import Graph
from stillwatch.link.kernels import Scratch, count_held, distinct_counts_of
from stillwatch.link.rates import solve_rates
from stillwatch.link.values import ATTRIBUTES, POOL

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

ENRICHMENT = 3.0  # a value of a bicluster is at least three times commoner among its members than by chance
EXTRA_BITS = 6.0  # beyond log2(values): by chance one bicluster in 64 would show one false value
OWN_POOL = 1 / 3  # share of a content pool that must be members for it to hold them together
COUNTRY_WEIGHT = 5.0  # accounts; the overall rate enters a country's own rate with the weight of so many

_STATED = np.array([attribute.source == "accounts" for attribute in ATTRIBUTES])


@dataclass(frozen=True, slots=True)
class NullModel:
    """The null model over all accounts."""

    rate: Float  # (values,), as of `rates.solve_rates`
    adopters: Float  # (values,), as of `rates.adopters`
    distinct_count: Float  # (attributes,), summed over accounts
    country: Int32  # (accounts,) codes from 0
    countries: int
    stating: Float  # (attributes, countries): accounts that hold any value of the attribute
    scratch: Scratch
    chunks: Chunks


@dataclass(frozen=True, slots=True)
class EnrichedValues:
    """The values that a set of accounts holds more often than by chance: parallel arrays (values,)."""

    values: Int32  # indices into the graph, ascending
    inside: Int32  # members that hold the value
    expected: Float  # members that would hold it by chance
    usage: Float  # share of members that hold it, one holder left out
    rate: Float  # (values, countries), for each distinct value that an account holds


def fit_null_model(graph: Graph, adopted: Float, country: Int32, threads: int = 1) -> NullModel:
    """The null model of a graph: `adopted` (values,) are independent adopters, `country` (accounts,) codes from 0.

    `threads` may later score accounts.
    """
    rate = np.zeros(graph.values)
    for code in range(len(ATTRIBUTES)):
        chosen = graph.attribute == code
        rate[chosen] = solve_rates(adopted[chosen], graph.distinct_count[code])
    countries = int(country.max(initial=0)) + 1
    stating = np.array([np.bincount(country[row > 0], minlength=countries) for row in graph.distinct_count], float)
    scratch = Scratch(np.zeros(graph.values, np.int32), np.full(graph.accounts, -1, np.int32))
    distinct_count, chunks = graph.distinct_count.sum(axis=1).astype(float), Chunks(graph.accounts, threads)
    return NullModel(rate, adopted, distinct_count, country, countries, stating, scratch, chunks)


def enriched_values(graph: Graph, null: NullModel, members: Int32) -> EnrichedValues:
    """The values that `members` (account indices) hold far more often than by chance, by Poisson surprise."""
    touched, inside = count_held(graph.account_start, graph.held, members, null.scratch.by_value)
    attribute = graph.attribute[touched]
    distinct_count, states = distinct_counts_of(graph.distinct_count, members)
    held = graph.value_start[touched + 1] - graph.value_start[touched]
    # a pool whose accounts are mostly others says what the members ask about, and of nobody that he is one of them
    own = (attribute != POOL) | (inside >= OWN_POOL * held)
    touched, inside, attribute, held = touched[own], inside[own], attribute[own], held[own]
    # adopters correct values in use; a value stated at registration would be judged by itself (an issuer by its issuer)
    outside = np.where(_STATED[attribute], held - inside, np.minimum(held - inside, null.adopters[touched]))
    rate = -np.log1p(
        -np.minimum((outside + 0.5) / np.maximum(null.distinct_count - distinct_count, 1.0)[attribute], 0.999)
    )
    expected = states[attribute] * -np.expm1(-(distinct_count / np.maximum(states, 1.0))[attribute] * rate)
    chosen = _beyond_chance(graph, inside, expected)
    touched, inside, attribute = touched[chosen], inside[chosen], attribute[chosen]
    rate, expected = rate[chosen], expected[chosen]
    by_country, chance = _within_countries(graph, null, members, touched, rate)
    expected = np.maximum(expected, chance)
    chosen = _beyond_chance(graph, inside, expected)
    usage = np.clip((inside - 1.0) / np.maximum(states[attribute], 1.0), 1e-6, 0.98)
    return EnrichedValues(touched[chosen], inside[chosen], expected[chosen], usage[chosen], by_country[chosen])


def _beyond_chance(graph: Graph, inside: Int32, expected: Float) -> NDArray[np.bool_]:
    needed = np.log2(max(graph.values, 2)) + EXTRA_BITS
    return np.asarray((inside >= 2) & (inside > ENRICHMENT * expected) & (surprise(inside, expected) > needed))


def _within_countries(graph: Graph, null: NullModel, members: Int32, values: Int32, rate: Float) -> tuple[Float, Float]:
    """Rates (values, countries) and expected counts (values,), what is stated at registration compared within
    countries."""
    rates = np.repeat(rate[:, None], null.countries, axis=1)
    expected = np.zeros(len(values))
    stated = np.flatnonzero(_STATED[graph.attribute[values]])
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
    attribute = graph.attribute[values[stated]]
    attributes, which = np.unique(attribute, return_inverse=True)
    own = np.array(
        [
            np.bincount(null.country[members[graph.distinct_count[k, members] > 0]], minlength=size[1])
            for k in attributes
        ]
    )
    own = own[which]
    chance = -np.expm1(-rate[stated])[:, None]
    share = (outside + COUNTRY_WEIGHT * chance) / (null.stating[attribute] - own + COUNTRY_WEIGHT)
    rates[stated] = np.maximum(rates[stated], -np.log1p(-np.minimum(share, 0.999)))
    expected[stated] = (own * -np.expm1(-rates[stated])).sum(axis=1)
    return rates, expected


def surprise(inside: Int32, expected: Float) -> Float:
    """Poisson surprise of counts c against expectations E, in bits: (c ln(c/E) - (c - E)) / ln 2, zero below E.

    >>> surprise(np.array([8, 1], np.int32), np.array([1.0, 2.0])).round(2).tolist()
    [13.9, 0.0]
    """
    c, e = inside.astype(float), np.maximum(expected, 1e-12)
    return np.where(c > e, (c * np.log(np.maximum(c, 1e-12) / e) - (c - e)) / np.log(2), 0.0)
