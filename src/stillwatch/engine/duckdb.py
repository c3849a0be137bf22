"""DuckDB, embedded: one machine, memory bounded by settings, spilling to the run's own disk."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa

from stillwatch.disk import hidden
from stillwatch.engine.duckdb_errors import refusals
from stillwatch.engine.duplicate_hashes import FETCH_ROWS, duplicates
from stillwatch.engine.interface import Kernel
from stillwatch.engine.parquet_files import (
    PARTITION_BATCH,
    ROW_GROUP,
    export_query,
    write_export,
    write_partitions,
    write_temporary,
)
from stillwatch.engine.query import Query, identifier, literal
from stillwatch.errors import OutputError, QueryError
from stillwatch.records import Table
from stillwatch.settings import EngineSettings

_SAVED = "tables.duckdb"
_LISTENING = 0.5  # seconds that a signal waits at most
_UTC = "TimeZone = 'UTC'"  # a timestamp without offset means UTC, whatever the machine's own zone


class DuckDBEngine:
    """One in-process database in a private folder; implements `engine.interface.Engine`."""

    def __init__(self, settings: EngineSettings, parent: Path, checkpoint: Path | None = None) -> None:
        """Opens a database whose staged files lie in a hidden folder of `parent`.

        With a `checkpoint` folder they lie there, and the tables that were saved there are loaded. Raises OutputError
        when the folder cannot be made or what it holds cannot be read.
        """
        self._checkpoint = checkpoint
        self._folder = checkpoint or hidden(parent, "engine")
        self._connection = duckdb.connect()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="duckdb")
        self._busy = threading.Lock()
        self._at_work = self._connection
        self._threads = settings.threads or os.cpu_count() or 1
        self._spill = self._folder / "spill"
        spill = settings.temp_directory or str(self._spill)
        for setting in (
            f"memory_limit = {literal(settings.memory_limit)}",
            f"threads = {self._threads}",
            f"temp_directory = {literal(spill)}",
            "preserve_insertion_order = false",
            "enable_progress_bar = false",
            _UTC,
        ):
            self._run("settings", f"SET {setting}")
        self._staged_files = itertools.count()
        self._staged_rows: dict[str, int] = {}
        self._parted: dict[str, Path] = {}
        self._kinds: dict[str, str] = {}  # TABLE or VIEW by name: the catalogue, of which nobody else writes
        if checkpoint is not None and (checkpoint / _SAVED).exists():
            try:
                self._copy(checkpoint / _SAVED, "saved", "memory")
            except QueryError as error:
                reason = f"the tables saved in `{checkpoint}` cannot be read ({error.reason}); remove that folder"
                raise OutputError(reason) from error
            self._kinds.update(self._catalogue())

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
        self._run(query.name, f"CREATE VIEW {identifier(name)} AS\n{query.sql}")
        self._kinds[name] = "VIEW"

    def create(self, name: str, query: Query) -> None:
        # the query may read what it replaces
        made = f"{name}__new" if name in self._kinds else name
        self._run(query.name, f"CREATE OR REPLACE TABLE {identifier(made)} AS\n{query.sql}")
        if made != name:
            self._drop(name)
            self._run(query.name, f"ALTER TABLE {identifier(made)} RENAME TO {identifier(name)}")
        self._kinds[name] = "TABLE"

    def duplicate_hashes(self, name: str, query: Query, column: str) -> None:
        self.create(name, Query(query.name, f"SELECT {identifier(column)} FROM (\n{query.sql}\n) WHERE false"))
        for hashes in duplicates(self.batches(query, FETCH_ROWS), self._folder):
            with self._registered(pa.table({column: hashes})) as rows:
                self._run(query.name, f"INSERT INTO {identifier(name)} SELECT * FROM {rows}")

    def partition(self, name: str, query: Query, column: str, by: str) -> None:
        self.drop(name)
        folder = next(path for path in self._paths(name) if not path.exists())
        self._parted[name] = folder
        # COPY ... PARTITION_BY would take longer and more memory.
        write_partitions(folder, (column, by), self.batches(query, PARTITION_BATCH))
        # The partition comes from a file's name, so that files of other partitions are not even opened. Hive's own
        # partitioning would also read a folder above that is called `a=b`.
        part = f"CAST(parse_filename(part_file, true) AS BIGINT) AS {identifier(column)}"
        rows = f"read_parquet({literal(str(folder / '*.parquet'))}, filename = part_file, hive_partitioning = false)"
        self.view(name, Query(name, f"SELECT {part}, * EXCLUDE (part_file) FROM {rows}"))

    def drop(self, name: str) -> None:
        self._drop(name)
        if name in self._parted:
            shutil.rmtree(self._parted.pop(name), ignore_errors=True)

    def store(self, table: Table, data: pa.Table) -> None:
        with self._registered(data.select(list(table.names)).cast(table.schema)) as rows:
            self.create(table.name, Query(f"store {table.name}", f"SELECT * FROM {rows}"))

    def store_batches(self, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        path = next(path for path in self._paths(table.name) if not path.exists())
        rows = write_temporary(table, path, batches)
        self.view(table.name, Query(f"staged {table.name}", f"SELECT * FROM read_parquet({literal(str(path))})"))
        self._staged_rows[table.name] = rows
        return rows

    def transform(self, table: Table, query: Query, rows: int, kernel: Kernel) -> int:
        return self.store_batches(table, kernel(self.batches(query, rows), self._threads))

    def fetch(self, query: Query) -> pa.Table:
        return self._rows(query.name, query.sql)

    def batches(self, query: Query, rows: int) -> Iterator[pa.RecordBatch]:
        # The reader has a connection of its own, since other queries may run while it is half consumed.
        cursor = self._connection.cursor()
        try:
            with refusals(query.name, query.sql):
                cursor.execute(f"SET {_UTC}")
                reader = self._interruptible(cursor, lambda: cursor.sql(query.sql).to_arrow_reader(rows))
                while (batch := self._interruptible(cursor, lambda: next(reader, None))) is not None:
                    yield batch
        finally:
            cursor.close()

    def columns(self, name: str) -> tuple[str, ...]:
        if name not in self._kinds:
            return ()
        # only planned: the catalogue's own table lists the columns of every table there is
        sql = f"SELECT * FROM {identifier(name)}"
        with refusals("columns", sql):
            return tuple(self._interruptible(self._connection, lambda: self._connection.sql(sql).columns))

    def sizes(self, names: Sequence[str]) -> dict[str, int]:
        tables = [name for name in names if self._kinds.get(name) == "TABLE"]
        counts = [f"SELECT {literal(name)} AS name, count(*) AS n FROM {identifier(name)}" for name in tables]
        rows = self._rows("sizes", "\nUNION ALL ".join(counts)).to_pylist() if counts else []
        found = {**self._staged_rows, **{row["name"]: row["n"] for row in rows}}
        return {name: found[name] for name in names if name in found}

    def export(self, table: Table, path: Path, metadata: Mapping[str, str] | None = None) -> int:
        return write_export(table, path, self.batches(export_query(table), ROW_GROUP), metadata)

    @contextmanager
    def checking(self) -> Iterator[None]:
        self._run("settings", "SET disabled_optimizers = 'statistics_propagation'")
        try:
            yield
        finally:
            self._run("settings", "RESET disabled_optimizers")

    def save(self) -> None:
        if self._checkpoint is None:
            return
        fresh = self._checkpoint / f"{_SAVED}.new"
        fresh.unlink(missing_ok=True)
        self._copy(fresh, "memory", "saved")
        fresh.replace(self._checkpoint / _SAVED)

    def close(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._stop()
        self._connection.close()
        shutil.rmtree(self._spill if self._checkpoint else self._folder, ignore_errors=True)

    @contextmanager
    def _registered(self, rows: pa.Table) -> Iterator[str]:
        """The name under which queries find these rows."""
        self._connection.register("stored_rows", rows)
        try:
            yield "stored_rows"
        finally:
            self._connection.unregister("stored_rows")

    def _copy(self, database: Path, source: str, target: str) -> None:
        """Copies all tables and views between memory and a database file, which is called `saved` meanwhile."""
        self._run("saved tables", f"ATTACH {literal(str(database))} AS saved")
        try:
            self._run("saved tables", f"COPY FROM DATABASE {source} TO {target}")
        finally:
            self._run("saved tables", "DETACH saved")

    def _paths(self, name: str) -> Iterator[Path]:
        return (self._folder / f"{name}-{number}.parquet" for number in self._staged_files)

    def _drop(self, name: str) -> None:
        kind = self._kinds.pop(name, None)
        if kind is not None:
            self._run(f"drop {name}", f"DROP {kind} {identifier(name)}")
        self._staged_rows.pop(name, None)

    def _catalogue(self) -> dict[str, str]:
        """The kind of each table and view by its name."""
        rows = self._rows(
            "catalogue",
            "SELECT view_name AS name, 'VIEW' AS kind FROM duckdb_views() WHERE NOT internal\n"
            "UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables()",
        )
        return dict(zip(rows["name"].to_pylist(), rows["kind"].to_pylist(), strict=True))

    def _run(self, name: str, sql: str) -> None:
        with refusals(name, sql):
            self._interruptible(self._connection, lambda: self._connection.sql(sql))

    def _rows(self, name: str, sql: str) -> pa.Table:
        with refusals(name, sql):
            return self._interruptible(self._connection, lambda: self._connection.sql(sql).to_arrow_table())

    def _interruptible(self, connection: duckdb.DuckDBPyConnection, work: Callable[[], Any]) -> Any:
        # The driver looks for signals only now and then, and not at all inside a long task. So the query runs on a
        # thread beside the main one, which waits where Python handles a signal at once and can then stop the query.
        given_up = threading.Event()

        def tracked() -> Any:
            with self._busy:
                if given_up.is_set():  # the interrupt came before the worker began: nothing would stop the query now
                    return None
                self._at_work = connection
                return work()

        if threading.current_thread() is not threading.main_thread():
            return tracked()  # signals reach the main thread only, and `close` stops this query
        try:
            return _awaited(self._worker.submit(tracked))
        except KeyboardInterrupt:
            given_up.set()
            self._stop()
            raise

    def _stop(self) -> None:
        while not self._busy.acquire(timeout=0.1):
            self._at_work.interrupt()  # repeated, because an interrupt before the query begins is lost
        self._busy.release()


def _awaited(work: Future[Any]) -> Any:
    # A signal that comes just as the main thread begins to wait does not wake it, so the wait ends now and then.
    while True:
        try:
            return work.result(_LISTENING)
        except TimeoutError:
            if work.done():
                return work.result()
