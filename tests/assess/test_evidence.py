"""Facts: what formed a group weighs nothing in judging it, and each fact has its sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.evidence import all_facts
from stillwatch.assess.facts import Trial
from stillwatch.assess.score import evidence_bits
from tests.assess.records import GUILTY, TRIALS, UNREGISTERED, facts


def bits_of(claim: str, **changed: object) -> float | None:
    found = [fact.bits for fact in all_facts(facts(**changed)) if fact.claim == claim]  # type: ignore[arg-type]
    assert len(found) <= 1
    return found[0] if found else None


@given(st.floats(0.0, 14.0), st.floats(0.0, 14.0))
def test_what_formed_the_group_is_not_counted_again(payment: float, place: float) -> None:
    changed = facts(family_bits={"payment": payment, "infrastructure": place})
    assert evidence_bits(all_facts(changed)) == evidence_bits(all_facts(GUILTY))


def test_every_test_that_says_something_is_told_with_its_bits() -> None:
    told = {fact.claim: fact.bits for fact in all_facts(GUILTY)}
    for name, trial in TRIALS.items():
        assert told.get(name, 0.0) == trial.bits


def test_a_test_that_could_not_be_computed_says_nothing() -> None:
    assert bits_of("draws_from_one_pool", trials={"draws_from_one_pool": Trial(-1.0, 3.0, 0.0)}) is None


def test_claims_are_unique_and_have_a_sentence() -> None:
    told = all_facts(facts(permitted=10))
    assert len({fact.claim for fact in told}) == len(told)
    assert all(fact.sentence for fact in told)


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
