"""Worlds to fit models on: every kind of group is frequent, every range is used, and no two seeds are alike."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np

from stillwatch_lab.worlds.build import Sources, decide, size_of
from stillwatch_lab.worlds.draft import NONE, World
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.recipe import load_recipe

SEEDS = range(4001, 4013)
RECIPE = load_recipe("training", frozenset(KINDS))


@lru_cache(maxsize=1)
def drawn() -> list[tuple[World, np.ndarray]]:
    """Small copies of some worlds: only a twentieth of the exchanges is laid out, groups are drawn as in full."""
    worlds = []
    for seed in SEEDS:
        accounts, exchanges = size_of(RECIPE, seed, None, None)
        decided = decide(RECIPE, seed, accounts, exchanges // 20, Sources(None, None))
        worlds.append((decided.world, np.bincount(decided.exchanges.account, minlength=accounts)))
    return worlds


def test_every_kind_occurs_often() -> None:
    found = Counter(kind for world, _ in drawn() for kind in {group.kind for group in world.groups})
    assert found.keys() == set(KINDS)
    assert min(found.values()) >= len(SEEDS) // 6


def test_every_range_of_the_recipe_is_used_by_some_group() -> None:
    used: dict[str, set[str]] = {}
    for world, _ in drawn():
        for group in world.groups:
            used.setdefault(group.kind, set()).update(name.split(": ")[-1] for name in group.parameters.drawn)
    named: dict[tuple[str, ...], set[str]] = {}
    for entry in RECIPE.populations:
        named.setdefault(tuple(sorted(entry.widened)), set()).add(entry.kind)
    for names, kinds in named.items():
        assert set(names) <= set().union(*(used[kind] for kind in kinds))
    assert set(RECIPE.widened) <= set(drawn()[0][0].parameters.drawn)


def test_no_group_outweighs_the_people() -> None:
    for world, _ in drawn():
        sizes = [len(group.accounts) for group in world.groups]
        assert max(sizes) <= 0.04 * len(world.accounts) + 1
        assert np.mean(world.accounts.group == NONE) > 0.3


def test_worlds_differ_in_size_length_and_how_much_people_ask() -> None:
    sizes = [size_of(RECIPE, seed, None, None) for seed in range(200)]
    accounts, exchanges = np.array(sizes).T
    assert accounts.min() >= 5_000
    assert accounts.max() <= 12_000
    assert exchanges.max() <= 300_001
    assert np.quantile(exchanges / accounts, 0.9) > 3 * np.quantile(exchanges / accounts, 0.1)
    days = [world.span.days for world, _ in drawn()]
    assert min(days) < 25 < 45 < max(days)
