"""Every value that an account uses is found once, and values that one account alone holds are mostly left out early."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.engine import Engine, Query
from stillwatch.engine.factory import open_engine
from stillwatch.link.holdings import (
    Held,
    Uses,
    by_account,
    distinct,
    perhaps_shared,
    used_values,
)
from stillwatch.link.segments import SKETCHES
from stillwatch.records import Table
from stillwatch.records.columns import Kind, columns
from stillwatch.settings import EngineSettings

ROWS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),  # 0 for none
        st.integers(0, 50),
    ),
    max_size=120,
)


def held(values: list[int]) -> Held:
    value = np.array(values, np.int64)
    return Held(np.arange(len(value), dtype=np.int32), value, np.zeros(len(value), np.int64))


@given(ROWS)
def test_each_account_and_value_comes_once_with_its_first_time(rows: list[tuple[int, int, int]]) -> None:
    start, order = by_account(np.array([row[0] for row in rows], np.int32), 7)
    value, at = np.array([row[1] or 0 for row in rows], np.int64), np.array([row[2] for row in rows], np.int64)
    distinct_count = np.zeros(7, np.int32)
    found = list(zip(*(column.tolist() for column in distinct(start, order, at, value, distinct_count)), strict=True))
    expected: dict[tuple[int, int], int] = {}
    for account, used, when in rows:
        if used:
            expected[account, used] = min(when, expected.get((account, used), when))
    assert sorted(found) == sorted((*pair, when) for pair, when in expected.items())
    assert [row[0] for row in found] == sorted(row[0] for row in found), "accounts must ascend"
    assert distinct_count.tolist() == [sum(account == u for account, _ in expected) for u in range(7)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5), max_size=200))
def test_no_shared_value_is_dropped(values: list[int]) -> None:
    kept = perhaps_shared(held(values)).value.tolist()
    assert all(kept.count(value) == values.count(value) for value in values if values.count(value) > 1)


def test_most_values_of_one_account_are_dropped() -> None:
    values = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 50_000)
    assert len(perhaps_shared(held(values.tolist())).value) < 0.25 * len(values)


LOG = Table(
    SKETCHES,
    (
        *columns(Kind.TIMESTAMP, "started_at", required=True),
        *columns(Kind.INT64, "account_index address_value payload_value head_value", required=True),
    ),
    (),
)
COLUMNS = {0: "address_value", 1: "payload_value", 2: "head_value"}  # few a hundred rows; one a row; few, then many


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Forty accounts of a hundred exchanges."""
    generator, rows = np.random.default_rng(1), 4000
    account_index = np.repeat(np.arange(40, dtype=np.int32), 100)
    head = np.where(account_index < 20, account_index % 3, generator.integers(0, 1500, rows)) + 1
    held = {
        "account_index": account_index,
        "started_at": pa.array(generator.integers(0, 10**12, rows), pa.timestamp("us")),
        "address_value": account_index // 2 + 1,
        "payload_value": generator.integers(0, 3000, rows),
        "head_value": head,
    }
    with open_engine(EngineSettings(threads=1), tmp_path) as engine:
        order = generator.permutation(rows)
        engine.store(LOG, pa.table(held).take(order))
        yield engine


def shared(found: Held) -> list[tuple[int, int, int]]:
    """Accounts, values and first times of what two accounts hold."""
    several = np.isin(
        found.value, [v for v, n in zip(*np.unique(found.value, return_counts=True), strict=True) if n > 1]
    )
    kept = found.take(np.flatnonzero(several))
    return list(zip(kept.account_index.tolist(), kept.value.tolist(), kept.first_at.tolist(), strict=True))


def times(found: Uses) -> set[tuple[int, int, int]]:
    """When whose uses of what two accounts hold were."""
    kept = Held(found.account_index, found.value, found.at)
    return set(shared(kept))


def test_a_log_read_in_segments_holds_the_same_in_the_same_order(engine: Engine) -> None:
    whole, parted = np.zeros((3, 40), np.int32), np.zeros((3, 40), np.int32)
    at_once, uses = used_values(engine, ["TRUE"], COLUMNS, whole, 1)
    segments = ["account_index < 10", "account_index >= 10 AND account_index < 25", "account_index >= 25"]
    in_turn, used = used_values(engine, segments, COLUMNS, parted, 1)
    assert (whole == parted).all()
    for code in COLUMNS:
        assert shared(in_turn[code]) and sorted(shared(in_turn[code])) == sorted(shared(at_once[code]))
        assert (np.diff(in_turn[code].account_index) >= 0).all()
    assert len(used.value) >= 2000 and times(used) == times(uses)


def test_columns_that_few_values_fill_are_read_once(engine: Engine) -> None:
    asked: list[str] = []
    fetch = engine.fetch

    def noted(query: Query) -> pa.Table:
        asked.append(query.sql)
        return fetch(query)

    engine.fetch = noted  # type: ignore[method-assign]
    used_values(engine, ["account_index < 20", "account_index >= 20"], COLUMNS, np.zeros((3, 40), np.int32), 1)
    assert [[name in sql for name in COLUMNS.values()] for sql in asked] == [[True] * 3] * 2 + [[False, True, True]] * 2
