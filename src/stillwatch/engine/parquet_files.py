"""Arrow rows as Parquet files: what every engine writes in the same way, so that the same rows give the same bytes."""

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

PARTED_BATCH = 32_768  # rows put apart at once: of larger batches the memory is asked for anew each time
PARTED_ROWS = 16 * PARTED_BATCH  # rows held until those of each part are written together: some 120 MB
ROW_GROUP = 131_072  # small enough that a 3 GB memory limit holds two threads' groups with text

Parts = dict[int, list[pa.RecordBatch]]


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
        with _staged_file(path, table.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                rows += batch.num_rows
    except OSError as error:
        raise disk_error(path, error) from error
    return rows


def write_parted(folder: Path, columns: tuple[str, str], batches: Iterable[pa.RecordBatch]) -> None:
    """Streams batches into a folder: one file for each value of the first of two integer columns, named after it and
    without it. Rows ascend in the second as far as they came in one batch.

    Some PARTED_ROWS are written while the next are read; no more are in memory. OutputError if the disk refuses.
    """
    try:
        folder.mkdir()
        with ExitStack() as files, ThreadPoolExecutor(1) as pool:
            writers: dict[int, pq.ParquetWriter] = {}
            last: Future[None] | None = None
            for waiting in _parted(columns, batches):
                if last is not None:
                    last.result()
                for part in waiting.keys() - writers.keys():
                    path, schema = folder / f"{part}.parquet", waiting[part][0].schema
                    # no ranges of values: which file to read says all that is asked of them
                    writers[part] = files.enter_context(_staged_file(path, schema, write_statistics=False))
                last = pool.submit(_write_parts, writers, waiting)
            if last is not None:
                last.result()
    except OSError as error:
        raise disk_error(folder, error) from error


def filled_columns(metadata: pq.FileMetaData) -> frozenset[str]:
    """The columns in which some row has a value; a column without statistics counts as one."""
    filled = set()
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            known = chunk.statistics is not None and chunk.statistics.has_null_count
            if not known or chunk.statistics.null_count < chunk.num_values:
                filled.add(chunk.path_in_schema.split(".")[0])
    return frozenset(filled)


def disk_error(path: Path, error: OSError) -> OutputError:
    """What to say when a file could not be written."""
    return OutputError(
        f"cannot write `{path}`: {error.strerror or error}; free space on that disk or point `temp_directory` elsewhere"
    )


def _parted(columns: tuple[str, str], batches: Iterable[pa.RecordBatch]) -> Iterator[Parts]:
    """The rows of each value of the first column, without it, some PARTED_ROWS at a time."""
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
        if held >= PARTED_ROWS:
            yield waiting
            waiting, held = {}, 0
    yield waiting


def _write_parts(writers: Mapping[int, pq.ParquetWriter], waiting: Parts) -> None:
    for part, rows in waiting.items():
        writers[part].write_table(pa.Table.from_batches(rows))


def _staged_file(path: Path, schema: pa.Schema, write_statistics: bool = True) -> pq.ParquetWriter:
    # Written once, read a few times. LZ4 without dictionaries takes half the time of zstd's first level, for up to
    # twice the room; what people wrote it makes two to four times as small, for more time than all else in writing.
    packed = {name: "NONE" if name in TEXTS else "LZ4" for name in schema.names}
    return pq.ParquetWriter(path, schema, compression=packed, use_dictionary=False, write_statistics=write_statistics)


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
