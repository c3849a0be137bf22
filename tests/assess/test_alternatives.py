"""Innocent explanations: each is excluded, possible or preferred for the profile that should make it so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess import alternatives
from stillwatch.assess.alternatives import Alternative, try_all
from stillwatch.assess.evidence import all_items
from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.score import judge
from stillwatch.assess.thresholds import (
    BEYOND_HOUSEHOLD,
    BEYOND_SMALL_FIRM,
    CLEAR_BITS,
    LEANING_BITS,
    LIKE_ONE_POOL,
    LIKE_PEOPLE,
    MAJORITY,
    ORGANISATIONS_PER_ACCOUNT,
)
from stillwatch.records.claims import EXPLANATIONS
from stillwatch.records.outputs import ALTERNATIVE_VERDICTS
from stillwatch.settings import AssessSettings
from tests.assess.records import GUILTY, UNREGISTERED, Outcome, profile
from tests.records.test_sentences import assert_reads_well

Explanation = Callable[[CandidateProfile], Alternative]

TEXTLESS = ("draws_from_one_pool", "asks_one_mix", "narrow_purpose", "repeats_questions")
# 400 members of four named organisations
OPEN: dict[str, Any] = {"identities": 4, "organisations": 4, "organisation_share": 1.0}
ONLY_TOOL = {"same_client_fingerprint": 14.0, "same_user_agent": 14.0, "same_instructions": 14.0}
ONLY_PLACE = {"same_address": 14.0, "same_subnet": 14.0, "same_signup_subnet": 9.0}
ONLY_WORDING = {"same_payload": 14.0, "same_opening_words": 14.0, "same_closing_words": 14.0}
ONLY_DEVICE = {"same_device": 14.0, "same_session": 14.0}


# members ask different things, as people do; or one queue feeds them, seen in two ways
DIFFERING = {"asks_one_mix": Outcome(1.0, 1.0, -2.0)}
ONE_MIX = {"asks_one_mix": Outcome(0.1, 1.0, 5.0)}
HANDED_OVER = {**DIFFERING, "hands_over_refused_requests": Outcome(0.5, 0.0, 4.0)}
NOT_HANDED_OVER = {**DIFFERING, "hands_over_refused_requests": Outcome(0.01, 0.0, 0.5)}
OF_PEOPLE = {"stands_apart_from_people": Outcome(0.9, 0.2, 0.0)}
# a whole network that asks what people ask, in words of which next to nothing is its own
EVERYTHING = {
    "narrow_vocabulary": Outcome(5.0, 0.1, 6.0),
    "narrow_purpose": Outcome(0.0, 0.1, -2.0),
    "stands_apart_from_people": Outcome(0.05, 0.01, 0.0),
    "reaches_all_accounts": Outcome(1.0, None, 0.0),
}
DEALT = {"reaches_all_accounts": Outcome(1.0, None, 0.0)}
ONE_CLOCK = {
    "keeps_the_same_hours": Outcome(0.1, 1.0, 3.6),
    "equalised_volumes": Outcome(0.1, 1.0, 2.6),
    "moves_to_new_models_at_once": Outcome(0.9, 0.1, 4.0),
}
SCHEDULED = {**HANDED_OVER, **ONE_CLOCK}
REMEMBERING = Outcome(4.0, 4.0, -3.0)


def picked(tests: dict[str, Outcome], exchanges: int) -> dict[str, Any]:
    """So many of a network's 40,000 exchanges were picked out of it."""
    return {"tests": {**tests, **DEALT}, "exchanges": exchanges, "network_exchanges": 40_000}


def fed(
    queue: dict[str, Outcome], narrow: float = 6.0, words: float = CLEAR_BITS, whole: bool = False
) -> dict[str, Any]:
    """Members remember, yet one queue feeds them something this narrow, in words as much their own."""
    narrowness = {"narrow_purpose": Outcome(1.5, 0.1, narrow), "narrow_vocabulary": Outcome(4.0, 0.1, words)}
    return {"tests": {"draws_from_one_pool": REMEMBERING, **narrowness, **queue}, "whole_network": whole}


