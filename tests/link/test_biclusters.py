"""Biclusters: what is planted is found, what is not there is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stillwatch.link.biclusters import AccountPrior, find_biclusters
from stillwatch.link.null_model import fit_null_model
from stillwatch.link.onset import bicluster_edges, formed_at, linked_at
from stillwatch.link.rates import adopters
from tests.link.planted import CODES, planted


def search(graph, prior=None):
    everybody = np.arange(graph.accounts, dtype=np.int32)
    null = fit_null_model(graph, adopters(graph, everybody), np.zeros_like(everybody))
    prior = np.zeros(graph.accounts) if prior is None else prior
    return find_biclusters(graph, null, AccountPrior(prior, np.zeros(graph.accounts, np.int32)), 8, 10.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recovers_a_planted_bicluster_without_strangers(seed: int) -> None:
    graph, members = planted(np.random.default_rng(seed))
    biclusters = search(graph)
    best = max(biclusters, key=lambda bicluster: len(bicluster.members))
    assert len(np.intersect1d(best.members, members)) >= 0.9 * len(members)
    assert len(np.setdiff1d(best.members, members)) <= 1
    assert set(best.groups) >= {"time", "payment"}


@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_finds_nothing_among_independent_people(seed: int) -> None:
    graph, _ = planted(np.random.default_rng(seed), claims=())
    assert search(graph) == []


def test_one_independence_group_alone_makes_no_bicluster() -> None:
    graph, _ = planted(np.random.default_rng(5), claims=("same_signup_minute",))
    assert search(graph) == []


def test_event_times_lie_within_the_log_and_a_bicluster_forms_before_its_last_member_is_linked() -> None:
    graph, _ = planted(np.random.default_rng(7))
    bicluster = max(search(graph), key=lambda bicluster: len(bicluster.members))
    edges = bicluster_edges(graph, bicluster)
    linked = linked_at(graph, bicluster, edges, np.zeros(graph.accounts))
    assert graph.first_at.min() <= formed_at(graph, bicluster, edges, 10.0) <= linked.max() <= graph.first_at.max()


def test_strangers_joined_by_wording_alone_are_no_bicluster_though_each_has_colleagues() -> None:
    graph, _ = planted(
        np.random.default_rng(8), planted=48, claims=("same_opening_words", "same_signup_minute"), variants=12
    )
    assert all(len(bicluster.members) < 40 for bicluster in search(graph))


def by_day(graph):
    """The same graph, its minutes of sign-up taken for days."""
    minute, day = CODES["same_signup_minute"], CODES["same_signup_day"]
    distinct_count = graph.distinct_count.copy()
    distinct_count[[day, minute]] = graph.distinct_count[[minute, day]]
    attribute = np.where(graph.attribute == minute, day, graph.attribute).astype(graph.attribute.dtype)
    return replace(graph, attribute=attribute, distinct_count=distinct_count)


@pytest.mark.parametrize("seed", [21, 22])
def test_a_day_of_sign_up_completes_a_bicluster_and_founds_none(seed: int) -> None:
    """All who came on the day of a launch, with the version that was then new, share its day and the tool."""
    claims = ("same_signup_minute", "same_client_fingerprint")
    graph, _ = planted(np.random.default_rng(seed), claims=claims, variants=1)
    assert [bicluster.groups for bicluster in search(graph)] == [("software", "time")]
    assert search(by_day(graph)) == []
    claims = ("same_signup_minute", "same_client_fingerprint", "same_payment_issuer")
    graph, members = planted(np.random.default_rng(seed), claims=claims, variants=1)
    (found,) = search(by_day(graph))
    assert found.groups == ("software", "payment")
    assert len(np.intersect1d(found.members, members)) >= 0.7 * len(members)
    assert len(np.setdiff1d(found.members, members)) <= 1
