"""Writes Arrow rows as Parquet files for every engine; equal rows give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.engine.query import Query, identifier
from stillwatch.errors import OutputError
from stillwatch.records import Table
from stillwatch.records.inputs import TEXTS

PARTITION_BATCH = (
    32_768  # rows partitioned at once; larger batches take longer, as each needs new memory from the system
)
PARTITION_ROWS = 16 * PARTITION_BATCH  # rows held in memory before they are written to their partitions: about 120 MB
GATHERED_BYTES = 8_000_000  # of rows that come in small batches, before they are written
ROW_GROUP = 131_072  # rows; two threads' groups with text fit into a memory limit of 3 GB

Parts = dict[int, list[pa.RecordBatch]]


def export_query(table: Table) -> Query:
    """Returns the query of the table's columns, sorted in the table's order."""
    names = ", ".join(identifier(name) for name in table.names)
    order = f"\nORDER BY {', '.join(identifier(name) for name in table.order)}" if table.order else ""
    return Query(f"export {table.name}", f"SELECT {names}\nFROM {identifier(table.name)}{order}")


def write_export(
    table: Table, path: Path, batches: Iterable[pa.RecordBatch], metadata: Mapping[str, str] | None = None
) -> int:
    """Writes ordered batches as one file with the table's schema and returns its number of rows.

    Raises OutputError when the file cannot be written.
    """
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


def write_temporary(table: Table, path: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Streams batches of the table's schema into a file that only this run reads, and returns the number of rows.

    Raises OutputError when the file cannot be written.
    """
    rows = 0
    try:
        with _temporary_file(path, table.schema) as writer:
            for group in _gathered(batches):
                writer.write_table(group)
                rows += group.num_rows
    except OSError as error:
        raise disk_error(path, error) from error
    return rows


def write_partitions(folder: Path, columns: tuple[str, str], batches: Iterable[pa.RecordBatch]) -> None:
    """Streams batches into a folder, one file for each value of the first of two integer columns.

    A file is named after that value and lacks the column. Its rows that came in one batch ascend in the second column.
    PARTITION_ROWS rows are written while the next are read, so that at most twice as many are in memory. Raises
    OutputError when a file cannot be written.
    """
    try:
        folder.mkdir()
        with ExitStack() as files, ThreadPoolExecutor(1) as pool:
            writers: dict[int, pq.ParquetWriter] = {}
            last: Future[None] | None = None
            for waiting in _partitions(columns, batches):
                if last is not None:
                    last.result()
                for part in waiting.keys() - writers.keys():
                    path, schema = folder / f"{part}.parquet", waiting[part][0].schema
                    # Queries select whole files, never row groups, so that no statistics are needed.
                    writers[part] = files.enter_context(_temporary_file(path, schema, write_statistics=False))
                last = pool.submit(_write_partitions, writers, waiting)
            if last is not None:
                last.result()
    except OSError as error:
        raise disk_error(folder, error) from error


def filled_columns(metadata: pq.FileMetaData) -> frozenset[str]:
    """Returns the columns in which some row has a value; a column without statistics counts as such a column."""
    filled = set()
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            known = chunk.statistics is not None and chunk.statistics.has_null_count
            if not known or chunk.statistics.null_count < chunk.num_values:
                filled.add(chunk.path_in_schema.split(".")[0])
    return frozenset(filled)


def disk_error(path: Path, error: OSError) -> OutputError:
    """Returns the error for a file that could not be written."""
    return OutputError(
        f"cannot write `{path}`: {error.strerror or error}; free space on that disk or point `temp_directory` elsewhere"
    )


def _partitions(columns: tuple[str, str], batches: Iterable[pa.RecordBatch]) -> Iterator[Parts]:
    """Yields, for about PARTITION_ROWS rows at a time, the rows of each value of the first column, without it."""
    column, by = columns
    waiting: Parts = {}
    held = 0
    for batch in batches:
        parts = batch[column].to_numpy()
        order = np.lexsort((batch[by].to_numpy(), parts))
        rows = batch.drop_columns([column]).take(pa.array(order))
        values, begin = np.unique(parts[order], return_index=True)
        for value, first, end in zip(values.tolist(), begin, [*begin[1:], len(parts)], strict=True):
            waiting.setdefault(value, []).append(rows.slice(first, end - first))
        held += len(parts)
        if held >= PARTITION_ROWS:
            yield waiting
            waiting, held = {}, 0
    yield waiting


def _write_partitions(writers: Mapping[int, pq.ParquetWriter], waiting: Parts) -> None:
    for part, rows in waiting.items():
        writers[part].write_table(pa.Table.from_batches(rows))


def _temporary_file(path: Path, schema: pa.Schema, write_statistics: bool = True) -> pq.ParquetWriter:
    # Such a file is written once and read a few times. LZ4 without dictionaries takes half the time of zstd's first
    # level and up to twice the space. Texts stay uncompressed: LZ4 would shrink them two to four times, but would take
    # longer for them than the rest of the writing takes.
    packed = {name: "NONE" if name in TEXTS else "LZ4" for name in schema.names}
    return pq.ParquetWriter(path, schema, compression=packed, use_dictionary=False, write_statistics=write_statistics)


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    # Each row group costs 40 KB of memory where it is written and read: a hundred thousand small files make few.
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += batch.nbytes
        if size >= GATHERED_BYTES:
            yield pa.Table.from_batches(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    # Groups have ROW_GROUP rows however large batches are: memory is bounded, and equal rows give equal bytes.
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= ROW_GROUP:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, ROW_GROUP).combine_chunks()
            waiting = table.slice(ROW_GROUP).to_batches()
    if waiting:
        yield pa.Table.from_batches(waiting).combine_chunks()