def pooled(queue: dict[str, Outcome], narrow: float, words: float = CLEAR_BITS, whole: bool = False) -> dict[str, Any]:
    """The same of members who remember nothing."""
    given = fed(queue, narrow, words, whole)
    return {**given, "tests": {**given["tests"], "draws_from_one_pool": Outcome(0.2, 4.0, 6.0)}}


def remembering(place: float) -> dict[str, Any]:
    """Members' memory at this place between one pool (0) and people (1)."""
    return {"tests": {"draws_from_one_pool": Outcome(place * 4.0, 4.0, 0.0), **DIFFERING}}


def asked_by_several(share: float) -> dict[str, Any]:
    return {"tests": {"repeats_questions": Outcome(share, 0.0, 0.0)}}


def on_one_clock(place: float, volumes: float = 2.6) -> dict[str, Any]:
    """Members wake, work and change models together, and remember this much."""
    return {"tests": {**remembering(place)["tests"], **ONE_CLOCK, "equalised_volumes": Outcome(0.1, 1.0, volumes)}}


def resampled(accounts: int) -> dict[str, Any]:
    """So many accounts ask the same and hand over what they are refused."""
    tests = {**asked_by_several(0.75)["tests"], **HANDED_OVER}
    return {"tests": tests, "accounts": accounts, "registered": accounts, "identities": accounts}


def unrelated(bits: float) -> dict[str, float]:
    """What each explanation by one way to be alike leaves over."""
    return {"same_payment_issuer": bits}


