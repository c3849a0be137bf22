"""Decides how each file is read: by the names of its columns, by the format of a gateway, or by a mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stillwatch.engine import Engine
from stillwatch.errors import InputError
from stillwatch.input_files import Source, unreadable
from stillwatch.read import gateways
from stillwatch.read.formats.csv_rows import missing_columns
from stillwatch.read.formats.look import TEXT, look
from stillwatch.read.formats.parquet import Footer, check_columns, check_headers, footer
from stillwatch.read.formats.parsed import Reader, RecordFormat
from stillwatch.read.formats.stored import first_records
from stillwatch.read.validation.casts import castable
from stillwatch.read.validation.rejects import printable
from stillwatch.read.validation.times import unit_of
from stillwatch.read.validation.typed import Conventions
from stillwatch.records import Kind, Table
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import ReadSettings

_SAMPLE = 100  # rows of a Parquet file that are looked at
_NAMES = 200  # names of ignored columns that are reported


@dataclass(frozen=True, slots=True)
class Opened:
    """One file and how it is read.

    `footer` is given for Parquet, and `in_place` says that the engine can read its columns as they are stored; every
    other file is converted. `shape` says how a text is divided.
    """

    source: Source
    reader: Reader
    names: tuple[str, ...]
    shape: str = ""
    footer: Footer | None = None
    in_place: bool = False

    @property
    def table(self) -> Table:
        """The table that the file feeds."""
        return self.reader.table

    @property
    def format_name(self) -> str:
        """The gateway's format that the records have, or the file's own where their columns are the table's."""
        return self.source.format if self.reader.format is None else self.reader.format.name

    @property
    def ignored(self) -> list[str]:
        """Printable names of the columns, or of fields of records, that are not read, ascending."""
        if self.reader.format is not None:
            counted = sorted(self.reader.unknown.items())
            return [f"{printable(name)} ({count:,} times)" for name, count in counted[:_NAMES]]
        return sorted({printable(name) for name in self.names if name not in self.table.names})[:_NAMES]


def opened(source: Source, table: Table, settings: ReadSettings, engine: Engine) -> Opened:
    """Looks at the start of a file and decides how its rows become rows of the table.

    A Parquet file of logs holds sketches when it has all of their columns. Raises InputError when the file cannot be
    read, or when a row of it could not have what the table needs.
    """
    found = _opened(source, table, settings, engine)
    if table is ACCOUNTS and set(EXCHANGES.required) <= set(found.names):  # they have an account's only required column
        raise unreadable(source, "it holds exchanges, not accounts", "name a table with a row for each account")
    return found


def _opened(source: Source, table: Table, settings: ReadSettings, engine: Engine) -> Opened:
    if source.format == "parquet":
        return _parquet(source, table, settings, engine)
    asked = _asked(table, settings)
    if source.format == "protobuf":
        return Opened(source, Reader(table, Conventions(settings), _of_messages(source, table, asked)), ())
    seen = look(source, settings)
    form = asked or gateways.recognise_text(seen.lines)
    if seen.shape == TEXT and form is None:
        raise unreadable(
            source, "its lines are neither JSON nor of a format that is known by itself; name one with `--format`"
        )
    if seen.shape == TEXT or (asked is None and form is not None):
        return Opened(source, Reader(table, Conventions(settings), form), (), TEXT)
    form = asked or _recognised(table, seen.names, seen.records)
    reader = Reader(table, Conventions(settings), form)
    reader.how = Conventions(settings, _units(reader, seen.records, settings))
    if form is None and source.format == "csv" and seen.names:
        _refuse(source, table, seen.names)
    return Opened(source, reader, seen.names, seen.shape)


