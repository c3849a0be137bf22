"""Regularity: spreads, dispersions, silences and common days that were put in come back, whatever the volumes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.group import regularity
from stillwatch.group.exchanges import Exchanges
from stillwatch.records.definitions import DAY, HOUR
from tests.group.worlds import exchanges

DAYS = 40


def at_times(account: np.ndarray, at: np.ndarray) -> Exchanges:
    """Exchanges of these accounts at these times (µs), each a conversation of its own."""
    order = np.lexsort((at, account))
    group = exchanges(1, accounts=1, each=len(at))
    return replace(group, account_index=account[order].astype(np.int32), started_at=at[order].astype(np.int64))


def steady(seed: int, volume: np.ndarray, days: int = DAYS) -> Exchanges:
    """Accounts with so many exchanges, at random times."""
    generator = np.random.default_rng(seed)
    return at_times(np.repeat(np.arange(len(volume)), volume), generator.integers(0, days * DAY, int(volume.sum())))


def bursty(seed: int, accounts: int, dispersion: float, mean: float = 4.0) -> Exchanges:
    """Accounts whose exchanges a day follow a negative binomial law of this dispersion."""
    generator = np.random.default_rng(seed)
    rate = generator.gamma(1.0 / dispersion, mean * dispersion, (accounts, DAYS))
    count = generator.poisson(rate)
    account, day = (np.repeat(index.ravel(), count.ravel()) for index in np.indices(count.shape))
    return at_times(account, day * DAY + generator.integers(0, DAY, len(day)))


@pytest.mark.parametrize("spread", [0.2, 0.6, 1.0])
def test_the_spread_of_volumes_comes_back_and_does_not_follow_the_mean(spread: float) -> None:
    for mean in (4.5, 5.5):
        volume = np.exp(np.random.default_rng(2).normal(mean, spread, 300)).astype(np.int64) + 1
        assert regularity.volume_spread(steady(3, volume)) == pytest.approx(spread, rel=0.2)


def test_the_spread_of_lifetimes_is_that_of_their_logarithms() -> None:
    generator = np.random.default_rng(4)
    length = np.exp(generator.normal(0.0, 0.5, 300)) * 4 * DAY
    account = np.repeat(np.arange(300), 10)
    at = np.tile(np.linspace(0.0, 1.0, 10), 300) * length[account]
    assert regularity.span_spread(at_times(account, at)) == pytest.approx(0.5, rel=0.2)


def test_light_users_are_counted_against_the_groups_own_middle() -> None:
    volume = np.concatenate([np.full(80, 200), np.full(20, 20)])
    assert regularity.light_users(steady(5, volume)) == 0.2
    assert regularity.light_users(steady(5, np.full(50, 200))) == 0.0
    assert math.isnan(regularity.light_users(steady(5, np.full(50, 20)))), "none could have been seen"


@pytest.mark.parametrize("dispersion", [0.5, 2.0])
def test_the_dispersion_of_days_comes_back(dispersion: float) -> None:
    _, found = regularity.day_dispersions(bursty(6, 300, dispersion))
    assert float(np.mean(found)) == pytest.approx(dispersion, rel=0.15)


def test_days_are_read_beside_people_with_as_many_exchanges() -> None:
    people = bursty(7, 300, 2.0)
    own, usual = regularity.steady_days(bursty(8, 60, 2.0), people)
    assert own == pytest.approx(usual, rel=0.15)
    own, usual = regularity.steady_days(bursty(9, 60, 0.2), people)
    assert own < 0.3 * usual
    assert all(math.isnan(one) for one in regularity.steady_days(bursty(9, 4, 0.2), people))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_independent_accounts_are_not_silent_together(seed: int) -> None:
    people = steady(10, np.full(200, 60))
    assert abs(regularity.joint_silence(steady(seed, np.full(100, 60)), people)) < 0.05


def test_common_pauses_are_silence_and_outages_of_the_log_are_not() -> None:
    people, group = steady(10, np.full(400, 60)), steady(11, np.full(100, 60))
    paused = group.take(group.started_at // (2 * DAY) % 2 == 0)
    assert regularity.joint_silence(paused, people) > 0.2
    outage = people.take(people.started_at // (2 * DAY) % 2 == 0)
    assert abs(regularity.joint_silence(paused, outage)) < 0.05
    assert math.isnan(regularity.joint_silence(group.take(np.arange(20)), people))
    assert math.isnan(regularity.joint_silence(group.take(np.arange(0)), people))


def test_one_account_that_never_pauses_does_not_hide_that_the_others_do() -> None:
    people, group = steady(10, np.full(400, 60)), steady(11, np.full(100, 60))
    paused = group.take(group.started_at // (2 * DAY) % 2 == 0)
    restless = steady(14, np.array([9000]))
    rows = np.concatenate([paused.started_at, restless.started_at])
    both = at_times(np.concatenate([paused.account_index, np.full(9000, 200)]), rows)
    alone = regularity.joint_silence(paused, people)
    assert regularity.joint_silence(both, people) == pytest.approx(alone, abs=0.1)


def test_nights_and_weekends_are_no_silence() -> None:
    generator = np.random.default_rng(12)
    day = np.array([day for day in range(DAYS) if (day + regularity.EPOCH_WEEKDAY) % 7 < 5])
    at = generator.choice(day, 9000) * DAY + generator.integers(8 * HOUR, 17 * HOUR, 9000)
    office = at_times(generator.integers(0, 50, 9000), at)
    assert abs(regularity.joint_silence(office, steady(10, np.full(400, 60)))) < 0.05


def test_a_common_first_day_and_an_even_spread_of_first_days_come_back() -> None:
    log = (0, DAYS * DAY)
    generator = np.random.default_rng(13)
    account = np.repeat(np.arange(100), 5)
    spread = generator.integers(2 * DAY, 30 * DAY, 100)[account] + generator.integers(0, HOUR, 500)
    together = 10 * DAY + generator.integers(0, DAY, 500)
    for statistic in (regularity.joint_starts, regularity.joint_stops):
        assert abs(statistic(at_times(account, spread), log)) < 0.6
        assert statistic(at_times(account, together), log) == pytest.approx(math.log(DAYS - 1), abs=0.05)
        assert math.isnan(statistic(at_times(account[:20], together[:20]), log))
    assert math.isnan(regularity.joint_starts(at_times(account, generator.integers(0, DAY, 500)), log)), (
        "before the log"
    )
