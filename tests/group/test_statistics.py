"""Statistics of groups: what is known of the generator comes back."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from stillwatch.group import statistics
from stillwatch.records.definitions import REFUSED_STATUS
from tests.group.worlds import exchanges


def test_self_similarity_ratio_is_one_for_a_queue_and_above_two_for_people() -> None:
    assert 0.8 < statistics.self_similarity_ratio(exchanges(1, person=False)) < 1.25
    assert statistics.self_similarity_ratio(exchanges(2, person=True)) > 2.0


@settings(max_examples=25)
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
    assert statistics.conversation_starts(group).tolist() == [True, False, True, False, False, True]
    group.values["conversation"][:] = 0
    group.started_at[:] = np.array([0, 10, 20, 100, 105, 200]) * 60_000_000
    assert statistics.conversation_starts(group).tolist() == [True, False, False, True, False, True]


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_volumes_are_counted_by_account_and_day(seed: int) -> None:
    group = exchanges(seed, accounts=20, each=12)
    by_day = Counter(zip(group.account_index.tolist(), (group.started_at // statistics.DAY).tolist(), strict=True))
    counts = np.array(list(by_day.values()))
    assert statistics.volume_dispersion(group) == pytest.approx(counts.var() / counts.mean())


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_repeats_are_payloads_of_several_accounts(seed: int) -> None:
    group = exchanges(seed, accounts=20, each=6)
    group.values["payload"][:] = np.random.default_rng(seed).integers(-60, 60, len(group))
    asked: dict[int, set[int]] = {}
    for payload, account in zip(group.values["payload"].tolist(), group.account_index.tolist(), strict=True):
        if payload:
            asked.setdefault(payload, set()).add(account)
    assert statistics.repeat_share(group) == pytest.approx(np.mean([len(one) > 1 for one in asked.values()]))


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_self_similarity_ratio_agrees_with_comparing_all_pairs(seed: int) -> None:
    group = exchanges(seed, accounts=12, each=5)
    group.values["conversation"][:] = np.arange(1, len(group) + 1)
    uses = [Counter(group.features[group.account_index == u].ravel().tolist()) for u in range(12)]
    # words in most of an account's five exchanges are its own frame and left out
    words = [
        Counter({w: n for w, n in Counter(row.tolist()).items() if uses[u][w] <= 3})
        for u, row in zip(group.account_index, group.features, strict=True)
    ]
    holders = Counter(w for used in uses for w, n in used.items() if n <= 3)
    weight = {w: 0.0 if n > 4 else np.log(12 / n) ** 2 for w, n in holders.items()}
    sums, pairs = [0.0, 0.0], [0, 0]
    for a in range(len(group)):
        for b in range(len(group)):
            same = int(group.account_index[a] == group.account_index[b])
            pairs[same] += a != b
            sums[same] += sum(weight[w] * n * words[b][w] for w, n in words[a].items()) if a != b else 0.0
    # a word twice in one exchange pairs with itself, which the pooled form counts as a pair within the account
    sums[1] += sum(weight[w] * n * (n - 1) for one in words for w, n in one.items())
    expected = (sums[1] / pairs[1] + 1e-6) / (sums[0] / pairs[0] + 1e-6)
    assert statistics.self_similarity_ratio(group) == pytest.approx(expected)


def test_a_purpose_dealt_to_all_reaches_them_and_one_customers_does_not() -> None:
    group = exchanges(21, accounts=100, each=20)
    generator = np.random.default_rng(21)
    dealt = generator.random(len(group)) < 0.2
    assert statistics.reach(group, dealt) == pytest.approx(1.0, abs=0.1)
    assert statistics.reach(group, dealt & (group.account_index < 10)) < 0.4


def test_handovers_are_refused_requests_asked_elsewhere_and_the_first_of_an_account_is_left_out() -> None:
    group = exchanges(22, accounts=10, each=10)
    taken, refused = statistics.handover_counts(group)
    assert (taken, refused) == (0, 0)
    rows = np.flatnonzero(group.account_index == 0)[:4]
    others = np.flatnonzero(group.account_index == 1)[:4]
    group.values["status"][rows] = 429
    group.values["payload"][others[:3]] = group.values["payload"][rows[:3]]
    group.started_at[others[:3]] = group.started_at[rows[:3]] + statistics.HOUR // 60
    assert statistics.handover_counts(group) == (2, 3)


def test_what_many_ask_is_no_handover_though_some_are_refused() -> None:
    group = exchanges(24, accounts=12, each=10)
    group.values["payload"][:] = 7  # one brief, asked by everybody, all at once
    group.started_at[:] = group.started_at.min()
    group.values["status"][::3] = 429
    assert statistics.handover_counts(group)[0] == 0


def test_slots_of_refused_requests_are_no_repeats() -> None:
    group = exchanges(23, accounts=30, each=20, person=False)
    group.values["payload"][:] = np.tile(np.arange(1, 21), 30)
    assert statistics.slot_repeats(group) > 0
    group.values["status"][:] = 429
    assert np.isnan(statistics.slot_repeats(group))


@given(st.integers(1, 30), st.integers(2, 100))
def test_one_busy_account_does_not_speak_for_people_on_a_release_day(people: int, busy: int) -> None:
    appeared = 5 * statistics.DAY
    group = exchanges(1, accounts=people + 1, each=busy)
    rows = group.take(
        (group.account_index == 0) | (np.arange(len(group)) % busy == 0)
    )  # the first asks all, others once
    rows.started_at[:] = appeared + 1
    rows.values["model"][:] = np.where(rows.account_index == 0, 2, 1)
    assert statistics.pivot_share(rows, appeared, 2) == (pytest.approx(1 / (people + 1)), people + 1)
    assert statistics.pivot_counts(rows, appeared, 2) == (busy, busy + people)
    assert statistics.pivot_share(rows, appeared + statistics.DAY, 2) == (0.0, 0)


@pytest.mark.parametrize("seed", range(8))
def test_conversation_starts_pairs_and_handovers_are_those_of_sorting(seed: int) -> None:
    group = exchanges(seed, accounts=20)
    generator = np.random.default_rng(seed)
    for name, most in (("conversation", 60), ("payload", 90)):
        group.values[name][:] = generator.integers(0, most, len(group)) * 0x9E3779B97F4A7C1
    group.values["status"][:] = np.where(generator.random(len(group)) < 0.3, 429, 200)
    conversation, account_index, payload = group.values["conversation"], group.account_index, group.values["payload"]
    gap = np.diff(group.started_at, prepend=group.started_at[0]) > statistics.HOUR // 2
    _, index = np.unique(conversation, return_index=True)
    first = np.isin(np.arange(len(group)), index)
    expected = np.where(conversation == 0, gap | (np.diff(account_index, prepend=-1) != 0), first)
    assert np.array_equal(statistics.conversation_starts(group), expected)
    _, sizes = np.unique(conversation[conversation != 0], return_counts=True)
    assert statistics.single_turn_share(group) == (sizes == 1).mean()
    same = (payload[:, None] == payload) & (payload != 0) & (account_index[:, None] != account_index)
    has_text = payload != 0
    assert statistics._pairs_apart(account_index[has_text], payload[has_text]) == same.sum() / 2
    refused = (group.values["status"] >= REFUSED_STATUS) & has_text
    rows, code, askers = statistics._asked(payload, refused, account_index)
    assert rows.tolist() == np.flatnonzero(np.isin(payload, payload[refused]) & has_text).tolist()
    for row, one in zip(rows, code, strict=True):
        assert askers[one] == len(np.unique(account_index[payload == payload[row]]))
