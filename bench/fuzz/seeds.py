"""Small whole files of every format and table, each with ids of its own, to be altered."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.records import Kind, Table
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, JUDGEMENTS, PERMITS

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "formats"
TABLES = (EXCHANGES, ACCOUNTS, PERMITS, JUDGEMENTS)
FORMATS = ("parquet", "jsonl", "csv")
START = datetime(2026, 5, 1)
WORDS = ["a", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "proves", "lemmas", "in", "7", "steps"]
OFTEN = 6  # of so many files of the contract's own formats, all but three are exchanges


@dataclass(frozen=True, slots=True)
class Seed:
    """A whole file: the name of its format, the table it feeds, its bytes and the end of its file name."""

    format: str
    table: str
    data: bytes
    suffix: str


def formats() -> tuple[str, ...]:
    """The formats by name: the contract's own, and one for each sample of a gateway's log."""
    return (*FORMATS, *sorted(f"{path.stem} {path.suffix[1:]}" for path in _samples()))


def seed(name: str, chance: random.Random, number: int) -> Seed:
    """A file of this format; `number` makes its ids unlike those of other files."""
    if name not in FORMATS:
        stem, _, kind = name.partition(" ")
        return Seed(name, EXCHANGES.name, (EXAMPLES / f"{stem}.{kind}").read_bytes(), f".{kind}")
    table = TABLES[max(0, chance.randrange(OFTEN) - OFTEN + len(TABLES))]
    rows = [_row(table, chance, f"{number}-{row}") for row in range(chance.choice((1, 3, 12)))]
    write = {"parquet": _parquet, "jsonl": _jsonl, "csv": _csv}[name]
    return Seed(name, table.name, write(table, rows, chance), f".{name}")


def _samples() -> list[Path]:
    return [path for path in EXAMPLES.iterdir() if path.suffix != ".toml"]


def _row(table: Table, chance: random.Random, key: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name == table.order[0]:
            row[column.name] = key
        elif column.required or chance.random() < 0.7:
            row[column.name] = _CLOSED.get(column.name) or _VALUES[column.kind](chance)
    return row


_CLOSED = {"purpose": "research", "verdict": "unsure"}
_VALUES = {
    Kind.STRING: lambda chance: " ".join(chance.choices(WORDS, k=chance.randrange(1, 12))),
    Kind.STRINGS: lambda chance: chance.sample(["bash", "edit", "search"], chance.randrange(3)),
    Kind.TIMESTAMP: lambda chance: START + timedelta(milliseconds=chance.randrange(10**9)),
    Kind.INT64: lambda chance: chance.randrange(10_000),
    Kind.INT32: lambda chance: chance.randrange(10_000),
    Kind.INT16: lambda chance: chance.choice((200, 429, 500)),
    Kind.FLOAT64: lambda chance: round(chance.random(), 3),
}


def _parquet(table: Table, rows: list[dict[str, Any]], chance: random.Random) -> bytes:
    schema = pa.schema([pa.field(column.name, column.kind.arrow) for column in table.columns])
    out = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows, schema),
        out,
        compression=chance.choice(("none", "snappy", "gzip", "brotli", "zstd", "lz4")),
        version=chance.choice(("1.0", "2.4", "2.6")),
        data_page_version=chance.choice(("1.0", "2.0")),
        use_dictionary=chance.random() < 0.5,
        write_page_index=chance.random() < 0.3,
        row_group_size=chance.choice((2, 100)),
        store_schema=chance.random() < 0.5,
    )
    return out.getvalue()


def _jsonl(_: Table, rows: list[dict[str, Any]], chance: random.Random) -> bytes:
    ascii_only = chance.random() < 0.5
    lines = (json.dumps(row, default=_spelled, ensure_ascii=ascii_only) for row in rows)
    return "".join(line + "\n" for line in lines).encode()


def _csv(table: Table, rows: list[dict[str, Any]], chance: random.Random) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    writer.writerow(table.names)
    writer.writerows([_cell(row.get(name)) for name in table.names] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return json.dumps(value)
    return _spelled(value) if isinstance(value, datetime) else value


def _spelled(value: datetime) -> str:
    return f"{value.isoformat()}Z"
