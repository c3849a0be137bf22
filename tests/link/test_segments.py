"""Segments part accounts and values: each is in exactly one, and no segment reads what another one does."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.engine import Engine, Query
from stillwatch.engine.factory import open_engine
from stillwatch.link import segments
from stillwatch.link.segments import (
    between,
    scattered,
    segment_count,
    segmented,
)
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES, RECEIVED_GROUPS
from stillwatch.settings import EngineSettings

NAMES = sorted(["", "a'b", "a''", '"', "Ω", "\\", "zz", "z", "0", "𝄞"], key=str.encode)
EACH = 6  # exchanges an account


@given(st.sets(st.integers(-50, 50), max_size=6), st.lists(st.integers(-60, 60), min_size=1, max_size=20))
def test_every_value_is_in_one_segment(edges: set[int], values: list[int]) -> None:
    conditions = between("value", [str(edge) for edge in sorted(edges)])
    listed = ", ".join(f"({value})" for value in values)
    for number, condition in enumerate(conditions):
        held = duckdb.sql(f"SELECT value FROM (VALUES {listed}) AS t(value) WHERE {condition}").fetchall()
        expected = [value for value in values if bisect_right(sorted(edges), value) == number]
        assert sorted(row[0] for row in held) == sorted(expected)


@given(st.integers(0, 10**10), st.integers(1, 10**9))
def test_parts_hold_everything_and_none_is_idle(count: int, rows: int) -> None:
    assert segment_count(count, rows) * rows >= count
    assert (segment_count(count, rows) - 1) * rows < max(count, 1)


def logged(engine: Engine, groups: Sequence[tuple[str | None, str | None, int]]) -> None:
    """A log of EACH exchanges an account in no order, and what row groups say of it."""
    exchanges: dict[str, list[object]] = {name: [None] * EACH * len(NAMES) for name in EXCHANGE_SKETCHES.names}
    exchanges["account_id"] = random.Random(1).sample(NAMES * EACH, EACH * len(NAMES))
    exchanges["exchange_id"] = [str(n) for n in range(EACH * len(NAMES))]
    exchanges["started_at"] = [datetime(2026, 1, 1)] * EACH * len(NAMES)
    engine.store(EXCHANGE_SKETCHES, pa.table(exchanges, schema=EXCHANGE_SKETCHES.schema))
    accounts = {column.name: [0] * len(NAMES) for column in ACCOUNT_SKETCHES.columns} | {
        "account_id": NAMES,
        "account_index": list(range(len(NAMES))),
        "exchanges": [EACH] * len(NAMES),
        "first_seen": [datetime(2026, 1, 1)] * len(NAMES),
        "last_seen": [datetime(2026, 1, 1)] * len(NAMES),
    }
    engine.store(ACCOUNT_SKETCHES, pa.table(accounts, schema=ACCOUNT_SKETCHES.schema))
    rows = [dict(zip(RECEIVED_GROUPS.names, group, strict=True)) for group in groups]
    engine.store(RECEIVED_GROUPS, pa.Table.from_pylist(rows, schema=RECEIVED_GROUPS.schema))


IN_ORDER = [(name, name, EACH) for name in NAMES]
BY_TIME = [(NAMES[0], NAMES[-1], EACH)] * len(NAMES)
UNKNOWN: list[tuple[str | None, str | None, int]] = [(None, None, EACH * len(NAMES))]


LAYOUTS = [(IN_ORDER, False), (BY_TIME, True), (UNKNOWN, True), ([], True)]


@pytest.mark.parametrize(("groups", "rewritten"), LAYOUTS)
def test_every_account_is_in_one_segment_whatever_it_is_called(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    groups: Sequence[tuple[str | None, str | None, int]],
    rewritten: bool,
) -> None:
    monkeypatch.setattr(segments, "ROWS", 2 * EACH)
    with open_engine(EngineSettings(threads=2), tmp_path) as engine:
        check_every_account_is_in_one_segment(engine, groups, rewritten)


def check_every_account_is_in_one_segment(
    engine: Engine, groups: Sequence[tuple[str | None, str | None, int]], rewritten: bool
) -> None:
    """On this engine a log of NAMES, read in segments of 2 * EACH rows, has every account in exactly one."""
    logged(engine, groups)
    before = set(engine.folder.iterdir())
    with segmented(engine) as conditions:
        assert bool(set(engine.folder.iterdir()) - before) == rewritten
        found = [
            engine.fetch(Query("range", f"SELECT account_index, exchange_id FROM {segments.SKETCHES} WHERE {one}"))
            for one in conditions
        ]
        if rewritten:
            check_files_hold_one_segment_each(engine, len(conditions))
    assert set(engine.folder.iterdir()) == before, "its room is free again"
    assert engine.columns(segments.SKETCHES) == ()
    assert len(found) == len(NAMES) // 2
    assert [sorted(set(part["account_index"].to_pylist())) for part in found] == [[2 * n, 2 * n + 1] for n in range(5)]
    assert sorted(one for part in found for one in part["exchange_id"].to_pylist()) == sorted(
        str(n) for n in range(EACH * len(NAMES))
    )


def check_files_hold_one_segment_each(engine: Engine, count: int) -> None:
    (folder,) = (path for path in engine.folder.iterdir() if segments.SKETCHES in path.name and path.is_dir())
    held = [
        {
            account_index // 2
            for account_index in pq.ParquetFile(path).read(["account_index"])["account_index"].to_pylist()
        }
        for path in folder.rglob("*.parquet")
    ]
    assert all(len(one) == 1 for one in held)
    assert set().union(*held) == set(range(count))


def test_files_that_overlap_a_little_are_not_rewritten(tmp_path: Path) -> None:
    overlapping = [(NAMES[max(0, n - 1)], name, EACH) for n, name in enumerate(NAMES)]
    with open_engine(EngineSettings(threads=1), tmp_path) as engine:
        logged(engine, overlapping)
        assert not scattered(engine, [2, 4, 6, 8])
        assert scattered(engine, list(range(1, len(NAMES)))) is False  # two ranges a group: twice over, and no more
