"""Acceptance: several independence groups must agree, and strangers do not pay for the search."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.link.acceptance import accept, agree
from stillwatch.link.null_model import fit_null_model
from stillwatch.link.rates import adopters
from tests.link.planted import planted


@pytest.mark.parametrize(
    ("groups", "enough"),
    [
        ((), False),
        (("payment",), False),
        (("software", "wording"), False),  # one tool explains both
        (("software", "place"), True),
        (("time", "payment"), True),
        (("handover",), True),  # an act, not a likeness
    ],
)
def test_groups_that_agree(groups: tuple[str, ...], enough: bool) -> None:
    assert agree(groups) is enough


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_accounts_pay_for_the_search_and_random_ones_do_not(seed: int) -> None:
    generator = np.random.default_rng(seed)
    graph, members = planted(generator)
    everyone = np.arange(graph.accounts, dtype=np.int32)
    null = fit_null_model(graph, adopters(graph, everyone), np.zeros_like(everyone))
    prior = np.zeros(graph.accounts)
    found = accept(graph, null, prior, members.astype(np.int32), None)
    assert found is not None
    assert found.net_bits > 10.0
    assert set(found.groups) >= {"time", "payment", "registration"}
    assert len(np.setdiff1d(found.members, members)) == 0
    strangers = np.sort(generator.choice(np.setdiff1d(everyone, members), len(members), replace=False))
    chance = accept(graph, null, prior, strangers.astype(np.int32), None)
    assert chance is None or chance.net_bits < 0.0 or len(chance.members) < 8
