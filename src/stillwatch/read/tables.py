"""Reads the sources of one table into parts whose rows are checked, and counts the rows of each source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import pyarrow as pa

from stillwatch.engine import Engine, Query, identifier
from stillwatch.errors import QueryError, QueryErrorKind
from stillwatch.input_files import Source
from stillwatch.read.formats.csv_rows import missing_columns
from stillwatch.read.formats.parquet import (
    Footer,
    broken_page,
    check_columns,
    text_as_bytes,
    with_plain_names,
)
from stillwatch.read.ignored import ignored_columns
from stillwatch.read.partitions import (
    Part,
    parquet_part,
    raw_sql,
    reason_sql,
    rows_sql,
    staged_part,
)
from stillwatch.read.staging import stage, staged_table
from stillwatch.read.validation.rejects import Reject, Rejects
from stillwatch.records import Table
from stillwatch.settings import ReadSettings

_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """A part whose rows were checked: its usable rows are all rows of the relation except the places in `faulty`."""

    part: Part
    faulty: str | None  # the name of a table of places; None when every row is usable


@dataclass(slots=True)
class Reading:
    """The sources that one run has read so far, with their row counts; a source's number is its index in `sources`."""

    engine: Engine
    settings: ReadSettings
    rejects: Rejects
    advance: Callable[[int], None]
    sources: list[tuple[Source, Table]] = field(default_factory=list)
    rows_read: Counter[int] = field(default_factory=Counter)
    ignored: dict[int, list[str]] = field(default_factory=dict)
    filled: dict[str, set[str]] = field(default_factory=dict)  # table name -> columns in which some row has a value

    def register(self, source: Source, table: Table) -> int:
        """Adds a source and returns its number."""
        self.sources.append((source, table))
        return len(self.sources) - 1


def read_text(reading: Reading, table: Table, sources: Sequence[Source]) -> list[CheckedPart]:
    """Stages JSON lines and CSV files as one part; returns no part without sources.

    Raises InputError when a file cannot be read.
    """
    if not sources:
        return []
    numbered = [(reading.register(source, table), source) for source in sources]
    for number, source in numbered:
        reading.ignored[number] = ignored_columns(table, source, reading.settings)
    staged = staged_table(table)
    batches = stage(table, numbered, reading.settings, reading.rejects, reading.advance)
    reading.engine.store_batches(staged, _recording(reading, table, batches))
    for number, _ in numbered:
        reading.rows_read[number] += reading.rejects.counts[number]
    return [CheckedPart(staged_part(table, staged.name), None)]


def read_parquet_files(reading: Reading, table: Table, files: Sequence[tuple[Source, Footer]]) -> list[CheckedPart]:
    """Checks the rows of Parquet files without copying the files; returns one part for files with equal columns.

    Raises InputError when a file lacks a required column or cannot be read.
    """
    shapes: dict[tuple[tuple[str, str], ...], list[tuple[Source, Footer]]] = {}
    for source, footer in files:
        absent = [name for name in table.required if name not in footer.names]
        if absent:
            raise missing_columns(source, absent, list(footer.names))
        check_columns(source, footer, table)
        shape = tuple((name, str(kind)) for name, kind in footer.types if name in table.names)
        shapes.setdefault(shape, []).append((source, footer))
    parts = []
    for equal in shapes.values():
        numbers = [_register_parquet(reading, table, source, footer) for source, footer in equal]
        folder = reading.engine.folder
        named = [(with_plain_names(source, footer, table, folder), footer) for source, footer in equal]
        parts.extend(_check_files(reading, table, named, numbers[0]))
    return parts


def usable_sql(checked: CheckedPart, extra: str = "", also: str | None = None) -> str:
    """Returns the query of a part's usable rows; `also` names a table of further places that it leaves out."""
    out = [
        f"({checked.part.place}) NOT IN (SELECT place FROM {identifier(name)})"
        for name in (checked.faulty, also)
        if name is not None
    ]
    return rows_sql(checked.part, extra) + (f"\nWHERE {' AND '.join(out)}" if out else "")


def _register_parquet(reading: Reading, table: Table, source: Source, footer: Footer) -> int:
    number = reading.register(source, table)
    reading.rows_read[number] = footer.rows
    reading.ignored[number] = ignored_columns(table, source, reading.settings, footer.names)
    reading.filled.setdefault(table.name, set()).update(footer.filled & set(table.names))
    return number


def _check_files(
    reading: Reading, table: Table, files: Sequence[tuple[Source, Footer]], first: int, rewritten: bool = False
) -> list[CheckedPart]:
    sources = [source for source, _ in files]
    part = parquet_part(table, sources, first, _types(files[0][1], rewritten), reading.settings)
    try:
        return [CheckedPart(part, _quarantine_faulty(reading, part, first))]
    except QueryError as error:
        if not error.kind.may_be_a_file or error.kind is QueryErrorKind.LOST:
            raise
        if len(files) > 1:  # one file is broken, and the error does not say which: check each alone
            checked = [_check_files(reading, table, [pair], first + index) for index, pair in enumerate(files)]
            return list(chain.from_iterable(checked))
        if rewritten or error.kind is not QueryErrorKind.BROKEN_TEXT:
            raise broken_page(sources[0], error) from error
    copy = text_as_bytes(sources[0], reading.engine.folder)
    return _check_files(reading, table, [(copy, files[0][1])], first, rewritten=True)


def _types(footer: Footer, rewritten: bool) -> list[tuple[str, pa.DataType]]:
    if not rewritten:
        return list(footer.types)
    return [(name, _as_bytes(kind)) for name, kind in footer.types]


def _as_bytes(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_list(kind):
        return pa.list_(_as_bytes(kind.value_type))
    return pa.binary() if pa.types.is_string(kind) else kind


def _quarantine_faulty(reading: Reading, part: Part, first: int) -> str | None:
    """Puts unusable rows into the quarantine; returns the name of the table of their places, None without any."""
    engine, name = reading.engine, f"read_faulty_{first}"
    found = f"SELECT {part.place} AS place, {reason_sql(part)} AS reason\nFROM {part.relation}"
    faulty = f"SELECT place FROM (\n{found}\n) WHERE reason IS NOT NULL"
    # This query reads only columns that can have a fault; only a file with unusable rows is read whole.
    engine.create(name, Query("unusable rows", faulty))
    if not engine.sizes([name])[name]:
        return None
    columns = f"{part.number} AS number, {part.line} AS line, {reason_sql(part)} AS reason, {raw_sql(part)} AS raw"
    where = f"({part.place}) IN (SELECT place FROM {identifier(name)})"
    rows = Query("quarantined rows", f"SELECT {columns}\nFROM {part.relation}\nWHERE {where}")
    for batch in engine.batches(rows, _BATCH):
        for row in batch.to_pylist():
            shown = reading.sources[row["number"]][0].shown
            reading.rejects.add(row["number"], shown, Reject(row["line"], row["reason"], row["raw"] or ""))
    return name


def _recording(reading: Reading, table: Table, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    filled = reading.filled.setdefault(table.name, set())
    for batch in batches:
        filled.update(name for name in table.names if batch[name].null_count < batch.num_rows)
        numbers = batch["source_number"]
        if batch.num_rows:
            reading.rows_read[numbers[0].as_py()] += batch.num_rows  # `stage` yields batches of one source each
        yield batch
