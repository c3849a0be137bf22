"""Statistics of groups: what is known of the generator comes back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from stillwatch.group import statistics
from tests.group.worlds import exchanges


def test_memory_ratio_is_one_for_a_queue_and_above_two_for_people() -> None:
    assert 0.8 < statistics.memory_ratio(exchanges(1, person=False)) < 1.25
    assert statistics.memory_ratio(exchanges(2, person=True)) > 2.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 60), st.integers(3, 6))
def test_heterogeneity_agrees_with_scipy(seed: int, accounts: int, cells: int) -> None:
    generator = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), 40).astype(np.int32)
    cell = generator.integers(0, cells, len(account))
    table = np.zeros((accounts, cells))
    np.add.at(table, (account, cell), 1)
    found = chi2_contingency(table, correction=False)
    assert statistics.heterogeneity(account, cell) == pytest.approx(found.statistic / found.dof)


def test_heterogeneity_is_one_for_a_queue_and_large_for_people() -> None:
    assert 0.8 < statistics.mix_heterogeneity(exchanges(3, person=False)) < 1.2
    assert statistics.mix_heterogeneity(exchanges(3, person=True)) > 3
    assert 0.8 < statistics.hour_heterogeneity(exchanges(4, person=False)) < 1.2
    assert statistics.hour_heterogeneity(exchanges(4, person=True)) > 3


def test_repeat_share_counts_payloads_that_several_accounts_asked() -> None:
    group = exchanges(5, accounts=10, each=10)
    assert statistics.repeat_share(group) == 0.0
    group.values["payload"][:] = np.tile(np.arange(1, 11), 10)
    assert statistics.repeat_share(group) == 1.0


def test_successions_exceed_chance_only_when_arrivals_follow_closures() -> None:
    generator = np.random.default_rng(6)
    span = 40 * statistics.DAY
    closed = np.sort(generator.integers(0, span, 30))
    replaced = np.concatenate([closed + generator.integers(1, 2 * statistics.HOUR, 30), [0, span]])
    seen, chance = statistics.successions(closed, replaced)
    assert seen == 30
    assert chance < 12
    seen, chance = statistics.successions(closed, np.concatenate([generator.integers(0, span, 30), [0, span]]))
    assert abs(seen - chance) < 4 * np.sqrt(chance + 1)


def test_openings_are_first_of_conversation_or_follow_silence() -> None:
    group = exchanges(7, accounts=1, each=6)
    group.values["conversation"][:] = [5, 5, 6, 5, 6, 7]
    assert statistics.openings(group).tolist() == [True, False, True, False, False, True]
    group.values["conversation"][:] = 0
    group.started_at[:] = np.array([0, 10, 20, 100, 105, 200]) * 60_000_000
    assert statistics.openings(group).tolist() == [True, False, False, True, False, True]
