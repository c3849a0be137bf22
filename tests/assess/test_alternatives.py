"""Innocent explanations: each is excluded, possible or preferred for the facts that should make it so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess import alternatives
from stillwatch.assess.alternatives import (
    CROWD,
    OUTSIDE_BITS,
    Alternative,
    try_all,
)
from stillwatch.assess.evidence import all_facts
from stillwatch.assess.facts import Facts, Trial
from stillwatch.assess.predicates import (
    AGREED,
    FEW,
    FLEET,
    LEANING,
    MOST,
    PEOPLE,
    POOL,
)
from stillwatch.assess.score import judge
from stillwatch.records.outputs import ALTERNATIVE_VERDICTS
from stillwatch.settings import AssessSettings
from tests.assess.records import GUILTY, UNREGISTERED, facts

Explanation = Callable[[Facts], Alternative]

TEXTLESS = ("draws_from_one_pool", "asks_one_mix", "narrow_purpose", "repeats_questions")
# 400 members of four named organisations
OPEN: dict[str, Any] = {"identities": 4, "organisations": 4, "organisation_share": 1.0}
ONLY_TOOL = {"same_client_fingerprint": 14.0, "same_user_agent": 14.0, "same_instructions": 14.0}
ONLY_PLACE = {"same_address": 14.0, "same_subnet": 14.0, "same_signup_subnet": 9.0}
ONLY_WORDING = {"same_payload": 14.0, "same_opening_words": 14.0, "same_closing_words": 14.0}
ONLY_DEVICE = {"same_device": 14.0, "same_session": 14.0}


# members ask different things, as people do; or one queue feeds them, seen in two ways
DIFFERING = {"asks_one_mix": Trial(1.0, 1.0, -2.0)}
ONE_MIX = {"asks_one_mix": Trial(0.1, 1.0, 5.0)}
HANDED_OVER = {**DIFFERING, "hands_over_refused_requests": Trial(0.5, 0.0, 4.0)}
NOT_HANDED_OVER = {**DIFFERING, "hands_over_refused_requests": Trial(0.01, 0.0, 0.5)}
OF_PEOPLE = {"stands_apart_from_people": Trial(0.9, 0.2, 0.0)}
# a whole network that asks what people ask, in words of which next to nothing is its own
EVERYTHING = {
    "narrow_vocabulary": Trial(5.0, 0.1, 6.0),
    "narrow_purpose": Trial(0.0, 0.1, -2.0),
    "stands_apart_from_people": Trial(0.05, 0.01, 0.0),
    "reaches_all_accounts": Trial(1.0, 1.0, 0.0),
}
NOTHING_ELSE = {"reaches_all_accounts": Trial(1.0, 1.0, 0.0)}
WHOLE_QUEUE = {**HANDED_OVER, **NOTHING_ELSE}
ONE_CLOCK = {
    "keeps_the_same_hours": Trial(0.1, 1.0, 3.6),
    "equalised_volumes": Trial(0.1, 1.0, 2.6),
    "moves_to_new_models_at_once": Trial(0.9, 0.1, 4.0),
}
SCHEDULED = {**WHOLE_QUEUE, **ONE_CLOCK}
MANY_KEYS = {**ONE_MIX, **NOTHING_ELSE}
REMEMBERING = Trial(4.0, 4.0, -3.0)


def picked(trials: dict[str, Trial], exchanges: int) -> dict[str, Any]:
    """So many of a network's 40,000 exchanges were picked out of it."""
    reach = {"reaches_all_accounts": Trial(1.0, 0.0, 0.0)}
    return {"trials": {**trials, **reach}, "exchanges": exchanges, "network_exchanges": 40_000}


def fed(queue: dict[str, Trial], narrow: float = 6.0, words: float = AGREED) -> dict[str, Any]:
    """Members remember, yet one queue feeds them something this narrow, in words as much their own."""
    narrowness = {"narrow_purpose": Trial(1.5, 0.1, narrow), "narrow_vocabulary": Trial(4.0, 0.1, words)}
    return {"trials": {"draws_from_one_pool": REMEMBERING, **narrowness, **queue}}


def pooled(queue: dict[str, Trial], narrow: float, words: float = AGREED) -> dict[str, Any]:
    """The same of members who remember nothing."""
    given = fed(queue, narrow, words)["trials"]
    return {"trials": {**given, "draws_from_one_pool": Trial(0.2, 4.0, 6.0)}}


