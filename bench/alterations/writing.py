"""Rows become a log in each format and in each manner that programs write it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.alterations.rows import Row
from stillwatch.records import Kind
from stillwatch.records.inputs import EXCHANGES


def json_lines(rows: Sequence[Row], path: Path) -> None:
    """JSON lines; a half letter stands as an escape, and a byte that is no UTF-8 as it is."""
    with path.open("wb") as out:
        out.writelines(_line(row) for row in rows)


def _line(row: Row) -> bytes:
    text = json.dumps(row, default=_spelled, ensure_ascii=False)
    try:
        return text.encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        pass
    if any("\udc80" <= sign <= "\udcff" for sign in text):
        return text.encode("utf-8", "surrogateescape") + b"\n"
    return json.dumps(row, default=_spelled).encode() + b"\n"


def comma_separated(rows: Sequence[Row], path: Path, delimiter: str = ",", end: str = "\n", begin: bytes = b"") -> None:
    """CSV; lists stand as JSON."""
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    path.write_bytes(begin + _encoded(text.getvalue()))


def parquet(rows: Sequence[Row], path: Path) -> None:
    """Parquet; texts that are no UTF-8 are called text all the same, columns of mixed types stand as text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [_column(name, [row.get(name) for row in rows]) for name in names]
    written = [name.encode("utf-8", "replace").decode() for name in names]  # Arrow's names are UTF-8
    pq.write_table(pa.table(columns, written), path, compression="zstd")


def _encoded(text: str) -> bytes:
    """UTF-8, in which a byte that is none stands as it is, and a half letter as three bytes."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _column(name: str, values: list[object]) -> pa.Array:
    kind = EXCHANGES.column(name).kind if name in EXCHANGES.names else None
    try:
        as_stated = kind is not None and all(one is None or type(one) is _OWN[kind] for one in values)
        return pa.array(values, kind.arrow if kind is not None and as_stated else None)
    except (pa.ArrowException, TypeError, OverflowError, UnicodeError):
        texts = [None if one is None else _encoded(str(_cell(one))) for one in values]
        return _called_text(pa.array(texts, pa.large_binary()))


_OWN = {
    Kind.STRING: str,
    Kind.STRINGS: list,
    Kind.TIMESTAMP: datetime,
    Kind.FLOAT64: float,
    **dict.fromkeys((Kind.INT64, Kind.INT32, Kind.INT16), int),
}


def _called_text(column: pa.Array) -> pa.Array:
    return pa.Array.from_buffers(pa.large_string(), len(column), column.buffers())


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value)
    return _spelled(value) if isinstance(value, datetime) else value


def _spelled(value: datetime) -> str:
    return f"{value.isoformat()}Z"


def _packed(rows: Sequence[Row], path: Path, pack: Callable[[bytes], bytes]) -> None:
    plain = path.with_suffix(".plain")
    json_lines(rows, plain)
    path.write_bytes(pack(plain.read_bytes()))
    plain.unlink()


def _members(data: bytes) -> bytes:
    cut = data.rindex(b"\n", 0, len(data) // 2) - 40  # within a line
    return gzip.compress(data[:cut], 1) + gzip.compress(data[cut:], 1)


def _document(rows: Sequence[Row], path: Path) -> None:
    path.write_text(json.dumps(list(rows), default=_spelled), encoding="utf-8")


Write = Callable[[Sequence[Row], Path], None]
WRITING: Mapping[str, tuple[str, Write]] = {
    "JSON lines": ("log.jsonl", json_lines),
    "CSV": ("log.csv", comma_separated),
    "Parquet": ("log.parquet", parquet),
    "gzip, padded": (
        "log.jsonl.gz",
        lambda rows, path: _packed(rows, path, lambda data: gzip.compress(data, 1) + b"\0" * 999),
    ),
    "gzip in members": ("log.jsonl.gz", lambda rows, path: _packed(rows, path, _members)),
    "zstd": ("log.csv.zst", lambda rows, path: _zstd(rows, path)),
    "TSV, CR LF, BOM": ("log.tsv", lambda rows, path: comma_separated(rows, path, "\t", "\r\n", b"\xef\xbb\xbf")),
    "CSV, lone CR": ("log.csv", lambda rows, path: comma_separated(rows, path, ",", "\r")),
    "one document": ("log.json", _document),
    ".ndjson": ("log.ndjson", json_lines),
    ".log": ("log.log", json_lines),
}
"""How logs are written: the file's name, and what writes it."""


def _zstd(rows: Sequence[Row], path: Path) -> None:
    plain = path.with_suffix(".plain")
    comma_separated(rows, plain)
    path.write_bytes(pa.compress(plain.read_bytes(), codec="zstd", asbytes=True))
    plain.unlink()
