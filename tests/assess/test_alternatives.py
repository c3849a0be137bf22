"""Innocent explanations: the posterior decides, a sentence says by what, and facts rule out what they can."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.alternatives import (
    BY_SHARED_VALUES,
    SHARED_BY_STRANGERS,
    STRANGERS,
    TELLS_CUSTOMERS,
    Alternative,
    by_shared_values,
    permitted,
    try_all,
    weighed_against,
)
from stillwatch.assess.hypotheses import EXTRACTION, Weighed, shipped
from stillwatch.assess.thresholds import BEYOND_STRANGERS, CLEAR_BITS, EXCLUDED_BITS, ONE_DOMAIN
from stillwatch.records import claims
from stillwatch.records.claims import EXPLANATIONS
from stillwatch.records.outputs import ALTERNATIVE_VERDICTS
from tests.assess.records import GUILTY, profile
from tests.records.test_sentences import assert_reads_well

SAID = {"one": "The first measure is high.", "two": "The second measure is low."}


def weighed(extraction: float, other: float, **bits: float) -> Weighed:
    """Two hypotheses with these probabilities; each measure's bits for extraction against the other."""
    rest = 1.0 - extraction - other
    each = {name: {EXTRACTION: value, "is_enterprise": 0.0, "is_batch_job": 0.0} for name, value in bits.items()}
    return Weighed({EXTRACTION: extraction, "is_enterprise": other, "is_batch_job": rest}, each, {}, 0.0)


def tried(found: Weighed) -> Alternative:
    return weighed_against(claims.IS_ENTERPRISE, found, SAID)


def test_what_is_a_hundred_times_less_likely_is_excluded_and_says_by_what() -> None:
    found = tried(weighed(0.98, 0.0001, one=9.0, two=-1.0))
    assert found.verdict == "excluded"
    assert found.sentence.startswith("This is not the staff of one enterprise: extraction is 9,800 times likelier.")
    assert "Most against it: The first measure is high." in found.sentence
    assert "second" not in found.sentence  # it speaks for the explanation


def test_what_is_less_likely_but_not_by_far_stays_possible_and_says_why() -> None:
    found = tried(weighed(0.8, 0.1, one=5.0, two=-2.0))
    assert found.verdict == "possible"
    assert "only 8.0 times likelier" in found.sentence
    assert found.sentence.endswith("Most for it: The second measure is low.")


def test_only_the_likeliest_explanation_is_preferred() -> None:
    likeliest, second = weighed(0.1, 0.7, one=-2.0), weighed(0.1, 0.3, one=-2.0)
    assert tried(likeliest).verdict == "preferred"
    assert tried(likeliest).sentence.startswith("This is most likely the staff of one enterprise: it is 7.0 times")
    assert tried(second).verdict == "possible"
    assert "less likely" in tried(second).sentence


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_verdict_follows_the_odds(extraction: float, share: float) -> None:
    other = (1.0 - extraction) * share
    found = tried(weighed(extraction, other))
    if other * 2.0**EXCLUDED_BITS < extraction * 0.999:
        assert found.verdict == "excluded"
    if found.verdict == "excluded":
        assert other * 2.0**EXCLUDED_BITS <= extraction * 1.001
    if found.verdict == "preferred":
        assert other >= extraction
    assert_reads_well(found.sentence)


class TestSharedValues:
    @pytest.mark.parametrize("name", sorted(BY_SHARED_VALUES))
    def test_what_is_shared_besides_excludes_it(self, name: str) -> None:
        explanation = next(one for one in EXPLANATIONS if one.name == name)
        explained = {value.name: 20.0 for value in claims.SHARED_VALUES if value.explanation is explanation}
        rest = {"same_payment_issuer": CLEAR_BITS}
        assert by_shared_values(explanation, replace(GUILTY, claim_bits={**explained, **rest})).verdict == "excluded"
        assert by_shared_values(explanation, replace(GUILTY, claim_bits=explained)).verdict == "possible"


