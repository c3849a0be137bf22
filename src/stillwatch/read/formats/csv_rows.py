"""Parses CSV and TSV into columns; an empty cell is an absent value, a list is a JSON array."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import NamedTuple

from stillwatch.errors import InputError
from stillwatch.input_files import Source, unreadable
from stillwatch.read.formats.csv_lines import Lines
from stillwatch.read.formats.lines import Line
from stillwatch.read.formats.parsed import Batch, Parsed, Reader
from stillwatch.read.validation.rejects import LINE_TOO_LONG, MALFORMED_CSV, WRONG_FIELD_COUNT, Reject, printable
from stillwatch.records import Table
from stillwatch.records.columns import nearest
from stillwatch.records.inputs import EXCHANGES

_BATCH_ROWS = 4_096
_BATCH_CHARACTERS = 8_000_000
_DELIMITERS = ",\t;|"
_START = 1 << 20  # bytes in which a quoted cell is sought before records are read
_RAW = 1_000  # bytes of a record that are kept, to say what was in it


class _Record(NamedTuple):
    """One record: the line on which it begins, its cells, whether one was cut, and why it cannot be read."""

    line: int
    cells: list[str]
    cut: bool = False
    fault: str = ""


def parse_csv(reader: Reader, source: Source, pieces: Iterator[bytes], max_line_bytes: int) -> Iterator[Parsed]:
    """Yields the source's records in batches; raises InputError when its first line is no CSV."""
    names, lines = _opened(source, pieces, max_line_bytes)
    batch, characters = Batch(reader), 0
    for record in _records(lines):
        characters += _add(batch, names, record)
        if len(batch.lines) + len(batch.rejects) >= _BATCH_ROWS or characters >= _BATCH_CHARACTERS:
            yield _with_overlong(batch, lines)
            batch, characters = Batch(reader), 0
    yield _with_overlong(batch, lines)


def first_rows(
    source: Source, pieces: Iterator[bytes], max_line_bytes: int, rows: int
) -> tuple[list[str], list[dict[str, str]]]:
    """Returns the column names in the first line, none for an empty file, and at most so many rows after it."""
    names, lines = _opened(source, pieces, max_line_bytes)
    records = islice(_records(lines), rows)
    return names, [dict(zip(names, one.cells, strict=True)) for one in records if len(one.cells) == len(names)]


def _opened(source: Source, pieces: Iterator[bytes], max_line_bytes: int) -> tuple[list[str], Lines]:
    """The names in the first line, and the lines after it, which know whether the file's start shows quoted cells.

    A text of a client that spans lines and looks like rows may be the first record, which by itself shows nothing.
    """
    start, size = [], 0
    while size < _START and (piece := next(pieces, b"")):
        start.append(piece)
        size += len(piece)
    names, lines = _begun(source, chain(start, pieces), max_line_bytes)
    if not lines.quotes and any(b'"' in piece for piece in start):
        _, trial = _begun(source, iter([b"".join(start)[:_START]]), max_line_bytes)
        lines.quotes = any(trial.quotes for _ in _records(trial))
    return names, lines


def _begun(source: Source, pieces: Iterator[bytes], max_line_bytes: int) -> tuple[list[str], Lines]:
    csv.field_size_limit(2 * max_line_bytes)
    lines = Lines(pieces, max_line_bytes)
    first = next(lines, "")
    names = _names(first, source)
    lines.delimiter = _delimiter(first, source).encode()
    lines.columns, lines.quotes = len(names), '"' in first
    return names, lines


def _records(lines: Lines) -> Iterator[_Record]:
    """Yields the records that are not blank, and each line for itself where quotes were no quotes."""
    delimiter = lines.delimiter.decode()
    records = csv.reader(lines, strict=True, delimiter=delimiter)
    while True:
        lines.begin()
        cells, fault = [], ""
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            fault = str(error)
        if not lines.stand(len(cells)):
            found = (_Record(number, _alone(line, lines.columns, delimiter)) for number, line in lines.taken_back())
            yield from (record for record in found if "".join(record.cells).strip())
        elif fault or "".join(cells).strip():
            yield _Record(lines.began, cells, lines.cut, fault)


def _alone(line: bytes, columns: int, delimiter: str) -> list[str]:
    """The cells of a line that is a record of its own; where its quotes do not fit the header, they are characters."""
    text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
    with suppress(csv.Error):
        cells = next(csv.reader([text], strict=True, delimiter=delimiter), [])
        if len(cells) == columns:
            return cells
    return text.split(delimiter)


def missing_columns(source: Source, table: Table, present: Sequence[str]) -> InputError:
    """Returns the error for a file without columns that every row of the table must have."""
    shown = ", ".join(f"`{printable(name, 60)}`" for name in present[:30]) or "none"
    absent = []
    for name in table.required:
        if name not in present:
            near = nearest(name, present)
            absent.append(f"`{name}`" + (f" (is it `{printable(near, 60)}`?)" if near else ""))
    reason = f"it has no column {', '.join(absent)}; it has {shown}"
    if table is not EXCHANGES:
        return unreadable(source, reason)
    remedy = "rename columns, or name a `--mapping`, which `stillwatch check --suggest` proposes"
    return unreadable(source, reason, remedy)


def _delimiter(header: str, source: Source) -> str:
    if source.name.endswith(".tsv"):
        return "\t"
    return max(_DELIMITERS, key=header.count)


def _names(header: str, source: Source) -> list[str]:
    try:
        found = next(csv.reader([header], delimiter=_delimiter(header, source)), [])
        # blanks are left out, unless another column is named so: that one is meant then
        given = set(found)
        return [name if name.strip() in given else name.strip() for name in found]
    except csv.Error as error:
        raise unreadable(source, f"its first line is not CSV ({error})") from error


def _add(batch: Batch, names: list[str], record: _Record) -> int:
    raw = ",".join(record.cells)
    line = Line(record.line, raw[:_RAW].encode("utf-8", "surrogateescape"))
    if record.fault:
        batch.rejects.append(Reject(record.line, MALFORMED_CSV, record.fault))
    elif len(record.cells) != len(names):
        batch.rejects.append(Reject(record.line, WRONG_FIELD_COUNT, line.data))
    else:
        batch.add(dict(zip(names, record.cells, strict=True)), line, record.cut)
    return len(raw)


def _with_overlong(batch: Batch, lines: Lines) -> Parsed:
    batch.rejects.extend(Reject(number, LINE_TOO_LONG, b"") for number in lines.overlong)
    lines.overlong.clear()
    return batch.parsed()
