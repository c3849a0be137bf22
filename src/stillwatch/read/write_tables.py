"""Writes the tables of the read stage, which the later stages read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from stillwatch.engine import Query, literal
from stillwatch.errors import InputError
from stillwatch.input_files import Source, digest
from stillwatch.job import Window
from stillwatch.read.altered import SOURCE_NAMES, altered_accounts_sql, altered_values_sql, conflicting_rows_sql
from stillwatch.read.duplicates import find_repeats
from stillwatch.read.evidence_reach import reach_rows
from stillwatch.read.evidence_sources import evidence_source_rows
from stillwatch.read.partitions import no_rows_sql
from stillwatch.read.state_tables import source_rows
from stillwatch.read.tables import (
    CheckedPart,
    Reading,
    read_in_place,
    read_staged,
    usable_sql,
)
from stillwatch.read.usable_addresses import count_addresses
from stillwatch.read.validation.faults import ALTERED_BY_ACCOUNT, UNUSED_BY_COLUMN
from stillwatch.records import Table
from stillwatch.records.inputs import (
    ACCOUNTS,
    ALTERED_ACCOUNTS,
    ALTERED_VALUES,
    CONFLICTING_ROWS,
    EVIDENCE_SOURCES,
    EXCHANGES,
    INDICATORS,
    JUDGEMENTS,
    PERMITS,
    QUARANTINE,
    SOURCES,
    UNREAD_FILES,
)
from stillwatch.records.sketches import EXCHANGE_SKETCHES, RECEIVED_GROUPS
from stillwatch.runs.state import State

RECEIVED = "received_sketches"
PASSED_OVER = "its name says no known kind of log"


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of rows by source number: rows that repeat a key, and rows outside the window."""

    repeated: Counter[int] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)  # of a table, the one of its rows that share a key
    outside: Counter[int] = field(default_factory=Counter)


def write_tables(reading: Reading, named: Mapping[str, Sequence[Source]], window: Window) -> Counts:
    """Writes the input tables that are named; `named` gives the sources of each."""
    counts = Counts()
    exchanges, sketches = _read_logs(reading, named[EXCHANGES.name])
    # Of an exchange that was given both raw and as a sketch the raw row is kept, since earlier tables win.
    repeated = _repeats(reading, EXCHANGES, exchanges + sketches, counts)
    for name, table, parts in ((EXCHANGES.name, EXCHANGES, exchanges), (RECEIVED, EXCHANGE_SKETCHES, sketches)):
        _view_window(reading, name, table, _Rows(parts, repeated), window, counts)
    for table in (table for table in (ACCOUNTS, PERMITS, JUDGEMENTS, INDICATORS) if table.name in named):
        found = reading.open(table, named[table.name])
        parts = read_in_place(reading, table, [one for one in found if one.in_place])
        parts += read_staged(reading, table, [one for one in found if not one.in_place])
        rows = _Rows(parts, _repeats(reading, table, parts, counts))
        reading.engine.create(table.name, Query(table.name, rows.sql(table)))
    return counts


def _read_logs(reading: Reading, logs: Sequence[Source]) -> tuple[list[CheckedPart], list[CheckedPart]]:
    """The rows of raw logs, and those of sketches among them."""
    found = reading.open(EXCHANGES, logs)
    raw = [one for one in found if one.table is EXCHANGES]
    sketched = [one for one in found if one.table is not EXCHANGES]
    exchanges = read_in_place(reading, EXCHANGES, [one for one in raw if one.in_place])
    exchanges += read_staged(reading, EXCHANGES, [one for one in raw if not one.in_place])
    sketches = read_in_place(reading, EXCHANGE_SKETCHES, sketched)
    groups = [group for one in sketched if one.footer is not None for group in one.footer.groups]
    rows = [dict(zip(RECEIVED_GROUPS.names, group, strict=True)) for group in groups]
    reading.engine.store(RECEIVED_GROUPS, pa.Table.from_pylist(rows, schema=RECEIVED_GROUPS.schema))
    return exchanges, sketches


def write_sources(reading: Reading, counts: Counts, state: State | None, digests: bool = True) -> None:
    """Writes one row for each file and one for a state; in each row, read = used + duplicate + quarantined.

    Without `digests` that of each file is empty.
    """
    rows = source_rows(state)
    for number, opened in enumerate(reading.sources):
        read, repeated = reading.rows_read[number], counts.repeated[number]
        quarantined = reading.rejects.counts[number]
        rows.append(
            {
                "source": opened.source.shown,
                "feeds": opened.table.name,
                "format": opened.format_name,
                "digest": digest(opened.source) if digests else "",
                "bytes": opened.source.path.stat().st_size,
                "rows_read": read,
                "rows_used": read - repeated - quarantined,
                "rows_duplicate": repeated,
                "rows_quarantined": quarantined,
                "rows_outside_window": counts.outside[number],
                "ignored_columns": opened.ignored,
            }
        )
    reading.engine.store(SOURCES, pa.Table.from_pylist(rows, schema=SOURCES.schema))


def write_quarantine(reading: Reading, counts: Counts) -> None:
    """Writes the rows that were not used, rows that contradict others, and counts of values not used as they stand."""
    engine = reading.engine
    engine.store_batches(QUARANTINE, reading.rejects.batches())
    engine.store_batches(UNUSED_BY_COLUMN, reading.faults.columns())
    engine.store_batches(ALTERED_BY_ACCOUNT, reading.faults.accounts())
    names = [
        {"number": number, "source": one.source.shown, "feeds": one.table.name}
        for number, one in enumerate(reading.sources)
    ]
    engine.store(SOURCE_NAMES, pa.Table.from_pylist(names, schema=SOURCE_NAMES.schema))
    engine.create(CONFLICTING_ROWS.name, conflicting_rows_sql(counts.names))
    engine.create(ALTERED_VALUES.name, altered_values_sql())
    engine.create(ALTERED_ACCOUNTS.name, altered_accounts_sql())


def write_unread_files(reading: Reading, passed_over: Sequence[str]) -> None:
    """Writes the files that were not read, or not to their end.

    Raises InputError with all that cannot be read, unless the settings say that they may be left out; files of permits
    and judgements never may, since a lost permit accuses its holder.
    """
    decisions = [one for one in reading.unread if one.feeds in (PERMITS.name, JUDGEMENTS.name)]
    if decisions or (reading.unread and not reading.settings.skip_unreadable):
        remedy = "to use the rest without them, add `--skip-unreadable`"
        said = [one.error for one in reading.unread]
        raise InputError("\n".join([*said, "permits and judgements must be readable" if decisions else remedy]))
    rows = [(one.source, one.error, one.in_part, False) for one in reading.unread]
    rows += [(path, PASSED_OVER, False, True) for path in passed_over]
    named = [dict(zip(UNREAD_FILES.names, row, strict=True)) for row in rows]
    reading.engine.store(UNREAD_FILES, pa.Table.from_pylist(named, schema=UNREAD_FILES.schema))


def write_evidence_sources(reading: Reading, state: State | None) -> None:
    """Writes which evidence sources are available, given the columns and days of the logs and of a state's sketches."""
    given = {one.table.name for one in reading.sources}
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
    if found and table.name in (ACCOUNTS.name, PERMITS.name):
        counts.names[table.name] = name
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
