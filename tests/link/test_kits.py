"""Kits: what is planted is found, what is not there is not."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.link.biclusters import Alone, find_kits
from stillwatch.link.null_model import background
from stillwatch.link.onset import formed_at, kit_edges, linked_at
from stillwatch.link.rates import adopters
from tests.link.planted import planted


def search(graph, prior=None):
    everybody = np.arange(graph.accounts, dtype=np.int32)
    null = background(graph, adopters(graph, everybody), np.zeros_like(everybody))
    prior = np.zeros(graph.accounts) if prior is None else prior
    return find_kits(graph, null, Alone(prior, np.zeros(graph.accounts, np.int32)), 8, 10.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recovers_a_planted_kit_without_strangers(seed: int) -> None:
    graph, members = planted(np.random.default_rng(seed))
    kits = search(graph)
    best = max(kits, key=lambda kit: len(kit.members))
    assert len(np.intersect1d(best.members, members)) >= 0.9 * len(members)
    assert len(np.setdiff1d(best.members, members)) <= 1
    assert set(best.sides) >= {"time", "payment"}


@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_finds_nothing_among_independent_people(seed: int) -> None:
    graph, _ = planted(np.random.default_rng(seed), claims=())
    assert search(graph) == []


def test_one_side_alone_makes_no_kit() -> None:
    graph, _ = planted(np.random.default_rng(5), claims=("same_signup_minute",))
    assert search(graph) == []


def test_event_times_lie_within_the_log_and_a_kit_forms_before_its_last_member_is_linked() -> None:
    graph, _ = planted(np.random.default_rng(7))
    kit = max(search(graph), key=lambda kit: len(kit.members))
    edges = kit_edges(graph, kit)
    linked = linked_at(graph, kit, edges, np.zeros(graph.accounts))
    assert graph.first_at.min() <= formed_at(graph, kit, edges, 10.0) <= linked.max() <= graph.first_at.max()


def test_strangers_joined_by_wording_alone_are_no_kit_though_each_has_colleagues() -> None:
    graph, _ = planted(
        np.random.default_rng(8), planted=48, claims=("same_opening_words", "same_signup_minute"), variants=12
    )
    assert all(len(kit.members) < 40 for kit in search(graph))
