"""A recipe's range replaces the usual one, and what only recipes ask for leaves no trace where none does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import UsageError
from stillwatch_lab.worlds.parameters import Parameters


@given(st.integers(0, 2**63), st.floats(0.01, 10), st.floats(1, 10))
def test_a_widened_number_lies_in_its_range_and_keeps_its_place_in_it(key: int, low: float, factor: float) -> None:
    usual = Parameters(key).real("x", 0.0, 1.0)
    wide = Parameters(key, widened={"x": [low, low * factor]})
    assert wide.real("x", 0.0, 1.0) == pytest.approx(low + usual * low * (factor - 1), abs=2e-5 * factor * low + 1e-6)
    assert low - 1e-6 <= wide.scale("x", 5, 6) <= low * factor + 1e-6
    assert wide.drawn.keys() == {"x"}


def test_a_given_value_comes_before_a_range() -> None:
    assert Parameters(1, {"x": 3.0}, widened={"x": [5, 6]}).real("x", 0, 1) == 3.0


def test_a_widened_chance_is_met() -> None:
    found = [Parameters(key, widened={"x": 0.7}).chance("x", 0.0) for key in range(2000)]
    assert 0.66 < np.mean(found) < 0.74


def test_optional_parameters_are_drawn_only_if_the_recipe_names_them() -> None:
    plain = Parameters(7)
    assert plain.optional("x", 2.5) == 2.5
    assert not plain.sometimes("y")
    assert plain.drawn == {}
    assert Parameters(7, {"x": 4}).optional("x") == 4
    assert Parameters(7, widened={"y": 1.0}).sometimes("y")


def test_optional_numbers_are_spread_over_their_decades_unless_they_begin_at_nought() -> None:
    wide = np.array([Parameters(key, widened={"x": [1, 10_000]}).optional("x") for key in range(1000)])
    assert 60 < np.median(wide) < 160
    even = np.array([Parameters(key, widened={"x": [0, 1]}).optional("x") for key in range(1000)])
    assert 0.45 < np.median(even) < 0.55


def test_a_range_of_a_scale_must_lie_above_nought() -> None:
    with pytest.raises(UsageError, match="begin it above 0"):
        Parameters(1, widened={"x": [0, 2]}).scale("x", 1, 2)


def test_a_part_draws_from_the_groups_ranges() -> None:
    whole = Parameters(1, widened={"x": [5, 6]})
    assert 5 <= whole.under("relay", 9).real("x", 0, 1) <= 6
