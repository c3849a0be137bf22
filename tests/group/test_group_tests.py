"""Group tests on made data: what was put in comes back, bits grow with the effect, and people are not accused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, entropy, poisson

from stillwatch.group import statistics
from stillwatch.group.exchanges import Exchanges, Model
from stillwatch.group.group_tests import (
    HANDOVER_CAP,
    PEOPLE_HANDOVERS,
    PEOPLE_MODEL,
    QUEUE_TESTS,
    apart_test,
    evadable,
    handover_test,
    log_beta_binomial,
    narrow_purpose_test,
    queue_tests,
    reach_test,
    release_test,
    slot_test,
    succession_test,
    vocabulary_test,
)
from stillwatch.group.purposes import Purpose
from stillwatch.group.reference_population import ReferencePopulation, reference_population
from stillwatch.records.candidates import GroupTest
from stillwatch.records.definitions import DAY, HOUR
from tests.group.worlds import NAMES, exchanges, set_names

MINUTE = HOUR // 60
RELEASED = 10 * DAY
NEW = 2  # code of the model released


def of_people(refused: float = 0.0) -> Exchanges:
    """People outside networks, with this share of their requests refused; nobody hands over."""
    people = exchanges(1, accounts=200, first_account=1000)
    people.values["status"][:] = np.where(np.random.default_rng(1).random(len(people)) < refused, 429, 200)
    return people


@pytest.fixture(scope="module")
def reference() -> ReferencePopulation:
    return reference_population(of_people(refused=0.1))


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.05, 50), st.floats(0.05, 50))
def test_beta_binomial_agrees_with_scipy(size: int, share: float, a: float, b: float) -> None:
    count = round(size * share)
    expected = float(betabinom.logpmf(count, size, a, b))
    assert log_beta_binomial(count, size, a, b) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def chance_of_bits(least: float, outcomes: list[GroupTest], a: float, b: float) -> float:
    """The chance that the counts 0, 1, … of these outcomes give so many bits, when the share itself is Beta(a, b)."""
    count = np.flatnonzero([one.bits >= least for one in outcomes])
    return float(betabinom.pmf(count, len(outcomes) - 1, a, b).sum())


class TestHandovers:
    def group(self, taken: float) -> Exchanges:
        """40 accounts with five refused requests each, of which the next account makes this share a minute later."""
        group = exchanges(2, accounts=40)
        group.started_at[:] = np.arange(len(group)) * HOUR
        refused = np.flatnonzero(np.arange(len(group)) % 25 < 5)
        group.values["status"][refused] = 429
        chosen = refused[np.random.default_rng(2).random(len(refused)) < taken]
        elsewhere = (chosen + 30) % len(group)  # of the next account, and answered
        group.values["payload"][elsewhere] = group.values["payload"][chosen]
        group.started_at[elsewhere] = group.started_at[chosen] + MINUTE
        return group

    @pytest.mark.parametrize("taken", [0.3, 0.6, 1.0])
    def test_the_share_handed_over_comes_back(self, reference: ReferencePopulation, taken: float) -> None:
        found = handover_test(self.group(taken), reference)
        assert found.statistic is not None and found.reference is not None
        # each account's first handover is left out of both counts
        assert found.statistic == pytest.approx((5 * taken - 1) / 4, abs=0.1)
        assert found.reference < 0.02
        assert found.bits > 0.0

    def test_bits_grow_with_the_share_and_nothing_handed_over_says_nothing(
        self, reference: ReferencePopulation
    ) -> None:
        bits = [handover_test(self.group(taken), reference).bits for taken in (0.0, 0.25, 0.5, 0.9)]
        assert bits[0] == 0.0
        assert bits == sorted(bits)
        assert bits[-1] == HANDOVER_CAP

    def outcomes(
        self, reference: ReferencePopulation, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> tuple[list[GroupTest], float]:
        """The test's outcome for every count of so many refused requests, and people's share."""
        group = self.group(0.0)
        people, refused = statistics.handover_counts(reference.large)
        result = []
        for count in range(size + 1):
            of_group = (count, size)

            # a statistic of its own for each count, because the reference population remembers what it has measured
            def counts(one: Exchanges, of_group: tuple[int, int] = of_group) -> tuple[int, int]:
                return of_group if one is group else (people, refused)

            monkeypatch.setattr(statistics, "handover_counts", counts)
            result.append(handover_test(group, reference))
        return result, (people + 0.5) / (refused + 1.0)

    def test_bits_are_the_log_likelihood_ratio(
        self, reference: ReferencePopulation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found, usual = self.outcomes(reference, monkeypatch, 30)
        count = np.arange(31)
        ordinary = betabinom.logpmf(count, 30, usual * PEOPLE_HANDOVERS, (1.0 - usual) * PEOPLE_HANDOVERS)
        ratio = (betabinom.logpmf(count, 30, 1.0, 1.0) - ordinary) / math.log(2)
        expected = np.where(count / 30 > usual, np.clip(ratio, 0.0, HANDOVER_CAP), 0.0)
        assert [one.bits for one in found] == pytest.approx(expected.tolist())

    @pytest.mark.parametrize("size", [10, 60])
    def test_people_reach_so_many_bits_no_more_often_than_bits_promise(
        self, reference: ReferencePopulation, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        found, usual = self.outcomes(reference, monkeypatch, size)
        assert max(one.bits for one in found) == HANDOVER_CAP
        for least in (1.0, 2.0, 3.0, HANDOVER_CAP):
            chance = chance_of_bits(least, found, usual * PEOPLE_HANDOVERS, (1.0 - usual) * PEOPLE_HANDOVERS)
            assert chance <= 2.0**-least


class TestReleases:
    def on_the_day(self, seed: int, share: float, accounts: int = 60, each: int = 10) -> Exchanges:
        """Exchanges of a release's first day, of which this share use the new model."""
        group = exchanges(seed, accounts=accounts, each=each)
        generator = np.random.default_rng(seed)
        group.started_at[:] = RELEASED + np.arange(len(group)) % (20 * HOUR)
        group.values["model"][:] = np.where(generator.random(len(group)) < share, NEW, 1)
        return group

    def run(self, share: float, usual: float = 0.05, **group: int) -> GroupTest:
        people = self.on_the_day(5, usual, accounts=200)
        return release_test(self.on_the_day(6, share, **group), people, [Model(NEW, RELEASED)])

    @pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
    def test_the_share_that_moved_comes_back(self, share: float) -> None:
        found = self.run(share)
        assert found.statistic == pytest.approx(share, abs=0.06)
        assert found.reference == pytest.approx(0.05, abs=0.02)
        assert found.bits > 0.0

    def test_bits_grow_with_the_share_and_moving_as_people_do_says_nothing_for_an_effort(self) -> None:
        bits = [self.run(share).bits for share in (0.0, 0.05, 0.3, 0.6, 0.9)]
        assert bits == sorted(bits)
        assert max(bits[:2]) <= 0.0 < bits[2]

    def test_people_reach_so_many_bits_no_more_often_than_bits_promise(self, monkeypatch: pytest.MonkeyPatch) -> None:
        group, people = exchanges(1, accounts=4), exchanges(2, accounts=4)
        monkeypatch.setattr(statistics, "pivot_share", lambda *_: (0.1, 100))
        usual, found = (0.1 * 100 + 1.0) / 102.0, []
        for count in range(61):
            monkeypatch.setattr(statistics, "pivot_counts", lambda *_, count=count: (count, 60))
            found.append(release_test(group, people, [Model(NEW, RELEASED)]))
        assert max(one.bits for one in found) == 4.0
        for least in (1.0, 2.0, 3.0, 4.0):
            assert chance_of_bits(least, found, usual * PEOPLE_MODEL, (1.0 - usual) * PEOPLE_MODEL) <= 2.0**-least

    def test_of_several_releases_the_one_that_says_most_is_stated(self) -> None:
        group, people = self.on_the_day(6, 0.9), self.on_the_day(5, 0.05, accounts=200)
        models = [Model(7, RELEASED), Model(NEW, RELEASED), Model(8, RELEASED)]
        assert release_test(group, people, models) == release_test(group, people, [Model(NEW, RELEASED)])


