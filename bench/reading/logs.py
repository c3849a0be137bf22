"""Writes the logs that are read: one of each format, and folders of very many small files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.read_gateways import records
from stillwatch.records.inputs import EXCHANGES

START = datetime(2026, 4, 22)
SMALL_ROWS = 100  # of a small file, each of about 2 KB


def exchange(number: int, text: str) -> dict[str, Any]:
    """One exchange of the size that API traffic has."""
    return {
        "exchange_id": f"exchange-{number:012}",
        "account_id": f"account-{number % 9_973}",
        "started_at": START + timedelta(milliseconds=37 * number),
        "channel": "api",
        "request_model": "large-2026-04",
        "conversation_id": f"conversation-{number // 5}",
        "client_address": f"{number % 200 + 11}.{number % 250}.{number % 13}.{number % 241}",
        "user_agent": f"client/{number % 40}",
        "input_tokens": len(text) // 4,
        "output_tokens": number % 1_000,
        "temperature": 0.7,
        "status_code": 200,
        "input_text": text,
        "tool_names": ["bash", "edit"],
    }


def write_log(kind: str, folder: Path, texts: list[str], size: int) -> Path:
    """Writes about `size` bytes of one of KINDS into the folder and returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    return KINDS[kind](folder, texts, size)


def write_small_files(folder: Path, texts: list[str], files: int, rows: int = SMALL_ROWS) -> int:
    """Writes so many JSON lines files of so many rows, each row under ids of its own; returns their bytes."""
    lines = [_json(exchange(number, texts[number % len(texts)] * 2)) for number in range(rows)]
    # what differs between files is the id, which stands first in each row
    start = b'{"exchange_id": "exchange-'
    rests = [line.removeprefix(start) for line in lines]
    size = 0
    for number in range(files):
        inside = folder / f"{number // 1_000:04}"
        inside.mkdir(parents=True, exist_ok=True)
        own = b'{"exchange_id": "file-%07d-' % number
        data = own + own.join(rests)
        (inside / f"{number:07}.jsonl").write_bytes(data)
        size += len(data)
    return size


def _exchanges(texts: list[str]) -> Iterator[dict[str, Any]]:
    number = 0
    while True:
        yield exchange(number, texts[number % len(texts)])
        number += 1


def _json(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, default=_spelled, ensure_ascii=False).encode() + b"\n"


def _spelled(value: datetime) -> str:
    return f"{value.isoformat()}Z"


def _json_lines(folder: Path, texts: list[str], size: int) -> Path:
    path = folder / "log.jsonl"
    rows = _exchanges(texts)
    with path.open("wb") as out:
        while out.tell() < size:
            out.write(_json(next(rows)))
    return path


def _comma_separated(folder: Path, texts: list[str], size: int) -> Path:
    path = folder / "log.csv"
    rows = _exchanges(texts)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        names = list(next(rows))
        writer.writerow(names)
        while out.tell() < size:
            row = next(rows)
            row |= {"tool_names": json.dumps(row["tool_names"]), "started_at": _spelled(row["started_at"])}
            writer.writerow(row.values())
    return path


def _parquet(
    folder: Path, texts: list[str], size: int, change: Callable[[pa.Table], pa.Table] = lambda one: one
) -> Path:
    """As many rows as JSON lines of this size hold."""
    path = folder / "log.parquet"
    rows = _exchanges(texts)
    written, batch, writer = 0, [], None
    while written < size:
        batch.append(next(rows))
        written += len(_json(batch[-1]))
        if len(batch) == 20_000 or written >= size:
            fields = [(name, EXCHANGES.column(name).kind.arrow) for name in batch[0]]
            table = change(pa.Table.from_pylist(batch, pa.schema(fields)))
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            batch = []
    if writer is not None:
        writer.close()
    return path


def _texts_as_binary(table: pa.Table) -> pa.Table:
    """As some writers store text: the reader has to convert each value."""
    for place, name in enumerate(table.column_names):
        if table.schema.types[place] == pa.string():
            table = table.set_column(place, name, table.column(name).cast(pa.binary()))
    return table


def _gateway(kind: str) -> Callable[[Path, list[str], int], Path]:
    def write(folder: Path, texts: list[str], size: int) -> Path:
        path = folder / f"{kind.replace(' ', '-').replace(',', '')}.jsonl"
        with path.open("wb") as out:
            out.writelines(line + b"\n" for line in records(kind, texts, size))
        return path

    return write


KINDS: Mapping[str, Callable[[Path, list[str], int], Path]] = {
    "JSON lines": _json_lines,
    "CSV": _comma_separated,
    "Parquet": _parquet,
    "Parquet, text as bytes": lambda folder, texts, size: _parquet(folder, texts, size, _texts_as_binary),
    "OTLP JSON": _gateway("otel spans"),
    "OTLP JSON, no texts": _gateway("otel spans, no texts"),
    "LiteLLM payloads": _gateway("litellm payloads"),
    "LiteLLM spend logs": _gateway("litellm spend logs"),
}
"""What is read, by name."""
