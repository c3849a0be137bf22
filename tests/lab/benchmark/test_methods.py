"""The area under the curve is the chance that one draw exceeds another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch_lab.benchmark.methods import auc

VALUES = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=20)


@given(VALUES, VALUES)
def test_area_agrees_with_counting_pairs(higher: list[float], lower: list[float]) -> None:
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one in higher for other in lower]
    assert auc(np.array(higher), np.array(lower)) == pytest.approx(np.mean(pairs))


def test_nothing_is_said_without_draws() -> None:
    assert auc(np.array([]), np.array([1.0])) is None