class TestSuccessions:
    SPAN = 40 * DAY

    def run(self, seed: int, replaced: int, closures: int = 30) -> GroupTest:
        """So many of the closures are followed within two hours by a new account; all other arrivals are random."""
        generator = np.random.default_rng(seed)
        closed = np.sort(generator.integers(DAY, self.SPAN, closures))
        arrivals = generator.integers(0, self.SPAN, closures)
        arrivals[:replaced] = closed[:replaced] + generator.integers(1, 2 * HOUR, replaced)
        return succession_test(closed, np.append(arrivals, [0, self.SPAN]))

    def test_replaced_accounts_come_back(self) -> None:
        found = self.run(1, replaced=30)
        assert found.statistic == 30.0
        assert found.bits == 4.0, "its cap"

    def test_bits_grow_with_the_replaced_and_are_the_poisson_likelihood_ratio(self) -> None:
        tests = {replaced: [self.run(seed, replaced) for seed in range(12)] for replaced in (0, 8, 16, 30)}
        bits = [float(np.mean([one.bits for one in found])) for found in tests.values()]
        assert bits == sorted(bits) and bits[0] < 1.0 and bits[-1] > 3.0
        for one in (one for found in tests.values() for one in found):
            seen, expected = one.statistic or 0.0, max(one.reference or 0.0, 0.5)
            ratio = (poisson.logpmf(seen, seen) - poisson.logpmf(seen, expected)) / math.log(2)
            assert one.bits == pytest.approx(min(4.0, ratio) if seen > expected else 0.0, abs=0.01)

    def test_chance_gives_two_bits_to_fewer_than_one_group_in_four(self) -> None:
        bits = np.array([self.run(seed, replaced=0).bits for seed in range(60)])
        assert bits.min() == 0.0
        assert (bits >= 2.0).mean() < 0.25


