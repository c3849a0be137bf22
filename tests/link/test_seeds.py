"""The order of seeds: no attribute uses up the search, and a planted bicluster comes first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.null_model import fit_null_model
from stillwatch.link.rates import adopters
from stillwatch.link.seeds import _in_turn, seed_order
from tests.link.planted import CODES, planted


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=40))
def test_attributes_take_turns_the_strongest_value_first(values: list[tuple[int, int]]) -> None:
    attribute = np.array([one[0] for one in values], np.int8)
    excess = np.array([one[1] for one in values], float)
    found = _in_turn(np.arange(len(values)), excess, attribute).tolist()
    ranked = [sorted(np.flatnonzero(attribute == one).tolist(), key=lambda v: (-excess[v], v)) for one in range(4)]
    turns = [[own[turn] for own in ranked if turn < len(own)] for turn in range(len(values))]
    assert found == [v for turn in turns for v in sorted(turn, key=lambda v: (-excess[v], v))]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_first_seed_of_a_rare_planted_attribute_is_a_value_of_the_planted_accounts(seed: int) -> None:
    graph, members = planted(np.random.default_rng(seed))
    everyone = np.arange(graph.accounts, dtype=np.int32)
    null = fit_null_model(graph, adopters(graph, everyone), np.zeros_like(everyone))
    order = seed_order(graph, null, np.zeros(graph.accounts), 8)
    for claim in ("same_signup_minute", "same_opening_words"):  # popular values have more holders, and so more excess
        first = next(value for value in order if graph.attribute[value] == CODES[claim])
        holders = graph.holder[graph.value_start[first] : graph.value_start[first + 1]]
        assert np.isin(holders, members).mean() > 0.9, claim
    assert np.diff(graph.value_start)[order].min() >= 4  # half of eight accounts
