"""Facets recovered from made groups, and arrays that survive being written."""

from __future__ import annotations

import numpy as np
import pytest
from training.facets import DATA, EXTRACTION, FACETS_OF, FALLING, HAND, HIDDEN, MEASURES_OF, POOL, taught
from training.fit_hypotheses import GROUPS, held_out, most_stated, posterior, prepare, to_json
from training.labelled import Group, load

from stillwatch.assess.hypotheses import from_json, shipped, support_of

KINDS = ("letter", "reseller", "batch_job", "enterprise", "person", "program_users", "evaluation_harness", "class")


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
    return -1.0 if name in FALLING else 1.0


class TestFit:
    def test_planted_facets_are_recovered_in_worlds_left_out(self) -> None:
        fit = prepare(made_groups(1))
        effort = fit.hypothesis == 0
        for without_kind in (False, True):
            found = posterior(held_out(fit, without_kind).sum(axis=1))
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
        found = posterior(held_out(fit, False).sum(axis=1))
        assert np.median(found) < 0.2

    def test_innocents_exceed_what_is_most_stated_one_time_in_twenty(self) -> None:
        generator = np.random.default_rng(3)
        probability = generator.uniform(0.9, 1.0, 400)
        seen = (generator.random((20_000, 400)) > probability).sum(axis=1)
        assert 0.03 < (seen > most_stated(probability)).mean() < 0.07

    def test_extraction_differs_from_every_explanation_in_a_facet(self) -> None:
        for name, facets in FACETS_OF.items():
            assert name == EXTRACTION or facets != FACETS_OF[EXTRACTION]
        assert FACETS_OF[EXTRACTION] == {POOL, HAND, HIDDEN, DATA}

    def test_arrays_survive_being_written(self) -> None:
        groups = made_groups(3, worlds=10)
        fit = prepare(groups)
        model = from_json(to_json(fit))
        support = np.array([support_of(model, one.values) for one in groups])
        found = posterior(support)
        assert np.median(found[fit.hypothesis == 0]) > 0.9
        assert model.prior.sum() == pytest.approx(1.0)


class TestShipped:
    def test_the_shipped_arrays_are_fitted_to_the_groups_in_the_repository(self) -> None:
        fit = prepare(load(GROUPS))
        made, stated = from_json(to_json(fit)), shipped()
        assert made.names == stated.names
        assert made.knots.keys() == stated.knots.keys()
        for name, bits in stated.bits.items():
            assert np.allclose(made.knots[name], stated.knots[name])
            assert np.allclose(made.bits[name], bits, atol=0.1)  # of an optimum that other libraries reach otherwise
