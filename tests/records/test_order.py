"""Exchanges are ordered by account, time and id, whatever the order they come in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.order import by_account_and_time, within_accounts

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.text("aé𝄞", max_size=3)), max_size=40)


@given(ROWS, st.sampled_from([1, 2**61]), st.integers(-(2**60), 2**60))
def test_order_is_that_of_the_rows(rows: list[tuple[int, int, str]], scale: int, shift: int) -> None:
    """Also where account index and time do not fit one integer, and before the epoch."""
    account_index = np.array([row[0] for row in rows], np.int32)
    at = np.array([row[1] * scale + shift * (scale == 1) for row in rows], np.int64)
    ids = pa.chunked_array([pa.array([row[2] for row in rows], pa.string())])
    found = by_account_and_time(account_index, at, ids)
    keys = [(p, t, text.encode()) for p, t, text in rows]
    assert [keys[i] for i in found] == sorted(keys)
    assert sorted(found.tolist()) == list(range(len(rows)))


@pytest.mark.parametrize("chunks", [[3, 4], [1, 1, 5]])
def test_ids_may_come_in_chunks(chunks: list[int]) -> None:
    names = list("gfedcba")
    parts = [pa.array(names[sum(chunks[:i]) : sum(chunks[: i + 1])]) for i in range(len(chunks))]
    found = by_account_and_time(np.zeros(7, np.int32), np.zeros(7, np.int64), pa.chunked_array(parts))
    assert found.tolist() == [6, 5, 4, 3, 2, 1, 0]


@given(ROWS, st.booleans())
def test_rows_apart_by_account_come_into_the_same_order(rows: list[tuple[int, int, str]], in_order: bool) -> None:
    rows = sorted(rows, key=lambda row: (row[:2], row[2].encode())) if in_order else rows
    account_index, at = np.array([row[0] for row in rows], np.int32), np.array([row[1] for row in rows], np.int64)
    ids = pa.chunked_array([pa.array([row[2] for row in rows], pa.string())])
    order, start = np.argsort(account_index, kind="stable"), np.searchsorted(np.sort(account_index), np.arange(6))
    within_accounts(account_index, at, ids, start, order)
    keys = [(p, t, text.encode()) for p, t, text in rows]
    assert [keys[i] for i in order] == sorted(keys)
    assert sorted(order.tolist()) == list(range(len(rows)))
