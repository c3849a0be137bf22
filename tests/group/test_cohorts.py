"""Cohorts: the divergence that was put in comes back, order alone counts, and no single account decides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stillwatch.group.cohorts import (
    AGED,
    LEAST_ACCOUNTS,
    UNKNOWN,
    Registrations,
    begins_together_test,
    born_together_test,
    cohort_divergence,
)
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.definitions import DAY, HOUR

YEAR = 365 * DAY
Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]


def log_of(seed: int, accounts: int = 20_000) -> Int64:
    """Sign-ups over two years, more every month, with a launch that brings a fifth of them within three days."""
    generator = np.random.default_rng(seed)
    grown = (2 * YEAR * np.sqrt(generator.random(accounts))).astype(np.int64)
    launched = YEAR + (3 * DAY * generator.random(accounts)).astype(np.int64)
    return np.where(generator.random(accounts) < 0.2, launched, grown)


def with_group(times: Int64, others: Int64) -> float:
    return cohort_divergence(times, np.sort(np.concatenate([times, others])))


def cohort(others: Int64, seed: int, count: int, bits: float, share: float = 1.0) -> Int64:
    """`share` of `count` accounts signed up while 2**-bits of the log's others did, the rest as the others."""
    generator = np.random.default_rng(seed)
    place = generator.random(count)
    inside = generator.random(count) < share
    begins = generator.random() * (1 - 2.0**-bits)
    place = np.where(inside, begins + place * 2.0**-bits, place)
    return np.quantile(others, place).astype(np.int64)


class TestRecovery:
    @pytest.mark.parametrize(("count", "bits"), [(12, 0), (12, 6), (60, 1), (60, 3), (60, 6), (400, 0), (400, 3)])
    def test_a_cohort_of_a_known_share_of_the_log_comes_back(self, bits: int, count: int) -> None:
        others = log_of(1)
        found = [with_group(cohort(others, seed, count, bits), others) for seed in range(60)]
        assert np.mean(found) == pytest.approx(bits, abs=0.3)
        assert np.std(found) < 2.5 / math.sqrt(count)

    @pytest.mark.parametrize("share", [0.3, 0.6])
    def test_a_cohort_within_a_group_is_the_divergence_of_the_mixture(self, share: float) -> None:
        others = log_of(2)
        found = [with_group(cohort(others, seed, 100, 6, share), others) for seed in range(30)]
        dense = (share * 2**6 + (1 - share)) * 2.0**-6  # of the group, where 2**-6 of the log is
        exact = dense * math.log2(dense * 2**6) + (1 - dense) * math.log2((1 - dense) / (1 - 2.0**-6))
        assert np.mean(found) == pytest.approx(exact, abs=0.3)

    def test_members_of_the_log_itself_are_no_cohort_not_even_those_of_its_launch(self) -> None:
        others = log_of(3)
        drawn = [np.random.default_rng(seed).choice(others, 40) for seed in range(30)]
        assert abs(np.mean([with_group(times, others) for times in drawn])) < 0.2

    def test_dates_without_an_hour_make_no_cohort(self) -> None:
        others = log_of(4) // DAY * DAY
        drawn = [np.random.default_rng(seed).choice(others, 40) for seed in range(30)]
        assert np.mean([with_group(times, others) for times in drawn]) < 0.1

    def test_where_others_are_few_a_cohort_is_smaller_not_larger(self) -> None:
        others = log_of(5, 200)
        assert (
            np.mean([with_group(np.random.default_rng(seed).choice(others, 100), others) for seed in range(30)]) < 0.1
        )
        assert np.mean([with_group(cohort(others, seed, 60, 4), others) for seed in range(30)]) < 4


def test_only_the_order_of_times_counts() -> None:
    others, times = log_of(5, 2000), log_of(6, 50)
    stretched = (np.cbrt(one / YEAR) * YEAR for one in (times.astype(float), others.astype(float)))
    assert with_group(*(one.astype(np.int64) for one in stretched)) == pytest.approx(
        with_group(times, others), abs=0.05
    )
    assert with_group(times + YEAR, others + YEAR) == with_group(times, others)
    assert with_group(times[::-1], others) == with_group(times, others)


