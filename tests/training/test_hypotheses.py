"""Hypotheses: Bayes' rule over cells, priors from the groups of one log, and facets recovered from made groups."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training.facets import DATA, EXTRACTION, FACETS_OF, HAND, HIDDEN, MEASURES_OF, POOL, taught
from training.fit_hypotheses import Group, held_out, posterior, prepare, to_json
from training.hypotheses import UNMET, from_json, given_prior, priors, support_of, weigh

MADE = {
    "hypotheses": [EXTRACTION, "is_enterprise", UNMET],
    "prior": [0.75, 0.25],
    "measures": {
        "one": {"edges": [0.0, 1.0], "bits": [[-1.0, -2.0, -2.0], [-3.0, -1.0, -1.4], [-1.6, -1.6, -1.6]]},
        "two": {"edges": [5.0], "bits": [[-1.0, -1.0], [-3.0, -0.2], [-0.5, -1.5]]},
    },
}
MODEL = from_json(json.dumps(MADE))
KINDS = ("letter", "reseller", "batch_job", "enterprise", "person", "program_users", "evaluation_harness", "class")


class TestWeigh:
    def test_the_posterior_is_bayes_rule_written_out(self) -> None:
        found = weigh(MODEL, {"one": -0.5, "two": 7.0}, given_prior(MODEL, 0.1))
        each = [0.1 * 2.0 ** (-1.0 - 1.0), 0.9 * 0.75 * 2.0 ** (-3.0 - 0.2), 0.9 * 0.25 * 2.0 ** (-1.6 - 1.5)]
        assert list(found.probability) == [EXTRACTION, "is_enterprise", UNMET]
        assert list(found.probability.values()) == pytest.approx([one / sum(each) for one in each])
        assert found.rival == "is_enterprise"
        assert found.against("is_enterprise") == pytest.approx({"one": 2.0, "two": -0.8})

    def test_a_value_on_a_border_belongs_to_the_cell_above(self) -> None:
        prior = given_prior(MODEL, 0.1)
        assert weigh(MODEL, {"one": 0.0}, prior).bits["one"][EXTRACTION] == -2.0
        assert weigh(MODEL, {"one": math.nextafter(0.0, -1.0)}, prior).bits["one"][EXTRACTION] == -1.0

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


class TestPriors:
    def test_many_groups_of_one_kind_make_it_likelier_for_the_others(self) -> None:
        before = np.array([0.01, 0.66, 0.33])
        clear = np.tile([10.0, 0.0, 0.0], (30, 1))
        found = priors(before, np.vstack([clear, np.zeros((1, 3))]))
        assert found[-1, 0] > 0.3
        assert found.sum(axis=1) == pytest.approx(np.ones(31))

    def test_a_group_never_speaks_for_itself(self) -> None:
        before = np.array([0.01, 0.66, 0.33])
        alone = priors(before, np.array([[30.0, 0.0, 0.0]]))
        assert alone[0] == pytest.approx(before)


def made_groups(seed: int, worlds: int = 20) -> list[Group]:
    """Groups whose measures lie around 1 with their facet and around 0 without, one of each kind a world."""
    generator = np.random.default_rng(seed)
    found = []
    for world in range(worlds):
        for kind in KINDS:
            facets = FACETS_OF[taught(kind, kind == "letter").hypothesis]
            values = {
                name: float(generator.normal(_sign(name) * (facet in facets), 0.4))
                for facet, names in MEASURES_OF.items()
                for name in names
            }
            found.append(Group(f"w{world}", kind, kind == "letter", values))
    return found


def _sign(name: str) -> float:
    falling = ("draws_from_one_pool", "names_organisation", "pays_with_one_card", "is_under_contract", "is_education")
    return -1.0 if name in (*falling, "sits_in_one_network") else 1.0


class TestFit:
    def test_planted_facets_are_recovered_in_worlds_left_out(self) -> None:
        fit = prepare(made_groups(1))
        effort = fit.hypothesis == 0
        for without_kind in (False, True):
            found = posterior(held_out(fit, without_kind).sum(axis=1), fit.world)
            assert found[~effort].max() < 0.9
            assert np.quantile(found[~effort], 0.95) < 0.1
            assert without_kind or np.median(found[effort]) > 0.9

    def test_measures_that_say_nothing_leave_the_prior(self) -> None:
        generator = np.random.default_rng(2)
        groups = [
            Group(one.world, one.kind, one.extraction, {name: float(generator.normal()) for name in one.values})
            for one in made_groups(2)
        ]
        fit = prepare(groups)
        found = posterior(held_out(fit, False).sum(axis=1), fit.world)
        assert np.median(found) < 0.2

    def test_extraction_differs_from_every_explanation_in_a_facet(self) -> None:
        for name, facets in FACETS_OF.items():
            assert name == EXTRACTION or facets != FACETS_OF[EXTRACTION]
        assert FACETS_OF[EXTRACTION] == {POOL, HAND, HIDDEN, DATA}

    def test_arrays_survive_being_written(self) -> None:
        groups = made_groups(3, worlds=10)
        fit = prepare(groups)
        model = from_json(to_json(fit))
        support = np.array([support_of(model, one.values) for one in groups])
        found = posterior(support, fit.world)
        assert np.median(found[fit.hypothesis == 0]) > 0.9
        assert model.prior.sum() == pytest.approx(1.0)
