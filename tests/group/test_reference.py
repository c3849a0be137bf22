"""The scale between one queue and people."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.group.exchanges import Exchanges
from stillwatch.group.group_tests import queue_tests
from stillwatch.group.loading import REFERENCE_ACCOUNTS, reference_accounts_sql
from stillwatch.group.reference_population import GROUPS, LARGE, reference_population, scale_bits
from tests.group.worlds import exchanges


@given(st.floats(-2, 3), st.floats(-2, 3))
def test_more_like_people_is_never_more_evidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert scale_bits(low) >= scale_bits(high)


def test_unknown_says_nothing() -> None:
    assert scale_bits(math.nan) == 0.0


def test_a_queue_is_told_from_a_matched_group_of_people() -> None:
    outside = exchanges(1, accounts=300, first_account=1000)
    reference = reference_population(outside)
    queue = queue_tests(exchanges(2, person=False), reference, picked=False)
    others = queue_tests(exchanges(3, person=True), reference, picked=False)
    assert len(queue) >= 4
    for one, two in zip(queue[:4], others[:4], strict=True):
        assert one.bits > 2, one
        assert two.bits < 0, two


def test_which_people_others_are_measured_by_depends_on_no_network(engine: DuckDBEngine) -> None:
    seen = (
        "SELECT 'a' || i AS account_id, CAST(i AS INTEGER) AS account_index, i % 11 AS exchanges FROM range(30000) t(i)"
    )
    engine.create("account_sketches", Query("accounts", seen))
    found = []
    for members in (50, 900):
        network = f"SELECT 'a' || 7 * i AS account_id FROM range({members}) t(i)"
        engine.create("network_members", Query("members", network))
        rows = engine.fetch(reference_accounts_sql())["account_index"].to_pylist()
        found.append(set(rows) - set(range(0, 7 * 900, 7)))
    assert found[0] == found[1]
    assert len(found[0]) > 1000


def test_an_account_more_changes_at_most_one_account_by_which_others_are_measured(engine: DuckDBEngine) -> None:
    engine.create("network_members", Query("members", "SELECT 'n' AS account_id"))
    found = []
    for count in (20_000, 20_001, 20_100):
        # ids that come before all others, so that every index changes
        seen = (
            f"SELECT 'a' || 30000 - i AS account_id, CAST({count} - 1 - i AS INTEGER) AS account_index, 8 AS exchanges"
        )
        engine.create("account_sketches", Query("accounts", f"{seen} FROM range({count}) t(i)"))
        drawn = engine.fetch(reference_accounts_sql())
        assert drawn.num_rows == REFERENCE_ACCOUNTS
        found.append(set(drawn["place"].to_pylist()))
    assert len(found[0] - found[1]) <= 1
    assert len(found[0] - found[2]) <= 100 * REFERENCE_ACCOUNTS / 20_000 * 2


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=40, max_size=200, unique=True), st.integers(1, 30), st.integers(0, 23)
)
def test_an_account_more_changes_at_most_one_account_of_a_group(places: list[int], size: int, turn: int) -> None:
    several = np.array(sorted(places), np.uint64)
    outside = exchanges(1, accounts=len(several), each=1, first_account=0)

    def group(without: int) -> set[int]:
        kept = np.delete(np.arange(len(several)), np.arange(without))
        people = reference_population(outside.of(kept.astype(np.int32)), several[kept])
        return set(people.group(size, turn).account_index.tolist())

    assert len(group(0)) == size
    assert len(group(0) - group(1)) <= 1


def test_groups_are_random() -> None:
    outside = exchanges(1, accounts=400, each=1, first_account=0)
    people = reference_population(outside)
    taken = np.bincount(
        np.concatenate([people.group(100, turn).account_index for turn in range(GROUPS)]), minlength=400
    )
    # binomial of 24 draws at a quarter: a mean of 6 and a variance of 4.5
    assert taken.mean() == 100 * GROUPS / 400
    assert 3.5 < taken.var() < 5.6


def test_what_people_are_is_measured_once_for_each_size() -> None:
    outside = exchanges(1, accounts=60, each=10, first_account=1000)
    reference = reference_population(outside)
    calls: list[int] = []

    def size(group: Exchanges) -> float:
        calls.append(len(group))
        return float(group.input_size.sum())

    direct = float(np.median([float(reference.group(8, turn).input_size.sum()) for turn in range(GROUPS)]))
    assert reference.median(8, size) == direct
    assert reference.median(8, size) == direct
    assert calls == [80] * GROUPS
    assert reference.median(9, size) != direct
    assert reference.of_large(size) == reference.of_large(size) == float(outside.input_size.sum())
    assert len(calls) == 2 * GROUPS + 1


def test_groups_of_sizes_that_are_asked_for_in_turn_are_drawn_once() -> None:
    people = reference_population(exchanges(1, accounts=60, each=1, first_account=1000))
    small, other = people.groups(8), people.groups(9)
    assert people.groups(8) is small
    assert people.groups(LARGE - 9)[0].accounts == 60, "as many as there are"
    assert people.groups(9) is not other, "it was asked for longest ago, and was dropped"
    assert people.groups(8) is not small, "only so many people stay in memory"
    huge = people.groups(2 * LARGE)
    assert people.groups(2 * LARGE) is huge
