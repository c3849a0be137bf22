"""Joined sets agree with SciPy's components of the pairs that a plain loop finds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stillwatch_lab.baselines.unions import (
    join_holders,
    join_sharing_facts,
    join_similar,
    sizes,
)
from tests.lab.baselines.graphs import ACCOUNTS, graph_of, holdings_drawn


def same_sets(representative: np.ndarray, pairs: list[tuple[int, int]]) -> bool:
    rows, columns = [u for u, _ in pairs], [v for _, v in pairs]
    matrix = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(ACCOUNTS, ACCOUNTS))
    _, label = connected_components(matrix, directed=False)
    return bool(((representative[:, None] == representative) == (label[:, None] == label)).all())


@given(holdings_drawn)
def test_holders_of_one_value_are_joined(held: list[set[int]]) -> None:
    graph = graph_of(held)
    found = join_holders(graph.accounts, graph.value_start, graph.holder)
    assert same_sets(found, [(u, v) for u, v in combinations(range(ACCOUNTS), 2) if held[u] & held[v]])


@given(holdings_drawn, st.sampled_from([0.2, 0.5, 0.9]), st.integers(1, 3))
def test_similar_pairs_are_joined(held: list[set[int]], threshold: float, least: int) -> None:
    graph = graph_of(held)
    size = np.array([len(values) for values in held])
    edges = (graph.account_start, graph.edge)
    found, best = join_similar(graph.value_start, graph.holder, graph.value_of, edges, size, (threshold, least))
    alike = {
        (u, v): len(held[u] & held[v]) / len(held[u] | held[v])
        for u, v in combinations(range(ACCOUNTS), 2)
        if len(held[u] & held[v]) >= least
    }
    assert same_sets(found, [pair for pair, similarity in alike.items() if similarity >= threshold])
    expected = [max((s for pair, s in alike.items() if u in pair), default=0.0) for u in range(ACCOUNTS)]
    assert np.allclose(best, expected)


@given(holdings_drawn, st.integers(1, 3))
def test_pairs_that_share_enough_facts_are_joined(held: list[set[int]], least: int) -> None:
    graph = graph_of(held, channels=3)
    fact = graph.channel.astype(np.int64)
    edges = (graph.account_start, graph.edge)
    found = join_sharing_facts(graph.value_start, graph.holder, graph.value_of, edges, fact, least)
    pairs = combinations(range(ACCOUNTS), 2)
    assert same_sets(found, [(u, v) for u, v in pairs if len({one % 3 for one in held[u] & held[v]}) >= least])


def test_sizes_count_the_members_of_each_set() -> None:
    assert sizes(np.array([0, 0, 2, 0], np.int32)).tolist() == [3, 3, 1, 3]
