"""Predicates of a candidate: each holds from its threshold on, and says nothing of what is not in the logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess import predicates
from stillwatch.assess.predicates import (
    draws_from_one_pool,
    hands_over,
    has_many_keys,
    has_narrow_queue,
    has_one_queue,
    has_text,
    hides_one_queue,
    is_declared,
    keeps_one_clock,
    may_be_small_firm,
    narrow_test,
    self_similarity,
    sits_in_few_places,
)
from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.thresholds import (
    BEYOND_SMALL_FIRM,
    CLEAR_BITS,
    HANDOVER_BITS,
    HIDING_SUBNETS,
    LEANING_BITS,
    LEAST_REGISTERED,
    LIKE_ONE_POOL,
    LIKE_PEOPLE,
    MAJORITY,
    ONE_CLOCK_BITS,
    ORGANISATIONS_PER_ACCOUNT,
    SUBNETS_PER_ACCOUNT,
)
from tests.assess.records import UNREGISTERED, Outcome, profile

HANDED = {"hands_over_refused_requests": Outcome(0.5, 0.0, HANDOVER_BITS)}
NOT_HANDED = {"hands_over_refused_requests": Outcome(0.5, 0.0, HANDOVER_BITS - 0.1)}
DIFFERING = {"asks_one_mix": Outcome(1.0, 1.0, CLEAR_BITS - 0.1)}
ONE_MIX = {"asks_one_mix": Outcome(0.1, 1.0, CLEAR_BITS)}
TEXT = ("draws_from_one_pool", "asks_one_mix", "narrow_purpose", "repeats_questions")


def pool(place: float) -> dict[str, Outcome]:
    """Members' self-similarity at this place between one pool (0) and people (1)."""
    return {"draws_from_one_pool": Outcome(4.0 * place, 4.0, 0.0)}


def clock(bits: float) -> dict[str, Outcome]:
    """So many bits in hours, volumes and releases together."""
    names = ("keeps_the_same_hours", "equalised_volumes", "moves_to_new_models_at_once")
    return {name: Outcome(0.1, 1.0, bits / 3) for name in names}


def narrow(sorts: float, words: float) -> dict[str, Outcome]:
    """So many bits in sorts and in words."""
    return {"narrow_purpose": Outcome(1.5, 0.1, sorts), "narrow_vocabulary": Outcome(4.0, 0.1, words)}


def few(accounts: int, **more: Any) -> dict[str, Any]:
    return {"accounts": accounts, "registered": accounts, "identities": accounts, **more}


