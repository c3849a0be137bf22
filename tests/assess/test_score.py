"""Scores: posteriors from bits, false discovery rates, and the limit on innocents."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.alternatives import Alternative
from stillwatch.assess.hypotheses import EXTRACTION, Weighed
from stillwatch.assess.score import (
    act_cutoff,
    judge,
    membership,
    q_values,
)
from stillwatch.records.outputs import ALTERNATIVE_VERDICTS, LEVELS

BITS = st.floats(-40.0, 40.0)
CHANCES = st.lists(st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.5, 0.9, 0.99, 1.0])), max_size=40)
STRENGTH = [None, *reversed(LEVELS)]


def weighed(extraction: float, bits: float = 0.0) -> Weighed:
    """One measure that says so many bits for extraction."""
    said = {"one": {EXTRACTION: bits, "is_enterprise": 0.0}}
    return Weighed({EXTRACTION: extraction, "is_enterprise": 1.0 - extraction}, said, {"one": bits}, bits)


def fared(*verdicts: str) -> list[Alternative]:
    return [Alternative(f"alternative_{number}", verdict, "") for number, verdict in enumerate(verdicts)]


class TestJudge:
    def test_without_evidence_the_prior_stays(self) -> None:
        found = judge(weighed(0.01), fared("excluded"))
        assert found.probability == pytest.approx(0.01)
        assert found.evidence_bits == pytest.approx(0.0)

    def test_evidence_is_what_the_measures_say_and_the_prior_is_none_of_it(self) -> None:
        # one network in five is a campaign: odds 1 to 4; 8 to 1 after it: a ratio of 32, 5 bits
        found = judge(weighed(8 / 9, bits=5.0), fared("excluded"))
        assert found.bits == pytest.approx(3.0)
        assert found.evidence_bits == pytest.approx(5.0)

    @given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from(ALTERNATIVE_VERDICTS))
    def test_more_evidence_never_lowers(self, one: float, other: float, verdict: str) -> None:
        weak, strong = (judge(weighed(p), fared("excluded", verdict)) for p in sorted((one, other)))
        assert strong.probability >= weak.probability
        assert STRENGTH.index(strong.level) >= STRENGTH.index(weak.level)

    @given(st.floats(0.0, 1.0))
    def test_a_better_explanation_never_raises(self, probability: float) -> None:
        levels = [judge(weighed(probability), fared("excluded", word)).level for word in ALTERNATIVE_VERDICTS]
        excluded, possible, preferred = (
            levels[ALTERNATIVE_VERDICTS.index(one)] for one in ("excluded", "possible", "preferred")
        )
        assert STRENGTH.index(excluded) >= STRENGTH.index(possible)
        assert possible != "act"
        assert preferred is None

    def test_the_surest_with_everything_excluded_may_be_acted_on(self) -> None:
        assert judge(weighed(1.0), fared("excluded", "excluded")).level == "act"
        assert judge(weighed(1.0), fared("excluded", "possible")).level == "review"
        assert judge(weighed(0.0), fared("excluded", "excluded")).level is None

    def test_evidence_alone_is_never_certain(self) -> None:
        assert judge(weighed(1.0), fared("excluded")).probability < 1.0


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


class TestFalseDiscoveryRate:
    @given(CHANCES, st.floats(0.0, 0.6))
    def test_those_acted_on_hold_no_more_innocents_than_allowed(self, chances: list[float], rate: float) -> None:
        probability = np.array(chances, float)
        acted = probability >= act_cutoff(probability, rate)
        assert (1.0 - probability[acted]).sum() <= rate * acted.sum() + 1e-9

    @given(CHANCES, st.floats(0.0, 0.6))
    def test_whoever_else_could_be_acted_on_is(self, chances: list[float], rate: float) -> None:
        probability = np.array(chances, float)
        cutoff = act_cutoff(probability, rate)
        left = probability[probability < cutoff]
        if len(left):
            # the next likeliest, with all as likely as they, would break the rate
            everybody = probability[probability >= left.max()]
            assert (1.0 - everybody).sum() > rate * len(everybody) - 1e-9

    @given(CHANCES, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
    def test_a_wider_rate_never_acts_on_fewer(self, chances: list[float], rate: float, more: float) -> None:
        probability = np.array(chances, float)
        assert act_cutoff(probability, rate + more) <= act_cutoff(probability, rate)

    def test_nobody_may_be_acted_on_without_room(self) -> None:
        assert act_cutoff(np.full(1000, 0.99), 0.005) > 1.0
        assert act_cutoff(np.zeros(0), 0.5) > 1.0