class TestReach:
    def test_what_is_dealt_to_all_reaches_as_many_as_expected_whatever_their_volumes(self) -> None:
        group = exchanges(7, accounts=80, each=300)
        generator = np.random.default_rng(7)
        uneven = group.take(generator.random(len(group)) < (0.2 + 0.8 * (group.account_index % 10 == 0)))
        reached = [statistics.reach(uneven, generator.permutation(len(uneven)) < dealt) for dealt in (20, 60, 200) * 10]
        assert np.mean(reached) == pytest.approx(1.0, abs=0.05)

    @pytest.mark.parametrize("accounts", [5, 20, 80])
    def test_the_share_of_accounts_that_one_customer_uses_comes_back(self, accounts: int) -> None:
        group = exchanges(8, accounts=80, each=30)
        chosen = group.account_index < accounts  # enough exchanges to reach everybody, were they dealt to all
        purpose = Purpose(0.5, np.where(chosen, 0.95, 0.0), np.zeros(len(group)))
        found = reach_test(group, purpose)
        assert not purpose.whole or accounts == 80
        assert found.statistic == pytest.approx(accounts / 80, abs=0.02)
        assert (found.reference, found.bits) == (None, 0.0)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_purpose_that_stands_apart_states_both_shares(apart: float, people: float) -> None:
    found = apart_test(Purpose(0.5, np.ones(3), np.zeros(3), apart, people))
    assert (found.statistic, found.reference, found.bits) == (round(apart, 6), round(people, 6), 0.0)


class TestNarrowPurpose:
    EVEN = np.full(12, 1 / 12)

    def asking(self, seed: int, mix: np.ndarray, accounts: int = 100, first: int = 0) -> Exchanges:
        group = exchanges(seed, accounts=accounts, first_account=first)
        set_names(group, np.random.default_rng(seed).choice(NAMES, len(group), p=mix))
        return group

    def between(self, narrow: float) -> np.ndarray:
        """From people's even mix (0) to three names alone (1)."""
        return (1.0 - narrow) * self.EVEN + narrow * np.r_[np.full(3, 1 / 3), np.zeros(9)]

    @pytest.mark.parametrize("narrow", [0.0, 0.5, 0.9])
    def test_the_divergence_comes_back(self, narrow: float) -> None:
        people = reference_population(self.asking(1, self.EVEN, accounts=300, first=1000))
        found = narrow_purpose_test(self.asking(2, self.between(narrow)), people)
        assert found.statistic == pytest.approx(entropy(self.between(narrow), self.EVEN, base=2), abs=0.06)
        assert found.reference == pytest.approx(0.0, abs=0.02)

    def test_bits_grow_with_narrowness_and_people_have_none(self) -> None:
        people = reference_population(self.asking(1, self.EVEN, accounts=300, first=1000))
        bits = [narrow_purpose_test(self.asking(2, self.between(one)), people).bits for one in (0.0, 0.3, 0.6, 0.9)]
        assert bits == sorted(bits)
        assert bits[0] < 0.0 < bits[-1]


class TestVocabulary:
    def test_bits_grow_with_the_share_of_own_words_and_people_have_none(self, reference: ReferencePopulation) -> None:
        people, effort = exchanges(3), exchanges(3, person=False, words=400)
        chosen = np.random.default_rng(3).random(len(people))
        blends = [
            replace(people, features=np.where((chosen < share)[:, None], effort.features, people.features))
            for share in (0.0, 0.6, 0.8, 1.0)
        ]
        found = [vocabulary_test(blend, reference) for blend in blends]
        bits = [one.bits for one in found]
        assert bits == sorted(bits)
        assert bits[0] < 0.0 < bits[-1]
        assert all(one.reference is not None and one.reference < 0.5 for one in found)

    def test_without_a_readable_reference_nothing_is_weighed(self) -> None:
        few = reference_population(exchanges(1, accounts=30, first_account=1000))
        silent = reference_population(replace(few.exchanges, features=np.zeros_like(few.exchanges.features)))
        found = vocabulary_test(exchanges(3, person=False, words=400), silent)
        assert (found.reference, found.bits) == (None, 0.0)


