"""Measures: each test is read beside its reference, and what the log does not allow is left out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from stillwatch.assess.measures import MEASURES, measured
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.claims import (
    EVIDENCE_SORTS,
    GROUP_CLAIMS,
    STATED_CLAIMS,
    switched_off,
)
from tests.assess.records import GUILTY, UNREGISTERED, Outcome, profile


def test_each_test_is_read_beside_its_reference() -> None:
    found = measured(profile(tests={"narrow_purpose": Outcome(1.5, 0.2, 0.0), "asks_one_mix": Outcome(0.5, 2.0, 0.0)}))
    assert found["narrow_purpose"] == pytest.approx(1.3)
    assert found["asks_one_mix"] == pytest.approx(0.25)


@pytest.mark.parametrize("claim", GROUP_CLAIMS, ids=lambda claim: claim.name)
def test_an_absent_test_is_left_out(claim: object) -> None:
    name = claim.name  # type: ignore[attr-defined]
    absent = {**GUILTY.tests, name: GroupTest.without(name, Absence.FEW_TEXTS, 3.0)}
    assert name not in measured(replace(GUILTY, tests=absent))


def test_nothing_is_divided_by_nothing() -> None:
    for reference in (0.0, None):
        found = measured(profile(tests={"draws_from_one_pool": Outcome(0.5, reference, 0.0)}))
        assert "draws_from_one_pool" not in found
    assert all(math.isfinite(value) for value in measured(GUILTY).values())


def test_each_measure_is_a_claim_and_there_once() -> None:
    names = [measure.claim for measure in MEASURES]
    assert len(set(names)) == len(names)
    assert set(names) <= {claim.name for claim in (*GROUP_CLAIMS, *STATED_CLAIMS)}


def test_without_registration_nothing_is_said_of_it() -> None:
    gone = set(measured(GUILTY)) - set(measured(profile(**UNREGISTERED)))
    assert gone == {
        "claims_many_identities",
        "names_organisation",
        "pays_with_one_card",
        "is_education",
        "is_under_contract",
    }


def test_evidence_that_is_switched_off_is_not_measured() -> None:
    for sort in EVIDENCE_SORTS:
        off = switched_off([sort])
        assert set(measured(GUILTY, off)) == set(measured(GUILTY)) - off


def test_without_text_nothing_is_said_of_requests_that_pass_on() -> None:
    """That none was seen to says nothing then; one that was seen, as a conversation that moved, stays seen."""
    no_text = {"repeats_questions": GroupTest.without("repeats_questions", Absence.NO_TEXT)}
    alone = {claim: bits for claim, bits in GUILTY.claim_bits.items() if claim != "takes_over_requests_of"}
    assert measured(replace(GUILTY, claim_bits=alone))["passes_requests_on"] == 0.0
    assert "passes_requests_on" not in measured(replace(GUILTY, claim_bits=alone, tests=no_text))
    assert measured(replace(GUILTY, tests=no_text))["passes_requests_on"] == pytest.approx(math.log1p(9.0))


@pytest.mark.parametrize(("watched", "known"), [(2.9, False), (3.0, True)])
def test_who_began_lately_is_not_said_to_be_over_in_a_day(watched: float, known: bool) -> None:
    found = measured(replace(GUILTY, watched_days=watched, days=1.0, busiest_day_share=1.0))
    assert ("lasts_one_day" in found) == known


def test_without_places_nothing_is_said_of_them() -> None:
    gone = {"subnets": None, "placed_accounts": None, "top_subnet_share": None}
    assert set(measured(GUILTY)) - set(measured(profile(**gone))) == {"spreads_over_networks", "sits_in_one_network"}


def test_registration_is_read_as_shares() -> None:
    found = measured(profile(effective_customers=100.0, organisation_share=0.25, subnets=800))
    assert found["claims_many_identities"] == pytest.approx(math.log(100.0))
    assert found["names_organisation"] == 0.25
    assert found["spreads_over_networks"] == pytest.approx(math.log(2.0))
