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
from stillwatch.group.loading import reference_accounts_sql
from stillwatch.group.reference_population import GROUPS, reference_population, scale_bits
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
