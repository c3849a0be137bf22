"""Greedy peeling keeps its guarantee on graphs small enough to try every block, and finds planted blocks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch_lab.baselines.dense_blocks import DAMPING, blocks, densest
from tests.lab.baselines.graphs import graph_of

small = st.lists(st.sets(st.integers(0, 3), max_size=4), min_size=5, max_size=5)


def density(account: np.ndarray, value: np.ndarray, inside: np.ndarray, accounts: int, values: int) -> float:
    weight = 1.0 / np.log(np.bincount(value, minlength=values) + DAMPING)
    kept = inside[account] & inside[accounts + value]
    return float(weight[value[kept]].sum() / max(1, inside.sum()))


@settings(max_examples=40)  # the first example waits for the kernels
@given(small)
def test_block_is_as_dense_as_said_and_at_least_half_as_dense_as_any(held: list[set[int]]) -> None:
    pairs = [(u, v) for u, values in enumerate(held) for v in sorted(values)]
    if not pairs:
        return
    account, value = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    inside, said = densest(account, value, 5, 4)
    assert density(account, value, inside, 5, 4) == pytest.approx(said)
    every = (np.array(chosen) for chosen in product([False, True], repeat=9))
    assert said >= max(density(account, value, one, 5, 4) for one in every) / 2 - 1e-9


def camouflaged(rng: np.random.Generator, size: int, first: int) -> list[set[int]]:
    """Accounts that share 12 values, each with a few popular ones besides."""
    return [set(range(first, first + 12)) | set(rng.integers(0, 5, 2).tolist()) for _ in range(size)]


def test_two_planted_blocks_are_found_through_camouflage() -> None:
    rng = np.random.default_rng(3)
    honest = [set(rng.integers(0, 5, 3).tolist()) | set(rng.integers(100, 400, 2).tolist()) for _ in range(300)]
    found = blocks(graph_of(honest + camouflaged(rng, 30, 1_000) + camouflaged(rng, 12, 2_000)), 4)
    assert found[300:].min() > found[:300].max()


def test_nothing_is_dense_without_shared_values() -> None:
    assert blocks(graph_of([set() for _ in range(4)]), 3).tolist() == [0.0] * 4
