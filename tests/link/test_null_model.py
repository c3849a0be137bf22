"""The null model: what a set of accounts shares by chance, without its own holders and within its countries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from stillwatch.link.graph import Graph
from stillwatch.link.null_model import (
    NullModel,
    enriched_values,
    fit_null_model,
    surprise,
)
from stillwatch.link.rates import adopters
from tests.link.planted import CODES, planted


def null_of(graph: Graph, country: np.ndarray | None = None) -> NullModel:
    everybody = np.arange(graph.accounts, dtype=np.int32)
    return fit_null_model(graph, adopters(graph, everybody), np.zeros_like(everybody) if country is None else country)


@given(st.integers(2, 200), st.floats(0.001, 50.0))
def test_surprise_never_exceeds_the_exact_tail(count: int, expected: float) -> None:
    # Chernoff: the bits bound the tail probability from above, so that chance never looks rarer than it is
    said = float(surprise(np.array([count], np.int32), np.array([expected]))[0])
    assert said <= -poisson.logsf(count - 1, expected) / math.log(2) + 1e-6


def test_counts_below_expectation_are_no_surprise() -> None:
    assert (surprise(np.array([0, 1, 5], np.int32), np.array([1.0, 1.0, 5.0])) == 0).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_group_shares_next_to_nothing(seed: int) -> None:
    graph, _ = planted(np.random.default_rng(seed), claims=())
    members = np.sort(np.random.default_rng(seed).choice(graph.accounts, 150, replace=False)).astype(np.int32)
    assert len(enriched_values(graph, null_of(graph), members).values) <= 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_planted_group_is_told_by_what_was_planted(seed: int) -> None:
    graph, members = planted(np.random.default_rng(seed))
    found = enriched_values(graph, null_of(graph), members.astype(np.int32))
    attributes = {int(code) for code in graph.attribute[found.values]}
    assert attributes == {
        CODES[claim]
        for claim in ("same_signup_minute", "same_payment_issuer", "same_email_shape", "same_opening_words")
    }


def test_neighbours_are_no_group_for_what_their_country_has_in_common() -> None:
    graph, members = planted(np.random.default_rng(4), claims=("same_payment_issuer",), variants=1)
    group = members[:60].astype(np.int32)
    issuer = CODES["same_payment_issuer"]
    anywhere = enriched_values(graph, null_of(graph), group)
    assert issuer in graph.attribute[anywhere.values]
    # the other holders live in the same country, and nobody else does
    country = np.zeros(graph.accounts, np.int32)
    country[members] = 1
    at_home = enriched_values(graph, null_of(graph, country), group)
    assert issuer not in graph.attribute[at_home.values]
