"""Writes the tables of the read stage, which the later stages read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from stillwatch.engine import Query, literal
from stillwatch.input_files import Source, digest
from stillwatch.job import Window
from stillwatch.read.duplicates import find_repeats
from stillwatch.read.evidence_reach import reach_rows
from stillwatch.read.evidence_sources import evidence_source_rows
from stillwatch.read.formats.parquet import footer
from stillwatch.read.partitions import no_rows_sql
from stillwatch.read.state_tables import source_rows
from stillwatch.read.tables import (
    CheckedPart,
    Reading,
    read_parquet_files,
    read_text,
    usable_sql,
)
from stillwatch.read.usable_addresses import count_addresses
from stillwatch.records import Table
from stillwatch.records.inputs import (
    ACCOUNTS,
    EVIDENCE_SOURCES,
    EXCHANGES,
    JUDGEMENTS,
    PERMITS,
    QUARANTINE,
    SOURCES,
)
from stillwatch.records.sketches import EXCHANGE_SKETCHES, RECEIVED_GROUPS
from stillwatch.runs.state import State

RECEIVED = "received_sketches"


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of rows by source number: rows that repeat a key, and rows outside the window."""

    repeated: Counter[int] = field(default_factory=Counter)
    outside: Counter[int] = field(default_factory=Counter)


def write_tables(reading: Reading, named: Mapping[str, Sequence[Source]], window: Window) -> Counts:
    """Writes the input tables; `named` gives the sources of each table.

    A Parquet file of logs holds sketches when it has all of their columns, and raw exchanges otherwise. Raises
    InputError when a file cannot be read.
    """
    counts = Counts()
    logs = named[EXCHANGES.name]
    files = [(source, footer(source)) for source in logs if source.format == "parquet"]
    exchanges = read_parquet_files(reading, EXCHANGES, [pair for pair in files if not pair[1].holds_sketches()])
    exchanges += read_text(reading, EXCHANGES, [source for source in logs if source.format != "parquet"])
    sketches = read_parquet_files(reading, EXCHANGE_SKETCHES, [pair for pair in files if pair[1].holds_sketches()])
    groups = [dict(zip(RECEIVED_GROUPS.names, group, strict=True)) for _, found in files for group in found.groups]
    reading.engine.store(RECEIVED_GROUPS, pa.Table.from_pylist(groups, schema=RECEIVED_GROUPS.schema))
    # Of an exchange that was given both raw and as a sketch the raw row is kept, since earlier tables win.
    repeated = _repeats(reading, EXCHANGES, exchanges + sketches, counts)
    for name, table, parts in ((EXCHANGES.name, EXCHANGES, exchanges), (RECEIVED, EXCHANGE_SKETCHES, sketches)):
        _view_window(reading, name, table, _Rows(parts, repeated), window, counts)
    for table in (ACCOUNTS, PERMITS, JUDGEMENTS):
        sources = named[table.name]
        parts = read_parquet_files(reading, table, [(one, footer(one)) for one in sources if one.format == "parquet"])
        parts += read_text(reading, table, [source for source in sources if source.format != "parquet"])
        rows = _Rows(parts, _repeats(reading, table, parts, counts))
        reading.engine.create(table.name, Query(table.name, rows.sql(table)))
    return counts


def write_sources(reading: Reading, counts: Counts, state: State | None) -> None:
    """Writes one row for each file and one for a state; in each row, read = used + duplicate + quarantined."""
    rows = source_rows(state)
    for number, (source, table) in enumerate(reading.sources):
        read, repeated = reading.rows_read[number], counts.repeated[number]
        quarantined = reading.rejects.counts[number]
        rows.append(
            {
                "source": source.shown,
                "feeds": table.name,
                "digest": digest(source),
                "bytes": source.path.stat().st_size,
                "rows_read": read,
                "rows_used": read - repeated - quarantined,
                "rows_duplicate": repeated,
                "rows_quarantined": quarantined,
                "rows_outside_window": counts.outside[number],
                "ignored_columns": reading.ignored.get(number, []),
            }
        )
    reading.engine.store(SOURCES, pa.Table.from_pylist(rows, schema=SOURCES.schema))


def write_quarantine(reading: Reading) -> None:
    """Writes the rows of all sources that were not used."""
    reading.engine.store_batches(QUARANTINE, reading.rejects.batches())


def write_evidence_sources(reading: Reading, state: State | None) -> None:
    """Writes which evidence sources are available, given the columns and days of the logs and of a state's sketches."""
    given = {table.name for _, table in reading.sources}
    filled: dict[str, set[str]] = dict(reading.filled)
    if state is not None and state.parts:
        given.add(EXCHANGE_SKETCHES.name)
        filled[EXCHANGE_SKETCHES.name] = filled.get(EXCHANGE_SKETCHES.name, set()) | set(state.filled)
    addresses = [
        count_addresses(reading.engine, table.name, column, reading.settings.trusted_hops)
        for table, column in ((EXCHANGES, "client_address"), (ACCOUNTS, "signup_address"))
        if column in reading.filled.get(table.name, ())
    ]
    found = [*evidence_source_rows(filled, given, addresses), *reach_rows(reading.engine)]
    rows = sorted(found, key=lambda row: str(row["name"]))
    reading.engine.store(EVIDENCE_SOURCES, pa.Table.from_pylist(rows, schema=EVIDENCE_SOURCES.schema))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The parts of one table, and the name of the table of repeated places (None without any)."""

    parts: Sequence[CheckedPart]
    repeated: str | None

    def sql(self, table: Table, with_number: bool = False) -> str:
        """Returns the query of the usable rows, each once; `with_number` adds the column `number` of their source."""
        if not self.parts:
            return no_rows_sql(table, "CAST(NULL AS BIGINT) AS number" if with_number else "")
        return "\nUNION ALL\n".join(
            usable_sql(one, f"{one.part.number} AS number" if with_number else "", self.repeated) for one in self.parts
        )


def _repeats(reading: Reading, table: Table, parts: Sequence[CheckedPart], counts: Counts) -> str | None:
    if not parts:
        return None
    name = f"repeated_{table.name}"
    found = find_repeats(reading.engine, name, parts)
    counts.repeated.update(found)
    return name if found else None


def _view_window(reading: Reading, name: str, table: Table, rows: _Rows, window: Window, counts: Counts) -> None:
    ends = [
        f"started_at {sign} TIMESTAMP {literal(str(end))}"
        for sign, end in ((">=", window.since), ("<", window.until))
        if end is not None
    ]
    if not ends or not rows.parts:
        reading.engine.view(name, Query(name, rows.sql(table)))
        return
    inside = " AND ".join(ends)
    reading.engine.view(name, Query(name, f"SELECT * FROM (\n{rows.sql(table)}\n) WHERE {inside}"))
    outside = f"SELECT number, count(*) AS n FROM (\n{rows.sql(table, with_number=True)}\n) WHERE NOT ({inside})"
    for row in reading.engine.fetch(Query("rows outside the window", f"{outside} GROUP BY number")).to_pylist():
        counts.outside[row["number"]] += row["n"]
