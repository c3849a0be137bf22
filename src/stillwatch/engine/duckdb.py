"""DuckDB, embedded: one machine, memory bounded by settings, spilling to the run's own disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.engine.query import Query, identifier, literal
from stillwatch.errors import OutputError, QueryError
from stillwatch.records import Table
from stillwatch.settings import EngineSettings

ROW_GROUP = 131_072  # small enough that a 3 GB memory limit holds two threads' groups with text


class DuckDBEngine:
    """One in-process database in a private folder; implements `engine.interface.Engine`."""

    def __init__(self, settings: EngineSettings, parent: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=".stillwatch-", dir=parent))
        self._connection = duckdb.connect()
        self._connection.execute(f"SET memory_limit = {literal(settings.memory_limit)}")
        self._connection.execute(f"SET threads = {settings.threads or os.cpu_count() or 1}")
        spill = settings.temp_directory or str(self._folder / "spill")
        self._connection.execute(f"SET temp_directory = {literal(spill)}")
        self._connection.execute("SET preserve_insertion_order = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET enable_progress_bar = false")
        self._staged = 0

    def __enter__(self) -> DuckDBEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        return self._folder

    def view(self, name: str, query: Query) -> None:
        self._drop(name)
        self._execute(query.name, f"CREATE VIEW {identifier(name)} AS\n{query.sql}")

    def create(self, name: str, query: Query) -> None:
        fresh = f"{name}__new"
        self._drop(fresh)
        self._execute(query.name, f"CREATE TABLE {identifier(fresh)} AS\n{query.sql}")
        self._drop(name)
        self._execute(query.name, f"ALTER TABLE {identifier(fresh)} RENAME TO {identifier(name)}")

    def store(self, table: Table, data: pa.Table) -> None:
        rows = data.select(list(table.names)).cast(table.schema)
        self._connection.register("stored_rows", rows)
        try:
            self.create(table.name, Query(f"store {table.name}", "SELECT * FROM stored_rows"))
        finally:
            self._connection.unregister("stored_rows")

    def store_batches(self, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        self._staged += 1
        path = self._folder / f"{table.name}-{self._staged}.parquet"
        rows = 0
        try:
            with pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1) as writer:
                for batch in batches:
                    writer.write_batch(batch)
                    rows += batch.num_rows
        except OSError as error:
            raise _disk_error(path, error) from error
        self.view(table.name, Query(f"staged {table.name}", f"SELECT * FROM read_parquet({literal(str(path))})"))
        return rows

    def fetch(self, query: Query) -> pa.Table:
        return self._execute(query.name, query.sql).to_arrow_table()

    def batches(self, query: Query, rows: int) -> Iterator[pa.RecordBatch]:
        cursor = self._connection.cursor()
        try:
            yield from cursor.execute(query.sql).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise _query_error(query.name, query.sql, error) from error
        finally:
            cursor.close()

    def columns(self, name: str) -> tuple[str, ...]:
        rows = self._execute(
            "columns",
            f"SELECT column_name FROM duckdb_columns() WHERE table_name = {literal(name)} ORDER BY column_index",
        ).fetchall()
        return tuple(str(row[0]) for row in rows)

    def export(self, table: Table, path: Path) -> int:
        names = ", ".join(identifier(name) for name in table.names)
        order = f"\nORDER BY {', '.join(identifier(name) for name in table.order)}" if table.order else ""
        rows = self.fetch(Query(f"export {table.name}", f"SELECT {names}\nFROM {identifier(table.name)}{order}"))
        try:
            pq.write_table(rows.cast(table.schema), path, compression="zstd", row_group_size=ROW_GROUP)
        except OSError as error:
            raise _disk_error(path, error) from error
        return int(rows.num_rows)

    def close(self) -> None:
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _drop(self, name: str) -> None:
        kinds = self._execute(
            "kind",
            "SELECT 'VIEW' FROM duckdb_views() WHERE NOT internal AND view_name = "
            + literal(name)
            + " UNION ALL SELECT 'TABLE' FROM duckdb_tables() WHERE table_name = "
            + literal(name),
        ).fetchall()
        for (kind,) in kinds:
            self._execute(f"drop {name}", f"DROP {kind} {identifier(name)}")

    def _execute(self, name: str, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql)
        except duckdb.Error as error:
            raise _query_error(name, sql, error) from error


def _disk_error(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write `{path}`: {error.strerror or error}; free space on that disk or point `temp_directory` elsewhere"
    )


def _query_error(name: str, sql: str, error: duckdb.Error) -> QueryError | OutputError:
    reason = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        reason += "; raise `engine.memory_limit` or point `engine.temp_directory` at a larger disk"
    elif "No space left" in reason:
        return OutputError(f"the disk is full while running `{name}`: {reason}; nothing was written to the run folder")
    return QueryError(name, sql, reason)
