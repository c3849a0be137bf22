"""Lengths of answers: their spread beside questions of one length comes back."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stillwatch.group.lengths import answer_spread
from tests.group.worlds import exchanges


@pytest.mark.parametrize("octaves", [0.3, 1.2])
def test_the_spread_of_answers_comes_back_whatever_the_questions_are(octaves: float) -> None:
    generator = np.random.default_rng(1)
    group = exchanges(1, accounts=60, each=40)
    asked = np.exp2(generator.integers(3, 10, len(group))).astype(np.int64)
    answered = asked * 40 * np.exp2(generator.normal(0.0, octaves, len(group)))
    found = answer_spread(replace(group, input_size=asked, output_size=answered.astype(np.int64)))
    assert math.exp(found) == pytest.approx(0.674 * octaves, rel=0.1)


def test_one_busy_account_does_not_set_the_spread() -> None:
    group = exchanges(2, accounts=30, each=40)
    sizes = np.full(len(group), 100)
    rows = np.flatnonzero(group.account_index == 0)
    sizes[rows] = np.exp2(np.random.default_rng(3).uniform(0, 12, len(rows))).astype(np.int64)
    assert answer_spread(replace(group, input_size=np.full(len(group), 64), output_size=sizes)) < math.log(0.1)


def test_without_answers_there_is_no_spread() -> None:
    group = exchanges(4, accounts=30, each=40)
    assert math.isnan(answer_spread(replace(group, output_size=np.zeros(len(group), np.int64))))
