"""Reads the footer of a Parquet file, which describes its rows, and rewrites a file that holds broken text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.engine.parquet_files import filled_columns
from stillwatch.errors import OutputError
from stillwatch.input_files import Source, unreadable
from stillwatch.records import Table
from stillwatch.records.sketches import EXCHANGE_SKETCHES

KEY_ID = b"stillwatch.key_id"


@dataclass(frozen=True, slots=True)
class Footer:
    """The footer of a Parquet file.

    `types` are (column, type) in file order, `filled` the columns that are not entirely null, `rows` the number of
    rows, and `key_id` the key of its sketches. `groups` are, for sketches, the first and last account and the number of
    rows of each row group.
    """

    types: tuple[tuple[str, pa.DataType], ...]
    filled: frozenset[str]
    rows: int
    key_id: str | None
    groups: tuple[tuple[str | None, str | None, int], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in file order."""
        return tuple(name for name, _ in self.types)

    def holds_sketches(self) -> bool:
        """Returns whether the file has all columns of the textless sketches."""
        return set(EXCHANGE_SKETCHES.names) <= set(self.names)


def footer(source: Source) -> Footer:
    """Reads the file's footer; raises InputError for what is not whole Parquet and for sketches of another version."""
    try:
        metadata = pq.read_metadata(source.path)
        schema = metadata.schema.to_arrow_schema()
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, f"it is not whole Parquet ({error})") from error
    _check_version(source, schema)
    key_id = (schema.metadata or {}).get(KEY_ID)
    types = tuple((field.name, field.type) for field in schema)
    key_name = key_id.decode("utf-8", "replace") if key_id else None
    found = Footer(types, filled_columns(metadata), metadata.num_rows, key_name)
    return replace(found, groups=tuple(_groups(metadata))) if found.holds_sketches() else found


def _check_version(source: Source, schema: pa.Schema) -> None:
    """Raises InputError for sketches whose columns, or the names of whose codes, are of another version."""
    if not {"payload_value", "content_features"} <= set(schema.names):
        return  # no sketches
    if set(EXCHANGE_SKETCHES.names) <= set(schema.names) and all(
        _names(schema.field(own.name)) in (None, _names(own)) for own in EXCHANGE_SKETCHES.schema
    ):
        return
    raise unreadable(source, "it holds sketches of another version: sketch its logs again")


def _names(field: pa.Field) -> bytes | None:
    """What a field's codes stand for, as stored; None where nothing is."""
    return (field.metadata or {}).get(b"names")


def _groups(metadata: pq.FileMetaData) -> Iterator[tuple[str | None, str | None, int]]:
    """Yields the first and last account of each row group, from its statistics, and its number of rows."""
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        columns = [group.column(index) for index in range(metadata.num_columns)]
        known = next(one.statistics for one in columns if one.path_in_schema == "account_id")
        ends = (known.min, known.max) if known is not None and known.has_min_max else (None, None)
        first, last = (end if isinstance(end, str) else None for end in ends)
        yield first, last, group.num_rows


def check_pages(source: Source) -> None:
    """Reads every page of a file; raises InputError when a page cannot be read."""
    try:
        for _ in pq.ParquetFile(source.path).iter_batches(batch_size=4_096):
            pass
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, str(error)) from error


def with_text_as_bytes(source: Source, table: Table, folder: Path) -> Source:
    """Writes a copy to `folder` whose text columns are bytes, so that only the rows with broken text are rejected.

    The rows keep their order; without rows, the source itself is returned.
    Raises InputError when the file's pages cannot be read either, OutputError when the disk is full.
    """
    path = folder / f"bytes-{len(list(folder.glob('bytes-*')))}.parquet"
    batches = _batches(source, table)
    first = next(batches, None)
    if first is None:
        return source
    try:
        with pq.ParquetWriter(path, first.schema, compression="zstd", compression_level=1) as writer:
            for batch in itertools.chain([first], batches):
                writer.write_batch(batch)
    except OSError as error:
        raise OutputError(f"cannot write `{path}`: {error.strerror or error}; free space on that disk") from error
    return Source(path, source.shown, source.suffix)


def _batches(source: Source, table: Table) -> Iterator[pa.RecordBatch]:
    try:
        stored = pq.ParquetFile(source.path)
        wanted = [name for name in stored.schema_arrow.names if name in table.names]
        for batch in stored.iter_batches(batch_size=4_096, columns=wanted):
            yield pa.record_batch([_as_bytes(values) for values in batch.columns], names=batch.schema.names)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, str(error)) from error


def _as_bytes(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    return values.cast(pa.large_binary()) if is_text else values
