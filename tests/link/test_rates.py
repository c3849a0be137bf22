"""Rates: the null model gives back the counts that it was solved from."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.link.rates import adopters, solve_rates
from tests.link.planted import planted


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.floats(1e-5, 0.5))
def test_recovers_the_rate_that_made_the_counts(seed: int, rate: float) -> None:
    distinct_count = np.random.default_rng(seed).geometric(0.1, 5000).astype(np.int32)
    expected = (1.0 - np.exp(-distinct_count * rate)).sum()
    solved = solve_rates(np.array([expected]), distinct_count)[0]
    # bins of distinct counts blur the sum by at most their width
    assert abs(solved / rate - 1.0) < 0.05


def test_popular_values_saturate_instead_of_diverging() -> None:
    distinct_count = np.ones(1000, np.int32)
    solved = solve_rates(np.array([999.9, 500.0, 1.0]), distinct_count)
    assert np.all(np.isfinite(solved))
    assert np.isclose(1 - np.exp(-solved[1]), 0.5, atol=1e-6)


def test_accounts_made_in_one_batch_count_as_few_adopters() -> None:
    graph, members = planted(np.random.default_rng(3), claims=("same_opening_words",))
    cell = np.random.default_rng(4).integers(0, 500, graph.accounts).astype(np.int32)
    cell[members] = 0
    held = np.diff(graph.value_start)
    inside = np.array(
        [
            np.isin(graph.holder[a:b], members).mean()
            for a, b in zip(graph.value_start, graph.value_start[1:], strict=False)
        ]
    )
    counted = adopters(graph, cell)
    campaign = (held >= 50) & (inside > 0.9)
    assert campaign.any()
    assert (counted[campaign] < held[campaign] / 5).all()
    strangers = (held >= 20) & (inside < 0.1)
    assert (counted[strangers] > held[strangers] * 0.7).mean() > 0.95
