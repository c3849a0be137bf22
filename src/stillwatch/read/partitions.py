"""A part is the rows of one SQL relation: Parquet files with equal columns, or rows staged from text files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from stillwatch.engine import identifier, literal
from stillwatch.input_files import Source
from stillwatch.read.validation.casts import Cast, cast
from stillwatch.read.validation.faults import REPLACED
from stillwatch.read.validation.rejects import IMPOSSIBLE_TIME, MISSING_KEY, UNKNOWN_WORD
from stillwatch.read.validation.typed import CLOSED_WORDS, NEVER_AFTER, NEVER_BEFORE
from stillwatch.records import Column, Kind, Table
from stillwatch.settings import ReadSettings

_SHOWN = 60  # characters of one value in the raw text of a quarantined Parquet row


@dataclass(frozen=True, slots=True)
class Condition:
    """What holds for a row whose value in a column is at fault, as SQL over the relation, and why it is."""

    sql: str
    reason: str
    column: str


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table, as the SQL expressions that read them.

    `relation` is a FROM clause. `number` (of the source), `row` (in it) and `line` (1-based) are expressions over it.
    `casts` has one entry for each contract column, in the order of the table. `faults` say when a row has no usable
    key: a condition, the reason and the column, of which the first whose condition holds counts. `alterations` say
    likewise when an optional value is not used as it stands.
    """

    table: Table
    relation: str
    number: str
    row: str
    line: str
    casts: tuple[Cast, ...]
    faults: tuple[Condition, ...] = ()
    alterations: tuple[Condition, ...] = ()
    stored: tuple[str, ...] = ()  # the contract columns that the relation has

    @property
    def place(self) -> str:
        """An expression that gives one integer for source and row; a file may have up to 2^40 rows."""
        return f"(({self.number})::BIGINT << 40) + ({self.row})"


def parquet_part(
    table: Table,
    sources: Sequence[Source],
    first: int,
    types: Iterable[tuple[str, pa.DataType]],
    settings: ReadSettings,
) -> Part:
    """Returns the part of Parquet files with equal columns and types; sources are numbered from `first`, in order."""
    stored = dict(types)
    paths = ", ".join(literal(str(source.path.absolute())) for source in sources)
    casts = tuple(_bounded(column, cast(column, stored.get(column.name)), settings) for column in table.columns)
    return Part(
        table,
        f"read_parquet([{paths}], hive_partitioning = false)",
        f"{first} + file_index",
        "file_row_number + 1",
        "file_row_number + 1",
        casts,
        tuple(_faults(table, casts, settings)),
        tuple(
            Condition(sql, reason, column.name)
            for column, read in zip(table.columns, casts, strict=True)
            for sql, reason in read.faults
            if not column.required or reason == REPLACED
        ),
        tuple(name for name in table.names if name in stored),
    )


def staged_part(table: Table, name: str) -> Part:
    """Returns the part of a staged table, whose rows were checked when they were staged."""
    return Part(
        table,
        identifier(name),
        "source_number",
        "source_row",
        "source_line",
        tuple(Cast(identifier(column)) for column in table.names),
        stored=table.names,
    )


def rows_sql(part: Part, extra: str = "") -> str:
    """Returns the query of a part's rows in the contract's columns; `extra` adds expressions over the relation."""
    columns = ", ".join(
        value.value if value.value == identifier(name) else f"{value.value} AS {identifier(name)}"
        for name, value in zip(part.table.names, part.casts, strict=True)
    )
    return f"SELECT {columns}{', ' + extra if extra else ''}\nFROM {part.relation}"


def no_rows_sql(table: Table, extra: str = "") -> str:
    """Returns a query that gives the table's columns and no row; `extra` adds expressions."""
    nulls = ", ".join(f"CAST(NULL AS {one.kind.value}) AS {identifier(one.name)}" for one in table.columns)
    return f"SELECT {nulls}{', ' + extra if extra else ''} WHERE false"


def reason_sql(part: Part) -> str:
    """Returns an expression over the relation: why a row has no usable key, null for a usable row."""
    return _first(part, [one.reason for one in part.faults])


def column_sql(part: Part) -> str:
    """Returns an expression over the relation: the column of a row's unusable key, null for a usable row."""
    return _first(part, [one.column for one in part.faults])


def _first(part: Part, said: Sequence[str]) -> str:
    cases = " ".join(f"WHEN {one.sql} THEN {literal(word)}" for one, word in zip(part.faults, said, strict=True))
    return f"CASE {cases} END" if cases else "CAST(NULL AS VARCHAR)"


def raw_sql(part: Part) -> str:
    """Returns an expression over the relation: a row's stored values as text, each shortened, keys first."""
    shown = ", ".join(
        f"{literal(name)}: left(try_cast({identifier(name)} AS VARCHAR), {_SHOWN})" for name in part.stored
    )
    return f"CAST({{{shown}}} AS VARCHAR)" if shown else "''"


def _bounded(column: Column, read: Cast, settings: ReadSettings) -> Cast:
    if column.kind is not Kind.TIMESTAMP or column.required:
        return read
    low, high = _bounds(settings)
    faults = read.faults
    if column.name in NEVER_BEFORE:
        faults += ((f"{read.value} < {low}", IMPOSSIBLE_TIME),)
    if column.name in NEVER_AFTER:
        faults += ((f"{read.value} >= {high}", IMPOSSIBLE_TIME),)
    # Databases write "never" as `9999-12-31`: an optional time outside the bounds counts as absent.
    return Cast(f"CASE WHEN {_inside(read.value, settings)} THEN {read.value} END", faults)


def _faults(table: Table, casts: Sequence[Cast], settings: ReadSettings) -> Iterable[Condition]:
    keys = [pair for pair in zip(table.columns, casts, strict=True) if pair[0].required]
    for column, read in keys:
        yield from (Condition(sql, reason, column.name) for sql, reason in read.faults if reason != REPLACED)
    for column, read in keys:
        yield Condition(f"{read.value} IS NULL", MISSING_KEY, column.name)
    for column, read in keys:
        if column.kind is Kind.TIMESTAMP:
            yield Condition(f"NOT ({_inside(read.value, settings)})", IMPOSSIBLE_TIME, column.name)
    for column, read in keys:
        words = CLOSED_WORDS.get((table.name, column.name))
        if words is not None:
            listed = ", ".join(map(literal, words))
            yield Condition(f"{read.value} NOT IN ({listed})", UNKNOWN_WORD, column.name)


def _inside(value: str, settings: ReadSettings) -> str:
    low, high = _bounds(settings)
    return f"{value} >= {low} AND {value} < {high}"


def _bounds(settings: ReadSettings) -> tuple[str, str]:
    low, high = (
        f"TIMESTAMP {literal(str(bound.replace(tzinfo=None)))}" for bound in (settings.earliest, settings.latest)
    )
    return low, high
