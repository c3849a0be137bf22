"""The order of the stages holds, a run is measured and recorded, and its folder is whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch import __version__, flow
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import (
    InputError,
    QueryError,
    RunError,
    UsageError,
)
from stillwatch.job import Inputs, Job, Window, resolve
from stillwatch.key import load_key
from stillwatch.records.outputs import RUN_FILES
from stillwatch.settings import Settings, SketchSettings
from tests import small_stages
from tests.read.rows import START, exchange, write

FILES = {f"{table.name}.parquet" for table in RUN_FILES} | {"run.json", "report.html"}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "STAGES", small_stages.STAGES)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "logs").mkdir()
    write(tmp_path / "logs" / "log.jsonl", [exchange(0), exchange(1), exchange(1)])
    with (tmp_path / "logs" / "log.jsonl").open("a") as log:
        log.write("{\n")
    return resolve(Inputs((str(tmp_path / "logs"),)))


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.name.startswith(".stillwatch")]


def test_every_table_read_was_written_earlier_by_one_stage() -> None:
    written: dict[str, str] = {}
    for stage in flow.STAGES:
        assert [table for table in stage.READS if table not in written] == [], stage.__name__
        for table in stage.WRITES:
            assert table not in written, f"`{table}` is written by {written.get(table)} and {stage.__name__}"
            written[table] = stage.__name__
    assert {table.name for table in RUN_FILES} | {"documents"} <= set(written)


def test_the_flow_table_names_every_stage_and_table() -> None:
    lines = flow.flow_table().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == [stage.__name__.rpartition(".")[2] for stage in flow.STAGES]
    for stage, line in zip(flow.STAGES, lines[2:], strict=True):
        assert all(f"`{table}`" in line for table in (*stage.READS, *stage.WRITES))


def test_stages_run_in_order_and_are_measured(engine: DuckDBEngine, job: Job) -> None:
    records = flow.run(small_stages.STAGES, engine, job)
    assert [record.stage for record in records] == ["read", "find", "report"]
    assert records[0].rows["sources"] == 1
    assert records[2].rows == {"documents": 1}
    assert all(record.seconds >= 0 and record.peak_memory_bytes > 1_000_000 for record in records)


@pytest.mark.usefixtures("small")
def test_a_scan_leaves_a_whole_run_folder(tmp_path: Path, job: Job) -> None:
    out = tmp_path / "runs" / "one"
    summary = flow.scan(job, out)
    assert {path.name for path in out.iterdir()} == FILES
    assert (summary.rows.read, summary.rows.used, summary.rows.duplicate, summary.rows.quarantined) == (4, 2, 1, 1)
    assert (summary.campaigns, summary.networks) == (0, 0)
    assert pq.read_table(out / "quarantine.parquet")["reason"].to_pylist() == ["truncated_json"]
    assert (out / "report.html").read_text() == small_stages.PAGE
    assert hidden(tmp_path) == []


@pytest.mark.usefixtures("small")
def test_run_json_says_what_was_run(tmp_path: Path, job: Job) -> None:
    windowed = replace(job, window=Window(since=START.replace(year=2025), until=START))
    flow.scan(windowed, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    log = tmp_path / "logs" / "log.jsonl"
    assert record["stillwatch"] == __version__
    assert record["key_id"] == job.key.key_id
    assert record["window"] == {"since": "2025-04-22T12:30:15.250000Z", "until": "2026-04-22T12:30:15.250000Z"}
    assert record["inputs"][0]["digest"] == hashlib.sha256(log.read_bytes()).hexdigest()
    assert record["rows"] == {"read": 4, "used": 2, "duplicate": 1, "quarantined": 1, "outside_window": 2}
    assert "needs `client_address`" in record["channels_off"]["shared_address"]
    assert [stage["stage"] for stage in record["stages"]] == ["read", "find", "report"]
    assert record["settings"]["engine"]["threads"] == 0


@pytest.mark.usefixtures("small")
def test_a_second_scan_replaces_the_first_and_nothing_else(tmp_path: Path, job: Job) -> None:
    flow.scan(job, tmp_path / "run")
    (tmp_path / "run" / "left-over").touch()
    flow.scan(job, tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(UsageError, match="holds files"):
        flow.scan(job, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_a_stage_that_fails_leaves_the_previous_run(tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "STAGES", small_stages.STAGES)
    flow.scan(job, tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_bytes()
    monkeypatch.setattr(flow, "STAGES", small_stages.STAGES[:1])
    with pytest.raises(RunError):
        flow.scan(job, tmp_path / "run")
    assert (tmp_path / "run" / "run.json").read_bytes() == before
    assert hidden(tmp_path) == []


def test_a_broken_page_that_a_later_stage_meets_names_its_file(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [exchange(n, input_tokens=n) for n in range(500)])
    path = write(tmp_path / "b.parquet", [exchange(500 + n, input_tokens=n) for n in range(500)])
    group = pq.read_metadata(path).row_group(0)
    start = next(
        column.dictionary_page_offset or column.data_page_offset
        for column in map(group.column, range(group.num_columns))
        if column.path_in_schema == "input_tokens"
    )
    data = bytearray(path.read_bytes())
    data[start + 60 : start + 200] = b"\xff" * 140  # behind the header, which is looked at first of all
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"`.*b\.parquet` cannot be read") as caught:
        flow.write_sketches(resolve(Inputs((str(tmp_path),))), tmp_path / "run")
    assert isinstance(caught.value.__cause__, QueryError)


def test_a_query_that_fails_over_whole_files_is_told_as_it_is(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(engine: DuckDBEngine, _: Job) -> None:
        engine.fetch(Query("odd", "SELECT nothing"))

    monkeypatch.setattr(flow.sketch, "run", refused)
    with pytest.raises(QueryError, match="query `odd` failed"):
        flow.write_sketches(job, tmp_path / "run")


def test_check_leaves_nothing_behind(tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = flow.check(job)
    assert found.reasons == {"truncated_json": 1}
    assert (found.rows.read, found.rows.used) == (4, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs"]


def test_sketches_name_their_key_and_stand_for_the_logs(tmp_path: Path, job: Job) -> None:
    (tmp_path / "key").write_bytes(b"k" * 16)
    (tmp_path / "other").write_bytes(b"o" * 16)
    other = Settings(sketch=SketchSettings(key_file=tmp_path / "other"))
    rows = flow.write_sketches(replace(job, key=load_key(tmp_path / "key")), tmp_path / "sketches")
    assert (rows.used, rows.duplicate, rows.quarantined) == (2, 1, 1)
    sketched = tmp_path / "sketches" / "exchange_sketches.parquet"
    assert pq.read_table(sketched)["exchange_id"].to_pylist() == ["e0", "e1"]
    again = resolve(Inputs((str(sketched),)), settings=other)
    flow.write_sketches(again, tmp_path / "again")
    assert (tmp_path / "again" / sketched.name).read_bytes() == sketched.read_bytes()
    mixed = resolve(Inputs((str(tmp_path / "logs"), str(sketched))), settings=other)
    with pytest.raises(InputError, match="name the same key"):
        flow.write_sketches(mixed, tmp_path / "mixed")
    with pytest.raises(InputError, match="name their key with `--key-file`"):
        flow.scan(again, tmp_path / "run")
    assert not (tmp_path / "run").exists()
