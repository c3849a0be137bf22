"""Reads the sources of one table into parts whose rows are checked, and notes what is not used as it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import pyarrow as pa

from stillwatch.engine import Engine, Query, identifier
from stillwatch.errors import InputError, QueryError, QueryErrorKind
from stillwatch.input_files import Source
from stillwatch.read.formats.parquet import broken_page, with_plain_names
from stillwatch.read.formats.parsed import Parsed
from stillwatch.read.opening import Opened, opened
from stillwatch.read.partitions import (
    Condition,
    Part,
    column_sql,
    parquet_part,
    raw_sql,
    reason_sql,
    rows_sql,
    staged_part,
)
from stillwatch.read.staging import stage, staged_table
from stillwatch.read.validation.faults import EXAMPLE_CHARACTERS, REPLACED, Faults
from stillwatch.read.validation.rejects import Reject, Rejects
from stillwatch.records import Table
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import ReadSettings

_BATCH = 10_000
_LINES = 40  # bits of a place that number the row in its source


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """A part whose rows were checked: its usable rows are all rows of the relation except the places in `faulty`."""

    part: Part
    faulty: str | None  # the name of a table of places; None when every row is usable


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be read: the error that says so, and whether the rows before its fault are used."""

    source: str
    feeds: str
    error: str
    in_part: bool


@dataclass(slots=True)
class Reading:
    """The sources that one run has read so far, with their row counts; a source's number is its index in `sources`."""

    engine: Engine
    settings: ReadSettings
    rejects: Rejects
    faults: Faults
    advance: Callable[[int], None]
    sources: list[Opened] = field(default_factory=list)
    rows_read: Counter[int] = field(default_factory=Counter)
    filled: dict[str, set[str]] = field(default_factory=dict)  # table name -> columns in which some row has a value
    unread: list[Unread] = field(default_factory=list)

    def open(self, table: Table, sources: Sequence[Source]) -> list[Opened]:
        """Looks at the start of each file, and notes those that cannot be read."""
        found = []
        for source in sources:
            try:
                found.append(opened(source, table, self.settings, self.engine))
            except InputError as error:
                self.unread.append(Unread(source.shown, table.name, str(error), in_part=False))
        return found

    def register(self, source: Opened) -> int:
        """Adds a source and returns its number."""
        self.sources.append(source)
        return len(self.sources) - 1

    def reject(self, number: int, reject: Reject) -> None:
        """Notes a row that is not used."""
        self.rejects.add(number, self.sources[number].source.shown, reject)

    def altered(self, number: int, parsed: Parsed) -> None:
        """Notes the values of usable rows that are not used as they stand."""
        accounts = parsed.typed.rows["account_id"] if "account_id" in parsed.typed.rows.schema.names else None
        self.faults.add(number, parsed.typed.faults, lambda index: parsed.places.line(index).number, accounts)

    def failed(self, number: int, error: InputError) -> None:
        """Notes that a source could not be read to its end; the rows before that are used."""
        self.unread.append(
            Unread(self.sources[number].source.shown, self.sources[number].table.name, str(error), in_part=True)
        )


def read_staged(reading: Reading, table: Table, sources: Sequence[Opened]) -> list[CheckedPart]:
    """Stages files that the engine cannot read in place as one part; returns no part without sources."""
    if not sources:
        return []
    numbered = [(reading.register(one), one) for one in sources]
    # a table may be staged a second time, for Parquet files that turn out to hold broken text
    staged = replace(staged_table(table), name=f"staged_{table.name}_{numbered[0][0]}")
    batches = stage(table, numbered, reading, reading.advance)
    reading.engine.store_batches(staged, _recording(reading, table, batches))
    for number, _ in numbered:
        reading.rows_read[number] += reading.rejects.counts[number]
    return [CheckedPart(staged_part(table, staged.name), None)]


def read_in_place(reading: Reading, table: Table, sources: Sequence[Opened]) -> list[CheckedPart]:
    """Checks the rows of Parquet files without copying the files; returns one part for files with equal columns."""
    shapes: dict[tuple[tuple[str, str], ...], list[Opened]] = {}
    for one in sources:
        types = one.footer.types if one.footer is not None else ()
        shape = tuple((name, str(kind)) for name, kind in types if name in table.names)
        shapes.setdefault(shape, []).append(one)
    with reading.engine.checking():
        return [part for equal in shapes.values() for part in _check_files(reading, table, equal)]


def usable_sql(checked: CheckedPart, extra: str = "", also: str | None = None) -> str:
    """Returns the query of a part's usable rows; `also` names a table of repeated rows, which it leaves out."""
    left_out = [f"SELECT place FROM {identifier(checked.faulty)}"] if checked.faulty else []
    left_out += [f"SELECT place FROM {identifier(also)} WHERE turn > 1"] if also else []
    out = [f"({checked.part.place}) NOT IN ({places})" for places in left_out]
    return rows_sql(checked.part, extra) + (f"\nWHERE {' AND '.join(out)}" if out else "")