CASES: list[tuple[Explanation, str, CandidateProfile]] = [
    (alternatives.enterprise, "preferred", profile(**remembering(LIKE_PEOPLE))),
    (alternatives.enterprise, "possible", profile(**remembering(LIKE_PEOPLE - 0.01))),
    (alternatives.enterprise, "excluded", profile(**remembering(LIKE_ONE_POOL))),
    (alternatives.enterprise, "possible", profile(**remembering(0.0), **OPEN)),
    (alternatives.enterprise, "excluded", profile(without=TEXTLESS)),  # sizes and volumes stand in for words
    (alternatives.enterprise, "possible", profile(without=(*TEXTLESS, "equalised_volumes"))),
    (alternatives.enterprise, "possible", profile(without=("draws_from_one_pool",))),  # text, but too little of it
    (alternatives.enterprise, "possible", profile(without=("draws_from_one_pool", "same_sizes"))),
    (alternatives.reseller, "possible", profile(without=TEXTLESS)),
    (alternatives.one_customer, "excluded", profile(tests=DEALT, whole_network=True, exchanges=100)),
    (alternatives.one_customer, "excluded", profile(**picked(HANDED_OVER, 5_000))),
    (alternatives.one_customer, "preferred", profile(**picked(HANDED_OVER, 3_900))),
    (alternatives.one_customer, "possible", profile(**picked(NOT_HANDED_OVER, 20_000))),
    (alternatives.one_customer, "possible", profile(**picked(DIFFERING, 5_000))),
    (alternatives.reseller, "preferred", profile(**remembering(LIKE_PEOPLE))),
    (alternatives.reseller, "possible", profile(**remembering(LIKE_ONE_POOL + 0.01))),
    (alternatives.reseller, "excluded", profile(**remembering(LIKE_ONE_POOL))),
    (alternatives.reseller, "excluded", profile(tests={"stands_apart_from_people": Outcome(0.9, 0.01, 0.0)})),
    (alternatives.reseller, "preferred", profile(tests={"stands_apart_from_people": Outcome(0.2, 0.001, 0.0)})),
    (alternatives.reseller, "preferred", profile(tests={"stands_apart_from_people": Outcome(0.9, 0.2, 0.0)})),
    (
        alternatives.reseller,
        "preferred",
        profile(tests={"reaches_all_accounts": Outcome(0.49, None, 0.0)}, whole_network=True),
    ),
    (
        alternatives.reseller,
        "excluded",
        profile(tests={"reaches_all_accounts": Outcome(0.5, None, 0.0)}, whole_network=True),
    ),
    (alternatives.reseller, "excluded", profile(tests={**OF_PEOPLE, **DEALT}, whole_network=True)),
    (alternatives.reseller, "preferred", profile(tests={**OF_PEOPLE, **DEALT})),
    (alternatives.reseller, "excluded", profile(**asked_by_several(0.31))),
    (alternatives.reseller, "possible", profile(without=("draws_from_one_pool",))),
    (alternatives.reseller, "preferred", profile(without=("draws_from_one_pool", "narrow_purpose"))),
    (alternatives.reseller, "preferred", profile(tests={"narrow_purpose": Outcome(0.5, 0.1, 3.9)})),
    (alternatives.enterprise, "excluded", profile(**fed(ONE_MIX))),
    (alternatives.enterprise, "excluded", profile(**fed(HANDED_OVER))),
    (alternatives.enterprise, "preferred", profile(**fed(HANDED_OVER, narrow=1.0, words=0.0))),
    (alternatives.enterprise, "preferred", profile(**fed(ONE_MIX, words=0.0))),  # picked by its sorts alone
    (alternatives.enterprise, "excluded", profile(**fed(ONE_MIX, words=0.0, whole=True))),
    (alternatives.enterprise, "excluded", profile(**fed(HANDED_OVER, narrow=1.0, words=CLEAR_BITS, whole=True))),
    (alternatives.enterprise, "preferred", profile(**fed(HANDED_OVER, narrow=1.0, words=CLEAR_BITS - 0.1, whole=True))),
    (alternatives.enterprise, "excluded", profile(**fed(SCHEDULED, narrow=1.0, words=LEANING_BITS, whole=True))),
    (alternatives.enterprise, "preferred", profile(**fed(SCHEDULED, narrow=1.0, words=LEANING_BITS - 0.1, whole=True))),
    (alternatives.reseller, "excluded", profile(**fed(SCHEDULED, narrow=1.0, words=LEANING_BITS, whole=True))),
    (alternatives.reseller, "preferred", profile(**fed(HANDED_OVER, narrow=1.0, words=CLEAR_BITS - 0.1, whole=True))),
    (alternatives.enterprise, "preferred", profile(**fed(ONE_CLOCK, narrow=1.0, words=CLEAR_BITS, whole=True))),
    (
        alternatives.enterprise,
        "preferred",
        profile(**fed({**HANDED_OVER, **ONE_CLOCK}, narrow=1.0, words=LEANING_BITS)),
    ),
    (alternatives.enterprise, "preferred", profile(**fed(HANDED_OVER, narrow=3.9, words=6.0))),  # picked by its words
    (alternatives.enterprise, "preferred", profile(**fed(ONE_MIX, narrow=1.0, words=6.0, whole=True))),
    (alternatives.enterprise, "preferred", profile(**fed(ONE_MIX), **OPEN)),
    (alternatives.enterprise, "preferred", profile(**fed(ONE_MIX), **UNREGISTERED)),
    (alternatives.reseller, "excluded", profile(**fed(ONE_MIX))),
    (alternatives.reseller, "preferred", profile(**fed(HANDED_OVER, narrow=1.0, words=0.0))),
    (alternatives.reseller, "preferred", profile(tests={"narrow_vocabulary": Outcome(0.5, 0.1, CLEAR_BITS - 0.1)})),
    (alternatives.reseller, "excluded", profile(**fed(HANDED_OVER, narrow=1.0, words=CLEAR_BITS, whole=True))),
    (alternatives.reseller, "preferred", profile(**fed(HANDED_OVER, narrow=3.9, words=6.0))),
    (alternatives.reseller, "excluded", profile(**pooled(ONE_MIX, narrow=1.0, whole=True), accounts=BEYOND_SMALL_FIRM)),
    (
        alternatives.reseller,
        "preferred",
        profile(**pooled(ONE_MIX, narrow=1.0, whole=True), accounts=BEYOND_SMALL_FIRM - 1),
    ),
    (alternatives.reseller, "preferred", profile(**pooled(ONE_MIX, narrow=1.0, words=CLEAR_BITS - 0.1, whole=True))),
    (alternatives.reseller, "preferred", profile(**pooled(ONE_MIX, narrow=1.0, whole=True), **OPEN)),
    (alternatives.reseller, "preferred", profile(**pooled(ONE_MIX, narrow=1.0, whole=True), **UNREGISTERED)),
    (alternatives.reseller, "preferred", profile(**pooled(DIFFERING, narrow=1.0, whole=True))),
    (alternatives.reseller, "excluded", profile(**pooled(HANDED_OVER, narrow=LEANING_BITS))),
    (alternatives.reseller, "preferred", profile(**pooled(HANDED_OVER, narrow=LEANING_BITS - 0.1))),
    (alternatives.reseller, "preferred", profile(**pooled(HANDED_OVER, narrow=LEANING_BITS, words=CLEAR_BITS - 0.1))),
    (alternatives.reseller, "excluded", profile(**pooled(HANDED_OVER, narrow=CLEAR_BITS, words=LEANING_BITS))),
    (alternatives.reseller, "preferred", profile(**pooled(HANDED_OVER, narrow=6.0, words=LEANING_BITS - 0.1))),
    (alternatives.reseller, "preferred", profile(**pooled(NOT_HANDED_OVER, narrow=6.0, words=CLEAR_BITS - 0.1))),
    (alternatives.reseller, "preferred", profile(**fed(HANDED_OVER, narrow=6.0, words=CLEAR_BITS - 0.1))),
    (alternatives.reseller, "preferred", profile(**pooled(NOT_HANDED_OVER, narrow=3.9))),
    (alternatives.reseller, "preferred", profile(tests={**EVERYTHING, **HANDED_OVER}, whole_network=True)),
    (alternatives.enterprise, "excluded", profile(**on_one_clock(LIKE_PEOPLE - 0.01))),
    (alternatives.enterprise, "preferred", profile(**on_one_clock(LIKE_PEOPLE))),
    (alternatives.enterprise, "possible", profile(**on_one_clock(LIKE_PEOPLE - 0.01, volumes=0.0))),
    (alternatives.reseller, "excluded", profile(**on_one_clock(LIKE_PEOPLE - 0.01))),
    (alternatives.batch_job, "preferred", profile(**OPEN)),
    (alternatives.batch_job, "excluded", profile(identities=400)),
    (alternatives.batch_job, "possible", profile(accounts=BEYOND_HOUSEHOLD - 1, registered=BEYOND_HOUSEHOLD - 1)),
    (
        alternatives.batch_job,
        "excluded",
        profile(accounts=BEYOND_HOUSEHOLD, registered=BEYOND_HOUSEHOLD, subnets=BEYOND_HOUSEHOLD),
    ),
    (
        alternatives.batch_job,
        "possible",
        profile(accounts=BEYOND_SMALL_FIRM - 1, registered=BEYOND_SMALL_FIRM - 1, top_subnet_share=0.9),
    ),
    (
        alternatives.batch_job,
        "possible",
        profile(accounts=BEYOND_SMALL_FIRM - 1, registered=BEYOND_SMALL_FIRM - 1, subnets=6),
    ),
    (
        alternatives.batch_job,
        "preferred",
        profile(without=TEXTLESS, accounts=BEYOND_SMALL_FIRM - 1, registered=BEYOND_SMALL_FIRM - 1, subnets=6),
    ),
    (
        alternatives.batch_job,
        "excluded",
        profile(without=TEXTLESS, accounts=BEYOND_SMALL_FIRM, registered=BEYOND_SMALL_FIRM, subnets=6),
    ),
    (
        alternatives.batch_job,
        "excluded",
        profile(accounts=BEYOND_SMALL_FIRM, registered=BEYOND_SMALL_FIRM, top_subnet_share=0.9),
    ),
    (alternatives.batch_job, "possible", profile(top_payment_share=MAJORITY, tests=DIFFERING)),
    (alternatives.batch_job, "excluded", profile(top_payment_share=1.0, tests=ONE_MIX)),
    (alternatives.batch_job, "excluded", profile(top_payment_share=MAJORITY - 0.01)),
    (alternatives.batch_job, "possible", profile(**UNREGISTERED, top_subnet_share=0.9)),
    (alternatives.batch_job, "possible", profile(**UNREGISTERED, top_subnet_share=None, subnets=None)),
    (alternatives.batch_job, "possible", profile(**UNREGISTERED, top_subnet_share=0.1, subnets=63)),
    (alternatives.batch_job, "excluded", profile(**UNREGISTERED, top_subnet_share=0.1, subnets=64)),
    (alternatives.batch_job, "excluded", profile(**UNREGISTERED, top_subnet_share=0.1)),
    (alternatives.evaluation_harness, "preferred", profile(**asked_by_several(0.31))),
    (alternatives.evaluation_harness, "excluded", profile(**asked_by_several(0.3))),
    (alternatives.evaluation_harness, "excluded", profile(**resampled(BEYOND_SMALL_FIRM))),
    (
        alternatives.evaluation_harness,
        "preferred",
        profile(**resampled(BEYOND_SMALL_FIRM - 1), subnets=3),
    ),  # a firm's own keys
    (alternatives.evaluation_harness, "possible", profile(without=("repeats_questions",), **OPEN)),
    (alternatives.evaluation_harness, "possible", profile(without=("repeats_questions",), **UNREGISTERED)),
    (alternatives.school_class, "possible", profile(education_share=0.51)),
    (alternatives.school_class, "excluded", profile(education_share=0.5)),
    (alternatives.school_class, "possible", profile(busiest_day_share=0.51)),
    (alternatives.school_class, "excluded", profile(busiest_day_share=0.5)),
    (alternatives.school_class, "possible", profile(days=1.9)),
    (alternatives.school_class, "excluded", profile(days=2.0)),
    (alternatives.school_class, "possible", profile(**asked_by_several(0.31))),
    (alternatives.permitted, "excluded", profile(permitted=0)),
    (alternatives.permitted, "excluded", profile(unmatched_permits=3)),
    (alternatives.permitted, "possible", profile(unmatched_permits=3, **UNREGISTERED)),
    (alternatives.permitted, "excluded", profile(permitted=1)),  # somebody else's, in the same network
    (alternatives.permitted, "possible", profile(permitted=GUILTY.exchanges // 10)),
    (alternatives.permitted, "possible", profile(permitted=GUILTY.exchanges)),
    (alternatives.permitted, "preferred", profile(permitted=GUILTY.exchanges + 1)),
    (alternatives.household, "possible", profile(accounts=BEYOND_HOUSEHOLD - 1)),
    (alternatives.household, "excluded", profile(accounts=BEYOND_HOUSEHOLD)),
]
ONE_WAY: list[tuple[Explanation, dict[str, float]]] = [
    (alternatives.popular_tool, ONLY_TOOL),
    (alternatives.shared_address, ONLY_PLACE),
    (alternatives.viral_prompt, ONLY_WORDING),
    (alternatives.shared_software, ONLY_DEVICE),
]


BEGINS = {"excluded": "This is not ", "possible": "This may be ", "preferred": "This is most likely "}


@pytest.mark.parametrize(("explain", "verdict", "group"), CASES)
def test_each_explanation_fares_as_the_profile_says(
    explain: Explanation, verdict: str, group: CandidateProfile
) -> None:
    found = explain(group)
    assert found.verdict == verdict
    words = next(one.words for one in EXPLANATIONS if one.name == found.name)
    assert found.sentence.startswith(f"{BEGINS[verdict]}{words}: ")
    assert_reads_well(found.sentence)


@pytest.mark.parametrize(("explain", "shared"), ONE_WAY)
class TestOneWayToBeAlike:
    def test_is_possible_while_nothing_else_is_shared(self, explain: Explanation, shared: dict[str, float]) -> None:
        assert explain(profile(claim_bits=shared)).verdict == "possible"
        assert explain(profile(claim_bits={})).verdict == "possible"

    def test_is_excluded_from_enough_bits_elsewhere(self, explain: Explanation, shared: dict[str, float]) -> None:
        assert explain(profile(claim_bits={**shared, **unrelated(CLEAR_BITS)})).verdict == "excluded"
        assert explain(profile(claim_bits={**shared, **unrelated(CLEAR_BITS - 0.01)})).verdict == "possible"

    def test_ignores_how_much_is_shared_its_own_way(self, explain: Explanation, shared: dict[str, float]) -> None:
        few = dict.fromkeys(shared, 0.1)
        for bits in (CLEAR_BITS - 1.0, CLEAR_BITS + 1.0):
            one, other = (explain(profile(claim_bits={**own, **unrelated(bits)})) for own in (shared, few))
            assert one.verdict == other.verdict


def test_no_explanation_fits_the_guilty_group() -> None:
    assert {one.name: one.verdict for one in try_all(GUILTY) if one.verdict != "excluded"} == {}


def test_sharing_a_card_declares_nothing() -> None:
    assert alternatives.batch_job(profile(top_payment_share=1.0)).verdict != "preferred"


@pytest.mark.parametrize(
    ("organisations", "verdict"),
    [(int(ORGANISATIONS_PER_ACCOUNT * 400), "preferred"), (int(ORGANISATIONS_PER_ACCOUNT * 400) + 1, "excluded")],
)
def test_many_small_organisations_are_no_declaration(organisations: int, verdict: str) -> None:
    group = profile(organisations=organisations, identities=organisations, organisation_share=1.0)
    assert alternatives.batch_job(group).verdict == verdict


def test_a_declaration_of_the_few_does_not_speak_for_the_group() -> None:
    assert (
        alternatives.batch_job(profile(organisations=1, identities=250, organisation_share=0.4)).verdict == "excluded"
    )


MISSING: list[dict[str, Any]] = [
    {"without": TEXTLESS},
    {"without": (*TEXTLESS, "same_sizes")},
    UNREGISTERED,
    {**UNREGISTERED, "subnets": None, "top_subnet_share": None},
    {"without": TEXTLESS, **UNREGISTERED, "subnets": None, "top_subnet_share": None},
]


@pytest.mark.parametrize("missing", MISSING)
def test_missing_columns_only_remove_evidence_against_innocence(missing: dict[str, Any]) -> None:
    order = list(ALTERNATIVE_VERDICTS)
    known = {one.name: one.verdict for one in try_all(GUILTY)}
    tried = try_all(profile(**missing))
    assert {one.name for one in tried} == set(known) != set()
    for one in tried:
        assert order.index(one.verdict) >= order.index(known[one.name]), one
        assert one.verdict != "preferred", one


def test_with_nothing_but_links_nobody_is_acted_on() -> None:
    group = profile(**MISSING[-1])
    assert judge(all_items(group), try_all(group), AssessSettings()).level != "act"


@given(
    st.integers(0, 5000),
    st.integers(0, 100_000),
    st.integers(0, 100_000),
    st.floats(0.0, 1.0),
    st.one_of(st.none(), st.floats(-0.5, 2.0)),
)
def test_every_explanation_says_one_verdict_in_a_sentence(
    accounts: int, exchanges: int, permitted: int, share: float, place: float | None
) -> None:
    changed = remembering(place) if place is not None else {"without": ("draws_from_one_pool",)}
    tried = try_all(
        profile(accounts=accounts, exchanges=exchanges, permitted=permitted, education_share=share, **changed)
    )
    assert {one.name for one in tried} == {one.name for one in EXPLANATIONS}
    assert len(tried) == len(alternatives.ALTERNATIVES) == len(EXPLANATIONS)
    for one in tried:
        assert one.verdict in ALTERNATIVE_VERDICTS
        assert_reads_well(one.sentence)
