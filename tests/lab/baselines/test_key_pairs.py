"""Pooling is a normal score again, keys that are common or too many are limited, and chains of strangers are cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from stillwatch_lab.baselines import key_pairs
from stillwatch_lab.baselines.anomaly import deviations, normal_scores
from stillwatch_lab.baselines.key_pairs import pool, rare
from tests.lab.baselines.graphs import graph_of


def test_pooled_scores_of_random_groups_are_standard_normal() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(0, 40_000, 8), 8).astype(np.int32)
    pooled = pool(normal_scores(rng.lognormal(size=40_000)), group)
    assert kstest(pooled[::8], "norm").pvalue > 0.01


def test_a_group_a_little_unusual_each_is_very_unusual_together() -> None:
    anomaly = np.array([1.0] * 16 + [0.0])
    group = np.array([0] * 16 + [16], np.int32)
    assert pool(anomaly, group).tolist() == pytest.approx([4.0] * 16 + [0.0])


def test_deviations_are_unmoved_by_a_few_extreme_accounts() -> None:
    rng = np.random.default_rng(2)
    table = np.column_stack([rng.normal(10, 3, 5_000), np.ones(5_000)])
    table[:20, 0] = 1e9
    found = deviations(table)
    assert found[20:, 0].std() == pytest.approx(1.0, abs=0.05)
    assert not found[:, 1].any()


def test_keys_of_more_than_one_account_in_a_hundred_are_no_keys() -> None:
    held = [{0, 1} if u < 10 else ({0} if u < 11 else set()) for u in range(1_000)]
    kept = rare(graph_of(held))
    assert np.diff(kept.value_start).tolist() == [0, 10]


def test_where_pairs_are_too_many_all_keys_keep_the_same_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_pairs, "MOST_PAIRS", 100)
    monkeypatch.setattr(key_pairs, "RARE_SHARE", 1.0)
    kept = rare(graph_of([{0, 1, 2} for _ in range(60)]))
    sampled = [kept.holder[a:b].tolist() for a, b in zip(kept.value_start, kept.value_start[1:], strict=False)]
    assert sampled[0] == sampled[1] == sampled[2]
    assert len(sampled[0]) >= 2 and 3 * len(sampled[0]) ** 2 <= 100
