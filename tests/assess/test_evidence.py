"""Evidence: what formed a group weighs nothing in judging it, and each item has its sentence."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.evidence import EvidenceItem, all_items, measured_sentences, permit_bits
from stillwatch.assess.hypotheses import EXTRACTION, Weighed, given_prior, shipped, weigh
from stillwatch.assess.measures import measured
from stillwatch.assess.profile import CandidateProfile
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.claims import EVIDENCE_SORTS, GROUP_CLAIMS, STATED_CLAIMS, switched_off
from tests.assess.records import GUILTY, OUTCOMES, profile
from tests.records.test_sentences import assert_reads_well

MEASURED = {claim.name for claim in (*GROUP_CLAIMS, *STATED_CLAIMS)}


def judged(one: CandidateProfile, off: Collection[str] = ()) -> tuple[Weighed, list[EvidenceItem]]:
    weighed = weigh(shipped(), measured(one, off), given_prior(shipped(), 0.01), permit_bits(one))
    return weighed, all_items(one, weighed, measured_sentences(one, weighed), off)


def items(one: CandidateProfile, off: Collection[str] = ()) -> list[EvidenceItem]:
    return judged(one, off)[1]


def bits_of(claim: str, **changed: object) -> float | None:
    found = [item.bits for item in items(profile(**changed)) if item.claim == claim]  # type: ignore[arg-type]
    assert len(found) <= 1
    return found[0] if found else None


@given(st.floats(0.0, 14.0), st.floats(0.0, 14.0))
def test_what_formed_the_group_is_not_counted_again(payment: float, place: float) -> None:
    changed = profile(family_bits={"payment": payment, "infrastructure": place})
    assert sum(item.bits for item in items(changed)) == sum(item.bits for item in items(GUILTY))


def test_an_item_alone_is_a_ratio_to_all_innocent_explanations_and_all_together_are_the_odds() -> None:
    weighed, stated = judged(GUILTY)
    model = shipped()
    for item in stated:
        if item.claim in weighed.bits:
            each = weighed.bits[item.claim]
            innocent = sum(p * 2.0 ** each[name] for name, p in zip(model.names[1:], model.prior, strict=True))
            assert item.bits == pytest.approx(each[EXTRACTION] - math.log2(innocent), abs=1e-3)
    (together,) = (item.bits for item in stated if item.claim == "weighed_together")
    p = weighed.probability[EXTRACTION]
    assert together == pytest.approx(math.log2(p / (1.0 - p)) - math.log2(0.01 / 0.99), abs=1e-3)


def test_every_measure_that_weighs_is_stated_with_a_sentence() -> None:
    weighed, stated = judged(GUILTY)
    assert {item.claim for item in stated} >= set(weighed.bits)
    assert {item.claim for item in stated if item.bits} <= MEASURED


def test_a_test_without_a_statistic_is_not_stated() -> None:
    claim = next(claim for claim in OUTCOMES if claim in shipped().knots)
    assert bits_of(claim) is not None
    absent = {**GUILTY.tests, claim: GroupTest.without(claim, Absence.FEW_TEXTS, 3.0)}
    assert claim not in {item.claim for item in items(replace(GUILTY, tests=absent))}


def test_claims_that_are_switched_off_are_not_stated() -> None:
    stated = {item.claim for item in items(GUILTY)}
    for sort in EVIDENCE_SORTS:
        off = switched_off([sort])
        assert {item.claim for item in items(GUILTY, off)} == stated - off
    assert "claims_many_identities" in stated & switched_off(["shared_infrastructure"])


def test_claims_are_unique_and_have_a_sentence() -> None:
    stated = items(profile(permitted=10))
    assert len({item.claim for item in stated}) == len(stated)
    for item in stated:
        assert_reads_well(item.sentence)


@pytest.mark.parametrize("fewer", [1, 40, 399])
def test_claiming_fewer_identities_is_never_more_evidence(fewer: int) -> None:
    probability = [judged(profile(effective_customers=float(one)))[0].probability[EXTRACTION] for one in (400, fewer)]
    assert probability[0] >= probability[1]


def test_a_permit_speaks_for_innocence() -> None:
    assert bits_of("outgrew_permit") is None
    assert (bits_of("outgrew_permit", permitted=GUILTY.exchanges // 2) or 0.0) < 0
    assert (bits_of("inside_permit", permitted=10, exchanges=0) or 0.0) < 0
