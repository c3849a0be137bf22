"""Arrow rows as Parquet files: what every engine writes in the same way, so that the same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.engine.query import Query, identifier
from stillwatch.errors import OutputError
from stillwatch.records import Table
from stillwatch.records.inputs import TEXTS

ROW_GROUP = 131_072  # small enough that a 3 GB memory limit holds two threads' groups with text


def export_query(table: Table) -> Query:
    """The table's columns in the table's order of rows."""
    names = ", ".join(identifier(name) for name in table.names)
    order = f"\nORDER BY {', '.join(identifier(name) for name in table.order)}" if table.order else ""
    return Query(f"export {table.name}", f"SELECT {names}\nFROM {identifier(table.name)}{order}")


def write_export(
    table: Table, path: Path, batches: Iterable[pa.RecordBatch], metadata: Mapping[str, str] | None = None
) -> int:
    """Writes ordered batches as one file with the table's schema; returns its rows. OutputError if the disk refuses."""
    own = {f"stillwatch.{key}": value for key, value in (metadata or {}).items()}
    schema = table.schema.with_metadata(own or None)
    rows = 0
    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for group in _row_groups(batches):
                writer.write_table(group.cast(schema), row_group_size=ROW_GROUP)
                rows += group.num_rows
    except OSError as error:
        raise disk_error(path, error) from error
    return rows


def write_staged(table: Table, path: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Streams batches of the table's schema into a file that only this run reads; returns their rows."""
    rows = 0
    try:
        with pq.ParquetWriter(path, table.schema, compression=_packed(table), use_dictionary=False) as writer:
            for batch in batches:
                writer.write_batch(batch)
                rows += batch.num_rows
    except OSError as error:
        raise disk_error(path, error) from error
    return rows


def _packed(table: Table) -> dict[str, str]:
    # Written once, read once or twice. LZ4 without dictionaries takes half the time of zstd's first level, for up to
    # twice the room; what people wrote it makes two to four times as small, for more time than all else in writing.
    return {one.name: "NONE" if one.name in TEXTS else "LZ4" for one in table.columns}


def disk_error(path: Path, error: OSError) -> OutputError:
    """What to say when a file could not be written."""
    return OutputError(
        f"cannot write `{path}`: {error.strerror or error}; free space on that disk or point `temp_directory` elsewhere"
    )


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    # full groups however the engine cut its batches: memory stays bounded and the bytes depend on the rows alone
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= ROW_GROUP:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, ROW_GROUP).combine_chunks()
            waiting = table.slice(ROW_GROUP).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting).combine_chunks()
