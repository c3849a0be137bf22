"""Sources of one table become that table: checked, each row once, counted to the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from stillwatch.engine import Engine, Query, identifier
from stillwatch.errors import QueryError, QueryErrorKind
from stillwatch.input_files import Source, unreadable
from stillwatch.read.formats.csv_rows import missing_columns
from stillwatch.read.formats.parquet import Footer, with_text_as_bytes
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
class Taken:
    """A part whose rows were looked at: those usable are the relation's, less the places in `faulty`."""

    part: Part
    faulty: str | None  # a table of places, or None when every row is usable


@dataclass(slots=True)
class Reading:
    """One run's reading so far; a source's number is its index in `sources`."""

    engine: Engine
    settings: ReadSettings
    rejects: Rejects
    advance: Callable[[int], None]
    sources: list[tuple[Source, Table]] = field(default_factory=list)
    rows_read: Counter[int] = field(default_factory=Counter)
    ignored: dict[int, list[str]] = field(default_factory=dict)
    filled: dict[str, set[str]] = field(default_factory=dict)  # by table: columns in which some row has a value

    def enter(self, source: Source, table: Table) -> int:
        """Gives a source its number."""
        self.sources.append((source, table))
        return len(self.sources) - 1


def take_text(reading: Reading, table: Table, sources: Sequence[Source]) -> list[Taken]:
    """Stages JSON lines and CSV."""
    if not sources:
        return []
    numbered = [(reading.enter(source, table), source) for source in sources]
    for number, source in numbered:
        reading.ignored[number] = ignored_columns(table, source, reading.settings)
    staged = staged_table(table)
    batches = stage(table, numbered, reading.settings, reading.rejects, reading.advance)
    reading.engine.store_batches(staged, _noting(reading, table, batches))
    for number, _ in numbered:
        reading.rows_read[number] += reading.rejects.counts[number]
    return [Taken(staged_part(table, staged.name), None)]


def take_parquet(reading: Reading, table: Table, files: Sequence[tuple[Source, Footer]]) -> list[Taken]:
    """Looks at Parquet files where they lie; InputError for one that lacks a required column or cannot be read."""
    shapes: dict[tuple[tuple[str, str], ...], list[tuple[Source, Footer]]] = {}
    for source, footer in files:
        absent = [name for name in table.required if name not in footer.names]
        if absent:
            raise missing_columns(source, absent, list(footer.names))
        shape = tuple((name, str(kind)) for name, kind in footer.types if name in table.names)
        shapes.setdefault(shape, []).append((source, footer))
    taken = []
    for alike in shapes.values():
        numbers = [_enter_parquet(reading, table, source, footer) for source, footer in alike]
        taken.extend(_look(reading, table, alike, numbers[0]))
    return taken


def usable_sql(taken: Taken, extra: str = "", also: str | None = None) -> str:
    """The usable rows of a part; `also` is a table of places that are left out too."""
    out = [
        f"({taken.part.place}) NOT IN (SELECT place FROM {identifier(name)})"
        for name in (taken.faulty, also)
        if name is not None
    ]
    return rows_sql(taken.part, extra) + (f"\nWHERE {' AND '.join(out)}" if out else "")


def _enter_parquet(reading: Reading, table: Table, source: Source, footer: Footer) -> int:
    number = reading.enter(source, table)
    reading.rows_read[number] = footer.rows
    reading.ignored[number] = ignored_columns(table, source, reading.settings, footer.names)
    reading.filled.setdefault(table.name, set()).update(footer.filled & set(table.names))
    return number


def _look(
    reading: Reading, table: Table, alike: Sequence[tuple[Source, Footer]], first: int, rewritten: bool = False
) -> list[Taken]:
    sources = [source for source, _ in alike]
    part = parquet_part(table, sources, first, _types(alike[0][1], rewritten), reading.settings)
    try:
        return [Taken(part, _set_faulty_aside(reading, part, first))]
    except QueryError as error:
        if not error.kind.may_be_a_file:
            raise
        if len(alike) > 1:  # one of them is broken: find it
            single = [_look(reading, table, [pair], first + index) for index, pair in enumerate(alike)]
            return [one for taken in single for one in taken]
        if rewritten or error.kind is not QueryErrorKind.BROKEN_TEXT:
            raise unreadable(sources[0], error.reason) from error
    copy = with_text_as_bytes(sources[0], table, reading.engine.folder)
    return _look(reading, table, [(copy, alike[0][1])], first, rewritten=True)


def _types(footer: Footer, rewritten: bool) -> list[tuple[str, pa.DataType]]:
    if not rewritten:
        return list(footer.types)
    return [(name, pa.large_binary() if pa.types.is_string(kind) else kind) for name, kind in footer.types]


def _set_faulty_aside(reading: Reading, part: Part, first: int) -> str | None:
    """Puts unusable rows into the quarantine; gives the table of their places, or None when there is none."""
    engine, name = reading.engine, f"read_faulty_{first}"
    found = f"SELECT {part.place} AS place, {reason_sql(part)} AS reason\nFROM {part.relation}"
    faulty = f"SELECT place FROM (\n{found}\n) WHERE reason IS NOT NULL"
    # only columns that can have a fault: a look at all of them, to show a row, would read the whole files
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


def _noting(reading: Reading, table: Table, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    filled = reading.filled.setdefault(table.name, set())
    for batch in batches:
        filled.update(name for name in table.names if batch[name].null_count < batch.num_rows)
        numbers = batch["source_number"]
        if batch.num_rows:
            reading.rows_read[numbers[0].as_py()] += batch.num_rows  # a batch never mixes sources
        yield batch
