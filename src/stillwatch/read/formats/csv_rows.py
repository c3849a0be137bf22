"""Parses blocks of CSV lines into Arrow columns; an empty cell is an absent value, a list is a JSON array."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from stillwatch.errors import InputError
from stillwatch.input_files import Source, unreadable
from stillwatch.read.formats.jsonl import Parsed, text_schema
from stillwatch.read.formats.lines import Block, Line, joined
from stillwatch.read.validation.diagnosis import whole_text
from stillwatch.read.validation.rejects import (
    BAD_UTF8,
    LINE_TOO_LONG,
    MALFORMED_CSV,
    NUL,
    OUT_OF_RANGE,
    WRONG_FIELD_COUNT,
    WRONG_TYPE,
    Reject,
)
from stillwatch.records import Kind, Table

_BATCH_ROWS = 4_096
_BATCH_CHARACTERS = 8_000_000
_BITS = {Kind.INT64: 63, Kind.INT32: 31, Kind.INT16: 15}


class _CellError(ValueError):
    """A cell has a value that its column cannot hold; the message is the reason for the quarantine."""


@dataclass(slots=True)
class _Batch:
    """Parsed rows that wait to become Arrow columns."""

    values: dict[str, list[object]]
    lines: list[Line] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    characters: int = 0

    def full(self) -> bool:
        return len(self.lines) + len(self.rejects) >= _BATCH_ROWS or self.characters >= _BATCH_CHARACTERS


@dataclass(slots=True)
class _Feed:
    """An iterator of lines for `csv.reader`; it records the number of the last line and the overlong lines."""

    blocks: Iterator[Block]
    number: int = 0
    overlong: list[Line] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        for block in self.blocks:
            self.overlong.extend(block.overlong)
            for line in block.lines:
                self.number = line.number
                yield line.data.decode("utf-8", errors="surrogateescape") + "\n"


def parse_csv(table: Table, source: Source, blocks: Iterator[Block], max_line_bytes: int) -> Iterator[Parsed]:
    """Yields the source's records in batches.

    Raises InputError when the first line does not name every required column, or names a column twice.
    """
    csv.field_size_limit(max_line_bytes)
    feed = _Feed(blocks)
    reader = csv.reader(iter(feed), strict=True)
    header = _header(table, source, reader)
    batch = _Batch({name: [] for name in table.names})
    while True:
        began = feed.number + 1
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            reason = LINE_TOO_LONG if "limit" in str(error) else MALFORMED_CSV
            batch.rejects.append(Reject(max(began, 1), reason, str(error)))
            continue
        if not "".join(record).strip():
            continue  # a blank line between records
        _add_record(
            table, header, record, Line(began, ",".join(record)[:1_000].encode("utf-8", "surrogateescape")), batch
        )
        if batch.full():
            yield _parsed(table, feed, batch)
            batch = _Batch({name: [] for name in table.names})
    yield _parsed(table, feed, batch)


def header_of(source: Source, blocks: Iterator[Block]) -> list[str]:
    """Returns the column names in the first line; none for an empty file."""
    for record in csv.reader(iter(_Feed(blocks))):
        return [name.strip() for name in record]
    return []


def _header(table: Table, source: Source, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise unreadable(source, f"its first line is not CSV ({error})") from error
    absent = [name for name in table.required if name not in header]
    twice = sorted({name for name in header if name in table.names and header.count(name) > 1})
    if header and absent:
        raise missing_columns(source, absent, header)
    if twice:
        raise unreadable(source, f"its first line names {', '.join(f'`{name}`' for name in twice)} twice")
    return header


def missing_columns(source: Source, absent: list[str], present: list[str]) -> InputError:
    """Returns the error for a file without columns that every row must have."""
    shown = ", ".join(f"`{name[:60]}`" for name in present[:30]) or "none"
    return unreadable(source, f"it has no column {', '.join(f'`{name}`' for name in absent)} (it has {shown})")


def _add_record(table: Table, header: list[str], record: list[str], line: Line, batch: _Batch) -> None:
    batch.characters += sum(map(len, record))
    if len(record) != len(header):
        batch.rejects.append(Reject(line.number, WRONG_FIELD_COUNT, line.data))
        return
    cells = dict(zip(header, record, strict=True))
    row: dict[str, object] = {}
    for column in table.columns:
        cell = cells.get(column.name, "")
        try:
            cell = _clean(cell) if column.required else whole_text(cell)
            row[column.name] = _CONVERT[column.kind](column.kind, cell) if cell else None
        except _CellError as error:
            batch.rejects.append(Reject(line.number, str(error), line.data))
            return
    for name, value in row.items():
        batch.values[name].append(value)
    batch.lines.append(line)


def _parsed(table: Table, feed: _Feed, batch: _Batch) -> Parsed:
    schema = text_schema(table)
    rows = pa.table([pa.array(batch.values[item.name], item.type) for item in schema], schema=schema)
    overlong = [Reject(line.number, LINE_TOO_LONG, line.data) for line in feed.overlong]
    feed.overlong.clear()
    return Parsed(rows, joined(batch.lines), (*batch.rejects, *overlong))


def _clean(cell: str) -> str:
    if "\0" in cell:
        raise _CellError(NUL)
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _CellError(BAD_UTF8) from error
    return cell


def _text(_: Kind, cell: str) -> str:
    return cell


def _texts(_: Kind, cell: str) -> list[str | None]:
    try:
        items = json.loads(cell)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _CellError(WRONG_TYPE) from error
    if not isinstance(items, list) or not all(item is None or isinstance(item, str) for item in items):
        raise _CellError(WRONG_TYPE)
    return [item and whole_text(item) for item in items]


def _whole(kind: Kind, cell: str) -> int:
    digits = cell.strip()
    if not digits.removeprefix("-").isascii() or not digits.removeprefix("-").isdigit():
        raise _CellError(WRONG_TYPE)
    limit = 1 << _BITS[kind]
    if len(digits) > 20 or not -limit <= int(digits) < limit:
        raise _CellError(OUT_OF_RANGE)
    return int(digits)


def _number(_: Kind, cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError as error:
        raise _CellError(WRONG_TYPE) from error
    if number in (float("inf"), float("-inf")):
        raise _CellError(OUT_OF_RANGE)
    return None if number != number else number


def _boolean(_: Kind, cell: str) -> bool:
    if cell.lower() not in ("true", "false"):
        raise _CellError(WRONG_TYPE)
    return cell.lower() == "true"


def _unsupported(_: Kind, _cell: str) -> object:
    raise _CellError(WRONG_TYPE)  # CSV cannot express bytes and maps


_CONVERT: dict[Kind, Callable[[Kind, str], object]] = {
    Kind.STRING: _text,
    Kind.STRINGS: _texts,
    Kind.TIMESTAMP: _text,
    Kind.INT64: _whole,
    Kind.INT32: _whole,
    Kind.INT16: _whole,
    Kind.FLOAT64: _number,
    Kind.BOOLEAN: _boolean,
    Kind.BYTES: _unsupported,
    Kind.SHARES: _unsupported,
}
