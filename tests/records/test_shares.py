"""Adjusted counts: shares are worked back, stay in the simplex, and are those that a trusted solver finds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from stillwatch.records.naming import FORMS, SUBJECTS, UNCLEAR
from stillwatch.records.shares import AXES, RATES_FILE, explain, intervals, load_rates, make_rates
from stillwatch.sketch.naming import load_model, model_digest

Float = NDArray[np.float64]
RATES = load_rates()
SUBJECT_RATES, FORM_RATES = RATES["subjects"].mean, RATES["forms"].mean
SHAPE = (len(SUBJECTS), len(FORMS))
TWO = make_rates(("a", "b"), {"a": {"x": [0.9, 0.1], "y": [0.5, 0.5]}, "b": {"x": [0.05, 0.95], "y": [0.15, 0.85]}})


def mixed(seed: int) -> Float:
    """Shares of a few true names."""
    chance = np.random.default_rng(seed)
    shares = np.zeros(SHAPE)
    for _ in range(3):
        shares[chance.integers(SHAPE[0] - 1), chance.integers(SHAPE[1] - 1)] += chance.random()
    return shares / shares.sum()


def unlikely(shares: Float, counts: Float) -> float:
    """The negative log-likelihood of the counts."""
    return -float((counts * np.log(np.maximum(SUBJECT_RATES.T @ shares @ FORM_RATES, 1e-300))).sum())


def test_the_shipped_rates_are_those_of_the_shipped_model() -> None:
    assert json.loads(RATES_FILE.read_text(encoding="utf-8"))["arrays"] == model_digest(load_model())


def test_every_name_was_measured_on_several_groups_of_sources() -> None:
    for axis, names in AXES.items():
        groups = dict(zip(names, map(len, RATES[axis].by_name), strict=True))
        assert min(count for name, count in groups.items() if name != UNCLEAR) >= 2
        assert RATES[axis].mean.sum(axis=1) == pytest.approx(1.0)
        assert RATES[axis].mean[-1, -1] == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_shares_are_recovered_from_what_they_imply(seed: int) -> None:
    truth = mixed(seed)
    counts = 100_000 * SUBJECT_RATES.T @ truth @ FORM_RATES
    assert explain(counts, SUBJECT_RATES, FORM_RATES, 0.0) == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_a_trusted_solver_finds_the_same(seed: int) -> None:
    chance = np.random.default_rng(seed)
    counts = chance.multinomial(3_000, (SUBJECT_RATES.T @ mixed(seed) @ FORM_RATES).ravel()).reshape(SHAPE) * 1.0
    found = minimize(
        lambda flat: unlikely(flat.reshape(SHAPE), counts) / counts.sum(),
        np.full(counts.size, 1.0 / counts.size),
        method="SLSQP",
        bounds=[(0.0, 1.0)] * counts.size,
        constraints={"type": "eq", "fun": lambda flat: flat.sum() - 1.0},
        options={"maxiter": 500, "ftol": 1e-10},
    )
    mine = explain(counts, SUBJECT_RATES, FORM_RATES, 0.0)
    assert unlikely(mine, counts) <= unlikely(found.x.reshape(SHAPE), counts) + 0.05
    assert mine.sum(axis=0) == pytest.approx(found.x.reshape(SHAPE).sum(axis=0), abs=0.01)


@given(st.lists(st.integers(0, 500), min_size=45, max_size=45).filter(any), st.sampled_from([0.0, 50.0]))
def test_shares_lie_in_the_simplex(counts: list[int], prior: float) -> None:
    shares = explain(np.array(counts, float).reshape(SHAPE), SUBJECT_RATES, FORM_RATES, prior)
    assert shares.sum() == pytest.approx(1.0)
    assert shares.min() >= 0.0


@given(st.lists(st.integers(0, 500), min_size=45, max_size=45).filter(any), st.sampled_from([0.0, 50.0]))
def test_names_without_errors_are_counted(counts: list[int], prior: float) -> None:
    plain = np.array(counts, float).reshape(SHAPE)
    shares = explain(plain, np.eye(SHAPE[0]), np.eye(SHAPE[1]), prior)
    assert shares == pytest.approx(plain / plain.sum())


def test_what_nothing_explains_is_unclear() -> None:
    counts = np.zeros(SHAPE)
    counts[-1, -1] = 400
    assert explain(counts, SUBJECT_RATES, FORM_RATES, 0.0)[:, -1].sum() > 0.9


def test_few_exchanges_swing_less() -> None:
    few, many = (
        explain(size * SUBJECT_RATES.T @ mixed(1) @ FORM_RATES, SUBJECT_RATES, FORM_RATES, 50.0) for size in (20, 9_000)
    )
    plain = SUBJECT_RATES.T @ mixed(1) @ FORM_RATES
    assert np.abs(few - plain).sum() < np.abs(many - plain).sum()


def test_counts_are_needed() -> None:
    with pytest.raises(ValueError, match="no counts"):
        explain(np.zeros(SHAPE), SUBJECT_RATES, FORM_RATES, 50.0)


def test_intervals_hold_their_share_and_narrow_with_size() -> None:
    shares = np.array([0.3, 0.7])
    small, large = intervals(shares, 20, TWO), intervals(shares, 2_000, TWO)
    for low, high in (small, large):
        assert (low <= shares).all()
        assert (shares <= high).all()
        assert low.min() >= 0.0
        assert high.max() <= 1.0
    assert (large[1] - large[0] < small[1] - small[0]).all()


def test_intervals_are_wider_where_sources_differ() -> None:
    alike = make_rates(TWO.names, {name: {"x": row} for name, row in zip("ab", TWO.mean.tolist(), strict=True)})
    shares = np.array([0.3, 0.7])
    one, other = intervals(shares, 5_000, alike), intervals(shares, 5_000, TWO)
    assert (other[1] - other[0] > 3 * (one[1] - one[0])).all()


def test_intervals_are_the_same_each_time() -> None:
    shares = mixed(2).sum(axis=1)
    for one, other in zip(*(intervals(shares, 700, RATES["subjects"]) for _ in range(2)), strict=True):
        assert (one == other).all()
