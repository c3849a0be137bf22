"""Compiled loops agree with the plain definition of what they compute."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.link.graph import Graph, edges_inside
from stillwatch.link.kernels import (
    AGREEING_BITS,
    cells_filled,
    count_held,
    distinct_counts_of,
    score_holders,
)
from stillwatch.link.membership import _SUFFICIENT
from stillwatch.link.values import (
    GROUP_OF_HIERARCHY,
    GROUPS,
    HIERARCHY_OF,
)
from tests.link.planted import planted

seeds = st.integers(0, 2**32)


def small(seed: int) -> tuple[Graph, np.random.Generator]:
    generator = np.random.default_rng(seed)
    return planted(generator, accounts=300, planted=40)[0], generator


def holders(graph: Graph, value: int) -> np.ndarray:
    return graph.holder[graph.value_start[value] : graph.value_start[value + 1]]


@settings(max_examples=40)
@given(seeds, st.integers(1, 40))  # what few hold is counted in one way, what many hold in another
def test_counts_the_values_that_two_members_hold(seed: int, size: int) -> None:
    graph, generator = small(seed)
    members = np.sort(generator.choice(300, size, replace=False)).astype(np.int32)
    scratch = np.zeros(graph.values, np.int32)
    values, count = count_held(graph.account_start, graph.held, members, scratch)
    expected = np.array([np.isin(holders(graph, v), members).sum() for v in range(graph.values)])
    assert values.tolist() == np.flatnonzero(expected >= 2).tolist()
    assert count.tolist() == expected[expected >= 2].tolist()
    assert not scratch.any()


@given(seeds)
def test_the_distinct_counts_of_members_are_summed(seed: int) -> None:
    generator = np.random.default_rng(seed)
    distinct_count = generator.integers(0, 3, (4, 50)).astype(np.int32)
    members = np.sort(generator.choice(50, 12, replace=False)).astype(np.int32)
    total, states = distinct_counts_of(distinct_count, members)
    assert total.tolist() == distinct_count[:, members].sum(axis=1).tolist()
    assert states.tolist() == (distinct_count[:, members] > 0).sum(axis=1).tolist()


@settings(max_examples=20)
@given(seeds)
def test_edges_inside_are_the_holdings_of_members_in_order(seed: int) -> None:
    graph, generator = small(seed)
    members = np.sort(generator.choice(300, 40, replace=False)).astype(np.int32)
    values = np.sort(generator.choice(graph.values, min(30, graph.values), replace=False)).astype(np.int32)
    inside = edges_inside(graph, members, values)
    expected = [(i, u) for i, v in enumerate(values) for u in holders(graph, v) if u in members]
    assert [(v, members[m]) for v, m in zip(inside.value, inside.member, strict=True)] == expected
    edges = [int(np.flatnonzero(holders(graph, values[i]) == u)[0]) + graph.value_start[values[i]] for i, u in expected]
    assert inside.at.tolist() == graph.first_at[np.array(edges, int)].tolist()


@settings(max_examples=20)
@given(seeds, st.integers(1, 40))
def test_cells_filled_are_the_distinct_cells_of_the_holders(seed: int, cells: int) -> None:
    graph, generator = small(seed)
    cell = generator.integers(0, cells, graph.accounts).astype(np.int32)
    found = cells_filled(graph.value_start, graph.holder, cell, cells)
    assert found.tolist() == [len(np.unique(cell[holders(graph, v)])) for v in range(graph.values)]


@settings(max_examples=15)
@given(seeds)
def test_scores_are_the_definition_for_every_account_that_two_groups_speak_for(seed: int) -> None:
    graph, generator = small(seed)
    chosen = np.sort(generator.choice(graph.values, min(40, graph.values), replace=False)).astype(np.int32)
    usage = generator.uniform(0.01, 0.9, len(chosen))
    rate = generator.uniform(1e-4, 0.2, (len(chosen), 3))
    rate[::2] = rate[::2, :1]  # some values are compared within countries, some not
    country = generator.integers(0, 3, graph.accounts).astype(np.int32)
    scratch = np.full(graph.accounts, -1, np.int32)
    attribute = graph.attribute[chosen]
    held_of = generator.choice([0.0, 2.5, 9.0], len(graph.distinct_count))
    given = (
        graph.value_start,
        graph.holder,
        graph.distinct_count,
        chosen,
        attribute,
        usage,
        rate,
        held_of,
        country,
        HIERARCHY_OF,
        GROUP_OF_HIERARCHY,
        scratch,
        _SUFFICIENT,
    )
    edges = np.sort(generator.integers(0, graph.accounts + 1, 3)).tolist()
    parts = [score_holders(*given, *chunk) for chunk in itertools.pairwise([0, *edges, graph.accounts])]
    accounts, bits, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
    assert (scratch == -1).all()
    found = {int(u): (b, s) for u, b, s in zip(accounts, bits, groups, strict=True)}
    for u in range(graph.accounts):
        drawn = graph.distinct_count[:, u]
        grown = np.minimum(1.0, np.where(held_of > 0, drawn / np.maximum(held_of, 1e-9), 1.0))
        folded = defined(graph, u, chosen, usage * grown[attribute], rate[:, country[u]])
        agreeing = int(((folded >= AGREEING_BITS) * (1 + _SUFFICIENT)).sum())
        if u in found:
            assert np.isclose(found[u][0], folded.sum())
            assert found[u][1] == agreeing
        else:
            assert agreeing < 2


def defined(graph: Graph, u: int, chosen: np.ndarray, usage: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """The capped bits of one account by group, straight from the model."""
    attributes = len(graph.distinct_count)
    score, absent = np.zeros(attributes), np.zeros(attributes)
    for i, v in enumerate(chosen):
        k = graph.attribute[v]
        absent[k] += np.log2(1 - usage[i])
        if u in holders(graph, v):
            chance = 1 - np.exp(-graph.distinct_count[k, u] * rate[i])
            score[k] += np.log2(max(usage[i], chance) / chance) - np.log2(1 - usage[i])
    score += np.where(graph.distinct_count[:, u] > 0, np.maximum(absent, -8.0), 0.0)
    folded = np.zeros(len(GROUPS))
    for hierarchy, group in enumerate(GROUP_OF_HIERARCHY):
        mine = score[hierarchy == HIERARCHY_OF]
        folded[group] += min(mine[np.argmax(np.abs(mine))], 14.0)
    return np.clip(folded, -14.0, 14.0)
