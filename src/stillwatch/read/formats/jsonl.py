"""Parses JSON lines and JSON documents into columns: what is plain at once, everything else object by object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from stillwatch.read.formats.documents import Document, Limits, UndecodableError, decode, objects, repeated_names
from stillwatch.read.formats.lines import Block, Line, Lines
from stillwatch.read.formats.parsed import Batch, Parsed, Reader
from stillwatch.read.validation.rejects import (
    DUPLICATE_KEY,
    LINE_TOO_LONG,
    NOT_AN_OBJECT,
    TRUNCATED_JSON,
    WRONG_FORMAT,
    Reject,
)
from stillwatch.read.validation.typed import typed
from stillwatch.records import Kind, Table

_BATCH_BYTES = 4_000_000


def parse_block(reader: Reader, block: Block) -> Iterator[Parsed]:
    """Parses lines of JSON objects; whether a line is accepted never depends on the other lines."""
    lines = block.lines.filled()
    rows = _at_once(reader.table, lines) if reader.format is None else None
    if rows is None:
        batch = Batch(reader)
        for line in lines:
            _add(batch, line)
        yield batch.parsed()
    else:
        columns = {name: _one_chunk(rows[name]) for name in reader.table.names}
        yield Parsed(typed(reader.table, columns, len(lines), reader.how), lines, ())
    if block.overlong:
        batch = Batch(reader)
        for document in block.overlong:
            _add_document(batch, document, LINE_TOO_LONG)
        yield batch.parsed()


def parse_documents(reader: Reader, pieces: Iterable[bytes], max_object_bytes: int) -> Iterator[Parsed]:
    """Parses a stream of JSON objects that may span lines, or of arrays of objects."""
    batch, held = Batch(reader), 0
    for document in objects(pieces, Limits.of(max_object_bytes, reader.rows_in)):
        _add_document(batch, document, LINE_TOO_LONG if document.too_large else TRUNCATED_JSON)
        held += len(document.data)
        if held >= _BATCH_BYTES:
            yield batch.parsed()
            batch, held = Batch(reader), 0
    yield batch.parsed()


def _add_document(batch: Batch, document: Document, reason: str) -> None:
    line = Line(document.line, document.data)
    before = len(batch.rows) + len(batch.rejects)
    if document.whole:
        _add(batch, line, document.cut)
        if document.left_out and len(batch.rows) + len(batch.rejects) == before:  # what made a row of it may be gone
            batch.rejects.append(Reject(line.number, LINE_TOO_LONG, line.data))
    else:
        batch.rejects.append(Reject(line.number, reason, line.data))


def _add(batch: Batch, line: Line, cut: bool = False) -> None:
    try:
        record, deep = _decoded(batch.reader, line.data)
    except UndecodableError as error:
        batch.rejects.append(Reject(line.number, str(error), line.data))
        return
    if not isinstance(record, dict | list) or (isinstance(record, list) and batch.reader.format is None):
        batch.rejects.append(Reject(line.number, NOT_AN_OBJECT, line.data))
    elif repeated := repeated_names(line.data, batch.reader.table.required):
        batch.rejects.append(Reject(line.number, DUPLICATE_KEY, line.data, min(repeated)))
    else:
        # the contract's columns are not nested: what lies deep in one of them is not used as it is
        batch.add(record, line, cut or (deep and batch.reader.format is not None))


def _decoded(reader: Reader, data: bytes) -> tuple[object, bool]:
    record = None if reader.format is None else reader.format.decode(data)
    if record is not None:
        return record, False
    if reader.format is not None and data.lstrip()[:1] not in (b"{", b"["):
        raise UndecodableError(WRONG_FORMAT)
    return decode(data)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # it copies even one chunk


def _at_once(table: Table, lines: Lines) -> pa.Table | None:
    """Returns one row for each line, with times as text; None when Arrow refuses a line."""
    schema = pa.schema(
        [(one.name, pa.string() if one.kind is Kind.TIMESTAMP else one.kind.arrow) for one in table.columns]
    )
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
    return rows if rows.num_rows == len(lines) else None


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


def parse_records(reader: Reader, records: Iterable[tuple[int, bytes, object]]) -> Iterator[Parsed]:
    """Converts records that were decoded already, each with its number and its bytes."""
    batch, held = Batch(reader), 0
    for number, data, record in records:
        batch.add(record, Line(number, data))
        held += len(data)
        if held >= _BATCH_BYTES:
            yield batch.parsed()
            batch, held = Batch(reader), 0
    yield batch.parsed()
