"""Logs in which columns have every type a provider may store them in, with rows that cannot be used."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import flow
from stillwatch.job import Inputs, Job, Window, resolve
from stillwatch.read.summary import ReadSummary
from stillwatch.settings import EngineSettings, Settings

DAY = datetime(2026, 5, 1)


def write_odd_logs(folder: Path) -> Job:
    """Nine files of few rows, and the job that reads them all."""
    ids = [f"x{n}" for n in range(6)]
    plain = {"exchange_id": ids, "account_id": ["a", "b", "a", "", None, "c"], "started_at": [DAY] * 6}
    made = {
        "plain": plain
        | {"input_text": ["hello", "with\0nul", "é", "x", "y", "z"], "tool_names": [["t"], [], None] * 2},
        "again": plain
        | {"exchange_id": ["x0", "x2", "x9", "x9", "x9", "x8"], "account_id": ["a"] * 6, "input_text": list("aéccef")},
        "floats": plain
        | {"exchange_id": [f"f{n}" for n in range(6)]}
        | {"status_code": [200.0, 200.5, float("nan"), 1e9, None, 429.0]}
        | {"temperature": [0.1, float("inf"), float("nan"), None, 1.0, 1e-7]},
        "texts": plain
        | {"exchange_id": [f"t{n}" for n in range(6)]}
        | {
            "started_at": [
                "2026-05-01T10:00:00+02:00",
                "2026-05-01 10:00:00,123456789Z",
                "soon",
                "",
                "1999-01-01",
                None,
            ]
        }
        | {
            "temperature": ["0.5", "high", " 1", "", "inf", None],
            "input_tokens": ["7", "7.5", "", None, "9" * 19, "x"],
        },
        "bytes": plain
        | {"exchange_id": [b"b1", b"b\xff", b"b2", b"b3", b"b4", b"b5"], "user_agent": [b"\x00", None] * 3},
    }
    paths = []
    for name, rows in made.items():
        paths.append(folder / f"{name}.parquet")
        pq.write_table(pa.table(rows), paths[-1])
    paths.append(folder / "nano [1].parquet")
    nano = pa.array([1_777_629_600_123_456_789, None], pa.timestamp("ns"))
    pq.write_table(pa.table({"exchange_id": ["n1", "n2"], "account_id": ["a", "a"], "started_at": nano}), paths[-1])
    lines = folder / "lines.jsonl"
    lines.write_text('{"exchange_id": "j1", "account_id": "a", "started_at": "2026-05-01T10:00:00Z"}\nnonsense\n')
    permits = folder / "permits.csv"
    permits.write_text('permit_id,holder,purpose,models\np1,a,research,"[""m""]"\np2,a,nonsense,\n')
    judged = folder / "judgements.parquet"
    row = {"subject": "a", "verdict": "unsure", "decided_by": "me", "decided_at": DAY}
    pq.write_table(pa.Table.from_pylist([row, row, row | {"verdict": "sure"}]), judged)
    inputs = Inputs(
        (*(str(path).replace("[", "[[]") for path in paths), str(lines)), (), (str(permits),), (str(judged),)
    )
    return resolve(inputs, Window(since=datetime(2026, 4, 1), until=datetime(2026, 6, 1)))


def check_odd_logs(folder: Path, engine: str, remote: str | None = None) -> ReadSummary:
    """What reading them finds, through a Spark Connect server where one is named."""
    job = write_odd_logs(folder)
    settings = Settings(engine=EngineSettings.model_validate({"name": engine, "threads": 2, "spark_remote": remote}))
    return flow.check(replace(job, settings=settings))