def _check_files(reading: Reading, table: Table, files: Sequence[Opened]) -> list[CheckedPart]:
    first = len(reading.sources)
    types = files[0].footer.types if files[0].footer is not None else ()
    folder = reading.engine.folder
    sources = [
        one.source if one.footer is None else with_plain_names(one.source, one.footer, table, folder) for one in files
    ]
    part = parquet_part(table, sources, first, types, reading.settings)
    name = f"read_faulty_{first}"
    try:
        counts = _counts(reading.engine, part, name)
    except QueryError as error:
        if not error.kind.may_be_a_file or error.kind is QueryErrorKind.LOST:
            raise
        if len(files) == 1:
            return _read_otherwise(reading, files[0], error)
        # one file is broken, and the error does not say which: check each alone
        return list(chain.from_iterable(_check_files(reading, table, [one]) for one in files))
    for one in files:
        _register_in_place(reading, one)
    if counts[0]:
        _quarantine(reading, part, name)
    checked = CheckedPart(part, name if counts[0] else None)
    for condition, rows in zip(part.alterations, counts[1:], strict=True):
        if rows:
            _note_altered(reading, checked, condition)
    return [checked]


def _plainly_named(reading: Reading, one: Opened) -> Source:
    if one.footer is None:
        return one.source
    return with_plain_names(one.source, one.footer, one.table, reading.engine.folder)


def _read_otherwise(reading: Reading, one: Opened, error: QueryError) -> list[CheckedPart]:
    """Converts a file whose text is no UTF-8; notes any other fault."""
    if error.kind is QueryErrorKind.BROKEN_TEXT and one.table is not EXCHANGE_SKETCHES:
        return read_staged(reading, one.table, [replace(one, in_place=False)])
    reading.unread.append(Unread(one.source.shown, one.table.name, str(broken_page(one.source, error)), in_part=False))
    return []


def _register_in_place(reading: Reading, one: Opened) -> None:
    number = reading.register(one)
    if one.footer is not None:
        reading.rows_read[number] = one.footer.rows
        reading.filled.setdefault(one.table.name, set()).update(one.footer.filled & set(one.table.names))


def _counts(engine: Engine, part: Part, name: str) -> list[int]:
    """Creates the table `name` of the places of unusable rows; returns their number and, for each alteration, that of
    the rows in which it holds."""
    found = f"SELECT {part.place} AS place, {reason_sql(part)} AS reason\nFROM {part.relation}"
    # These queries read only columns that can have a fault; only a file with unusable rows is read whole.
    engine.create(name, Query("unusable rows", f"SELECT place FROM (\n{found}\n) WHERE reason IS NOT NULL"))
    unusable = engine.sizes([name])[name]
    if not part.alterations:
        return [unusable]
    sums = ", ".join(f"count(*) FILTER (WHERE {one.sql}) AS n{at}" for at, one in enumerate(part.alterations))
    (row,) = engine.fetch(Query("altered values", f"SELECT {sums}\nFROM {part.relation}")).to_pylist()
    return [unusable, *(row[f"n{at}"] for at in range(len(part.alterations)))]


def _quarantine(reading: Reading, part: Part, name: str) -> None:
    said = f"{reason_sql(part)} AS reason, {column_sql(part)} AS column_name, {raw_sql(part)} AS raw"
    where = f"({part.place}) IN (SELECT place FROM {identifier(name)})"
    columns = f"{part.number} AS number, {part.line} AS line, {said}"
    rows = Query("quarantined rows", f"SELECT {columns}\nFROM {part.relation}\nWHERE {where}")
    for batch in reading.engine.batches(rows, _BATCH):
        for row in batch.to_pylist():
            reading.reject(row["number"], Reject(row["line"], row["reason"], row["raw"] or "", row["column_name"]))


def _note_altered(reading: Reading, checked: CheckedPart, condition: Condition) -> None:
    part = checked.part
    usable = f" AND ({part.place}) NOT IN (SELECT place FROM {identifier(checked.faulty)})" if checked.faulty else ""
    among = f"FROM {part.relation}\nWHERE ({condition.sql}){usable}"
    counted = (
        f"SELECT {part.number} AS number, count(*) AS n, min({part.line}) AS line\n{among}\nGROUP BY {part.number}"
    )
    for row in reading.engine.fetch(Query("altered values by file", counted)).to_pylist():
        value = _value_at(reading, part, condition, (row["number"] << _LINES) + row["line"])
        reading.faults.count(row["number"], (condition.column, condition.reason), (row["n"], row["line"]), value)
    if condition.reason != REPLACED or "account_id" not in part.table.names:
        return
    accounts = f"SELECT account_id, count(*) AS n\n{among}\nGROUP BY account_id"
    for batch in reading.engine.batches(Query("altered values by account", accounts), _BATCH):
        for row in batch.to_pylist():
            reading.faults.count_account(row["account_id"], condition.column, row["n"])


def _value_at(reading: Reading, part: Part, condition: Condition, place: int) -> object:
    shown = f"left(try_cast({identifier(condition.column)} AS VARCHAR), {EXAMPLE_CHARACTERS}) AS shown"
    found = Query("altered value", f"SELECT {shown}\nFROM {part.relation}\nWHERE ({part.place}) = {place}")
    return reading.engine.fetch(found)["shown"][0].as_py()


def _recording(reading: Reading, table: Table, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    filled = reading.filled.setdefault(table.name, set())
    for batch in batches:
        filled.update(name for name in table.names if batch[name].null_count < batch.num_rows)
        numbers = batch["source_number"]
        if batch.num_rows:
            reading.rows_read[numbers[0].as_py()] += batch.num_rows  # `stage` yields batches of one source each
        yield batch
