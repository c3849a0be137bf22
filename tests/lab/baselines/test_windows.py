"""The window statistic agrees with MMD computed kernel by kernel, and stays at zero for windows of one distribution."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.records.sketches import FEATURES
from stillwatch_lab.baselines.content_windows import exceedance
from stillwatch_lab.baselines.windows import (
    SCALES,
    Queries,
    embed,
    make_kernel,
    squared_distances,
    window_sums,
)


def texts(rng: np.random.Generator, rows: int, first: int, last: int) -> np.ndarray:
    return rng.integers(first, last, (rows, FEATURES)).astype(np.uint32)


def exact_kernel(left: np.ndarray, right: np.ndarray, median: float) -> np.ndarray:
    distance = ((left[:, None, :].astype(float) - right[None, :, :]) ** 2).sum(axis=2)
    return np.mean([np.exp(-distance / (2 * (scale * median) ** 2)) for scale in SCALES], axis=0)


def test_distance_agrees_with_the_kernels_themselves() -> None:
    rng = np.random.default_rng(1)
    benign, other = texts(rng, 400, 1, 300), texts(rng, 60, 200, 260)
    left, right = embed(other), embed(benign)
    kernel = make_kernel(right)
    pairs = np.sqrt(np.maximum(2 - 2 * right @ right.T, 0))[np.triu_indices(400, 1)]
    median = float(np.median(pairs[pairs > 0]))
    inside = exact_kernel(left, left, median)
    exact = (inside.sum() - 60) / (60 * 59) - 2 * exact_kernel(left, right, median).mean()
    exact += exact_kernel(right, right, median).mean()
    sums = window_sums(kernel, other, np.zeros(60, np.int64), 1)
    found = squared_distances(sums, np.array([60]), kernel.map(right).mean(axis=0, dtype=np.float64))
    assert found[0] == pytest.approx(exact, rel=0.15)  # 256 random frequencies


def test_windows_of_benign_traffic_lie_around_zero() -> None:
    rng = np.random.default_rng(2)
    kernel = make_kernel(embed(texts(rng, 2_000, 1, 500)))
    mean = kernel.map(embed(texts(rng, 20_000, 1, 500))).mean(axis=0, dtype=np.float64)
    window = np.repeat(np.arange(300), 20)
    sums = window_sums(kernel, texts(rng, 6_000, 1, 500), window, 300)
    found = squared_distances(sums, np.full(300, 20), mean)
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(300)


def test_a_window_of_one_query_says_nothing() -> None:
    kernel = make_kernel(embed(texts(np.random.default_rng(3), 50, 1, 500)))
    sums = window_sums(kernel, texts(np.random.default_rng(4), 1, 1, 500), np.zeros(1, np.int64), 1)
    assert np.isnan(squared_distances(sums, np.array([1]), np.zeros(sums.shape[1])))[0]


def test_one_benign_window_in_twenty_exceeds_the_threshold() -> None:
    rng = np.random.default_rng(5)
    account_index = np.repeat(np.arange(1_000), 20)
    queries = Queries(rng.permuted(account_index), texts(rng, 20_000, 1, 500))
    above = (exceedance(queries, np.arange(1_000)) > 1.0).mean()
    assert 0.02 < above < 0.09


def test_pooling_shows_a_group_whose_members_are_too_few_queries_each() -> None:
    rng = np.random.default_rng(6)
    account_index = np.concatenate([np.repeat(np.arange(1_000), 20), np.repeat(np.arange(1_000, 1_040), 3)])
    features = np.concatenate([texts(rng, 20_000, 1, 500), texts(rng, 120, 350, 500)])
    alone = exceedance(Queries(account_index, features), np.arange(1_040))
    group = np.where(np.arange(1_040) < 1_000, np.arange(1_040), 1_000)
    pooled = exceedance(Queries(account_index, features), group)
    assert alone[1_000:].mean() < 1.0
    assert pooled[1_000:].min() > pooled[:1_000].max()
