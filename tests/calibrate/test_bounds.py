"""Upper bounds agree with scipy's exact binomial interval and with the rule of three."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from stillwatch.calibrate.bounds import upper_bound


@given(st.integers(1, 200_000), st.data())
def test_agrees_with_scipy(trials: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, min(trials, 50)))
    exact = binomtest(hits, trials, alternative="less").proportion_ci(0.95, method="exact").high
    assert upper_bound(hits, trials) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("trials", [300, 3_587, 100_000])
def test_without_a_hit_it_is_the_rule_of_three(trials: int) -> None:
    assert upper_bound(0, trials) == pytest.approx(3 / trials, rel=0.01)


def test_says_nothing_without_trials() -> None:
    assert upper_bound(0, 0) == 1.0


@pytest.mark.parametrize(("hits", "trials", "confidence"), [(2, 1, 0.95), (-1, 1, 0.95), (0, 1, 1.0)])
def test_refuses_what_is_no_count(hits: int, trials: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="no bound"):
        upper_bound(hits, trials, confidence)