def in_frames(seed: int, slots: int, first: int = 0) -> Exchanges:
    """Texts that open alike, with this many different whole texts."""
    group = exchanges(seed, accounts=60, each=10, first_account=first)
    group.values["head"][:] = 7
    group.values["payload"][:] = 1 + np.random.default_rng(seed).integers(0, slots, len(group))
    return group


def test_slots_that_repeat_as_rarely_as_a_data_sets_speak_for_one() -> None:
    people = reference_population(in_frames(1, slots=10, first=1000))
    found = [slot_test(in_frames(2, slots), people) for slots in (10, 20, 40, 10_000)]
    for one, slots in zip(found, (10, 20, 40, 10_000), strict=True):
        assert one.statistic == pytest.approx(1 / slots, rel=0.3), "pairs that are the same text"
    bits = [one.bits for one in found]
    assert bits == sorted(bits)
    assert bits[0] < 0.0 < bits[-1]


def blend(share: float, seed: int = 4, accounts: int = 60) -> Exchanges:
    """People, this share of whose exchanges are one queue's."""
    people, queue = exchanges(seed, accounts=accounts), exchanges(seed, accounts=accounts, person=False)
    from_queue = np.random.default_rng(seed).random(len(people)) < share
    columns = ("started_at", "subject", "form", "input_size", "output_size")
    mixed = {name: np.where(from_queue, getattr(queue, name), getattr(people, name)) for name in columns}
    features = np.where(from_queue[:, None], queue.features, people.features)
    values = {name: np.where(from_queue, queue.values[name], value) for name, value in people.values.items()}
    return replace(people, **mixed, values=values, features=features)


def uneven(seed: int, spread: float, first: int = 0) -> Exchanges:
    """Accounts whose active days differ in volume with this spread (of the natural log)."""
    group = exchanges(seed, accounts=80, each=200, first_account=first)
    days = np.exp(np.random.default_rng(seed).normal(0.0, spread, (80, 20)))
    kept = days[group.account_index - first, group.started_at // DAY] / np.quantile(days, 0.95)
    return group.take(np.random.default_rng(seed + 1).random(len(group)) < np.maximum(kept, 0.02))


class TestQueue:
    @pytest.mark.parametrize("turn", range(4), ids=[test.claim.name for test in QUEUE_TESTS[:4]])
    def test_bits_fall_from_one_queue_to_people(self, reference: ReferencePopulation, turn: int) -> None:
        tests = [queue_tests(blend(share), reference, picked=False)[turn] for share in (1.0, 0.5, 0.0)]
        bits = [one.bits for one in tests]
        assert bits[0] > 2.0, tests[0]
        assert bits[0] >= bits[1] >= bits[2]
        assert bits[2] < 0.0, tests[2]
        assert tests[2].statistic == pytest.approx(tests[2].reference, rel=0.35), "people are as people"

    def test_equal_loads_are_told_from_uneven_ones(self) -> None:
        people = reference_population(uneven(1, spread=1.5, first=1000))
        bits = [queue_tests(uneven(2, spread), people, picked=False)[4].bits for spread in (0.0, 0.7, 1.5)]
        assert bits[0] > 2.0 > 0.0 > bits[2]
        assert bits == sorted(bits, reverse=True)

    def test_people_are_seldom_taken_for_a_queue(self, reference: ReferencePopulation) -> None:
        found = [queue_tests(exchanges(seed, accounts=60), reference, picked=False) for seed in range(100, 120)]
        bits = np.array([[one.bits for one in tests[:4]] for tests in found])
        assert np.isfinite(bits).all() and (bits != 0.0).any(axis=0).all()
        assert (bits > 0.0).mean() <= 0.05

    def test_sizes_of_what_was_picked_may_only_speak_against_an_effort(self, reference: ReferencePopulation) -> None:
        for share, sign in ((1.0, 0.0), (0.0, -1.0)):
            whole, picked = (queue_tests(blend(share), reference, picked=one) for one in (False, True))
            assert picked[2].bits == min(whole[2].bits, 0.0)
            assert np.sign(picked[2].bits) == sign
            assert [*picked[:2], *picked[3:]] == [*whole[:2], *whole[3:]]

    @given(st.floats(-12.0, 12.0), st.floats(0.01, 0.5))
    def test_an_evasion_bounds_what_looking_like_people_is_worth(self, bits: float, evading: float) -> None:
        weakened = evadable(bits, evading)
        assert math.log2(evading) <= weakened <= max(bits, 0.0) + 1e-9
        # the likelihood of an effort is a mixture: some look like one queue, some like people
        assert 2.0**weakened == pytest.approx((1.0 - evading) * 2.0**bits + evading)
