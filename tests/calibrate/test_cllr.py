"""Cllr agrees with values computed by hand and by the NFI's `lir`, and has the properties of its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stillwatch.calibrate.cllr import best_monotone, bits_cost

# halves of whole bits: rescaling must not make unequal numbers equal
TRIALS = st.lists(st.tuples(st.integers(-80, 80).map(lambda n: n / 2), st.booleans()), min_size=2, max_size=60)


def cost(trials: list[tuple[float, bool]]) -> tuple[float, float]:
    found = bits_cost([bits for bits, _ in trials], [so for _, so in trials])
    assume(found is not None)
    assert found is not None
    return found.cllr, found.least


def test_by_hand() -> None:
    found = bits_cost([1.0, -1.0], [True, False])
    assert found is not None
    assert found.cllr == pytest.approx(math.log2(1.5))
    assert (found.trials, found.targets, found.least) == (2, 1, 0.0)
    nothing = bits_cost(np.zeros(7), np.arange(7) < 3)
    assert nothing is not None
    assert (nothing.cllr, nothing.least) == pytest.approx((1.0, 1.0))
    # one target at +2 bits, three others at -1, 0 and 3 bits: (log2 1.25 + (log2 1.5 + 1 + log2 9) / 3) / 2
    uneven = bits_cost([2.0, -1.0, 0.0, 3.0], [True, False, False, False])
    assert uneven is not None
    assert uneven.cllr == pytest.approx((math.log2(1.25) + (math.log2(1.5) + 1 + math.log2(9)) / 3) / 2)


def test_agrees_with_lir() -> None:
    bits = [4.0, 2.5, 1.0, -0.5, 3.0, -2.0, -3.0, -1.5, 0.0, 1.0, -4.0, 2.0, -0.5]
    found = bits_cost(bits, np.arange(13) < 6)
    assert found is not None
    # `lir` 1.3.1: metrics.cllr and metrics.cllr_min of the same numbers as log10 likelihood ratios
    assert found.cllr == pytest.approx(0.844407231895661)
    assert found.least == pytest.approx(0.5934322463563899)
    assert found.miscalibration == pytest.approx(0.844407231895661 - 0.5934322463563899)


@given(TRIALS)
def test_no_monotone_correction_costs_less(trials: list[tuple[float, bool]]) -> None:
    cllr, least = cost(trials)
    assert -1e-12 <= least <= min(cllr, 1.0) + 1e-9
    halved, same = cost([(bits / 2 + 1, so) for bits, so in trials])
    assert same == pytest.approx(least, abs=1e-9)
    assert least <= halved + 1e-9


@given(TRIALS)
def test_best_bits_are_monotone(trials: list[tuple[float, bool]]) -> None:
    bits, so = np.array([b for b, _ in trials]), np.array([t for _, t in trials])
    assume(so.any() and not so.all())
    best = best_monotone(bits, so)[np.argsort(bits)]
    assert (best[1:] >= best[:-1]).all()


@given(TRIALS, st.integers(2, 5))
def test_numbers_of_one_sort_do_not_matter(trials: list[tuple[float, bool]], times: int) -> None:
    repeated = [trial for trial in trials for _ in range(times if trial[1] else 1)]
    assert cost(repeated) == pytest.approx(cost(trials), abs=1e-9)


def test_certainty_that_is_wrong_costs_infinitely_much() -> None:
    found = bits_cost([-math.inf, 5.0, -5.0], [True, True, False])
    assert found is not None
    assert found.cllr == math.inf


@pytest.mark.parametrize("so", [[True, True], [False, False]])
def test_needs_both_sorts(so: list[bool]) -> None:
    assert bits_cost([1.0, 2.0], so) is None
