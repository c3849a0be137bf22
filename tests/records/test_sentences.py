"""Sentences: an analyst reads a finding first, then a measurement, in whole sentences with every number filled in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.group.group_tests import NARROWER, OTHER_WORDS
from stillwatch.group.reference_population import scale_bits
from stillwatch.records import sentences
from stillwatch.records.claims import FAMILIES, GROUP_CLAIMS, JUDGEMENTS, GroupClaim
from stillwatch.records.measured import MEASURED_CLAIMS

STATED = [claim for claim in GROUP_CLAIMS if claim.sentence is not None]
SHARES = {
    "never_repeats_a_slot",
    "hands_over_refused_requests",
    "moves_to_new_models_at_once",
    "repeats_questions",
    "asks_once",
    "stands_apart_from_people",
    "reaches_all_accounts",
}
BEYOND_CHANCE = ("rewords_within_the_hour", "falls_silent_together")
GOLDEN = tomllib.loads((Path(__file__).parent / "golden_sentences.toml").read_text(encoding="utf-8"))["sentence"]
NOUNS = "accounts|customers|requests|closures|ranges|organisations|days"
ONE_OF_MANY = rf"(?<![\d.,])1 (different |registered |address )?({NOUNS})\b"
BADLY = rf"[{{}}]|\bnan\b|\binf\b|None|  |\.\.|{ONE_OF_MANY}|\b0\.\d+ times|-\d"


def assert_reads_well(sentence: str) -> None:
    """Asserts a capital, a full stop, no unfilled or unreadable number, and no ratio below 1 called times."""
    assert re.match(r"[A-Z][a-z]* ", sentence), sentence
    assert sentence.endswith("."), sentence
    assert not re.search(BADLY, sentence), sentence


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["writes"])
def test_sentences_of_made_values(row: dict[str, Any]) -> None:
    given = [None if value == "unknown" else value for value in row["given"]]
    assert getattr(sentences, row["writes"])(*given) == row["reads"]


def test_every_stated_test_has_a_golden_sentence() -> None:
    written = {row["writes"] for row in GOLDEN}
    stated = [claim for claim in STATED if claim not in MEASURED_CLAIMS]
    assert len(stated) == 17
    unwritten = {
        claim.name for claim in stated if claim.sentence is not None and claim.sentence.__name__ not in written
    }
    assert unwritten == {"same_sizes"}, "lengths read as the mix does"


@pytest.mark.parametrize("claim", STATED, ids=lambda claim: claim.name)
@given(own=st.floats(-2.0, 12.0), people=st.one_of(st.none(), st.floats(-0.5, 12.0)), bits=st.floats(-12.0, 12.0))
def test_every_value_gives_a_sentence(claim: GroupClaim, own: float, people: float | None, bits: float) -> None:
    if claim.name in SHARES:
        own, people = min(abs(own), 1.0), None if people is None else min(abs(people), 1.0)
    if claim.name == "replaces_closed_accounts":
        own, people = float(abs(round(own))), None if people is None else abs(people)
    assert claim.sentence is not None
    sentence = claim.sentence(own, people, bits)
    assert_reads_well(sentence)
    without = people is None or claim.name in ("replaces_closed_accounts", "reaches_all_accounts")
    assert without or "ordinary accounts" in sentence


@pytest.mark.parametrize("claim", STATED, ids=lambda claim: claim.name)
@pytest.mark.parametrize(("own", "people"), [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.997, 0.003)])
def test_none_and_all_are_words(claim: GroupClaim, own: float, people: float) -> None:
    """Nobody reads that hardly any did so in 0 % of the times; what is ordinary may be 0 % or 100 %."""
    assert claim.sentence is not None
    for bits in (-1.0, 1.0):
        sentence = claim.sentence(own, people, bits)
        assert_reads_well(sentence)
        finding = sentence.partition(" (")[0]
        ends = "0" if claim.name in BEYOND_CHANCE else "(0|100)"  # a difference of 1 is not all of them
        shares = claim.name in SHARES - {"never_repeats_a_slot"} or claim in MEASURED_CLAIMS
        assert not shares or not re.search(rf"\b{ends} % (?!of pairs)", finding), sentence


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (sentences.hands_over(0.0, 0.0, 1.0), "The accounts do not take over each other's refused requests: none of"),
        (sentences.replaces_closed(0.0, 0.2, -1.0), "New accounts do not begin soon after closures: 0 closures"),
        (sentences.education_share(0.0), "Of the accounts, none are registered for education."),
        (sentences.contract_share(1.0), "Of the accounts, all stand under one contract."),
        (sentences.card_share(0.998), "The commonest card pays for nearly all of the accounts."),
        (sentences.top_subnet(1.0), "The commonest address range sends all of the requests."),
        (sentences.organisation_share(1.0, 1), "several of them share; all name the commonest."),
        (sentences.busiest_day(1.0, 2.0), "It lasts 2 days, and all of it falls on the busiest."),
        (sentences.asks_once(1.0, 0.0, 0.0), "Of the conversations, all end after one request; of ordinary accounts"),
    ],
)
def test_an_end_of_a_scale_reads_well(said: str, words: str) -> None:
    assert words in said


FOR = "hardly more alike|far less so|only|no more than chance|almost never|rarely|times as typical|at once"
AGAINST = ", as|about as|even more|more often|hardly more typical|hardly faster"
READ_ON_A_SCALE = ("draws_from_one_pool", "asks_one_mix", "same_sizes", "keeps_the_same_hours", "equalised_volumes")


@given(st.floats(0.0, 2.0), st.floats(0.8, 5.0), st.sampled_from((*READ_ON_A_SCALE, "never_repeats_a_slot")))
def test_a_sentence_has_the_sign_of_the_bits_over_the_whole_scale(place: float, people: float, name: str) -> None:
    (claim,) = [claim for claim in STATED if claim.name == name]
    people = people / 5 if name in SHARES else people
    bits = scale_bits(place)
    assert claim.sentence is not None
    sentence = claim.sentence(min(place * people, 1.0) if name in SHARES else place * people, people, bits)
    assert bool(re.search(FOR, sentence)) is (bits > 0.0), sentence
    assert bool(re.search(AGAINST, sentence)) is (bits <= 0.0), sentence


@given(st.floats(0.0, 8.0), st.floats(0.0, 1.0), st.sampled_from(("narrow_purpose", "narrow_vocabulary")))
def test_a_narrow_purpose_is_told_by_the_sign_of_its_bits(own: float, people: float, name: str) -> None:
    (claim,) = [claim for claim in STATED if claim.name == name]
    bits = own - people - (NARROWER if name == "narrow_purpose" else OTHER_WORDS)
    assert claim.sentence is not None
    sentence = claim.sentence(own, people, bits)
    assert ("hardly more typical" in sentence) is (bits <= 0.0), sentence


@given(st.integers(1, 400), st.floats(0.01, 1.0))
def test_a_release_is_told_by_the_sign_of_its_bits(bits: int, own: float) -> None:
    assert "at once" in sentences.moves_to_new_models(own, 0.01, bits / 100)
    assert "hardly faster" in sentences.moves_to_new_models(own, 0.01, -bits / 100)


@given(st.floats(0.0, 14.0), st.sampled_from(sorted(FAMILIES)))
def test_shared_families_read_well(bits: float, family: str) -> None:
    assert_reads_well(sentences.shared_family(FAMILIES[family].words, bits))


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0.0, 1.0))
def test_stated_claims_read_well(many: int, few: int, share: float) -> None:
    assert_reads_well(sentences.identities(many, max(2, few)))
    assert_reads_well(sentences.organisation_share(share, few + 1))
    assert_reads_well(sentences.subnets(many, few))
    assert_reads_well(sentences.top_subnet(share))
    assert_reads_well(sentences.busiest_day(share, float(many)))
    assert_reads_well(sentences.copied(many))
    assert_reads_well(sentences.passes_on(share, share - 0.5))
    assert_reads_well(sentences.weighed_together(100.0 * share - 50.0))
    assert_reads_well(sentences.permit(many, few))


def test_judgements_read_well() -> None:
    assert set(JUDGEMENTS) == {"confirmed", "innocent", "unsure"}
    for verdict, claim in JUDGEMENTS.items():
        assert_reads_well(sentences.judged(verdict, ""))
        assert claim.evidence is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [("ann", "`ann`"), ("", "A person"), ("a`b\x1b[31m", "`ab\ufffd[31m`"), ("x" * 99, f"`{'x' * 63}…`")],
)
def test_a_judgement_names_whose_word_it_is(name: str, shown: str) -> None:
    said = sentences.judged("innocent", name)
    assert said == f"{shown} has judged these accounts innocent, which outranks the score."


@given(st.floats(0.0, 1.0))
def test_a_share_is_never_rounded_to_nothing(share: float) -> None:
    shown = sentences.percent(share)
    assert (shown == "0 %") == (share == 0.0)
    assert sentences.percent(-0.0) == "0 %"
