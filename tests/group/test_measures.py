"""Measured tests: a group of people is as people are, and what a log lacks is absent for that reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stillwatch.group.measures import all_traffic_tests, measured_tests
from stillwatch.group.reference_population import ReferencePopulation, reference_population
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.measured import MEASURED_CLAIMS
from tests.group.worlds import exchanges

PEOPLE = exchanges(1, accounts=200, each=40, first_account=1000)
GROUP = exchanges(2, accounts=60, each=40)
COLUMNS = ("address_network", "subnet", "user_agent", "fingerprint", "parameters", "instructions", "tools")
for column in COLUMNS:
    for some in (PEOPLE, GROUP):
        generator = np.random.default_rng((3, len(column)))
        some.values[column][:] = 1 + generator.integers(0, 50, len(some)) + 100 * (some.account_index % 7)


@pytest.fixture(scope="module")
def reference() -> ReferencePopulation:
    return reference_population(PEOPLE)


def outcomes(reference: ReferencePopulation, **changes: np.ndarray) -> dict[str, GroupTest]:
    group = replace(GROUP, values={**GROUP.values, **changes})
    return {one.test: one for one in measured_tests(group, reference)}


def test_every_claim_is_measured_once_without_bits(reference: ReferencePopulation) -> None:
    tests = [*measured_tests(GROUP, reference), *all_traffic_tests(GROUP, reference)]
    assert sorted(one.test for one in tests) == sorted(claim.name for claim in MEASURED_CLAIMS)
    assert {one.bits for one in tests} == {0.0}


def test_people_are_as_people_are(reference: ReferencePopulation) -> None:
    found = outcomes(reference)
    for name in ("covers_the_pool", "changes_settings", "uses_one_client", "answers_of_one_length", "uses_many_words"):
        own, usual = found[name].statistic, found[name].reference
        assert own is not None
        assert usual is not None
        assert abs(own - usual) < 0.15 * max(abs(usual), 1.0), name
    memory = found["returns_on_the_same_day"]
    assert memory.statistic is not None
    assert memory.error is not None
    assert abs(memory.statistic) < 4.0 * memory.error + 0.1


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_is_not_logged_is_the_reason_and_changes_nothing_else(
    reference: ReferencePopulation, column: str
) -> None:
    complete, found = outcomes(reference), outcomes(reference, **{column: np.zeros(len(GROUP), np.int64)})
    lacking = {name for name, one in found.items() if one.absent is Absence.NOT_LOGGED}
    assert lacking
    unlike = {name for name, one in found.items() if one != complete[name]}
    assert unlike - lacking <= {"tools_beyond_client"}


def test_without_text_what_is_asked_is_not_measured(reference: ReferencePopulation) -> None:
    nothing = np.zeros(len(GROUP), np.int64)
    group = replace(GROUP, features=0 * GROUP.features, values={**GROUP.values, "payload": nothing})
    found = {one.test: one for one in measured_tests(group, reference)}
    assert {name for name, one in found.items() if one.absent is Absence.NO_TEXT} == {
        "returns_within_the_hour",
        "returns_on_the_same_day",
        "rewords_within_the_hour",
        "repeats_conversation_starts",
        "deals_out_repeats",
        "repeats_evenly",
        "pauses_before_repeating",
        "repeats_in_order",
        "covers_the_pool",
        "uses_many_words",
    }


def test_no_people_leave_no_reference_and_no_error() -> None:
    alone = reference_population(PEOPLE.take(np.arange(0)))
    for one in measured_tests(GROUP, alone):
        assert one.reference in {None, 0.0}
