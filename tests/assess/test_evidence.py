"""Evidence: what formed a group weighs nothing in judging it, and each item has its sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.evidence import all_items
from stillwatch.assess.score import evidence_bits
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.claims import EVIDENCE_SORTS, switched_off
from tests.assess.records import GUILTY, OUTCOMES, UNREGISTERED, profile
from tests.records.test_sentences import assert_reads_well


def bits_of(claim: str, **changed: object) -> float | None:
    found = [item.bits for item in all_items(profile(**changed)) if item.claim == claim]  # type: ignore[arg-type]
    assert len(found) <= 1
    return found[0] if found else None


@given(st.floats(0.0, 14.0), st.floats(0.0, 14.0))
def test_what_formed_the_group_is_not_counted_again(payment: float, place: float) -> None:
    changed = profile(family_bits={"payment": payment, "infrastructure": place})
    assert evidence_bits(all_items(changed)) == evidence_bits(all_items(GUILTY))


def test_every_test_that_says_something_is_told_with_its_bits() -> None:
    stated = {item.claim: item.bits for item in all_items(GUILTY)}
    for name, outcome in OUTCOMES.items():
        assert stated.get(name, 0.0) == outcome.bits


def test_a_test_without_a_statistic_is_not_stated() -> None:
    assert bits_of("draws_from_one_pool") is not None
    absent = {**GUILTY.tests, "draws_from_one_pool": GroupTest.without("draws_from_one_pool", Absence.FEW_TEXTS, 3.0)}
    assert "draws_from_one_pool" not in {item.claim for item in all_items(replace(GUILTY, tests=absent))}


def test_claims_that_are_switched_off_are_not_stated() -> None:
    stated = {item.claim for item in all_items(GUILTY)}
    for sort in EVIDENCE_SORTS:
        off = switched_off([sort])
        assert {item.claim for item in all_items(GUILTY, off)} == stated - off
    assert "claims_many_identities" in stated & switched_off(["shared_infrastructure"])


def test_claims_are_unique_and_have_a_sentence() -> None:
    stated = all_items(profile(permitted=10))
    assert len({item.claim for item in stated}) == len(stated)
    for item in stated:
        assert_reads_well(item.sentence)


@pytest.mark.parametrize("fewer", [1, 40, 399])
def test_claiming_fewer_identities_is_less_evidence(fewer: int) -> None:
    many, few = bits_of("claims_many_identities", identities=400), bits_of("claims_many_identities", identities=fewer)
    assert many is not None and few is not None
    assert many >= few
    assert many > 0 > (bits_of("claims_many_identities", identities=1) or 0.0)


def test_without_registration_addresses_say_whether_they_hide() -> None:
    hiding = bits_of("spreads_over_networks", **UNREGISTERED, top_subnet_share=0.01)
    in_the_open = bits_of("spreads_over_networks", **UNREGISTERED, top_subnet_share=0.9)
    assert hiding is not None and in_the_open is not None
    assert hiding > 0 > in_the_open
    assert bits_of("spreads_over_networks", **UNREGISTERED, top_subnet_share=None, subnets=None) is None


def test_a_permit_speaks_for_innocence() -> None:
    assert bits_of("outgrew_permit") is None
    assert (bits_of("outgrew_permit", permitted=GUILTY.exchanges // 2) or 0.0) < 0
    assert (bits_of("inside_permit", permitted=10, exchanges=0) or 0.0) < 0
