"""Reads files that the engine cannot read in place, once, as a stream, into typed rows with their source and number."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Protocol

import numpy as np
import pyarrow as pa

from stillwatch.engine import Engine
from stillwatch.errors import InputError
from stillwatch.read import gateways
from stillwatch.read.formats.csv_rows import parse_csv
from stillwatch.read.formats.jsonl import parse_block, parse_documents, parse_records
from stillwatch.read.formats.lines import Block, blocks
from stillwatch.read.formats.look import CSV, DOCUMENT
from stillwatch.read.formats.parsed import Parsed
from stillwatch.read.formats.stored import parse_stored
from stillwatch.read.formats.stream import pieces
from stillwatch.read.opening import Opened
from stillwatch.read.validation.rejects import Reject
from stillwatch.records import Column, Kind, Table
from stillwatch.records.columns import columns

_THREADS = 2  # Arrow parses without Python's lock; a third thread would wait for the reading and writing of blocks

Advance = Callable[[int], None]


def staged_table(table: Table) -> Table:
    """Returns the table with three more columns, each row's source, number in it and line; no column is required.

    Rows are numbered from 1 in each source, since one line can hold several.
    """
    optional = tuple(Column(column.name, column.kind) for column in table.columns)
    return Table(f"staged_{table.name}", (*optional, *columns(Kind.INT64, "source_number source_row source_line")))


class Notes(Protocol):
    """Hears of rows that are not used, or not as they stand; sources go by their numbers."""

    @property
    def engine(self) -> Engine:
        """What reads Parquet."""

    def reject(self, number: int, reject: Reject) -> None:
        """Notes a row that is not used."""

    def altered(self, number: int, parsed: Parsed) -> None:
        """Notes the values of usable rows that are not used as they stand."""

    def failed(self, number: int, error: InputError) -> None:
        """Notes that a source could not be read to its end."""


def stage(
    table: Table, sources: Iterable[tuple[int, Opened]], notes: Notes, advance: Advance
) -> Iterator[pa.RecordBatch]:
    """Yields batches of `staged_table(table)` from sources with their numbers.

    A batch holds rows of one source only. `advance` is called with the number of bytes read.
    """
    schema = staged_table(table).schema
    for number, opened in sources:
        row = 1
        try:
            for parsed in _parsed(opened, notes.engine, advance):
                rows, lines = _usable(number, parsed, notes)
                places = [np.full(rows.num_rows, number), np.arange(row, row + rows.num_rows), lines]
                row += rows.num_rows
                yield from pa.table([*rows.columns, *places], schema=schema).to_batches()
        except InputError as error:
            notes.failed(number, error)


def _usable(number: int, parsed: Parsed, notes: Notes) -> tuple[pa.Table, pa.Array]:
    """The usable rows and the line of each."""
    for reject in parsed.rejects:
        notes.reject(number, reject)
    for index, (reason, column) in parsed.typed.unusable.items():
        line = parsed.places.line(index)
        notes.reject(number, Reject(line.number, reason, line.data, column))
    notes.altered(number, parsed)
    rows, lines = parsed.typed.rows, pa.array(parsed.places.numbers)
    if not parsed.typed.unusable:
        return rows, lines
    usable = np.ones(rows.num_rows, np.bool_)
    usable[list(parsed.typed.unusable)] = False
    return rows.filter(pa.array(usable)), lines.filter(pa.array(usable))


def _parsed(opened: Opened, engine: Engine, advance: Advance) -> Iterator[Parsed]:
    source, reader = opened.source, opened.reader
    settings = reader.how.settings
    if opened.footer is not None:
        return parse_stored(reader, source, opened.footer, engine)
    found = _advancing(pieces(source), advance)
    if source.format == "protobuf":
        return parse_records(reader, gateways.messages(source, found))
    if opened.shape == CSV:
        return parse_csv(reader, source, found, settings.max_line_bytes)
    if opened.shape == DOCUMENT:
        return parse_documents(reader, found, settings.max_line_bytes)
    divided = blocks(found, settings.max_line_bytes, reader.rows_in)
    if reader.format is not None:  # it works on Python's objects, under one lock
        return chain.from_iterable(parse_block(reader, block) for block in divided)
    return _in_order(lambda block: list(parse_block(reader, block)), divided)


def _advancing(found: Iterable[bytes], advance: Advance) -> Iterator[bytes]:
    for piece in found:
        advance(len(piece))
        yield piece


def _in_order(work: Callable[[Block], list[Parsed]], found: Iterator[Block]) -> Iterator[Parsed]:
    # At most _THREADS + 1 blocks are in memory.
    with ThreadPoolExecutor(_THREADS) as pool:
        under_way: deque[Future[list[Parsed]]] = deque(
            pool.submit(work, block) for block in itertools.islice(found, _THREADS)
        )
        while under_way:
            done = under_way.popleft().result()
            under_way.extend(pool.submit(work, block) for block in itertools.islice(found, 1))
            yield from done