Predicate = Callable[[CandidateProfile], bool | None]
CASES: list[tuple[Predicate, bool | None, CandidateProfile]] = [
    (has_text, True, profile()),
    (has_text, False, profile(without=TEXT)),
    (is_declared, False, profile()),
    (is_declared, None, profile(**UNREGISTERED)),
    (is_declared, None, profile(registered=int(LEAST_REGISTERED * 400) - 1)),
    (is_declared, False, profile(registered=int(LEAST_REGISTERED * 400))),
    (is_declared, None, profile(accounts=0, registered=0)),
    (is_declared, True, profile(organisations=4, organisation_share=MAJORITY)),
    (is_declared, False, profile(organisations=4, organisation_share=MAJORITY - 0.01)),
    (is_declared, True, profile(organisations=int(ORGANISATIONS_PER_ACCOUNT * 400), organisation_share=1.0)),
    (is_declared, False, profile(organisations=int(ORGANISATIONS_PER_ACCOUNT * 400) + 1, organisation_share=1.0)),
    (hands_over, True, profile(tests=HANDED)),
    (hands_over, False, profile(tests=NOT_HANDED)),
    (hands_over, False, profile()),
    (hides_one_queue, True, profile(tests=HANDED)),
    (hides_one_queue, False, profile(tests=NOT_HANDED)),
    (hides_one_queue, False, profile(tests=HANDED, **UNREGISTERED)),
    (hides_one_queue, False, profile(tests=HANDED, organisations=4, organisation_share=1.0)),
    (hides_one_queue, False, profile(tests=HANDED, **few(BEYOND_SMALL_FIRM - 1, subnets=3))),
    (hides_one_queue, True, profile(tests=HANDED, **few(BEYOND_SMALL_FIRM, subnets=3))),
    (may_be_small_firm, True, profile(**few(BEYOND_SMALL_FIRM - 1, subnets=3))),
    (may_be_small_firm, False, profile(**few(BEYOND_SMALL_FIRM, subnets=3))),
    (may_be_small_firm, False, profile(**few(BEYOND_SMALL_FIRM - 1, subnets=60))),
    (sits_in_few_places, False, profile(subnets=HIDING_SUBNETS)),
    (sits_in_few_places, True, profile(subnets=HIDING_SUBNETS - 1)),
    (sits_in_few_places, False, profile(**few(40, subnets=int(SUBNETS_PER_ACCOUNT * 40)))),
    (sits_in_few_places, True, profile(**few(40, subnets=int(SUBNETS_PER_ACCOUNT * 40) - 1))),
    (sits_in_few_places, False, profile(top_subnet_share=MAJORITY)),
    (sits_in_few_places, True, profile(top_subnet_share=MAJORITY + 0.01)),
    (sits_in_few_places, True, profile(subnets=None, top_subnet_share=None)),
    (keeps_one_clock, True, profile(tests=clock(ONE_CLOCK_BITS + 0.01))),
    (keeps_one_clock, False, profile(tests=clock(ONE_CLOCK_BITS - 0.01))),
    (has_one_queue, True, profile(tests=ONE_MIX)),
    (has_one_queue, False, profile(tests=DIFFERING)),
    (has_one_queue, True, profile(tests={**DIFFERING, **HANDED})),
    (has_one_queue, True, profile(tests={**DIFFERING, **clock(9.0), **pool(LIKE_PEOPLE - 0.01)})),
    (has_one_queue, False, profile(tests={**DIFFERING, **clock(9.0), **pool(LIKE_PEOPLE)})),
    (has_one_queue, False, profile(without=("draws_from_one_pool",), tests={**DIFFERING, **clock(9.0)})),
    (draws_from_one_pool, True, profile(tests=pool(LIKE_ONE_POOL))),
    (draws_from_one_pool, False, profile(tests=pool(LIKE_ONE_POOL + 0.01))),
    (draws_from_one_pool, False, profile(without=("draws_from_one_pool",))),
    (has_narrow_queue, True, profile(tests={**ONE_MIX, **narrow(CLEAR_BITS, CLEAR_BITS)})),
    (has_narrow_queue, False, profile(tests={**DIFFERING, **narrow(CLEAR_BITS, CLEAR_BITS)})),
    (has_narrow_queue, False, profile(tests={**ONE_MIX, **narrow(1.0, 1.0)})),
    (has_many_keys, True, profile(**few(BEYOND_SMALL_FIRM))),
    (has_many_keys, False, profile(**few(BEYOND_SMALL_FIRM - 1))),
    (has_many_keys, False, profile(tests=DIFFERING)),
    (has_many_keys, False, profile(tests=pool(LIKE_ONE_POOL + 0.01))),
    (has_many_keys, False, profile(organisations=4, organisation_share=1.0)),
    (has_many_keys, False, profile(**UNREGISTERED)),
]


@pytest.mark.parametrize(("predicate", "expected", "group"), CASES)
def test_a_predicate_holds_from_its_threshold_on(
    predicate: Predicate, expected: bool | None, group: CandidateProfile
) -> None:
    assert predicate(group) is expected


def test_every_predicate_is_tried_both_ways() -> None:
    tried = {(predicate.__name__, expected) for predicate, expected, _ in CASES}
    named = {
        name
        for name, one in vars(predicates).items()
        if callable(one) and getattr(one, "__module__", "") == predicates.__name__ and not name.startswith("_")
    }
    numbers = {"self_similarity", "narrow_test"}
    assert len(named) >= 13
    assert {(name, either) for name in named - numbers for either in (True, False)} <= tried