def remembering(place: float) -> dict[str, Any]:
    """Members' memory at this place between one pool (0) and people (1)."""
    return {"trials": {"draws_from_one_pool": Trial(place * 4.0, 4.0, 0.0), **DIFFERING}}


def asked_by_several(share: float) -> dict[str, Any]:
    return {"trials": {"repeats_questions": Trial(share, 0.0, 0.0)}}


def on_one_clock(place: float, volumes: float = 2.6) -> dict[str, Any]:
    """Members wake, work and change models together, and remember this much."""
    return {"trials": {**remembering(place)["trials"], **ONE_CLOCK, "equalised_volumes": Trial(0.1, 1.0, volumes)}}


def resampled(accounts: int) -> dict[str, Any]:
    """So many accounts ask the same and hand over what they are refused."""
    trials = {**asked_by_several(0.75)["trials"], **HANDED_OVER}
    return {"trials": trials, "accounts": accounts, "registered": accounts, "identities": accounts}


def unrelated(bits: float) -> dict[str, float]:
    """What each explanation by one way to be alike leaves over."""
    return {"same_payment_issuer": bits}


CASES: list[tuple[Explanation, str, Facts]] = [
    (alternatives.is_enterprise, "preferred", facts(**remembering(PEOPLE))),
    (alternatives.is_enterprise, "possible", facts(**remembering(PEOPLE - 0.01))),
    (alternatives.is_enterprise, "excluded", facts(**remembering(POOL))),
    (alternatives.is_enterprise, "possible", facts(**remembering(0.0), **OPEN)),
    (alternatives.is_enterprise, "excluded", facts(without=TEXTLESS)),  # sizes and volumes stand in for words
    (alternatives.is_enterprise, "possible", facts(without=(*TEXTLESS, "equalised_volumes"))),
    (alternatives.is_enterprise, "possible", facts(without=("draws_from_one_pool",))),  # text, but too little of it
    (alternatives.is_enterprise, "possible", facts(without=("draws_from_one_pool", "same_sizes"))),
    (alternatives.is_reseller, "possible", facts(without=TEXTLESS)),
    (alternatives.is_one_customer, "excluded", facts(trials=NOTHING_ELSE, exchanges=100)),
    (alternatives.is_one_customer, "excluded", facts(**picked(HANDED_OVER, 5_000))),
    (alternatives.is_one_customer, "preferred", facts(**picked(HANDED_OVER, 3_900))),
    (alternatives.is_one_customer, "possible", facts(**picked(NOT_HANDED_OVER, 20_000))),
    (alternatives.is_one_customer, "possible", facts(**picked(DIFFERING, 5_000))),
    (alternatives.is_reseller, "preferred", facts(**remembering(PEOPLE))),
    (alternatives.is_reseller, "possible", facts(**remembering(POOL + 0.01))),
    (alternatives.is_reseller, "excluded", facts(**remembering(POOL))),
    (alternatives.is_reseller, "excluded", facts(trials={"stands_apart_from_people": Trial(0.9, 0.01, 0.0)})),
    (alternatives.is_reseller, "preferred", facts(trials={"stands_apart_from_people": Trial(0.2, 0.001, 0.0)})),
    (alternatives.is_reseller, "preferred", facts(trials={"stands_apart_from_people": Trial(0.9, 0.2, 0.0)})),
    (alternatives.is_reseller, "preferred", facts(trials={"reaches_all_accounts": Trial(0.49, 1.0, 0.0)})),
    (alternatives.is_reseller, "excluded", facts(trials={"reaches_all_accounts": Trial(0.5, 1.0, 0.0)})),
    (alternatives.is_reseller, "excluded", facts(trials={**OF_PEOPLE, "reaches_all_accounts": Trial(1.0, 1.0, 0.0)})),
    (alternatives.is_reseller, "preferred", facts(trials={**OF_PEOPLE, "reaches_all_accounts": Trial(1.0, 0.0, 0.0)})),
    (alternatives.is_reseller, "excluded", facts(**asked_by_several(0.31))),
    (alternatives.is_reseller, "possible", facts(without=("draws_from_one_pool",))),
    (alternatives.is_reseller, "preferred", facts(without=("draws_from_one_pool", "narrow_purpose"))),
    (alternatives.is_reseller, "preferred", facts(trials={"narrow_purpose": Trial(0.5, 0.1, 3.9)})),
    (alternatives.is_enterprise, "excluded", facts(**fed(ONE_MIX))),
    (alternatives.is_enterprise, "excluded", facts(**fed(HANDED_OVER))),
    (alternatives.is_enterprise, "preferred", facts(**fed(HANDED_OVER, narrow=1.0, words=0.0))),
    (alternatives.is_enterprise, "preferred", facts(**fed(ONE_MIX, words=0.0))),  # picked by its sorts alone
    (alternatives.is_enterprise, "excluded", facts(**fed({**ONE_MIX, **NOTHING_ELSE}, words=0.0))),
    (alternatives.is_enterprise, "excluded", facts(**fed(WHOLE_QUEUE, narrow=1.0, words=AGREED))),
    (alternatives.is_enterprise, "preferred", facts(**fed(WHOLE_QUEUE, narrow=1.0, words=AGREED - 0.1))),
    (alternatives.is_enterprise, "excluded", facts(**fed(SCHEDULED, narrow=1.0, words=LEANING))),
    (alternatives.is_enterprise, "preferred", facts(**fed(SCHEDULED, narrow=1.0, words=LEANING - 0.1))),
    (alternatives.is_reseller, "excluded", facts(**fed(SCHEDULED, narrow=1.0, words=LEANING))),
    (alternatives.is_reseller, "preferred", facts(**fed(WHOLE_QUEUE, narrow=1.0, words=AGREED - 0.1))),
    (alternatives.is_enterprise, "preferred", facts(**fed({**ONE_CLOCK, **NOTHING_ELSE}, narrow=1.0, words=AGREED))),
    (alternatives.is_enterprise, "preferred", facts(**fed({**HANDED_OVER, **ONE_CLOCK}, narrow=1.0, words=LEANING))),
    (alternatives.is_enterprise, "preferred", facts(**fed(HANDED_OVER, narrow=3.9, words=6.0))),  # picked by its words
    (alternatives.is_enterprise, "preferred", facts(**fed({**ONE_MIX, **NOTHING_ELSE}, narrow=1.0, words=6.0))),
    (alternatives.is_enterprise, "preferred", facts(**fed(ONE_MIX), **OPEN)),
    (alternatives.is_enterprise, "preferred", facts(**fed(ONE_MIX), **UNREGISTERED)),
    (alternatives.is_reseller, "excluded", facts(**fed(ONE_MIX))),
    (alternatives.is_reseller, "preferred", facts(**fed(HANDED_OVER, narrow=1.0, words=0.0))),
    (alternatives.is_reseller, "preferred", facts(trials={"narrow_vocabulary": Trial(0.5, 0.1, AGREED - 0.1)})),
    (alternatives.is_reseller, "excluded", facts(**fed(WHOLE_QUEUE, narrow=1.0, words=AGREED))),
    (alternatives.is_reseller, "preferred", facts(**fed(HANDED_OVER, narrow=3.9, words=6.0))),
    (alternatives.is_reseller, "excluded", facts(**pooled(MANY_KEYS, narrow=1.0), accounts=FLEET)),
    (alternatives.is_reseller, "preferred", facts(**pooled(MANY_KEYS, narrow=1.0), accounts=FLEET - 1)),
    (alternatives.is_reseller, "preferred", facts(**pooled(MANY_KEYS, narrow=1.0, words=AGREED - 0.1))),
    (alternatives.is_reseller, "preferred", facts(**pooled(MANY_KEYS, narrow=1.0), **OPEN)),
    (alternatives.is_reseller, "preferred", facts(**pooled(MANY_KEYS, narrow=1.0), **UNREGISTERED)),
    (alternatives.is_reseller, "preferred", facts(**pooled({**DIFFERING, **NOTHING_ELSE}, narrow=1.0))),
    (alternatives.is_reseller, "excluded", facts(**pooled(HANDED_OVER, narrow=LEANING))),
    (alternatives.is_reseller, "preferred", facts(**pooled(HANDED_OVER, narrow=LEANING - 0.1))),
    (alternatives.is_reseller, "preferred", facts(**pooled(HANDED_OVER, narrow=LEANING, words=AGREED - 0.1))),
    (alternatives.is_reseller, "excluded", facts(**pooled(HANDED_OVER, narrow=AGREED, words=LEANING))),
    (alternatives.is_reseller, "preferred", facts(**pooled(HANDED_OVER, narrow=6.0, words=LEANING - 0.1))),
    (alternatives.is_reseller, "preferred", facts(**pooled(NOT_HANDED_OVER, narrow=6.0, words=AGREED - 0.1))),
    (alternatives.is_reseller, "preferred", facts(**fed(HANDED_OVER, narrow=6.0, words=AGREED - 0.1))),
    (alternatives.is_reseller, "preferred", facts(**pooled(NOT_HANDED_OVER, narrow=3.9))),
    (alternatives.is_reseller, "preferred", facts(trials={**EVERYTHING, **HANDED_OVER})),
    (alternatives.is_enterprise, "excluded", facts(**on_one_clock(PEOPLE - 0.01))),
    (alternatives.is_enterprise, "preferred", facts(**on_one_clock(PEOPLE))),
    (alternatives.is_enterprise, "possible", facts(**on_one_clock(PEOPLE - 0.01, volumes=0.0))),
    (alternatives.is_reseller, "excluded", facts(**on_one_clock(PEOPLE - 0.01))),
    (alternatives.is_batch_job, "preferred", facts(**OPEN)),
    (alternatives.is_batch_job, "excluded", facts(identities=400)),
    (alternatives.is_batch_job, "possible", facts(accounts=CROWD - 1, registered=CROWD - 1)),
    (alternatives.is_batch_job, "excluded", facts(accounts=CROWD, registered=CROWD, subnets=CROWD)),
    (alternatives.is_batch_job, "possible", facts(accounts=FLEET - 1, registered=FLEET - 1, top_subnet_share=0.9)),
    (alternatives.is_batch_job, "possible", facts(accounts=FLEET - 1, registered=FLEET - 1, subnets=6)),
    (
        alternatives.is_batch_job,
        "preferred",
        facts(without=TEXTLESS, accounts=FLEET - 1, registered=FLEET - 1, subnets=6),
    ),
    (alternatives.is_batch_job, "excluded", facts(without=TEXTLESS, accounts=FLEET, registered=FLEET, subnets=6)),
    (alternatives.is_batch_job, "excluded", facts(accounts=FLEET, registered=FLEET, top_subnet_share=0.9)),
    (alternatives.is_batch_job, "possible", facts(top_payment_share=MOST, trials=DIFFERING)),
    (alternatives.is_batch_job, "excluded", facts(top_payment_share=1.0, trials=ONE_MIX)),
    (alternatives.is_batch_job, "excluded", facts(top_payment_share=MOST - 0.01)),
    (alternatives.is_batch_job, "possible", facts(**UNREGISTERED, top_subnet_share=0.9)),
    (alternatives.is_batch_job, "possible", facts(**UNREGISTERED, top_subnet_share=None, subnets=None)),
    (alternatives.is_batch_job, "possible", facts(**UNREGISTERED, top_subnet_share=0.1, subnets=63)),
    (alternatives.is_batch_job, "excluded", facts(**UNREGISTERED, top_subnet_share=0.1, subnets=64)),
    (alternatives.is_batch_job, "excluded", facts(**UNREGISTERED, top_subnet_share=0.1)),
    (alternatives.is_evaluation_harness, "preferred", facts(**asked_by_several(0.31))),
    (alternatives.is_evaluation_harness, "excluded", facts(**asked_by_several(0.3))),
    (alternatives.is_evaluation_harness, "excluded", facts(**resampled(FLEET))),
    (alternatives.is_evaluation_harness, "preferred", facts(**resampled(FLEET - 1), subnets=3)),  # a firm's own keys
    (alternatives.is_evaluation_harness, "possible", facts(without=("repeats_questions",), **OPEN)),
    (alternatives.is_evaluation_harness, "possible", facts(without=("repeats_questions",), **UNREGISTERED)),
    (alternatives.is_class, "possible", facts(education_share=0.51)),
    (alternatives.is_class, "excluded", facts(education_share=0.5)),
    (alternatives.is_class, "possible", facts(busiest_day_share=0.51)),
    (alternatives.is_class, "excluded", facts(busiest_day_share=0.5)),
    (alternatives.is_class, "possible", facts(days=1.9)),
    (alternatives.is_class, "excluded", facts(days=2.0)),
    (alternatives.is_class, "possible", facts(**asked_by_several(0.31))),
    (alternatives.is_permitted, "excluded", facts(permitted=0)),
    (alternatives.is_permitted, "excluded", facts(unmatched_permits=3)),
    (alternatives.is_permitted, "possible", facts(unmatched_permits=3, **UNREGISTERED)),
    (alternatives.is_permitted, "excluded", facts(permitted=1)),  # somebody else's, in the same network
    (alternatives.is_permitted, "possible", facts(permitted=GUILTY.exchanges // 10)),
    (alternatives.is_permitted, "possible", facts(permitted=GUILTY.exchanges)),
    (alternatives.is_permitted, "preferred", facts(permitted=GUILTY.exchanges + 1)),
    (alternatives.is_household, "possible", facts(accounts=CROWD - 1)),
    (alternatives.is_household, "excluded", facts(accounts=CROWD)),
]
ONE_WAY: list[tuple[Explanation, dict[str, float]]] = [
    (alternatives.is_popular_tool, ONLY_TOOL),
    (alternatives.is_shared_address, ONLY_PLACE),
    (alternatives.is_viral_prompt, ONLY_WORDING),
    (alternatives.is_shared_software, ONLY_DEVICE),
]


@pytest.mark.parametrize(("explain", "verdict", "group"), CASES)
def test_each_explanation_fares_as_the_facts_say(explain: Explanation, verdict: str, group: Facts) -> None:
    assert explain(group).verdict == verdict


@pytest.mark.parametrize(("explain", "shared"), ONE_WAY)
class TestOneWayToBeAlike:
    def test_is_possible_while_nothing_else_is_shared(self, explain: Explanation, shared: dict[str, float]) -> None:
        assert explain(facts(claim_bits=shared)).verdict == "possible"
        assert explain(facts(claim_bits={})).verdict == "possible"

    def test_is_excluded_from_enough_bits_elsewhere(self, explain: Explanation, shared: dict[str, float]) -> None:
        assert explain(facts(claim_bits={**shared, **unrelated(OUTSIDE_BITS)})).verdict == "excluded"
        assert explain(facts(claim_bits={**shared, **unrelated(OUTSIDE_BITS - 0.01)})).verdict == "possible"

    def test_ignores_how_much_is_shared_its_own_way(self, explain: Explanation, shared: dict[str, float]) -> None:
        few = dict.fromkeys(shared, 0.1)
        for bits in (OUTSIDE_BITS - 1.0, OUTSIDE_BITS + 1.0):
            one, other = (explain(facts(claim_bits={**own, **unrelated(bits)})) for own in (shared, few))
            assert one.verdict == other.verdict


def test_no_explanation_fits_the_guilty_group() -> None:
    assert {one.name: one.verdict for one in try_all(GUILTY) if one.verdict != "excluded"} == {}


def test_sharing_a_card_declares_nothing() -> None:
    assert alternatives.is_batch_job(facts(top_payment_share=1.0)).verdict != "preferred"


@pytest.mark.parametrize(
    ("organisations", "verdict"),
    [(int(FEW * 400), "preferred"), (int(FEW * 400) + 1, "excluded")],
)
def test_many_small_organisations_are_no_declaration(organisations: int, verdict: str) -> None:
    group = facts(organisations=organisations, identities=organisations, organisation_share=1.0)
    assert alternatives.is_batch_job(group).verdict == verdict


def test_a_declaration_of_the_few_does_not_speak_for_the_group() -> None:
    assert (
        alternatives.is_batch_job(facts(organisations=1, identities=250, organisation_share=0.4)).verdict == "excluded"
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
    for one in try_all(facts(**missing)):
        assert order.index(one.verdict) >= order.index(known[one.name]), one
        assert one.verdict != "preferred", one


def test_with_nothing_but_links_nobody_is_acted_on() -> None:
    group = facts(**MISSING[-1])
    assert judge(all_facts(group), try_all(group), AssessSettings()).level != "act"


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
        facts(accounts=accounts, exchanges=exchanges, permitted=permitted, education_share=share, **changed)
    )
    assert len({one.name for one in tried}) == len(tried) == len(alternatives.ALTERNATIVES)
    for one in tried:
        assert one.verdict in ALTERNATIVE_VERDICTS
        assert one.sentence
