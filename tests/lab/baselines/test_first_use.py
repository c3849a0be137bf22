"""Cores of accounts in step are recovered in full, and popularity at other times is none."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.baselines.first_use import (
    CORE_ACCOUNTS,
    WIDTH,
    by_time,
    cores,
)
from stillwatch_lab.baselines.holdings import NEVER, assemble

CREW, OTHERS, VALUES = 25, 200, 8
DAY = 86_400_000_000


def planted(rng: np.random.Generator, spread: int) -> np.ndarray:
    """A crew that takes up eight values within `spread` µs of each other; others take them up over a hundred days."""
    holder = np.repeat(np.arange(CREW + OTHERS, dtype=np.int32), VALUES)
    value = np.tile(np.arange(VALUES), CREW + OTHERS)
    crew = holder < CREW
    at = np.where(crew, 50 * DAY + rng.integers(0, spread, len(holder)), rng.integers(0, 100 * DAY, len(holder)))
    at[rng.random(len(at)) < 0.02] = NEVER
    part = (holder, value, at)
    return cores(by_time(assemble(CREW + OTHERS, [part])), np.arange(CREW + OTHERS))


def test_a_crew_in_step_is_found_whole_and_alone() -> None:
    found = planted(np.random.default_rng(1), WIDTH // 2)
    assert (found[:CREW] >= CREW - 2).all()
    assert (found[CREW:] < CORE_ACCOUNTS).all()


def test_the_same_values_taken_up_at_leisure_are_no_core() -> None:
    assert not planted(np.random.default_rng(2), 60 * DAY).any()
