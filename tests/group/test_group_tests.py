"""Group tests: the probabilities they compare are the textbook's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from stillwatch.group.group_tests import log_beta_binomial


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.05, 50), st.floats(0.05, 50))
def test_beta_binomial_agrees_with_scipy(size: int, share: float, a: float, b: float) -> None:
    count = round(size * share)
    expected = float(betabinom.logpmf(count, size, a, b))
    assert log_beta_binomial(count, size, a, b) == pytest.approx(expected, rel=1e-12, abs=1e-12)
