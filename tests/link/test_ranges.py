"""Ranges part accounts and values: everything is in exactly one."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.engine import Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.link import ranges
from stillwatch.link.ranges import between, parts
from stillwatch.settings import EngineSettings


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


def test_every_account_is_in_one_range_whatever_it_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(["", "a'b", "a''", '"', "Ω", "\\", "zz", "z", "0", "𝄞"], key=str.encode)
    monkeypatch.setattr(ranges, "ROWS", 3)
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        values = ", ".join(f"({literal(name)}, {place}, 2)" for place, name in enumerate(names))
        listed = f"SELECT * FROM (VALUES {values}) AS named(account_id, position, exchanges)"
        engine.create("account_sketches", Query("accounts", listed))
        joined = "SELECT sketches.position FROM account_sketches AS sketches JOIN account_sketches AS exchanges"
        found = [
            engine.fetch(Query("range", f"{joined} USING (account_id) WHERE {one}"))
            for one in ranges.account_ranges(engine)
        ]
    assert len(found) > 3
    assert sorted(place for part in found for place in part["position"].to_pylist()) == list(range(len(names)))
