"""Claims: each is named once, made by linking or grouping, and switched off by its sort of evidence alone."""

from __future__ import annotations

from collections import Counter

import pytest

from stillwatch.link.values import ATTRIBUTES
from stillwatch.records import claims, measured
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.claims import (
    EVIDENCE_SORTS,
    EXPLANATIONS,
    FAMILIES,
    GROUP_CLAIMS,
    INDEPENDENCE_GROUPS,
    SHARED_VALUES,
    STATED_CLAIMS,
    EvidenceSort,
    switched_off,
)

OFF: dict[EvidenceSort, set[str]] = {
    "scheduling": {
        "takes_over_requests_of",
        "continues_conversation_of",
        "hands_over_refused_requests",
        "keeps_the_same_hours",
        "equalised_volumes",
        "replaces_closed_accounts",
        "moves_to_new_models_at_once",
        "begins_together",
        "deals_out_repeats",
        "pauses_before_repeating",
        "spreads_volumes",
        "spreads_lifetimes",
        "has_light_users",
        "varies_from_day_to_day",
        "falls_silent_together",
        "first_used_on_one_day",
        "last_used_on_one_day",
        "lasts_one_day",
        "passes_requests_on",
        "active_in_hour",
        "set_up_in_hour",
    },
    "content": {
        "asks_alike",
        "written_at_density",
        "answered_at_density",
        "sent_in_shape",
        "same_opening_words",
        "same_closing_words",
        "same_payload",
        "never_repeats_a_slot",
        "repeats_questions",
        "same_sizes",
        "rewords_within_the_hour",
        "repeats_conversation_starts",
        "repeats_evenly",
        "repeats_in_order",
        "answers_of_one_length",
    },
    "self_similarity": {
        "resembles_no_single_person",
        "draws_from_one_pool",
        "asks_from_one_pool",
        "returns_within_the_hour",
        "returns_on_the_same_day",
        "all_traffic_returns_on_the_same_day",
        "covers_the_pool",
    },
    "purpose": {
        "asks_one_mix",
        "asks_of_kind",
        "asks_once",
        "narrow_purpose",
        "narrow_vocabulary",
        "reaches_all_accounts",
        "stands_apart_from_people",
        "uses_many_words",
        "turns_beyond_client",
    },
}


def test_no_name_stands_for_two_claims() -> None:
    named = [*SHARED_VALUES, *GROUP_CLAIMS, *STATED_CLAIMS, *EXPLANATIONS]
    names = Counter([*(one.name for one in named), *(family.claim for family in FAMILIES.values())])
    assert len(names) > 60
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        (claims.GroupClaim, GROUP_CLAIMS),
        (claims.Explanation, EXPLANATIONS),
    ],
)
def test_every_claim_of_the_module_is_listed(kind: type, listed: tuple[object, ...]) -> None:
    named = [*vars(claims).values(), *vars(measured).values()]
    assert {id(one) for one in named if isinstance(one, kind)} == {id(one) for one in listed}


def test_linking_looks_for_every_shared_value() -> None:
    assert [(one.claim, one.family, one.group) for one in ATTRIBUTES] == [
        (value.name, value.family, value.independence_group) for value in SHARED_VALUES
    ]
    assert {value.family for value in SHARED_VALUES} == set(FAMILIES)
    assert {value.independence_group for value in SHARED_VALUES} == set(INDEPENDENCE_GROUPS)


@pytest.mark.parametrize("sort", OFF)
def test_a_sort_of_evidence_switches_off_its_claims(sort: EvidenceSort) -> None:
    assert switched_off([sort]) == OFF[sort]


def test_shared_infrastructure_is_all_the_rest() -> None:
    everything = switched_off(EVIDENCE_SORTS)
    rest = switched_off(["shared_infrastructure"])
    assert rest == everything - set.union(*OFF.values())
    assert {"claims_many_identities", "spreads_over_networks", "same_address", "born_together"} <= rest
    assert "judged_innocent" not in everything
    assert switched_off([]) == frozenset()


def test_a_group_test_has_a_statistic_or_a_reason() -> None:
    assert GroupTest.without("t", Absence.NO_TEXT, 2.0) == GroupTest("t", None, 2.0, 0.0, Absence.NO_TEXT)
    with pytest.raises(ValueError, match="absent for a reason"):
        GroupTest("t", None, 1.0, 0.0)
    with pytest.raises(ValueError, match="absent for a reason"):
        GroupTest("t", 0.5, 1.0, 0.0, Absence.NO_TEXT)
    with pytest.raises(ValueError, match="no bits"):
        GroupTest("t", None, 1.0, 1.0, Absence.NO_TEXT)
