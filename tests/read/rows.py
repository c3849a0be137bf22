"""Exchange rows in every format, for the tests of reading."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import read
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, Job, resolve
from stillwatch.read.summary import ReadSummary, summarise
from stillwatch.records import Table
from stillwatch.records.inputs import EXCHANGES
from stillwatch.settings import EngineSettings

Row = Mapping[str, object]
FORMATS = ("parquet", "jsonl", "jsonl.gz", "jsonl.zst", "csv", "csv.gz")
START = datetime(2026, 4, 22, 12, 30, 15, 250_000)


def exchange(number: int, **others: object) -> dict[str, object]:
    """A small whole exchange."""
    return {"exchange_id": f"e{number}", "account_id": f"a{number % 3}", "started_at": START, **others}


def write(path: Path, rows: Sequence[Row], table: Table = EXCHANGES) -> Path:
    """Writes rows in the format that the path's name says; columns that no row has are left out."""
    names = [name for name in table.names if any(name in row for row in rows)]
    suffix = path.name.partition(".")[2]
    if suffix == "parquet":
        schema = pa.schema([pa.field(name, table.column(name).kind.arrow) for name in names])
        pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows], schema), path)
        return path
    text = _csv(names, rows) if suffix.startswith("csv") else _jsonl(rows)
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> Path:
    """Writes bytes, compressed as the path's name says."""
    if path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(data))
    elif path.name.endswith(".zst"):
        with pa.output_stream(str(path), compression="zstd") as stream:
            stream.write(data)
    else:
        path.write_bytes(data)
    return path


def read_in(folder: Path, job: Job | Iterable[Path], threads: int = 2) -> tuple[list[dict[str, object]], ReadSummary]:
    """Reads files (or a whole job); gives the exchanges in the order of their ids, and what was counted."""
    asked = job if isinstance(job, Job) else resolve(Inputs(tuple(str(path) for path in job)))
    with DuckDBEngine(EngineSettings(threads=threads), folder) as engine:
        read.run(engine, asked)
        rows = engine.fetch(Query("rows", "SELECT * FROM exchanges ORDER BY ALL")).to_pylist()
        return rows, summarise(engine)


def quarantined(folder: Path, job: Job | Iterable[Path]) -> list[tuple[int, str, str | None]]:
    """Line, reason and column of every quarantined row, in order."""
    asked = job if isinstance(job, Job) else resolve(Inputs(tuple(str(path) for path in job)))
    with DuckDBEngine(EngineSettings(threads=2), folder) as engine:
        read.run(engine, asked)
        rows = engine.fetch(Query("rows", "SELECT line, reason, column_name FROM quarantine ORDER BY source, line"))
        return [tuple(row.values()) for row in rows.to_pylist()]


def whole(row: Row, table: Table = EXCHANGES) -> dict[str, object]:
    """The row as the table must hold it: every column, absent ones null."""
    return {name: row.get(name) for name in table.names}


def _jsonl(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, default=_spelled, ensure_ascii=False) + "\n" for row in rows)


def _csv(names: Sequence[str], rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return json.dumps(value)
    return _spelled(value) if isinstance(value, datetime) else value


def _spelled(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat() + "Z"
