"""What stands at the head of a finding names its sorts of evidence, its doubts and what a person must check."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.claims import EVIDENCE_SORTS
from stillwatch.report import convert, digest
from stillwatch.report.document import Alternative, Campaign, Evidence
from tests.report.small_document import WORDS, document_of

POOL = Evidence("draws_from_one_pool", 7.0, "One pool.", ())
MIX = Evidence("asks_one_mix", 6.0, "One mix.", ())
HOURS = Evidence("keeps_the_same_hours", -1.8, "Hours differ.", ())
FORMED = Evidence("shared_payment", 0.0, "They share cards.", ())
RELAY = Alternative("is_one_customer", "possible", "This may be one customer.")
FIRM = Alternative("is_batch_job", "preferred", "This is most likely a job.")


@pytest.fixture
def campaign() -> Campaign:
    (campaign,) = document_of([f"word{number}" for number in range(WORDS)]).campaigns
    return replace(campaign, evidence=(POOL, MIX, HOURS, FORMED), alternatives=(), confidence=90.0)


def test_act_names_the_sorts_that_agree_and_says_that_a_customer_may_be_framed(campaign: Campaign) -> None:
    acted = replace(campaign, level="act")
    meaning = digest.level_meaning(acted)
    assert "2 sorts of evidence agree" in meaning
    assert "whether an account resembles its own past and what the requests are for" in meaning
    assert "dealt out" not in meaning, "hours speak against"
    assert list(digest.warnings(acted)) == [digest.FRAMING]
    one = digest.level_meaning(replace(acted, evidence=(POOL,)))
    assert "its evidence agrees (whether an account resembles its own past)" in one


def test_every_sort_of_evidence_has_words() -> None:
    claims = ("draws_from_one_pool", "asks_one_mix", "same_sizes", "keeps_the_same_hours", "claims_many_identities")
    assert len(digest.agreeing_sorts([Evidence(claim, 1.0, "", ()) for claim in claims])) == len(EVIDENCE_SORTS)


def test_review_names_the_explanation_that_is_open(campaign: Campaign) -> None:
    doubted = replace(campaign, level="review", alternatives=(RELAY,))
    assert "it may also be one busy customer of a relay" in digest.level_meaning(doubted)
    (warning,) = digest.warnings(doubted)
    assert "not exclude every" in warning and warning.endswith("is: one busy customer of a relay.")
    sure = replace(campaign, level="review")
    assert "below what level act needs" in digest.level_meaning(sure)
    assert list(digest.warnings(sure)) == []


@given(st.lists(st.floats(-9.0, 9.0)))
def test_all_evidence_against_and_the_strongest_for_are_chosen(weights: list[float]) -> None:
    evidence = [Evidence(f"claim{number}", bits, "", ()) for number, bits in enumerate(weights)]
    chosen = digest.strongest_for(evidence)
    assert [fact.bits for fact in chosen] == sorted((bits for bits in weights if bits > 0), reverse=True)[:3]
    assert sorted(fact.bits for fact in digest.all_against(evidence)) == sorted(bits for bits in weights if bits < 0)


def row(name: str, verdict: str, sentence: str = "Because.") -> dict[str, str]:
    return {"alternative": name, "verdict": verdict, "sentence": sentence}


def test_explanations_that_fit_best_come_first_and_permitted_work_before_others() -> None:
    rows = [row("a", "excluded"), row("b", "possible"), row("is_one", "preferred"), row("is_permitted", "preferred")]
    assert [one.alternative for one in convert.alternatives(rows)] == ["is_permitted", "is_one", "b", "a"]


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("This is most likely one customer: one customer may well make 0 of the network's 2,062 requests.", False),
        ("This may be one household: 0 accounts may belong to a few people.", False),
        ("This may be one household: 10 accounts may belong to a few people.", True),
        ("This is not a job: 1,000 accounts are spread over 2,000 address ranges.", True),
        ("This is most likely permitted work: a permit covers 2,062 requests, and none lies outside it.", True),
    ],
)
def test_an_explanation_about_nothing_is_not_shown(sentence: str, shown: bool) -> None:
    assert bool(convert.alternatives([row("a", "possible", sentence)])) is shown


def test_evidence_without_bits_comes_last() -> None:
    rows = [{"claim": f"c{bits}", "bits": bits, "sentence": "", "examples": []} for bits in (3.0, 0.0, 0.02, -2.0)]
    assert [one.bits for one in convert.evidences(rows)] == [3.0, -2.0, 0.0, 0.02]
