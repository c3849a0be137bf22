"""Ranges part accounts and values: everything is in exactly one."""

from __future__ import annotations

from bisect import bisect_right

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.ranges import between, parts


@given(st.sets(st.integers(-50, 50), max_size=6), st.lists(st.integers(-60, 60), min_size=1, max_size=20))
def test_every_value_is_in_one_range(edges: set[int], values: list[int]) -> None:
    conditions = between("value", [str(edge) for edge in sorted(edges)])
    listed = ", ".join(f"({value})" for value in values)
    for number, condition in enumerate(conditions):
        held = duckdb.sql(f"SELECT value FROM (VALUES {listed}) AS t(value) WHERE {condition}").fetchall()
        expected = [value for value in values if bisect_right(sorted(edges), value) == number]
        assert sorted(row[0] for row in held) == sorted(expected)


@given(st.integers(0, 10**10), st.integers(1, 10**9))
def test_parts_hold_everything_and_none_is_idle(count: int, rows: int) -> None:
    assert parts(count, rows) * rows >= count
    assert (parts(count, rows) - 1) * rows < max(count, 1)
