"""Spark gives what DuckDB gives, row for row: on a world of 100,000 exchanges and on logs that are hard to read."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch import flow
from stillwatch.cli.main import invoke
from stillwatch.group import loading
from stillwatch.job import Inputs, resolve
from stillwatch.link import segments as ranges
from stillwatch.records.inputs import JUDGEMENTS
from stillwatch.records.outputs import RUN_FILES
from stillwatch.runs import state as states
from stillwatch.settings import EngineSettings, RegionSettings, Settings
from stillwatch_lab.worlds.build import build
from tests.read.odd_logs import check_odd_logs
from tests.scenarios.small_world import SmallWorld

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]

SEED, ACCOUNTS, EXCHANGES = 5, 3_300, 105_000
TWICE = 500  # rows that come a second time, in a file of their own


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "world"
    build("bench", SEED, ACCOUNTS, EXCHANGES, None, folder)
    account = pq.read_table(folder / "accounts.parquet", columns=["account_id"])["account_id"][0].as_py()
    said = {"subject": account, "verdict": "innocent", "decided_by": "a", "decided_at": datetime(2026, 1, 1)}
    pq.write_table(pa.Table.from_pylist([said], schema=JUDGEMENTS.schema), folder / "judgements.parquet")
    rows = pq.read_table(folder / "exchanges")
    pq.write_table(rows.slice(1_000, TWICE), folder / "exchanges" / "twice.parquet")
    accounts = pq.read_table(folder / "accounts.parquet")
    sold = pa.array(["shop" if place % 2 else None for place in range(accounts.num_rows)], pa.string())
    place = accounts.schema.get_field_index("reseller_id")
    pq.write_table(accounts.set_column(place, "reseller_id", sold), folder / "accounts.parquet")
    (folder / "countries.csv").write_text("0.0.0.0,99.255.255.255,AA\n100.0.0.0,255.255.255.255,BB\n", encoding="utf-8")
    return folder


def scanned(world: Path, engine: str, out: Path) -> Path:
    tables = ((str(world / f"{name}.parquet"),) for name in ("accounts", "permits", "judgements"))
    inputs = Inputs((str(world / "exchanges"),), *tables)
    regions = RegionSettings(countries=world / "countries.csv", not_served=("BB",))
    settings = Settings(engine=EngineSettings.model_validate({"name": engine, "threads": 2}), regions=regions)
    return flow.scan(resolve(inputs, settings=settings), out).folder


def test_a_scan_of_100_000_exchanges_is_the_same_row_for_row(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pq.read_table(large / "exchanges", columns=["exchange_id"]).num_rows >= 100_000
    embedded = scanned(large, "duckdb", tmp_path / "duckdb")
    # as a log is read that is too large for memory: rewritten by ranges of accounts, and by networks
    monkeypatch.setattr(ranges, "ROWS", EXCHANGES // 2)
    monkeypatch.setattr(loading, "ROWS", EXCHANGES // 10)
    monkeypatch.setattr(loading, "READINGS", 1)
    distributed = scanned(large, "spark", tmp_path / "spark")
    empty = set()
    for table in RUN_FILES:
        name = f"{table.name}.parquet"
        expected, found = pq.read_table(embedded / name), pq.read_table(distributed / name)
        assert found.schema.equals(expected.schema, check_metadata=True), name
        assert found.equals(expected), name
        assert (distributed / name).read_bytes() == (embedded / name).read_bytes(), name
        empty |= set() if len(expected) else {table.name}
    # nothing is wrong with this log; what is wrong with others is compared below
    wrong = {"quarantine", "altered_values", "altered_accounts", "conflicting_rows", "unread_files"}
    # and no partner told anything
    assert empty == {"seen_indicators", *wrong}, "equal empty tables would prove nothing"
    records = [json.loads((run / "run.json").read_text()) for run in (embedded, distributed)]
    rows = [[stage["rows"] for stage in record["stages"]] for record in records]
    # what a stage keeps between others is counted alike where both engines keep it
    assert all(a[name] == b[name] for a, b in zip(*rows, strict=True) for name in a.keys() & b.keys())
    assert records[0]["rows"] == records[1]["rows"]
    assert records[0]["rows"]["duplicate"] == TWICE
    assert (records[0]["pyspark"], records[0]["written"]) == (None, records[1]["written"])
    assert not list(tmp_path.glob(".stillwatch-*"))


def test_a_state_is_kept_alike(world: SmallWorld, hours: list[Path], tmp_path: Path) -> None:
    for engine in ("duckdb", "spark"):
        settings = Settings(engine=EngineSettings.model_validate({"name": engine, "threads": 2}))
        for log in hours[:2]:
            flow.add_to_state(resolve(Inputs((str(log),)), settings=settings, state=tmp_path / engine))
    embedded, distributed = (states.load(tmp_path / engine) for engine in ("duckdb", "spark"))
    assert [part.digest for part in distributed.parts] == [part.digest for part in embedded.parts]
    assert len(embedded.parts) == 2
    for one, other in zip(embedded.parts, distributed.parts, strict=True):
        # a digest tells whether exchanges changed in one state; each engine has a hash of its own
        sums, others = (
            pq.read_table(path).drop_columns(["digest"])
            for path in (embedded.path(one.accounts), distributed.path(other.accounts))
        )
        assert sums == others


def test_logs_of_every_type_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    embedded, distributed = (check_odd_logs(tmp_path / "logs", engine) for engine in ("duckdb", "spark"))
    assert embedded.rows.quarantined > 10
    assert embedded.rows.duplicate == 3  # a row of two files, one of three rows under one key, one judgement
    assert distributed == embedded


def test_a_scan_that_fails_leaves_no_run_folder(
    world: SmallWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("stillwatch.sketch.account.ranked_sql", lambda _: flow.Query("sums", "SELECT gone"))
    out = tmp_path / "run"
    words = ["scan", str(world.folder / "exchanges"), "--engine", "spark", "--out", str(out)]
    assert invoke(words) == 1
    assert "query `sums` failed" in capsys.readouterr().err
    assert not out.exists()
    assert not list(tmp_path.glob(".stillwatch-*"))
