"""Keyed draws depend on key and name alone, and follow their distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import UsageError
from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.parameters import Parameters, keys_under


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=30), st.text(max_size=8))
def test_order_and_company_do_not_matter(numbers: list[int], name: str) -> None:
    keys = np.array(numbers, dtype=np.uint64)
    assert np.array_equal(draws.uniform(keys, name)[::-1], draws.uniform(keys[::-1], name))
    assert draws.uniform(keys[1:2], name)[0] == draws.uniform(keys, name)[1]


def test_draws_have_the_moments_they_claim() -> None:
    keys = keys_under(11, "thing", 200_000)
    assert abs(draws.uniform(keys, "u").mean() - 0.5) < 0.005
    assert abs(draws.normal(keys, "n").std() - 1) < 0.01
    assert abs(np.median(draws.lognormal(keys, "l", 7.0, 1.3)) - 7) < 0.15
    shares = np.bincount(draws.pick(keys, "p", [1, 2, 5])) / len(keys)
    assert np.allclose(shares, [0.125, 0.25, 0.625], atol=0.01)
    assert abs(np.corrcoef(draws.uniform(keys, "u"), draws.uniform(keys, "v"))[0, 1]) < 0.01


@given(st.integers(0, 2**63), st.integers(0, 50), st.integers(1, 50))
def test_parameters_stay_in_their_range(key: int, low: int, width: int) -> None:
    parameters = Parameters(key)
    assert low <= parameters.whole("w", low, low + width) <= low + width
    assert low <= parameters.real("r", low, low + width) <= low + width
    assert low + 1 <= parameters.scale("s", low + 1, low + 1 + width) <= low + 1 + width
    assert 1 <= len(parameters.words("some", ["a", "b", "c"], 1, 2)) <= 2


def test_given_parameters_win_and_unasked_ones_are_told() -> None:
    parameters = Parameters(1, {"pace": 3, "colour": "red"})
    assert parameters.real("pace", 10, 20) == 3
    assert parameters.unused() == ["colour"]
    with pytest.raises(UsageError, match="not a number"):
        parameters.real("colour", 0, 1)
