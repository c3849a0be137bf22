"""Hypotheses: Bayes' rule over measures, agreement with plain arithmetic, and what the shipped arrays promise."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.alternatives import BY_SHARED_VALUES
from stillwatch.assess.hypotheses import EXTRACTION, UNMET, from_json, given_prior, shipped, weigh
from stillwatch.assess.measures import MEASURES
from stillwatch.records.claims import EXPLANATIONS, IS_PERMITTED
from stillwatch.settings import AssessSettings

MADE = {
    "hypotheses": [EXTRACTION, "is_enterprise", UNMET],
    "prior": [0.75, 0.25],
    "measures": {
        "one": {"knots": [-0.5, 0.0, 1.0], "bits": [[-1.0, -2.0, -2.0], [-3.0, -1.0, -1.4], [-1.6, -1.6, -1.6]]},
        "two": {"knots": [3.0, 7.0], "bits": [[-1.0, -1.0], [-3.0, -0.2], [-0.5, -1.5]]},
    },
}
MODEL = from_json(json.dumps(MADE))
PRIOR = AssessSettings().prior_campaigns_per_1000_networks / 1000.0
RISING = ("claims_many_identities", "hands_over_refused_requests")
FALLING = ("names_organisation", "pays_with_one_card", "is_under_contract", "draws_from_one_pool")


class TestWeigh:
    def test_the_posterior_is_bayes_rule_written_out(self) -> None:
        found = weigh(MODEL, {"one": -0.5, "two": 7.0}, given_prior(MODEL, 0.1))
        each = [0.1 * 2.0 ** (-1.0 - 1.0), 0.9 * 0.75 * 2.0 ** (-3.0 - 0.2), 0.9 * 0.25 * 2.0 ** (-1.6 - 1.5)]
        assert list(found.probability) == [EXTRACTION, "is_enterprise", UNMET]
        assert list(found.probability.values()) == pytest.approx([one / sum(each) for one in each])
        assert found.rival == "is_enterprise"
        assert found.against("is_enterprise") == pytest.approx({"one": 2.0, "two": -0.8})

    def test_bits_are_interpolated_between_knots_and_constant_beyond(self) -> None:
        def said(one: float) -> float:
            return weigh(MODEL, {"one": one}, given_prior(MODEL, 0.1)).bits["one"][EXTRACTION]

        assert [said(one) for one in (-9.0, -0.5, -0.25, 0.0, 0.7, 9.0)] == [-1.0, -1.0, -1.5, -2.0, -2.0, -2.0]

    def test_what_was_not_measured_says_nothing(self) -> None:
        prior = given_prior(MODEL, 0.02)
        assert weigh(MODEL, {}, prior).probability[EXTRACTION] == pytest.approx(0.02)
        assert weigh(MODEL, {"unheard_of": 3.0}, prior).probability[EXTRACTION] == pytest.approx(0.02)

    @given(st.floats(-3, 3), st.floats(0, 10), st.floats(0.001, 0.5), st.floats(0.0, 20.0))
    def test_bits_add_to_the_odds(self, one: float, two: float, prior: float, further: float) -> None:
        found = weigh(MODEL, {"one": one, "two": two}, given_prior(MODEL, prior), -further)
        assert sum(found.probability.values()) == pytest.approx(1.0)
        odds = math.log2(found.probability[EXTRACTION] / found.probability["is_enterprise"])
        before = math.log2(prior / ((1.0 - prior) * 0.75))
        assert odds == pytest.approx(before - further + sum(found.against("is_enterprise").values()), abs=1e-6)


class TestShipped:
    def test_every_fitted_explanation_is_a_hypothesis(self) -> None:
        direct = {IS_PERMITTED.name, *BY_SHARED_VALUES}
        assert set(shipped().names[1:]) == {one.name for one in EXPLANATIONS} - direct
        assert shipped().names[0] == EXTRACTION
        assert shipped().prior.sum() == pytest.approx(1.0)

    def test_every_fitted_measure_is_one_that_candidates_have(self) -> None:
        known = {measure.claim for measure in MEASURES}
        assert shipped().knots.keys() == shipped().bits.keys()
        assert shipped().knots.keys() <= known and len(shipped().knots) >= 10
        for name, knots in shipped().knots.items():
            assert (np.diff(knots) > 0).all()
            assert shipped().bits[name].shape == (len(shipped().names), len(knots))

    @pytest.mark.parametrize(("name", "sign"), [*((one, 1) for one in RISING), *((one, -1) for one in FALLING)])
    def test_where_the_direction_is_known_it_holds_against_every_explanation(self, name: str, sign: int) -> None:
        bits = shipped().bits[name]
        for other in bits[1:]:
            steps = sign * np.diff(bits[0] - other)
            assert (steps >= -1e-3).all()

    def test_no_single_measure_decides(self) -> None:
        """From the even prior no one measure lifts a group to where it may be acted on."""
        for name in shipped().bits:
            for knot in shipped().knots[name]:
                assert weigh(shipped(), {name: knot}, given_prior(shipped(), PRIOR)).probability[EXTRACTION] < 0.9

    def test_a_group_unlike_any_is_not_acted_on(self) -> None:
        """Half of the measures as extraction has them, half as it never has them: nobody is accused."""
        names = sorted(shipped().bits)
        for shift in range(2):
            values = {}
            for place, name in enumerate(names):
                gain = shipped().bits[name][0] - shipped().bits[name][1:].mean(axis=0)
                most = int(np.argmax(gain) if (place + shift) % 2 else np.argmin(gain))
                values[name] = float(shipped().knots[name][most])
            assert weigh(shipped(), values, given_prior(shipped(), PRIOR)).probability[EXTRACTION] < 0.5
