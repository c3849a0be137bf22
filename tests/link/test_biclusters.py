"""Biclusters: what is planted is found, what is not there is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stillwatch.link.biclusters import AccountPrior, find_biclusters
from stillwatch.link.null_model import fit_null_model
from stillwatch.link.onset import bicluster_edges, formed_at, linked_at
from stillwatch.link.rates import adopters
from tests.link.planted import CODES, planted, with_groups, with_handovers


def search(graph, prior=None, handover_count=None):
    everybody = np.arange(graph.accounts, dtype=np.int32)
    null = fit_null_model(graph, adopters(graph, everybody), np.zeros_like(everybody))
    prior = np.zeros(graph.accounts) if prior is None else prior
    count = np.zeros(graph.accounts, np.int32) if handover_count is None else handover_count
    return find_biclusters(graph, null, AccountPrior(prior, count), 8, 10.0)


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


def test_a_pool_alone_founds_a_bicluster_that_says_so() -> None:
    graph, members = planted(np.random.default_rng(9), claims=())
    (bicluster,) = search(with_groups(graph, [members[:60]], "asks_from_one_pool"))
    assert bicluster.members.tolist() == members[:60].tolist()
    assert bicluster.groups == ("contents",)


def test_other_values_complete_a_pool() -> None:
    graph, members = planted(np.random.default_rng(10))
    biclusters = search(with_groups(graph, [members[::3]], "asks_from_one_pool"))
    best = max(biclusters, key=lambda bicluster: len(bicluster.members))
    assert len(np.intersect1d(best.members, members)) >= 0.9 * len(members)
    assert set(best.groups) >= {"time", "payment", "contents"}


def test_two_operators_who_deal_one_data_set_are_two_biclusters() -> None:
    """Each operator's accounts share values of their own, and one pool holds both."""
    generator = np.random.default_rng(11)
    graph, members = planted(generator, planted=100, claims=())
    one, other = members[:60], members[60:]
    for claim in ("same_instructions", "same_device"):
        graph = with_groups(graph, [one, other], claim)
    found = search(with_groups(graph, [members], "asks_from_one_pool"))
    assert sorted(bicluster.members.tolist() for bicluster in found) == sorted([one.tolist(), other.tolist()])


@pytest.mark.parametrize(("handovers_each", "together"), [(20, False), (1, True)])
def test_a_small_handover_group_is_another_operators_where_many_would_have_crossed(
    handovers_each: int, together: bool
) -> None:
    graph, members = planted(np.random.default_rng(12), planted=60)
    core, small = members[:40], members[40:]
    count = np.zeros(graph.accounts, np.int32)
    count[core], count[small] = 20, handovers_each
    biclusters = search(with_handovers(graph, [core, small]), handover_count=count)
    best = max(biclusters, key=lambda bicluster: len(bicluster.members))
    assert len(np.intersect1d(best.members, core)) >= 0.9 * len(core)
    assert (len(np.intersect1d(best.members, small)) > 10) == together
