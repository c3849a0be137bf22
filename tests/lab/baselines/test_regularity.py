"""Rhythm measures recover what is known of metronomes, Poisson processes and repeating patterns."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch_lab.baselines.regularity import (
    GAP_BINS,
    LEAST_GAPS,
    conditional_entropies,
    even_gaps,
    predictable_gaps,
    round_the_clock,
)
from stillwatch_lab.baselines.tables import Events

HOUR = 3_600_000_000


def events(*gaps: np.ndarray) -> Events:
    """One account for each array of gaps (µs)."""
    times = [np.concatenate([[0], np.cumsum(one)]).astype(np.int64) for one in gaps]
    start = np.concatenate([[0], np.cumsum([len(one) for one in times])])
    return Events(start, np.concatenate(times))


def test_spread_of_gaps_is_none_for_a_metronome_and_one_for_a_poisson_process() -> None:
    poisson = np.random.default_rng(1).exponential(HOUR, 20_000)
    metronome, chance = even_gaps(events(np.full(50, HOUR), poisson))
    assert metronome == pytest.approx(1.0)
    assert chance == pytest.approx(0.5, abs=0.01)


def test_entropy_of_a_repeating_pattern_is_none_and_of_chance_is_all() -> None:
    rng = np.random.default_rng(2)
    pattern = np.tile([0, 3, 1, 4], 500)
    chance = rng.integers(0, GAP_BINS, 20_000)
    found = conditional_entropies(np.array([0, 2_000, 22_000]), np.concatenate([pattern, chance]))
    assert found[0] == pytest.approx(0.0, abs=0.01)
    assert found[1] == pytest.approx(np.log2(GAP_BINS), abs=0.1)  # the least of several estimates is a little low


def test_entropy_of_a_markov_chain_is_its_rate() -> None:
    rng = np.random.default_rng(3)
    stay = rng.random(50_000) < 0.9
    symbol = np.cumsum(~stay) % 2
    rate = -(0.9 * np.log2(0.9) + 0.1 * np.log2(0.1))
    assert conditional_entropies(np.array([0, 50_000]), symbol)[0] == pytest.approx(rate, abs=0.02)


def test_a_metronome_among_poisson_processes_is_the_most_predictable() -> None:
    rng = np.random.default_rng(4)
    gaps = [rng.exponential(HOUR, 200) for _ in range(20)]
    found = predictable_gaps(events(np.full(200, 2 * HOUR), *gaps))
    assert found.argmax() == 0


def test_clock_entropy_is_that_of_the_hours_in_use() -> None:
    office = np.tile(np.concatenate([np.full(7, HOUR), [17 * HOUR]]), 30)
    never, eight, all_day = round_the_clock(events(np.full(60, 24 * HOUR), office, np.full(239, HOUR)))
    assert never == 0.0
    assert eight == pytest.approx(3.0, abs=0.01)
    assert all_day == pytest.approx(np.log2(24))


@pytest.mark.parametrize("measure", [even_gaps, predictable_gaps, round_the_clock])
def test_too_few_exchanges_say_nothing(measure) -> None:  # type: ignore[no-untyped-def]
    few = events(np.full(LEAST_GAPS - 1, HOUR), np.array([], float))
    assert measure(few).tolist() == [0.0, 0.0]
