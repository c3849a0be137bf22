"""Rows of Parquet files whose columns are not of the table's types: read in batches and converted like text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.errors import QueryError, QueryErrorKind
from stillwatch.input_files import Source
from stillwatch.read.formats.lines import Line
from stillwatch.read.formats.parquet import Footer, broken_page, text_as_bytes, with_plain_names
from stillwatch.read.formats.parsed import Batch, Parsed, Reader
from stillwatch.read.validation.typed import python_values, typed

_BATCH_ROWS = 4_096
_SHOWN = 60  # characters of one value in what a rejected row held
_ROW = "stored_row"


@dataclass(frozen=True, slots=True)
class _StoredRows:
    """The rows of one batch, with the number of each in its file."""

    batch: pa.RecordBatch

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each row, (rows,)."""
        return np.asarray(self.batch[_ROW])

    def line(self, index: int) -> Line:
        """The row with this index, as text."""
        row = self.batch.slice(index, 1)
        values = {name: python_values(column)[0] for name, column in zip(row.schema.names, row.columns, strict=True)}
        held = {name: _short(value) for name, value in values.items() if name != _ROW}
        return Line(int(self.numbers[index]), str(held).encode("utf-8", "replace"))


def parse_stored(reader: Reader, source: Source, footer: Footer, engine: Engine) -> Iterator[Parsed]:
    """Yields the rows of a Parquet file in batches; raises InputError when its pages cannot be read."""
    names = [name for name in _readable(footer) if reader.format is not None or name in reader.table.names]
    for batch in _batches(engine, with_plain_names(source, footer, reader.table, engine.folder), names):
        if reader.format is None:
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            yield Parsed(typed(reader.table, columns, batch.num_rows, reader.how), _StoredRows(batch), ())
        else:
            found = Batch(reader)
            for number, record in zip(_StoredRows(batch).numbers.tolist(), _records(batch), strict=True):
                found.add(record, Line(number, repr(record)[:1_000].encode("utf-8", "replace")))
            yield found.parsed()


def first_records(source: Source, footer: Footer, engine: Engine, rows: int) -> list[Mapping[str, object]]:
    """Returns at most so many first rows; raises InputError when they cannot be read."""
    found = _batches(engine, source, list(_readable(footer)), f"\nWHERE file_row_number < {rows}")
    return [record for batch in found for record in _records(batch)]


def _readable(footer: Footer) -> Iterator[str]:
    closed = {name for name, _ in footer.closed}
    seen: set[str] = set()
    for name in footer.names:
        # of names that differ in nothing but case, an engine reads the first
        if name not in closed and name.lower() not in seen:
            seen.add(name.lower())
            yield name


def _batches(engine: Engine, source: Source, names: list[str], where: str = "") -> Iterator[pa.RecordBatch]:
    """Yields the columns; where a text is no UTF-8, all texts as bytes."""
    columns = ", ".join(map(identifier, names))

    def query(what: str, at: Source) -> Query:
        relation = f"read_parquet([{literal(str(at.path.absolute()))}], hive_partitioning = false)"
        return Query("rows to convert", f"SELECT {what}\nFROM {relation}{where}")

    try:
        if names:
            every = ", ".join(f"max(hash({identifier(name)})) AS c{at}" for at, name in enumerate(names))
            engine.fetch(query(every, source))  # before any row goes out
    except QueryError as error:
        if error.kind is not QueryErrorKind.BROKEN_TEXT:
            raise broken_page(source, error) from error
        source = text_as_bytes(source, engine.folder)
    try:
        rows = f"file_row_number + 1 AS {_ROW}{', ' if columns else ''}{columns}"
        yield from engine.batches(query(rows, source), _BATCH_ROWS)
    except QueryError as error:
        raise broken_page(source, error) from error


def _records(batch: pa.RecordBatch) -> Iterator[Mapping[str, object]]:
    names = [name for name in batch.schema.names if name != _ROW]
    columns = [_texts(python_values(batch[name])) for name in names]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _texts(values: list[object]) -> list[object]:
    return [_text(value) for value in values]


def _text(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return _texts(value)
    if isinstance(value, dict):
        return {_text(name): _text(one) for name, one in value.items()}
    return value


def _short(value: object) -> object:
    return value[:_SHOWN] if isinstance(value, str | bytes | list) else value
