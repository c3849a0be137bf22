"""Logs that come hour by hour into a state give the same run as all of them at once, but for ids given earlier."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch import flow
from stillwatch.cli.main import invoke
from stillwatch.errors import (
    InputError,
    OutputError,
    QueryError,
    UsageError,
)
from stillwatch.job import Inputs, Job, Window, resolve
from stillwatch.key import load_key
from stillwatch.runs import state as states
from tests.scenarios.small_world import SmallWorld, findings


def job_of(world: SmallWorld, state: Path | None, *logs: Path) -> Job:
    own = {name: (str(world.folder / f"{name}.parquet"),) for name in ("accounts", "permits")}
    return resolve(Inputs(tuple(map(str, logs)), **own), settings=world.settings(), state=state)


def test_adding_hour_by_hour_changes_nothing_but_ids(
    world: SmallWorld, plain: Path, tmp_path: Path, hours: list[Path]
) -> None:
    state = tmp_path / "state"
    flow.scan(job_of(world, state, hours[0]), tmp_path / "first")
    flow.add_to_state(job_of(world, state, hours[1]))
    run = flow.scan(job_of(world, state, hours[2]), tmp_path / "run").folder
    assert findings(run) == findings(plain)
    assert findings(flow.scan(job_of(world, state), tmp_path / "again").folder) == findings(plain)
    assert len(states.load(state).parts) == 3
    assert len(list(state.glob("accounts-*"))) == 3


def test_logs_that_overlap_are_counted_once(world: SmallWorld, plain: Path, tmp_path: Path, hours: list[Path]) -> None:
    state = tmp_path / "state"
    flow.add_to_state(job_of(world, state, hours[0]))
    rows = flow.add_to_state(job_of(world, state, *hours))
    assert rows.outside_window == pq.read_metadata(hours[0]).num_rows
    assert flow.add_to_state(job_of(world, state, *hours)).outside_window == len(world.exchanges)
    assert findings(flow.scan(job_of(world, state), tmp_path / "run").folder) == findings(plain)


def test_a_run_that_fails_goes_on_from_its_sketches(
    world: SmallWorld, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(world, tmp_path / "state", world.folder / "exchanges")
    with monkeypatch.context() as broken:
        broken.setattr("stillwatch.link.origins_sql", lambda: flow.Query("origins", "SELECT gone"))
        with pytest.raises(QueryError):
            flow.scan(job, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    done = flow.scan(job, tmp_path / "run")
    assert done.rows.outside_window == len(world.exchanges)  # not sketched a second time
    assert findings(done.folder) == findings(plain)


def test_what_a_killed_run_left_is_removed(world: SmallWorld, tmp_path: Path, hours: list[Path]) -> None:
    state = tmp_path / "state"
    flow.add_to_state(job_of(world, state, hours[0]))
    for name in ("exchanges-000002.parquet", "accounts-000002.parquet", ".state.json"):
        (state / name).write_bytes(b"half")
    (state / "notes.txt").write_text("not ours")
    flow.add_to_state(job_of(world, state))
    names = {path.name for path in state.iterdir()}
    assert names == {"exchanges-000001.parquet", "accounts-000001.parquet", "state.json", ".lock", "notes.txt"}


def test_a_run_says_what_it_was_over(world: SmallWorld, tmp_path: Path, hours: list[Path]) -> None:
    state = tmp_path / "state"
    flow.add_to_state(job_of(world, state, hours[0]))
    run = flow.scan(job_of(world, state, hours[1]), tmp_path / "run").folder
    record = json.loads((run / "run.json").read_text())
    kept, added = sorted(
        (one for one in record["inputs"] if "sketches" in one["feeds"] or one["feeds"] == "exchanges"),
        key=lambda one: str(one["feeds"]),
    )
    assert kept["source"] == str(state) and kept["rows_used"] == pq.read_metadata(hours[0]).num_rows
    assert added["rows_used"] == pq.read_metadata(hours[1]).num_rows
    assert record["window"] == {"since": None, "until": None}
    assert "payment" not in record["channels_off"] and "memory" not in record["channels_off"]


def test_a_state_whose_account_sums_still_number_accounts_is_read_on(
    world: SmallWorld, plain: Path, tmp_path: Path, hours: list[Path]
) -> None:
    # version 0.1.0 kept an account's number under the name `position`, which other accounts change as they come
    state = tmp_path / "state"
    flow.add_to_state(job_of(world, state, hours[0]))
    path = state / "accounts-000001.parquet"
    sums = pq.read_table(path)
    number = pa.array(np.arange(len(sums)), pa.int32())
    pq.write_table(sums.add_column(1, pa.field("position", pa.int32(), nullable=False), number), path)
    run = flow.scan(job_of(world, state, *hours[1:]), tmp_path / "run").folder
    assert findings(run) == findings(plain)


def test_another_key_is_refused(world: SmallWorld, tmp_path: Path, hours: list[Path]) -> None:
    state = tmp_path / "state"
    flow.add_to_state(job_of(world, state, hours[0]))
    job = job_of(world, state, hours[1])
    with pytest.raises(InputError, match="name their key with `--key-file`"):
        flow.add_to_state(replace(job, key=load_key(None)))


def test_time_inside_the_state_and_time_to_come_are_refused(
    world: SmallWorld, tmp_path: Path, hours: list[Path]
) -> None:
    state = tmp_path / "state"
    flow.add_to_state(job_of(world, state, hours[0]))
    for window in (Window(since=datetime(2020, 1, 1)), Window(until=datetime(2020, 1, 1))):
        with pytest.raises(UsageError, match=r"up to which .* holds all exchanges"):
            flow.add_to_state(replace(job_of(world, state, hours[1]), window=window))
    late = pq.read_table(hours[1])
    years = pa.array(np.full(len(late), np.timedelta64(int(timedelta(days=9_000).total_seconds() * 1e6), "us")))
    place = late.schema.get_field_index("started_at")
    moved = late.set_column(place, late.schema.field(place), pc.add(late["started_at"], years))
    pq.write_table(moved, tmp_path / "future.parquet")
    with pytest.raises(InputError, match="in the future"):
        flow.add_to_state(job_of(world, state, tmp_path / "future.parquet"))
    assert len(states.load(state).parts) == 1


def test_two_runs_cannot_add_at_once(tmp_path: Path) -> None:
    first, second = (states.opened(tmp_path / "state") for _ in range(2))
    with first, pytest.raises(OutputError, match="another run is using"), second:
        pass


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("{", "cannot be read"),
        ('{"format": 99}', "another version's format, not 6"),
        ("[]", "cannot be read"),
    ],
)
def test_a_damaged_state_is_named(tmp_path: Path, damage: str, said: str) -> None:
    with states.opened(tmp_path):
        pass
    (tmp_path / "state.json").write_text(damage)
    with pytest.raises(InputError, match=said):
        states.load(tmp_path)


def test_a_missing_part_is_named(world: SmallWorld, tmp_path: Path, hours: list[Path]) -> None:
    flow.add_to_state(job_of(world, tmp_path / "state", hours[0]))
    (tmp_path / "state" / "exchanges-000001.parquet").unlink()
    with pytest.raises(InputError, match=r"exchanges-000001.parquet` is missing"):
        states.load(tmp_path / "state")


def test_the_command_adds_and_scans(
    world: SmallWorld, plain: Path, tmp_path: Path, hours: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    state, run = str(tmp_path / "state"), tmp_path / "run"
    assert invoke(["sketch", str(hours[0]), "--key-file", str(world.key), "--state", state]) == 0
    tables = [word for name in ("accounts", "permits") for word in (f"--{name}", str(world.folder / f"{name}.parquet"))]
    words = ["scan", *map(str, hours[1:]), *tables, "--key-file", str(world.key), "--state", state, "--out", str(run)]
    assert invoke(words) == 0
    assert findings(run) == findings(plain)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "log.jsonl").write_text("{}\n")
    assert invoke(["sketch", str(hours[0]), "--key-file", str(world.key), "--state", str(tmp_path / "mine")]) == 2
    assert "holds files but no `state.json`" in capsys.readouterr().err
    assert invoke(["scan", "--state", str(tmp_path / "fresh")]) == 2
    said = capsys.readouterr().err
    assert [word for word in ("LOGS: none were named", "`sketch` filled") if word not in said] == []