@given(st.floats(-0.5, 2.0), st.floats(0.1, 8.0))
def test_self_similarity_is_the_place_between_one_pool_and_people(place: float, people: float) -> None:
    found = self_similarity(profile(tests={"draws_from_one_pool": Outcome(place * people, people, 0.0)}))
    assert found == pytest.approx(place)


@pytest.mark.parametrize("reference", [None, 0.0, -1.0])
def test_self_similarity_is_unknown_without_people_to_compare(reference: float | None) -> None:
    assert self_similarity(profile(without=("draws_from_one_pool",))) is None
    assert self_similarity(profile(tests={"draws_from_one_pool": Outcome(0.5, reference, 0.0)})) is None


NARROW: list[tuple[str | None, dict[str, Any]]] = [
    # a whole network is narrow by its sorts alone
    ("narrow_purpose", {"whole": True, "sorts": CLEAR_BITS, "words": 0.0}),
    (None, {"whole": True, "sorts": CLEAR_BITS - 0.1, "words": CLEAR_BITS}),
    # by its words alone only where one queue hands over, where they need but lean if all keep one clock,
    ("narrow_vocabulary", {"whole": True, "sorts": 0.0, "words": CLEAR_BITS, **HANDED}),
    (None, {"whole": True, "sorts": 0.0, "words": CLEAR_BITS - 0.1, **HANDED}),
    ("narrow_vocabulary", {"whole": True, "sorts": 0.0, "words": LEANING_BITS, **HANDED, **clock(9.0)}),
    (None, {"whole": True, "sorts": 0.0, "words": LEANING_BITS - 0.1, **HANDED, **clock(9.0)}),
    # or where more accounts than a small firm has keys draw from one pool
    ("narrow_vocabulary", {"whole": True, "sorts": 0.0, "words": CLEAR_BITS, **pool(0.0), **ONE_MIX}),
    (None, {"whole": True, "sorts": 0.0, "words": 6.0, **pool(1.0), **ONE_MIX}),
    # a picked part must be narrow in both
    ("narrow_purpose", {"whole": False, "sorts": CLEAR_BITS, "words": CLEAR_BITS}),
    (None, {"whole": False, "sorts": 6.0, "words": CLEAR_BITS - 0.1}),
    (None, {"whole": False, "sorts": CLEAR_BITS - 0.1, "words": 6.0}),
    ("narrow_purpose", {"whole": False, "sorts": LEANING_BITS, "words": CLEAR_BITS, **HANDED, **pool(0.0)}),
    ("narrow_purpose", {"whole": False, "sorts": CLEAR_BITS, "words": LEANING_BITS, **HANDED, **pool(0.0)}),
    (None, {"whole": False, "sorts": LEANING_BITS, "words": LEANING_BITS, **HANDED, **pool(0.0)}),
    (None, {"whole": False, "sorts": LEANING_BITS, "words": CLEAR_BITS, **HANDED, **pool(1.0)}),
]


@pytest.mark.parametrize(("claim", "given"), NARROW)
def test_what_is_asked_is_narrow_by_sorts_or_words(claim: str | None, given: dict[str, Any]) -> None:
    more = {name: outcome for name, outcome in given.items() if isinstance(outcome, Outcome)}
    tests = {**DIFFERING, **pool(1.0), **narrow(given["sorts"], given["words"]), **more}
    found = narrow_test(profile(tests=tests, whole_network=given["whole"]))
    assert (None if found is None else found.test) == claim


def test_where_the_log_has_no_words_sorts_speak_for_themselves() -> None:
    for bits, claim in ((CLEAR_BITS, "narrow_purpose"), (CLEAR_BITS - 0.1, None)):
        found = narrow_test(profile(tests={"narrow_purpose": Outcome(1.5, 0.1, bits)}))
        assert (None if found is None else found.test) == claim
    assert narrow_test(profile(without=("narrow_purpose",))) is None
