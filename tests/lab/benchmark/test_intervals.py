"""Intervals agree with a trusted library, cover what they should, and say where they come from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stillwatch_lab.benchmark.intervals import (
    NOTHING,
    Estimate,
    clopper_pearson,
    poisson_interval,
    resampled,
    share,
    stated_interval,
    weights,
)

SEEDS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8)


def test_a_ratio_over_seeds_agrees_with_the_library() -> None:
    draws = np.random.default_rng(3)
    trials = draws.integers(50, 150, 12)
    hits = draws.binomial(trials, draws.beta(6, 4, 12))

    def ratio(over: np.ndarray, of: np.ndarray, axis: int = -1) -> np.ndarray:
        return over.sum(axis=axis) / of.sum(axis=axis)

    known = stats.bootstrap(
        (hits, trials), ratio, paired=True, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    found = share(hits.tolist(), trials.tolist())
    assert found.basis == "bootstrap"
    assert found.value == pytest.approx(hits.sum() / trials.sum())
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.01)


def test_intervals_over_ten_seeds_cover_the_truth_nearly_as_often_as_they_say() -> None:
    draws = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        hits = draws.binomial(100, draws.beta(8, 2, 10))
        found = share(hits.tolist(), [100] * 10)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.8 <= found.high
    # percentiles of few seeds are known to be somewhat narrow
    assert 0.85 <= covered / 200 <= 0.99


def test_counts_that_never_vary_have_the_exact_interval() -> None:
    found = share([0, 0, 0], [100, 200, 300])
    assert (found.value, found.low, found.basis) == (0.0, 0.0, "exact")
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 600))  # Clopper and Pearson in closed form for none of n
    assert share([5], [5]).low == pytest.approx(0.025 ** (1 / 5))
    assert clopper_pearson(3, 10) == pytest.approx(tuple(stats.binomtest(3, 10).proportion_ci(0.95, "exact")))


def test_one_seed_of_what_is_no_count_has_no_interval() -> None:
    assert share([0.4], [2.0], counted=False) == Estimate(0.2)
    assert share([], []) == NOTHING
    assert share([0], [0]) == NOTHING


@given(SEEDS)
def test_an_estimate_lies_in_its_interval_and_in_range(seeds: list[tuple[int, int]]) -> None:
    hits, trials = [min(one) for one in seeds], [max(one) for one in seeds]
    found = share(hits, trials)
    if found.value is None:
        assert sum(trials) == 0
        return
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1


@given(SEEDS, st.integers(2, 9))
def test_two_routes_to_one_interval(seeds: list[tuple[int, int]], factor: int) -> None:
    hits, trials = np.array([min(one) for one in seeds]), np.array([max(one) + 1 for one in seeds])
    direct = share(hits.tolist(), trials.tolist(), counted=False)
    allowed = share(hits.tolist(), trials.tolist())
    assert allowed.low is not None
    assert allowed.low <= clopper_pearson(int(hits.sum()), int(trials.sum()))[0]
    weighted = resampled(len(seeds), lambda weight: float((weight @ hits) / (weight @ trials)))
    assert direct.value == pytest.approx(weighted.value)
    if direct.basis:
        assert (direct.low, direct.high) == pytest.approx((weighted.low, weighted.high))
    else:  # one seed, or all alike: nothing to resample
        assert weighted.low is None or weighted.low == pytest.approx(weighted.high)
    scaled = direct.scaled(factor)
    assert scaled.value == pytest.approx(factor * (direct.value or 0))


def test_resamples_draw_as_many_seeds_as_there_are_and_always_the_same() -> None:
    assert set(weights(7).sum(axis=1)) == {7}
    assert np.array_equal(weights(7), weights.__wrapped__(7))


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 250.0])
def test_the_poisson_interval_leaves_one_in_forty_beyond_each_end(mean: float) -> None:
    low, high = poisson_interval(mean)
    # at most one in forty beyond each end, and one count further in there would be more
    assert stats.poisson.sf(high, mean) <= 0.025 < stats.poisson.sf(high - 1, mean) or high == 0
    assert stats.poisson.cdf(low - 1, mean) <= 0.025 < stats.poisson.cdf(low, mean)


def campaign(right: float, members: int, doubt: float) -> dict[str, float]:
    return {"right_prob": right, "members": members, "doubt": doubt * 1e6}


def test_innocents_come_in_lumps_where_campaigns_may_be_wrong() -> None:
    assert stated_interval([campaign(0.5, 100, 0.0)]) == (0, 100)
    assert stated_interval([campaign(0.999, 100, 0.0)]) == (0, 0)
    # a sure campaign leaves single strangers, which are a Poisson count
    low, high = stated_interval([campaign(1.0, 10_000, 40.0)])
    assert (low, high) == pytest.approx(poisson_interval(40.0), abs=1)
    assert stated_interval([]) == (0, 0)
