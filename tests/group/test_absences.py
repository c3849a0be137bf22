"""Every reason why a group test has no statistic comes from the data that should produce it, and from no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from stillwatch import group as stage
from stillwatch.group.cohorts import Registrations
from stillwatch.group.exchanges import Exchanges, Lives, Model
from stillwatch.group.group_tests import (
    apart_test,
    handover_test,
    purpose_tests,
    queue_tests,
    release_test,
    succession_test,
)
from stillwatch.group.reference_population import ReferencePopulation, reference_population
from stillwatch.group.separation import separate
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.claims import EVIDENCE_SORTS, GROUP_CLAIMS, EvidenceSort, switched_off
from stillwatch.records.definitions import DAY
from tests.group.worlds import exchanges

RELEASED = 5 * DAY


def silent(group: Exchanges) -> Exchanges:
    """The same exchanges in a log without text."""
    nothing = {name: np.zeros_like(group.values[name]) for name in ("head", "tail", "payload", "instructions")}
    return replace(
        group,
        subject=np.full_like(group.subject, -1),
        features=np.zeros_like(group.features),
        values={**group.values, **nothing},
    )


def framed(group: Exchanges, slots: int = 40) -> Exchanges:
    """The same with texts that open alike, of so many different whole texts."""
    generator = np.random.default_rng(1)
    values = {**group.values, "head": np.full(len(group), 7), "payload": 1 + generator.integers(0, slots, len(group))}
    return replace(group, values=values)


PEOPLE = framed(exchanges(1, accounts=200, first_account=1000))
GROUP = framed(exchanges(2, accounts=60, each=25))
EFFORT = exchanges(2, accounts=60, person=False)


@pytest.fixture(scope="module")
def reference() -> ReferencePopulation:
    return reference_population(PEOPLE)


def outcomes(group: Exchanges, reference: ReferencePopulation) -> dict[str, GroupTest]:
    """The tests of exchanges by name of claim."""
    tests = [*queue_tests(group, reference, picked=False), *purpose_tests(group, reference)]
    return {one.test: one for one in [*tests, handover_test(group, reference)]}


def absent(group: Exchanges, reference: ReferencePopulation) -> dict[str, Absence]:
    return {name: one.absent for name, one in outcomes(group, reference).items() if one.absent}


def test_a_group_with_enough_of_everything_lacks_only_refused_requests(reference: ReferencePopulation) -> None:
    assert len(outcomes(GROUP, reference)) == 11
    # every account of these worlds sends as much on its days, so that the volumes of people have no scale
    assert set(absent(GROUP, reference).values()) <= {Absence.FEW_REFUSED_REQUESTS, Absence.PEOPLE_ALIKE}
    assert absent(GROUP, reference)["hands_over_refused_requests"] is Absence.FEW_REFUSED_REQUESTS


def test_without_text_only_sizes_times_and_conversations_are_tested(reference: ReferencePopulation) -> None:
    found = absent(silent(GROUP), reference)
    assert {name for name, reason in found.items() if reason is Absence.NO_TEXT} == {
        "draws_from_one_pool",
        "asks_one_mix",
        "narrow_purpose",
        "narrow_vocabulary",
        "never_repeats_a_slot",
        "repeats_questions",
    }
    assert {"same_sizes", "keeps_the_same_hours", "asks_once"} <= outcomes(GROUP, reference).keys() - found.keys()


def test_without_text_nothing_stands_apart() -> None:
    (purpose,) = separate(silent(GROUP), reference_population(silent(PEOPLE)))
    assert purpose.whole
    assert apart_test(purpose).absent is Absence.NO_TEXT
    (effort,) = separate(exchanges(5, person=False), reference_population(PEOPLE))
    told = apart_test(effort)
    assert (told.absent, (told.statistic or 0.0) > 0.9) == (None, True)


Change = Callable[[Exchanges], Exchanges]
CASES: list[tuple[Change, str, Absence]] = [
    (lambda group: group.take(group.account_index < 6), "narrow_vocabulary", Absence.FEW_ACCOUNTS),
    (lambda group: group.take(np.arange(len(group)) < 39), "narrow_purpose", Absence.FEW_TEXTS),
    (lambda group: group.take(group.account_index < 1), "draws_from_one_pool", Absence.FEW_TEXTS),
    (lambda group: framed(group, slots=2**62).take(group.account_index < 1), "never_repeats_a_slot", Absence.FEW_TEXTS),
    (lambda _: exchanges(3, accounts=60, each=1), "asks_one_mix", Absence.FEW_EXCHANGES),
    (lambda _: exchanges(3, accounts=60, each=1), "same_sizes", Absence.FEW_EXCHANGES),
    (lambda _: exchanges(3, accounts=60, each=1), "keeps_the_same_hours", Absence.FEW_EXCHANGES),
    (lambda _: exchanges(3, accounts=60, each=1), "equalised_volumes", Absence.FEW_EXCHANGES),
    (
        lambda group: replace(group, values={**group.values, "conversation": np.zeros(len(group), np.int64)}),
        "asks_once",
        Absence.NO_CONVERSATIONS,
    ),
]


@pytest.mark.parametrize(("change", "test", "reason"), CASES)
def test_too_little_of_a_group_is_the_reason(
    reference: ReferencePopulation, change: Change, test: str, reason: Absence
) -> None:
    assert absent(GROUP, reference).get(test) is not reason
    assert absent(change(GROUP), reference)[test] is reason


def test_too_few_people_are_the_reason_and_people_who_are_alike_too() -> None:
    few = reference_population(exchanges(1, accounts=19, first_account=1000))
    alike = reference_population(exchanges(1, accounts=200, person=False, first_account=1000))
    names = {"draws_from_one_pool", "asks_one_mix", "same_sizes", "keeps_the_same_hours"}
    for people, reason in ((few, Absence.FEW_PEOPLE), (alike, Absence.PEOPLE_ALIKE)):
        tests = {one.test: one for one in queue_tests(GROUP, people, picked=False)}
        assert {name for name in names if tests[name].absent is reason} >= names - {"same_sizes"}
        for name in names:
            assert tests[name].absent or people is alike


def on_release(accounts: int, each: int) -> Exchanges:
    group = exchanges(4, accounts=accounts, each=each)
    group.started_at[:] = RELEASED + 1
    group.values["model"][:] = 1
    return group


def test_requests_that_name_no_model_are_not_asked_which_they_went_to() -> None:
    group, people, models = on_release(20, 3), on_release(60, 1), [Model(2, RELEASED)]
    group.values["model"][::2] = 0
    found = release_test(group, people, models)
    group.values["model"][group.values["model"] != 0] = 2
    assert (found.statistic, release_test(group, people, models).statistic) == (0.0, 1.0)
    group.values["model"][:] = 0
    assert release_test(group, people, models).absent is Absence.FEW_ON_RELEASE_DAY


@pytest.mark.parametrize(
    ("group", "people", "models", "reason"),
    [
        ((10, 3), (30, 1), [], Absence.NO_RELEASE),
        ((10, 3), (29, 1), [Model(2, RELEASED)], Absence.FEW_ON_RELEASE_DAY),
        ((29, 1), (30, 1), [Model(2, RELEASED)], Absence.FEW_ON_RELEASE_DAY),
        ((10, 3), (30, 1), [Model(2, RELEASED + DAY)], Absence.FEW_ON_RELEASE_DAY),
        ((10, 3), (30, 1), [Model(2, RELEASED)], None),
    ],
)
def test_releases_take_one_and_enough_on_its_day(
    group: tuple[int, int], people: tuple[int, int], models: list[Model], reason: Absence | None
) -> None:
    assert release_test(on_release(*group), on_release(*people), models).absent is reason


@pytest.mark.parametrize(("sized", "absent"), [(1.0, False), (0.6, False), (0.4, True), (0.0, True)])
def test_sizes_that_are_not_logged_are_not_alike(reference: ReferencePopulation, sized: float, absent: bool) -> None:
    known = np.arange(len(GROUP)) % 10 < 10 * sized
    group = replace(GROUP, input_size=GROUP.input_size * known, output_size=GROUP.output_size * known)
    (found,) = (one for one in queue_tests(group, reference, picked=False) if one.test == "same_sizes")
    assert (found.absent is Absence.NOT_LOGGED) == absent


@pytest.mark.parametrize(("closures", "reason"), [(0, Absence.FEW_CLOSURES), (2, Absence.FEW_CLOSURES), (3, None)])
def test_succession_takes_closures(closures: int, reason: Absence | None) -> None:
    assert succession_test(np.arange(1, closures + 1) * DAY, np.arange(20) * DAY).absent is reason


@pytest.mark.parametrize(("refused", "reason"), [(9, Absence.FEW_REFUSED_REQUESTS), (10, None)])
def test_handovers_take_refused_requests(reference: ReferencePopulation, refused: int, reason: Absence | None) -> None:
    group = exchanges(6)
    group.values["status"][:refused] = 429
    assert handover_test(group, reference).absent is reason


def candidate_tests(reference: ReferencePopulation, off: list[EvidenceSort]) -> dict[str, GroupTest]:
    """The tests of a candidate as the stage runs them."""
    never = np.full(60, -1)
    lives = Lives(np.arange(60, dtype=np.int32), np.zeros(60, np.int64), never)
    registrations = Registrations(np.arange(60) * DAY, np.arange(60) * 2 * DAY)
    setting = stage._Setting(reference, [], lives, registrations, 8, switched_off(off))
    (found,) = stage._network("N1", EFFORT, setting)
    return {one.test: one for one in found.tests}


def test_a_candidate_has_every_test(reference: ReferencePopulation) -> None:
    found = candidate_tests(reference, [])
    assert set(found) == {claim.name for claim in GROUP_CLAIMS}
    assert Absence.SWITCHED_OFF not in {one.absent for one in found.values()}


@pytest.mark.parametrize("sort", EVIDENCE_SORTS)
def test_evidence_that_is_switched_off_is_absent_and_no_other(
    reference: ReferencePopulation, sort: EvidenceSort
) -> None:
    complete, found = candidate_tests(reference, []), candidate_tests(reference, [sort])
    off = {claim.name for claim in GROUP_CLAIMS if claim.evidence == sort}
    assert {name for name, one in found.items() if one.absent is Absence.SWITCHED_OFF} == off
    assert {name: one for name, one in found.items() if name not in off} == {
        name: one for name, one in complete.items() if name not in off
    }
    assert off
