"""Scores: posteriors from bits, false discovery rates, and the limit on innocents."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess import alternatives
from stillwatch.assess.alternatives import Alternative
from stillwatch.assess.evidence import EvidenceItem
from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.score import (
    act_cutoff,
    evidence_bits,
    groups_within,
    judge,
    membership,
    q_values,
)
from stillwatch.records.claims import GROUP_CLAIMS
from stillwatch.records.outputs import LEVELS
from stillwatch.settings import AssessSettings
from tests.assess.records import GUILTY

BITS = st.floats(-40.0, 40.0)
VIEWS = [claim.name for claim in GROUP_CLAIMS if claim.seen_fact == "accounts_differ"]
CHANCES = st.lists(st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.5, 0.9, 0.99, 1.0])), max_size=40)
STRENGTH = [None, *reversed(LEVELS)]


def items(*bits: float) -> list[EvidenceItem]:
    return [EvidenceItem(f"claim_{number}", value, "") for number, value in enumerate(bits)]


def fared(*verdicts: str) -> list[Alternative]:
    return [Alternative(f"alternative_{number}", verdict, "") for number, verdict in enumerate(verdicts)]


def settings(prior: float = 10.0) -> AssessSettings:
    return AssessSettings(prior_campaigns_per_1000_networks=prior)


class TestJudge:
    def test_posterior_odds_are_prior_odds_times_the_likelihood_ratio(self) -> None:
        # one network in five is a campaign: odds 1 to 4; 5 bits are a ratio of 32; 32 / 4 = 8 to 1
        found = judge(items(3.0, 2.0), fared("excluded"), settings(200.0))
        assert found.probability == pytest.approx(8 / 9)
        assert found.bits == pytest.approx(3.0)
        assert found.evidence_bits == pytest.approx(5.0)

    def test_without_evidence_the_prior_stays(self) -> None:
        assert judge([], fared("excluded"), settings(10.0)).probability == pytest.approx(0.01)

    @given(st.lists(BITS, max_size=6), st.floats(0.0, 20.0), st.sampled_from(["excluded", "possible", "preferred"]))
    def test_more_evidence_never_lowers(self, bits: list[float], more: float, verdict: str) -> None:
        weak = judge(items(*bits), fared("excluded", verdict), settings())
        strong = judge(items(*bits, more), fared("excluded", verdict), settings())
        assert strong.probability >= weak.probability
        assert STRENGTH.index(strong.level) >= STRENGTH.index(weak.level)

    @given(st.lists(BITS, max_size=6))
    def test_a_better_explanation_never_raises(self, bits: list[float]) -> None:
        levels = [judge(items(*bits), fared("excluded", word), settings()).level for word in ("excluded", "possible")]
        assert STRENGTH.index(levels[0]) >= STRENGTH.index(levels[1])
        assert levels[1] != "act"
        assert judge(items(*bits), fared("excluded", "preferred"), settings()).level is None

    def test_the_surest_with_everything_excluded_may_be_acted_on(self) -> None:
        assert judge(items(60.0), fared("excluded", "excluded"), settings()).level == "act"
        assert judge(items(60.0), fared("excluded", "possible"), settings()).level == "review"
        assert judge(items(-60.0), fared("excluded", "excluded"), settings()).level is None

    @pytest.mark.parametrize(
        ("alternative", "level"),
        [
            (alternatives.batch_job, "watch"),
            (alternatives.reseller, "watch"),
            (alternatives.permitted, "review"),
        ],
    )
    def test_the_surest_is_only_watched_while_it_may_be_a_firm_or_a_relay(
        self, alternative: Callable[[CandidateProfile], Alternative], level: str
    ) -> None:
        tried = [*fared("excluded", "excluded"), Alternative(alternative(GUILTY).name, "possible", "")]
        assert judge(items(60.0), tried, settings()).level == level

    @given(st.lists(BITS, min_size=1, max_size=4))
    def test_tests_that_see_the_same_thing_are_not_added_up(self, bits: list[float]) -> None:
        alike = [EvidenceItem(claim, value, "") for claim, value in zip(VIEWS, bits, strict=False)]
        strongest = max(bits, key=lambda value: (abs(value), -value))
        assert evidence_bits(alike) == pytest.approx(strongest + (sum(bits) - strongest) / 4)
        assert evidence_bits(alike) == evidence_bits(alike[::-1])

    @given(st.lists(BITS, max_size=6))
    def test_independent_facts_are_added_up(self, bits: list[float]) -> None:
        assert evidence_bits(items(*bits)) == pytest.approx(sum(bits), abs=1e-9)


def rejected_by_e_bh(evidence: list[float], alpha: float) -> set[int]:
    """The procedure as published: the k largest e-values, for the largest k of which e_(k) >= K / (alpha k)."""
    values = sorted(((2.0**bits, index) for index, bits in enumerate(evidence)), reverse=True)
    passing = [k for k, (value, _) in enumerate(values, start=1) if value >= len(values) / (alpha * k)]
    least = values[max(passing) - 1][0] if passing else math.inf
    return {index for value, index in values if value >= least}


class TestQValues:
    @given(st.lists(st.integers(-5, 30).map(float), max_size=30), st.floats(0.001, 0.5))
    def test_agree_with_e_bh_at_every_level(self, evidence: list[float], alpha: float) -> None:
        q = q_values(evidence)
        # at equality the two differ by rounding only
        if all(abs(value - alpha) > 1e-9 for value in q):
            assert {index for index, value in enumerate(q) if value <= alpha} == rejected_by_e_bh(evidence, alpha)

    @given(st.lists(BITS, min_size=1, max_size=30))
    def test_more_evidence_never_has_the_higher_rate(self, evidence: list[float]) -> None:
        q = q_values(evidence)
        assert all(0.0 <= value <= 1.0 for value in q)
        ordered = [q[index] for index in np.argsort(evidence, kind="stable")]
        assert ordered == sorted(ordered, reverse=True)

    @given(st.lists(BITS, min_size=1, max_size=30), st.integers(0, 2**32))
    def test_do_not_depend_on_the_order(self, evidence: list[float], seed: int) -> None:
        order = np.random.default_rng(seed).permutation(len(evidence))
        assert q_values([evidence[i] for i in order]) == [q_values(evidence)[i] for i in order]

    @given(st.lists(BITS, min_size=1, max_size=20))
    def test_one_more_hopeless_test_costs_the_others(self, evidence: list[float]) -> None:
        after = q_values([*evidence, -40.0])
        assert all(new >= old for old, new in zip(q_values(evidence), after, strict=False))

    def test_one_alone_is_one_over_its_e_value(self) -> None:
        assert q_values([10.0]) == [pytest.approx(2.0**-10)]
        assert q_values([]) == []


class TestMembership:
    @given(BITS, BITS, st.floats(0.0, 10.0))
    def test_rises_with_bits(self, link: float, purpose: float, more: float) -> None:
        one = membership(np.array([link, link + more, link]), np.array([purpose, purpose, purpose + more]), 10_000, 50)
        assert one[1] >= one[0] and one[2] >= one[0]
        assert (one > 0).all() and (one <= 1).all()

    @given(BITS, st.integers(100, 10**7))
    def test_falls_with_those_it_could_have_been(self, link: float, accounts: int) -> None:
        few, many = (membership(np.array([link]), np.zeros(1), total, 50)[0] for total in (accounts, 2 * accounts))
        assert many <= few

    def test_bits_that_just_pay_for_the_choice_leave_it_open(self) -> None:
        # one account in 1,024
        assert membership(np.array([10.0]), np.zeros(1), 1024 * 50, 50)[0] == pytest.approx(0.5)


class TestLimit:
    @given(CHANCES, st.floats(0.0, 10.0))
    def test_those_acted_on_hold_no_more_innocents_than_allowed(self, chances: list[float], limit: float) -> None:
        probability = np.array(chances, float)
        acted = probability >= act_cutoff(probability, limit)
        assert (1.0 - probability[acted]).sum() <= limit + 1e-9

    @given(CHANCES, st.floats(0.0, 10.0))
    def test_whoever_else_could_be_acted_on_is(self, chances: list[float], limit: float) -> None:
        probability = np.array(chances, float)
        cutoff = act_cutoff(probability, limit)
        left = probability[probability < cutoff]
        if len(left):
            # the next likeliest, with all as likely as they, would break the limit
            everybody = probability[probability >= left.max()]
            assert (1.0 - everybody).sum() > limit - 1e-9

    @given(CHANCES, st.floats(0.0, 5.0), st.floats(0.0, 5.0))
    def test_a_wider_limit_never_acts_on_fewer(self, chances: list[float], limit: float, more: float) -> None:
        probability = np.array(chances, float)
        assert act_cutoff(probability, limit + more) <= act_cutoff(probability, limit)

    def test_nobody_may_be_acted_on_without_room(self) -> None:
        assert act_cutoff(np.full(1000, 0.99), 1.0) > 1.0
        assert act_cutoff(np.zeros(0), 1.0) > 1.0

    @given(st.lists(st.tuples(st.floats(0.9, 1.0), st.integers(1, 5000)), max_size=12), st.floats(0.0, 5.0))
    def test_whole_groups_that_may_be_wrong_stay_in_the_limit(
        self, groups: list[tuple[float, int]], limit: float
    ) -> None:
        named = {f"C{number}": group for number, group in enumerate(groups)}
        allowed = groups_within(limit, named)
        assert sum((1.0 - named[name][0]) * named[name][1] for name in allowed) <= limit + 1e-9
        likeliest_left = max((named[name][0] for name in set(named) - allowed), default=0.0)
        assert all(named[name][0] >= likeliest_left for name in allowed)
