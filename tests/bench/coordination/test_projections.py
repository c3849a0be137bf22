"""The methods of the literature recover what is planted for them and leave the others alone."""

from __future__ import annotations

import numpy as np
from bench.coordination.methods import components
from bench.coordination.projections import LEAST_BIRTHS, act_together, born_close, similar_users
from sklearn.cluster import DBSCAN

from stillwatch_lab.baselines.holdings import assemble

HOUR = 3_600_000_000
MINUTE = 60_000_000


def test_accounts_that_share_twice_within_a_minute_are_joined() -> None:
    account = np.array([0, 1, 0, 1, 2, 3, 2, 3, 4, 5])
    value = np.array([7, 7, 8, 8, 7, 7, 9, 9, 8, 8])
    at = np.array([0, 1, 100, 101, 5, 200, 300, 301, 500, 501]) * MINUTE // 2
    label = act_together(account, value, at, 6)
    assert label[0] == label[1]  # two objects within half a minute
    assert len({*label[[0, 2, 3, 4, 5]].tolist()}) == 5  # one object together each, or too late


def test_accounts_with_the_same_rare_objects_are_joined_by_similarity() -> None:
    generator = np.random.default_rng(1)
    holder, value = [], []
    for account in range(60):
        own = range(5) if account < 6 else generator.choice(np.arange(5, 45), 5, replace=False)
        holder += [account] * 5
        value += list(own)
    held = assemble(60, [(np.array(holder, np.int32), np.array(value, np.int64), np.zeros(300, np.int64))])
    label = similar_users(held)
    assert len(set(label[:6].tolist())) == 1
    assert not set(label[:6].tolist()) & set(label[6:].tolist())


def test_clusters_of_sign_ups_are_those_of_dbscan() -> None:
    generator = np.random.default_rng(2)
    batches = [begin + generator.integers(0, HOUR, 12) for begin in generator.integers(0, 10**15, 5)]
    created = generator.permutation(np.concatenate([*batches, generator.integers(0, 10**15, 300)]))
    expected = DBSCAN(eps=HOUR, min_samples=LEAST_BIRTHS, algorithm="brute").fit(created[:, None]).labels_
    found = {frozenset(part.tolist()) for part in components(born_close(created))}
    clusters = {frozenset(np.flatnonzero(expected == one).tolist()) for one in set(expected.tolist()) - {-1}}
    assert found == clusters
    assert len(found) >= 4


def test_nothing_shared_joins_nobody() -> None:
    assert len(set(act_together(np.arange(3), np.arange(3), np.zeros(3, np.int64), 3).tolist())) == 3
    none = (np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
    assert len(set(similar_users(assemble(4, [none])).tolist())) == 4