@given(st.integers(0, 59), st.integers(0, 2 * YEAR), st.sampled_from([0.0, 6.0]))
def test_one_account_hardly_moves_the_group(which: int, moved: int, bits: float) -> None:
    others = log_of(7, 4000)
    times = cohort(others, 1, 60, bits)
    before = with_group(times, others)
    times[which] = moved
    assert with_group(times, others) == pytest.approx(before, abs=0.5)


def test_a_couple_is_no_cohort() -> None:
    others = log_of(8)
    couples = np.repeat(np.random.default_rng(1).choice(others, 30), 2)
    assert with_group(couples, others) < 1.0


def test_too_few_times_say_nothing() -> None:
    assert math.isnan(with_group(log_of(9, 3), log_of(1, 100)))
    assert math.isnan(with_group(log_of(9, 10), np.empty(0, np.int64)))


def registrations(group: int, idle: int, seed: int = 1) -> tuple[Int32, Registrations]:
    """2,000 accounts, of which the first `group` signed up within an hour, lay `idle` µs and began within an hour."""
    generator = np.random.default_rng(seed)
    created = log_of(seed, 2000)
    first = created + (generator.exponential(30 * DAY, 2000)).astype(np.int64)
    created[:group] = YEAR + generator.integers(0, HOUR, group)
    first[:group] = YEAR + idle + generator.integers(0, HOUR, group)
    return np.arange(group, dtype=np.int32), Registrations(created, first)


class TestOutcomes:
    def test_a_bought_stock_was_born_and_begins_together(self) -> None:
        members, log = registrations(30, 60 * DAY)
        born, begins = born_together_test(members, log), begins_together_test(members, log)
        assert born.statistic is not None and born.statistic > 4
        assert begins.statistic is not None and begins.statistic > 4
        assert born.bits == begins.bits == 0.0

    def test_accounts_used_at_once_had_not_lain_idle(self) -> None:
        members, log = registrations(30, AGED - 2 * HOUR)
        assert begins_together_test(members, log).absent is Absence.FEW_SIGN_UPS
        assert born_together_test(members, log).absent is None

    def test_random_accounts_are_no_cohort(self) -> None:
        _, log = registrations(0, 0)
        members = np.sort(np.random.default_rng(3).choice(2000, 60, replace=False)).astype(np.int32)
        for test in (born_together_test(members, log), begins_together_test(members, log)):
            assert test.statistic is not None and abs(test.statistic) < 0.6

    def test_first_days_of_a_log_make_no_cohort(self) -> None:
        generator = np.random.default_rng(5)
        created = -YEAR + log_of(5, 2000) // 2
        first = generator.exponential(2 * DAY, 2000).astype(np.int64)
        members = np.flatnonzero(created < -AGED)[:100].astype(np.int32)
        found = begins_together_test(members, Registrations(created, first))
        assert found.statistic is not None and found.statistic < 0.5


def absences(members: Int32, log: Registrations) -> list[Absence | None]:
    tests: list[GroupTest] = [born_together_test(members, log), begins_together_test(members, log)]
    return [one.absent for one in tests]


def test_missing_sign_ups_only_take_evidence_away() -> None:
    members, log = registrations(30, 60 * DAY)
    everyone = np.full(2000, UNKNOWN)
    assert absences(members, Registrations(everyone, log.first_at)) == [Absence.NO_SIGN_UPS] * 2
    constant = np.full(2000, YEAR)
    assert absences(members, Registrations(constant, log.first_at))[0] is Absence.NO_SIGN_UPS
    partly = log.created_at.copy()
    partly[:16] = UNKNOWN  # more than half of the members state none
    assert absences(members, Registrations(partly, log.first_at)) == [Absence.FEW_SIGN_UPS] * 2
    few = members[: LEAST_ACCOUNTS - 1]
    assert absences(few, log) == [Absence.FEW_SIGN_UPS] * 2
    assert absences(members[:LEAST_ACCOUNTS], log) == [None, None]
    outside = Registrations(log.created_at[:50], log.first_at[:50])
    assert absences(members, outside)[0] is Absence.FEW_PEOPLE
