"""Parses blocks of JSON lines into Arrow columns; a line that Arrow refuses is rejected alone, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from stillwatch.read.formats.lines import Line, Lines, joined
from stillwatch.read.validation.diagnosis import diagnose, mended
from stillwatch.read.validation.rejects import BAD_UTF8, LONE_SURROGATE, MALFORMED_JSON, NUL, Reject
from stillwatch.records import Kind, Table

BROKEN_TEXT = (BAD_UTF8, LONE_SURROGATE, NUL)  # reasons that a client can bring about in what it writes


@dataclass(frozen=True, slots=True)
class Parsed:
    """Rows in the table's columns (times are still text), the line of each row, and the rejected lines."""

    rows: pa.Table
    lines: Lines
    rejects: tuple[Reject, ...]


def parse(table: Table, lines: Lines) -> Parsed:
    """Parses lines of JSON objects; whether a line is accepted never depends on the other lines."""
    rows = _rows(table, lines)
    return Parsed(rows, lines, ()) if rows is not None else _parse_apart(table, list(lines))


def _parse_apart(table: Table, lines: Sequence[Line]) -> Parsed:
    good: list[tuple[pa.Table, Sequence[Line]]] = []
    rejects: list[Reject] = []
    waiting = list(_divide(table, lines))
    while waiting:
        part = waiting.pop()
        rows = _rows(table, joined(part))
        if rows is not None:
            good.append((rows, part))
        elif len(part) == 1:
            line = part[0]
            reason = diagnose(table, line.data) or MALFORMED_JSON
            whole = mended(table, line.data) if reason in BROKEN_TEXT else None
            rows = None if whole is None else _rows(table, joined([Line(line.number, whole)]))
            if rows is None:
                rejects.append(Reject(line.number, reason, line.data))
            else:
                good.append((rows, part))
        else:
            waiting.extend(_divide(table, part))
    rows = pa.concat_tables([rows for rows, _ in good]) if good else text_schema(table).empty_table()
    return Parsed(rows, joined([line for _, part in good for line in part]), tuple(rejects))


def text_schema(table: Table) -> pa.Schema:
    """Returns the table's Arrow schema with nullable columns and with times as text, as JSON and CSV have them."""
    return pa.schema(
        [
            pa.field(column.name, pa.string() if column.kind is Kind.TIMESTAMP else column.kind.arrow)
            for column in table.columns
        ]
    )


def _divide(table: Table, lines: Sequence[Line]) -> list[Sequence[Line]]:
    # A line that looks wrong is parsed alone, and Arrow decides, so that the other lines have no influence. Where no
    # line looks wrong, halving finds the line that only Arrow refuses.
    suspect = [diagnose(table, line.data) is not None for line in lines]
    if not any(suspect):
        middle = len(lines) // 2
        return [lines[:middle], lines[middle:]]
    rest = [line for line, wrong in zip(lines, suspect, strict=True) if not wrong]
    alone: list[Sequence[Line]] = [[line] for line, wrong in zip(lines, suspect, strict=True) if wrong]
    return [*alone, rest] if rest else alone


def _rows(table: Table, lines: Lines) -> pa.Table | None:
    """Returns one row for each line, or None when Arrow refuses a line."""
    schema = text_schema(table)
    if not len(lines):
        return schema.empty_table()
    data = lines.data
    if not _one_object_a_line(lines) or not _is_utf8(data):
        return None
    try:
        rows = pj.read_json(
            pa.BufferReader(data),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None
    if rows.num_rows != len(lines) or not _finite(rows):
        return None
    rows = _without_nul(table, rows)
    return None if rows is None else _without_nan(rows)


def _one_object_a_line(lines: Lines) -> bool:
    # Arrow reads a stream of objects that ignores line ends. If every line begins with `{` and ends with `}`, and there
    # are as many objects as lines, then each line is one object: JSON allows no `{` directly after `}`.
    octets = np.frombuffer(lines.data, np.uint8)
    last = lines.ends - 1
    last -= (octets[last] == ord("\r")) & (last > lines.starts)
    plain = (octets[lines.starts] == ord("{")) & (octets[last] == ord("}"))
    return all(_is_one_object(lines.line(index).data) for index in np.flatnonzero(~plain).tolist())


def _is_one_object(data: bytes) -> bool:
    return data.lstrip()[:1] == b"{" and data.rstrip()[-1:] == b"}"


def _is_utf8(data: bytes) -> bool:
    # Arrow validates without a Python string, which would take up to four times the memory of the bytes.
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _finite(rows: pa.Table) -> bool:
    return not any(
        pc.any(pc.is_inf(rows[field.name])).as_py() for field in rows.schema if pa.types.is_floating(field.type)
    )


def _without_nul(table: Table, rows: pa.Table) -> pa.Table | None:
    """The rows without NUL, which a client may have written; None where a column that every row must have holds one."""
    for index, field in enumerate(rows.schema):
        texts = pa.types.is_list(field.type)
        if not texts and not pa.types.is_string(field.type):
            continue
        column = rows[field.name]
        if not any(_holds_zero(pc.list_flatten(chunk) if texts else chunk) for chunk in column.chunks):
            continue
        if table.column(field.name).required:
            return None
        chunks = [_replaced(chunk) if texts else pc.replace_substring(chunk, "\0", "") for chunk in column.chunks]
        rows = rows.set_column(index, field, pa.chunked_array(chunks, field.type))
    return rows


def _replaced(lists: pa.ListArray) -> pa.ListArray:
    items = [None if one is None else [item and item.replace("\0", "") for item in one] for one in lists.to_pylist()]
    return pa.array(items, lists.type)


def _holds_zero(text: pa.Array) -> bool:
    # The least byte is found ten times as fast as a matching text, and most texts have no zero byte.
    _, _, data = text.buffers()
    if data is None or not data.size or np.frombuffer(data, np.uint8).min() > 0:
        return False
    return bool(pc.any(pc.match_substring(text, "\0")).as_py())


def _without_nan(rows: pa.Table) -> pa.Table:
    # Some loggers write NaN for an absent number.
    for index, field in enumerate(rows.schema):
        if pa.types.is_floating(field.type) and pc.any(pc.is_nan(rows[field.name])).as_py():
            column = rows[field.name]
            rows = rows.set_column(index, field, pc.if_else(pc.is_nan(column), pa.scalar(None, field.type), column))
    return rows