@pytest.mark.parametrize("name", STRANGERS)
def test_what_strangers_come_to_share_excludes_no_explanation_by_strangers(name: str) -> None:
    explanation = next(one for one in EXPLANATIONS if one.name == name)
    certain = Weighed({EXTRACTION: 1.0, **dict.fromkeys(shipped().names[1:], 0.0)}, {}, {}, 0.0)
    theirs = {one.name: 14.0 for one in claims.SHARED_VALUES if one.independence_group in SHARED_BY_STRANGERS}
    for others, verdict in ((0.0, "possible"), (BEYOND_STRANGERS, "excluded")):
        one = replace(GUILTY, claim_bits={**theirs, claims.TAKES_OVER_REQUESTS.name: others})
        (found,) = (tried for tried in try_all(one, certain, {}) if tried.name == name)
        assert found.verdict == verdict
        assert explanation.words in found.sentence
        assert_reads_well(found.sentence)


@pytest.mark.parametrize(
    ("share", "registered", "verdict"),
    [(ONE_DOMAIN, GUILTY.accounts, "possible"), (ONE_DOMAIN - 0.01, GUILTY.accounts, "excluded"), (1.0, 1, "excluded")],
)
def test_accounts_under_one_mail_domain_of_their_own_may_be_one_firms(
    share: float, registered: int, verdict: str
) -> None:
    certain = Weighed({EXTRACTION: 1.0, **dict.fromkeys(shipped().names[1:], 0.0)}, {}, {}, 0.0)
    group = replace(GUILTY, own_domain_share=share, registered=registered)
    (found,) = (one for one in try_all(group, certain, {}) if one.name == claims.IS_BATCH_JOB.name)
    assert found.verdict == verdict
    assert_reads_well(found.sentence)


def test_customers_of_a_relay_are_excluded_only_where_it_could_be_seen_whether_they_come_back() -> None:
    probability = {EXTRACTION: 1.0, **dict.fromkeys(shipped().names[1:], 0.0)}
    for seen, verdict in ((True, "excluded"), (False, "possible")):
        each = {TELLS_CUSTOMERS: dict.fromkeys(probability, 0.0)} if seen else {}
        found = {one.name: one for one in try_all(GUILTY, Weighed(probability, each, {}, 0.0), {})}
        assert found[claims.IS_RESELLER.name].verdict == verdict
        assert found[claims.IS_ENTERPRISE.name].verdict == "excluded"
        assert_reads_well(found[claims.IS_RESELLER.name].sentence)


class TestPermitted:
    def test_what_a_permit_mostly_covers_is_permitted(self) -> None:
        assert permitted(profile(permitted=60_000)).verdict == "preferred"
        assert permitted(profile(permitted=60_000, exchanges=0)).verdict == "preferred"

    def test_a_good_part_leaves_it_open(self) -> None:
        assert permitted(profile(permitted=20_000)).verdict == "possible"

    def test_a_few_requests_do_not(self) -> None:
        assert permitted(profile(permitted=10)).verdict == "excluded"
        assert permitted(profile()).verdict == "excluded"

    def test_a_permit_of_nobody_known_leaves_it_open_without_registration(self) -> None:
        assert permitted(profile(unmatched_permits=1, registered=0)).verdict == "possible"
        assert permitted(profile(unmatched_permits=1)).verdict == "excluded"


def test_every_explanation_is_tried_once_in_words_of_a_known_verdict() -> None:
    even = {name: 1.0 / len(shipped().names) for name in shipped().names}
    found = try_all(GUILTY, Weighed(even, {}, {}, 0.0), {})
    assert [one.name for one in found] == [one.name for one in EXPLANATIONS]
    for one in found:
        words = next(explanation.words for explanation in EXPLANATIONS if explanation.name == one.name)
        assert one.verdict in ALTERNATIVE_VERDICTS
        assert words in one.sentence
        assert_reads_well(one.sentence)
