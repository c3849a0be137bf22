"""Handovers: what one scheduler passes on is found, what strangers happen to ask alike is not."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.link.account_reading import partial_results
from stillwatch.link.biclusters import AccountPrior, find_biclusters
from stillwatch.link.graph import load
from stillwatch.link.handovers import (
    LEAST,
    Coincidences,
    _repeated,
    chance_share,
    closeness,
    find_handovers,
    joined,
)
from stillwatch.link.holdings import Uses
from stillwatch.link.null_model import fit_null_model
from stillwatch.link.rates import adopters
from stillwatch.link.rewordings import Rewordings
from stillwatch.link.values import ATTRIBUTES
from stillwatch.records.definitions import (
    HANDOVER_SENDERS,
    HANDOVER_WITHIN,
)
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings
from tests.link.planted import planted, with_handovers
from tests.link.test_graph import filled

MINUTE = 60_000_000
DAY = 1440 * MINUTE
NONE = Rewordings(*np.empty((3, 0), np.int64), np.empty((2, 0), np.int64), *np.empty((3, 0), np.int64))


def found(folder: Path, rows: list[tuple[str, int, int]]):
    """Handovers among rows of account, text and minute, in a log of 40 days."""
    with DuckDBEngine(EngineSettings(), folder) as engine:
        exchanges = {
            "exchange_id": pa.array([f"{i:04}" for i in range(len(rows))]),
            "account_id": pa.array([row[0] for row in rows]),
            "started_at": pa.array([row[2] * MINUTE for row in rows], pa.timestamp("us")),
            "payload_value": pa.array([row[1] for row in rows], pa.int64()),
        }
        engine.store(EXCHANGE_SKETCHES, filled(EXCHANGE_SKETCHES, exchanges))
        names = sorted({row[0] for row in rows})
        spans = {"first_seen": pa.array([0] * len(names), pa.timestamp("us"))}
        spans["last_seen"] = pa.array([40 * DAY] * len(names), pa.timestamp("us"))
        sketches = {"account_id": pa.array(names), "account_index": pa.array(range(len(names)), pa.int32())}
        engine.store(ACCOUNT_SKETCHES, filled(ACCOUNT_SKETCHES, {**sketches, **spans}))
        with partial_results(engine) as partials:
            sent = load(engine, partials, len(names), frozenset()).sent
        return find_handovers(engine, sent, NONE, len(names))


def test_a_chain_of_repeated_requests_is_one_group(tmp_path: Path) -> None:
    handover_count = found(
        tmp_path,
        [("a", 1, 0), ("b", 1, 2), ("b", 2, 309), ("c", 2, 310), ("c", 3, 711), ("a", 3, 712), ("e", 4, 12)],
    )
    assert handover_count.account.tolist() == [0, 1, 2]
    assert handover_count.group.tolist() == [0, 0, 0]
    assert handover_count.first_at.tolist() == [712 * MINUTE, 2 * MINUTE, 310 * MINUTE]


def scheduled(seed: int, queued: float) -> list[tuple[str, int, int]]:
    """Eight accounts whose program asks thirty texts a day of a small data set at two minutes of the day; of a share
    `queued` of these requests the next account asks the same two minutes later, at some other time of the day."""
    generator = np.random.default_rng(seed)
    rows = []
    for day in range(20):
        for account in range(8):
            for text in day * 10 + generator.integers(0, 100, 30):
                rows.append((f"{account}", int(text), day * 1440 + int(generator.choice([0, 720]))))
                if generator.random() < queued:
                    again, at = 1_000_000 + len(rows), day * 1440 + int(generator.integers(1440))
                    rows += [(f"{account}", again, at), (f"{(account + 1) % 8}", again, at + 2)]
    return rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_programs_that_run_at_the_same_minutes_hand_nothing_over(seed: int, tmp_path: Path) -> None:
    assert len(found(tmp_path / "alone", scheduled(seed, 0.0)).account) == 0
    assert found(tmp_path / "queued", scheduled(seed, 0.1)).account.tolist() == list(range(8))


def test_closeness_is_the_share_of_other_requests_of_a_day_that_lie_so_close() -> None:
    generator = np.random.default_rng(5)
    at = np.sort(generator.integers(0, 30 * DAY, (2, 300)), axis=1)
    uses = Uses(np.repeat([0, 1], 300).astype(np.int32), np.arange(600), at.ravel())
    gap = np.abs(at[0][:, None] - at[1][None, :])
    close, day = (gap <= HANDOVER_WITHIN).sum(), (gap <= DAY).sum()
    (said,) = closeness(np.array([0]), np.array([1]), np.array([HANDOVER_WITHIN]), uses)
    assert said == pytest.approx((close - 1 + HANDOVER_WITHIN / DAY) / day, rel=1e-9)
    assert said == pytest.approx(HANDOVER_WITHIN / DAY, rel=0.5)


@pytest.mark.parametrize(
    "rows",
    [
        [
            ("a", 1, 0),
            ("b", 1, HANDOVER_WITHIN // MINUTE + 1),
            ("b", 2, 50),
            ("c", 2, 51 + HANDOVER_WITHIN // MINUTE),
        ],  # too much later
        [("a", 1, 0), ("a", 1, 1), ("b", 2, 2), ("b", 2, 3)],  # asked again by the same account
        [(name, 1, minute) for minute, name in enumerate("abcdefgh"[: HANDOVER_SENDERS + 1])],  # a text that many send
        [("a", 1, 0), ("b", 1, 1)],  # two accounts may be one person
        [
            ("a", 1, 0),
            ("b", 1, 0),
            ("c", 2, 1),
            ("a", 2, 1),
            ("c", 3, 4),
            ("b", 3, 4),
        ],  # in no order: times are rounded
        [("a", 1, 0), ("b", 1, 1), ("a", 1, 2), ("a", 2, 3), ("c", 2, 4), ("a", 2, 5)],  # who asks its own again
    ],
)
def test_what_is_no_handover(tmp_path: Path, rows: list[tuple[str, int, int]]) -> None:
    assert len(found(tmp_path, rows).account) == 0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 1000)), max_size=40))
def test_groups_partition_the_accounts_whatever_the_order(links: list[tuple[int, int, int]]) -> None:
    def of(rows: list[tuple[int, int, int]]):
        columns = np.array(rows, np.int64).reshape(-1, 3).T
        return joined(columns[0], columns[1], columns[2], 0.0, 31)

    forward, backward = of(links), of(links[::-1])
    assert forward.account.tolist() == backward.account.tolist()
    assert forward.group.tolist() == backward.group.tolist()
    assert forward.first_at.tolist() == backward.first_at.tolist()
    if len(forward.group):
        assert np.bincount(forward.group).min() >= LEAST
    # each of a group took over from somebody, and nobody is in one for having been repeated
    assert set(forward.account.tolist()) <= {right for left, right, _ in links}


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60),
    st.lists(st.tuples(st.integers(0, 30), st.integers(31, 60)), max_size=60),
)
def test_nobody_comes_into_a_group_for_being_copied(
    links: list[tuple[int, int]], copies: list[tuple[int, int]]
) -> None:
    links = [link for link in links if link[0] != link[1]]
    columns = np.array(links + copies, np.int64).reshape(-1, 2).T
    handovers = joined(columns[0], columns[1], np.zeros(len(columns[0]), np.int64), 0.0, 61)
    assert {account for account in handovers.account.tolist() if account <= 30} <= {right for _, right in links}


def queue_of(generator: np.random.Generator, accounts: range, handovers: int) -> np.ndarray:
    pairs = generator.integers(accounts.start, accounts.stop, (2, handovers))
    return pairs[:, pairs[0] != pairs[1]]


def groups_of(*parts: np.ndarray) -> list[list[int]]:
    left, right = np.concatenate(parts, axis=1)
    found = joined(left, right, np.zeros(len(left), np.int64), 0.001, 100_000)
    return sorted(found.account[found.group == one].tolist() for one in np.unique(found.group))


def test_one_account_that_repeats_everybody_joins_nothing() -> None:
    generator = np.random.default_rng(11)
    queues = queue_of(generator, range(80), 300), queue_of(generator, range(80, 120), 200)
    hub = np.stack([np.arange(120), np.full(120, 120)])
    returned = np.stack([np.full(10, 120), np.arange(10)])  # its own accounts may repeat it in turn
    alone = groups_of(*queues)
    assert len(alone) == 2
    within = [[one for one in group if one != 120] for group in groups_of(*queues, hub, returned)]
    # those that repeat it in turn have acted, and join the queue that they were of already
    assert all(
        set(before) <= set(after) <= set(before) | set(range(10)) for before, after in zip(alone, within, strict=True)
    )


def test_a_crew_that_repeats_a_fleet_is_no_group_with_it() -> None:
    generator = np.random.default_rng(12)
    fleet, crew = queue_of(generator, range(30), 60), queue_of(generator, range(30, 100), 300)
    copies = np.stack([generator.integers(0, 30, 600), generator.integers(30, 100, 600)])
    reply = np.stack([np.arange(30, 40), np.zeros(10, np.int64)])  # one of the fleet is made to repeat the crew
    alone = groups_of(fleet)
    (of_fleet,) = (set(group) for group in groups_of(fleet, crew, copies, reply) if min(group) in range(1, 30))
    assert max(of_fleet) < 30
    assert len(of_fleet) >= 0.9 * len(alone[0])


def test_who_only_repeats_is_an_observer_and_uses_up_no_request(tmp_path: Path) -> None:
    queue = [(f"q{(n + k) % 14:02}", n, 60 * n + k) for n in range(40) for k in range(HANDOVER_SENDERS)]
    watcher = [("w", n, 60 * n + 5) for n in range(40)]
    with_watcher, alone = found(tmp_path / "a", queue + watcher), found(tmp_path / "b", queue)
    assert with_watcher.account.tolist() == alone.account.tolist() == list(range(14))


@pytest.mark.parametrize(("bridges", "groups"), [(1, 2), (40, 1)])
def test_two_queues_that_coincidence_joins_are_parted(bridges: int, groups: int) -> None:
    generator = np.random.default_rng(9)
    queue = generator.integers(0, 200, (2, 600))
    other = generator.integers(200, 300, (2, 300))
    across = np.stack([generator.integers(0, 200, bridges), generator.integers(200, 300, bridges)])
    left, right = np.concatenate([queue, other, across], axis=1)
    handover_count = joined(left, right, np.zeros(len(left), np.int64), 0.001, 100_000)
    assert len(np.unique(handover_count.group[handover_count.account < 200])) == 1
    assert len(np.unique(handover_count.group)) == groups


def test_a_queue_whose_accounts_replace_one_another_stays_whole() -> None:
    # each account is alive for a short while: its requests go to those alive with it
    generator = np.random.default_rng(10)
    born = np.sort(generator.uniform(0, 40, 400))
    left = generator.integers(0, 400, 4000)
    right = np.clip(left + generator.integers(1, 20, 4000), 0, 399)
    handover_count = joined(left, right, (born[left] * DAY).astype(np.int64), 0.001, 100_000)
    assert len(np.unique(handover_count.group)) == 1


def test_chance_recovers_how_many_strangers_coincide() -> None:
    generator = np.random.default_rng(3)
    span, pairs, accounts = 40 * DAY, 400_000, 100_000
    gap = np.abs(np.diff(generator.integers(0, span, (pairs, 2)), axis=1))
    coincided = (gap <= HANDOVER_WITHIN).sum()
    said = chance_share(int((gap > DAY).sum()), float(span), accounts)
    # the chance is stated for people, who crowd into the same hours, four times that of even times
    assert said * accounts / 2 / 4 == pytest.approx(coincided, rel=0.1)


@pytest.mark.parametrize("seed", [1, 2])
def test_accounts_that_share_nothing_but_handovers_are_a_bicluster_of_their_own(seed: int) -> None:
    generator = np.random.default_rng(seed)
    graph, members = planted(generator, claims=())
    graph = with_handovers(graph, [members])
    (bicluster,) = biclusters_of(graph)
    assert bicluster.members.tolist() == members.tolist()
    assert "handover" in bicluster.groups
    assert "takes_over_requests_of" in {ATTRIBUTES[code].claim for code in bicluster.widespread}


@pytest.mark.parametrize(("handover_count", "kept"), [(1, False), (3, True)])
def test_who_hands_over_again_and_again_belongs_however_personal_it_reads(handover_count: int, kept: bool) -> None:
    graph, members = planted(np.random.default_rng(3), claims=())
    graph = with_handovers(graph, [members])
    personal = members[::15]
    prior, count = np.zeros(graph.accounts), np.zeros(graph.accounts, np.int32)
    prior[personal], count[members] = -9.0, handover_count
    (bicluster,) = biclusters_of(graph, AccountPrior(prior, count))
    assert bool(np.isin(personal, bicluster.members).all()) is kept
    assert len(np.setdiff1d(bicluster.members, members)) == 0


def test_what_broke_off_a_queue_is_not_cut_from_it_again() -> None:
    graph, members = planted(np.random.default_rng(5), planted=160)
    graph = with_handovers(graph, [members[:100]])
    prior, count = np.zeros(graph.accounts), np.zeros(graph.accounts, np.int32)
    prior[members[100:]], count[members] = -5.0, 1
    (bicluster,) = biclusters_of(graph, AccountPrior(prior, count))
    without = biclusters_of(graph, AccountPrior(prior, np.zeros(graph.accounts, np.int32)))[0]
    assert len(np.intersect1d(bicluster.members, members[100:])) > len(np.intersect1d(without.members, members[100:]))
    assert len(np.setdiff1d(bicluster.members, members)) <= len(np.setdiff1d(without.members, members)) + 1


def test_counts_are_of_every_account_that_hands_over() -> None:
    left, right = np.array([0, 0, 1, 2, 2, 7]), np.array([1, 2, 2, 3, 3, 8])
    handover_count = joined(left, right, np.zeros(6, np.int64), 0.001, 10)
    assert handover_count.count.tolist() == [0, 1, 2, 1, 0, 0, 0, 0, 1, 0]  # from how many others each took over
    assert handover_count.account.tolist() == [1, 2, 3]


def test_two_queues_that_share_their_values_stay_two() -> None:
    graph, members = planted(np.random.default_rng(4), planted=160)
    graph = with_handovers(graph, [members[::2], members[1::2]])
    biclusters = sorted(biclusters_of(graph), key=lambda bicluster: int(bicluster.members[0]))
    assert [
        len(np.intersect1d(bicluster.members, members[group::2])) for group, bicluster in enumerate(biclusters)
    ] == [80, 80]
    assert [
        len(np.intersect1d(bicluster.members, members[1 - group :: 2])) for group, bicluster in enumerate(biclusters)
    ] == [0, 0]


def test_a_queue_does_not_swallow_a_ring_that_it_shares_a_few_values_with() -> None:
    generator = np.random.default_rng(6)
    graph, members = planted(generator, planted=120)
    queue = np.setdiff1d(np.arange(graph.accounts), members)[:200].astype(np.int32)
    biclusters = biclusters_of(with_handovers(graph, [queue]))
    ring = [bicluster for bicluster in biclusters if len(np.intersect1d(bicluster.members, members)) > 60]
    assert len(ring) == 1
    assert len(np.intersect1d(ring[0].members, queue)) == 0


def test_who_met_a_queue_by_coincidence_and_is_left_out_of_it_may_join_its_own() -> None:
    graph, members = planted(np.random.default_rng(6), planted=120)
    queue = np.setdiff1d(np.arange(graph.accounts), members)[:200].astype(np.int32)
    strays = members[:8]
    prior, count = np.zeros(graph.accounts), np.zeros(graph.accounts, np.int32)
    prior[strays], count[queue], count[strays] = -9.0, 3, 1
    biclusters = biclusters_of(with_handovers(graph, [np.union1d(queue, strays)]), AccountPrior(prior, count))
    held = [len(np.intersect1d(bicluster.members, strays)) for bicluster in biclusters]
    of_queue = [len(np.intersect1d(bicluster.members, queue)) > 100 for bicluster in biclusters]
    assert sum(of_queue) == 1
    assert held[of_queue.index(True)] == 0
    assert max(held) >= 6


def biclusters_of(graph, account_prior=None):
    null = fit_null_model(graph, adopters(graph, np.arange(graph.accounts)), np.zeros(graph.accounts, np.int32))
    if account_prior is None:
        account_prior = AccountPrior(np.zeros(graph.accounts), np.zeros(graph.accounts, np.int32))
    return find_biclusters(graph, null, account_prior, 8, 10.0)


@pytest.mark.parametrize(("alike", "groups"), [(0.0, 1), (40.0, 2)])
def test_queues_that_ask_from_one_data_set_are_parted_where_they_meet_by_chance(alike: float, groups: int) -> None:
    generator = np.random.default_rng(13)
    small, large = queue_of(generator, range(30), 120), queue_of(generator, range(30, 200), 600)
    across = np.stack([generator.permutation(30)[:9], generator.choice(np.arange(30, 200), 9, replace=False)])
    left, right = np.concatenate([small, large, across], axis=1)
    apart = np.stack([generator.integers(0, 30, 400), generator.integers(30, 200, 400)])
    coincidences = Coincidences(apart, np.full(400, alike / 400))
    found = joined(left, right, np.zeros(len(left), np.int64), 0.001, 100_000, coincidences)
    assert len(np.unique(found.group)) == groups


@pytest.mark.parametrize(("each", "accounts"), [(0.1, 60), (0.5, 0)])
def test_a_group_that_coincidence_explains_is_none(each: float, accounts: int) -> None:
    generator = np.random.default_rng(14)
    left, right = queue_of(generator, range(60), 400)
    apart = queue_of(generator, range(60), 400)
    coincidences = Coincidences(apart, np.full(apart.shape[1], each))
    found = joined(left, right, np.zeros(len(left), np.int64), 0.001, 100_000, coincidences)
    assert len(found.account) == accounts


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-4, 4), st.integers(0, 30)), max_size=80))
def test_repeated_requests_agree_with_looking_text_by_text(uses: list[tuple[int, int, int]]) -> None:
    uses = sorted(uses, key=lambda use: use[1])
    account, value, at = (np.array([use[place] for use in uses], np.int64) for place in range(3))
    again = _repeated(account.astype(np.int32), value, at, HANDOVER_SENDERS)
    found = sorted(zip(*(column.tolist() for column in again), strict=True))
    expected = []
    for text in {use[1] for use in uses}:
        sent = sorted((at, account) for account, value, at in uses if value == text)
        first = list(dict.fromkeys(account for _, account in sent))
        if not 1 < len(first) <= HANDOVER_SENDERS:
            continue
        for before, after in combinations(first, 2):
            gaps = [
                (b - max(a for a, who in sent[:place] if who == before), b)
                for place, (b, account) in enumerate(sent)
                if account == after
            ]
            expected.append((before, after, min(gaps)[1], min(gaps)[0]))
    assert found == sorted(expected)
