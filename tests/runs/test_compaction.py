"""Parts of a day become one part, old parts go, and the state says the same before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engine.factory import open_engine
from stillwatch.records.sketches import ACCOUNT_SUMS, EXCHANGE_SKETCHES
from stillwatch.runs import state as states
from stillwatch.runs.compaction import FEW, Compacted, compact
from stillwatch.runs.state import Reach, State, Watched
from stillwatch.settings import EngineSettings

DAY = datetime(2026, 5, 1)
HOUR = timedelta(hours=1)


def add(state: State, number: int, at: datetime) -> State:
    """Adds a part of two exchanges of two accounts."""
    exchanges, accounts = states.next_names(state)
    rows = [{"exchange_id": f"x{number}-{one}", "account_id": f"a{one}", "started_at": at} for one in (0, 1)]
    pq.write_table(pa.Table.from_pylist(rows, schema=EXCHANGE_SKETCHES.schema), state.path(exchanges))
    sums = [{"account_id": f"a{one}", "exchanges": 1, "first_seen": at, "last_seen": at} for one in (0, 1)]
    pq.write_table(pa.Table.from_pylist(sums, schema=ACCOUNT_SUMS.schema), state.path(accounts))
    part = states.part_of(state.path(exchanges), accounts, 2, (at, at))
    return replace(state, parts=(*state.parts, part), until=at + timedelta(microseconds=1))


def filled(state: State, parts: int, settled: datetime | None) -> State:
    """The state with so many parts, one a minute, from noon of the first day."""
    for number in range(parts):
        state = add(state, number, DAY + 12 * HOUR + timedelta(minutes=number))
    state = replace(state, watched=Watched(reach={"a": Reach(DAY, settled)}))
    states.publish(state)
    return state


def held(state: State) -> list[tuple[str, str]]:
    rows = [row for part in state.parts for row in pq.read_table(state.path(part.file)).to_pylist()]
    return sorted((row["exchange_id"], row["account_id"]) for row in rows)


def sums(state: State) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in state.parts:
        for row in pq.read_table(state.path(part.accounts)).to_pylist():
            found[row["account_id"]] = found.get(row["account_id"], 0) + row["exchanges"]
    return found


def test_many_parts_of_a_day_become_one_that_says_the_same(tmp_path: Path) -> None:
    with states.opened(tmp_path) as state, open_engine(EngineSettings(), tmp_path.parent) as engine:
        before = filled(state, 20, DAY + 48 * HOUR)
        exchanges = held(before)
        assert compact(engine, before, HOUR, None) == Compacted(20, 0, 0)
        after = states.load(tmp_path)
    assert len(after.parts) == 1
    assert held(after) == exchanges
    assert sums(after) == {"a0": 20, "a1": 20}
    assert (after.parts[0].first, after.parts[0].last) == (before.parts[0].first, before.parts[-1].last)
    assert set(after.files) == {path.name for path in tmp_path.glob("*.parquet")}, "nothing is left over"
    assert states.next_names(after)[0] not in {part.file for part in before.parts}


@pytest.mark.parametrize(
    ("parts", "settled"),
    [(FEW, DAY + 48 * HOUR), (20, None), (20, DAY + 12 * HOUR + timedelta(minutes=20))],
    ids=["few", "never drained", "within the lateness"],
)
def test_parts_that_more_may_come_for_stay(tmp_path: Path, parts: int, settled: datetime | None) -> None:
    with states.opened(tmp_path) as state, open_engine(EngineSettings(), tmp_path.parent) as engine:
        before = filled(state, parts, settled)
        assert compact(engine, before, HOUR, None) == Compacted()
    assert states.load(tmp_path).parts == before.parts


@pytest.mark.parametrize("settled", [None, DAY], ids=["never drained", "one source is silent"])
def test_parts_of_days_ago_wait_for_no_source(tmp_path: Path, settled: datetime | None) -> None:
    with states.opened(tmp_path) as state, open_engine(EngineSettings(), tmp_path.parent) as engine:
        before = add(filled(state, 20, settled), 20, DAY + 40 * HOUR)
        states.publish(before)
        exchanges = held(before)
        assert compact(engine, before, HOUR, None) == Compacted(20, 0, 0)
        after = states.load(tmp_path)
    assert len(after.parts) == 2
    assert held(after) == exchanges


def test_days_that_are_too_old_go_whole(tmp_path: Path) -> None:
    with states.opened(tmp_path) as state, open_engine(EngineSettings(), tmp_path.parent) as engine:
        old = add(add(state, 1, DAY), 2, DAY + 24 * HOUR)
        before = add(old, 3, DAY + 72 * HOUR)
        states.publish(before)
        assert compact(engine, before, HOUR, timedelta(hours=50)) == Compacted(0, 1, 2)
        after = states.load(tmp_path)
    assert [part.first for part in after.parts] == [DAY + 24 * HOUR, DAY + 72 * HOUR]
    assert not (tmp_path / before.parts[0].file).exists()