def suggested(sources: Sequence[Source], settings: ReadSettings, engine: Engine) -> str:
    """Returns a mapping file that the first of the logs seem to need; raises InputError when none can be read."""
    records: list[object] = []
    for source in sources:
        if len(records) >= _SAMPLE:
            break
        if source.format == "parquet":
            records += first_records(source, footer(source), engine, _SAMPLE)
        elif source.format != "protobuf":
            records += look(source, settings).records
    if not records:
        kinds = "no file holds records of JSON, CSV or Parquet, and protobuf needs no mapping (it is read as `otel`)"
        raise InputError(f"nothing can be proposed: {kinds}; export the log as JSON lines, one object a request")
    return gateways.suggest(records)


def _parquet(source: Source, table: Table, settings: ReadSettings, engine: Engine) -> Opened:
    found = footer(source)
    # first of all, since pages that claim bytes which they have not can end the engine's whole process
    check_headers([source], counts=False)
    if table is EXCHANGES and found.holds_sketches():
        check_columns(source, found, EXCHANGE_SKETCHES)
        return Opened(
            source, Reader(EXCHANGE_SKETCHES, Conventions(settings)), found.names, footer=found, in_place=True
        )
    check_columns(source, found, table)
    stored = dict(found.types)
    absent = [name for name in table.required if name not in stored]
    asked = _asked(table, settings)
    in_place = asked is None and not absent and all(castable(one, stored.get(one.name)) for one in table.columns)
    if in_place:
        return Opened(source, Reader(table, Conventions(settings)), found.names, footer=found, in_place=True)
    sample = first_records(source, found, engine, _SAMPLE) if found.rows and found.names else []
    form = asked or _recognised(table, found.names, sample)
    if form is None and absent:
        raise missing_columns(source, table, found.names)
    reader = Reader(table, Conventions(settings), form)
    reader.how = Conventions(settings, _units(reader, sample, settings))
    return Opened(source, reader, found.names, footer=found)


def _of_messages(source: Source, table: Table, asked: RecordFormat | None) -> RecordFormat:
    if table is not EXCHANGES:
        raise unreadable(source, f"protobuf holds logs, not `{table.name}`")
    return asked or gateways.named("otel")


def _asked(table: Table, settings: ReadSettings) -> RecordFormat | None:
    """The format or mapping that the settings name for logs."""
    if table is not EXCHANGES:
        return None
    if settings.mapping is not None:
        return gateways.load_mapping(settings.mapping)
    return None if settings.format is None else gateways.named(settings.format)


def _recognised(table: Table, names: Sequence[str], records: Sequence[object]) -> RecordFormat | None:
    """The gateway's format that the records plainly have, unless the columns of most of them are the table's own."""
    if table is not EXCHANGES:
        return None
    required = set(table.required)
    if required <= set(names):
        others = sum(isinstance(one, dict) and not required <= one.keys() for one in records)
        if 2 * others <= len(records):
            return None
    return gateways.recognise(records)


def _refuse(source: Source, table: Table, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if name in table.names and names.count(name) > 1})
    if not set(table.required) <= set(names):
        raise missing_columns(source, table, names)
    if twice:
        raise unreadable(source, f"its first line names {', '.join(f'`{name}`' for name in twice)} twice")


def _units(reader: Reader, sample: Iterable[object], settings: ReadSettings) -> dict[str, str]:
    """For each column of times, the unit in which the file counts: the stated one, or that of most of its first
    numbers, so that one wrong record does not make all others wrong."""
    times = [one.name for one in reader.table.columns if one.kind is Kind.TIMESTAMP]
    if settings.epoch_unit is not None:
        return dict.fromkeys(times, settings.epoch_unit)
    units: dict[str, Counter[str]] = {name: Counter() for name in times}
    for record in sample:
        for row in reader.rows(record):
            for name in times:
                unit = _unit(row.get(name), settings)
                if unit is not None:
                    units[name][unit] += 1
    reader.unknown.clear()  # what the sample shows is counted when it is read
    return {name: counted.most_common(1)[0][0] for name, counted in units.items() if counted}


def _unit(value: object, settings: ReadSettings) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = value if isinstance(value, str) else format(value, "f") if isinstance(value, float) else str(value)
    return unit_of(text, settings.earliest, settings.latest)
