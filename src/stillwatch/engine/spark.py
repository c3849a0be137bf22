"""Implements the engine on Spark: `translate` rewrites the SQL, tasks run the kernels, and the rows are the same.

Tables are Parquet files in the run's own folder, which the driver and the executors must see under the same path.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.disk import hidden
from stillwatch.engine.interface import Kernel
from stillwatch.engine.parquet_files import (
    ROW_GROUP,
    export_query,
    write_export,
    write_temporary,
)
from stillwatch.engine.query import Query
from stillwatch.engine.spark_errors import refusals
from stillwatch.engine.spark_session import start
from stillwatch.engine.spark_workers import KernelTask, RowFunction
from stillwatch.engine.translate import Files, RowExpression, to_spark
from stillwatch.records import Kind, Table
from stillwatch.settings import EngineSettings

_TYPES = {
    Kind.STRING: "STRING",
    Kind.STRINGS: "ARRAY<STRING>",
    Kind.TIMESTAMP: "TIMESTAMP_NTZ",
    Kind.INT64: "BIGINT",
    Kind.INT32: "INT",
    Kind.INT16: "SMALLINT",
    Kind.FLOAT64: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.BYTES: "BINARY",
    Kind.SHARES: "MAP<STRING, DOUBLE>",
}
_ARROW = {_TYPES[kind]: kind.arrow for kind in Kind}
_SCHEME = "^file:/*"  # Spark writes one slash in some places and three in others
_SAVED = "tables.json"


class SparkEngine:
    """One Spark session and a private folder; implements `engine.interface.Engine`."""

    def __init__(self, settings: EngineSettings, parent: Path, checkpoint: Path | None = None) -> None:
        """Starts or joins a session.

        The private folder lies in `temp_directory` if that is set, else in `parent`; on a cluster, driver and executors
        must share it. With a `checkpoint` folder the engine works there, restores the tables that were saved there, and
        does not remove the folder. Raises EngineError when no session starts, OutputError when the disk is full.
        """
        self._is_checkpoint = checkpoint is not None
        self._folder = checkpoint or hidden(Path(settings.temp_directory or parent).absolute(), "engine")
        try:
            self._started = start(settings, self._folder)
        except BaseException:
            self._remove()
            raise
        self._session = self._started.session
        self._frames: dict[str, Any] = {}
        self._files: dict[str, Path] = {}  # table name -> the file or folder of its rows
        self._known: set[str] = set()  # names of `Files` and `RowExpression` that the session has
        self._made: dict[str, dict[str, str]] = {}  # name -> the record from which `_restore` makes it again
        self._numbers = itertools.count(len(list(self._folder.iterdir())))
        if (self._folder / _SAVED).exists():
            self._restore(json.loads((self._folder / _SAVED).read_text(encoding="utf-8")))

    def __enter__(self) -> SparkEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        return self._folder

    def view(self, name: str, query: Query) -> None:
        frame = self._frame(query)
        with refusals(query):
            self._name(name, frame, None)
        self._made[name] = {"query": query.name, "sql": query.sql}

    def create(self, name: str, query: Query) -> None:
        self._write(name, query, self._frame(query))

    def duplicate_hashes(self, name: str, query: Query, column: str) -> None:
        self._write(name, query, self._frame(query).groupBy(column).count().where("count > 1").select(column))

    def partition(self, name: str, query: Query, column: str, by: str) -> None:
        path = self._path(name)
        frame = self._frame(query)
        with refusals(query):
            parted = frame.repartition(column).sortWithinPartitions(column, by)
            parted.write.partitionBy(column).parquet(_address(path))
            self._name(name, self._session.read.schema(frame.schema).parquet(_pattern(path)), path)

    def drop(self, name: str) -> None:
        self._session.catalog.dropTempView(name)
        self._frames.pop(name, None)
        self._made.pop(name, None)
        shutil.rmtree(self._files.pop(name, self._folder / "nowhere"), ignore_errors=True)

    def store(self, table: Table, data: pa.Table) -> None:
        rows = data.select(list(table.names)).cast(table.schema)
        self.store_batches(table, rows.to_batches())

    def store_batches(self, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        path = self._path(table.name).with_suffix(".parquet")
        rows = write_temporary(table, path, batches)
        self._name_files(table, path, Query(f"store {table.name}", ""))
        return rows

    def transform(self, table: Table, query: Query, rows: int, kernel: Kernel) -> int:
        path = self._path(table.name)
        frame = self._frame(query)
        with refusals(query):
            frame.mapInArrow(KernelTask(table, kernel).__call__, _schema(table)).write.parquet(_address(path))
        self._name_files(table, path, query)
        return _rows_in(path)

    def fetch(self, query: Query) -> pa.Table:
        frame = self._frame(query)
        with refusals(query):
            return frame.toArrow()

    def batches(self, query: Query, rows: int) -> Iterator[pa.RecordBatch]:
        # The rows go through files: Spark hands rows over one by one or all at once, and a driver has neither the
        # time for the one nor the memory for the other.
        path = self._path("batches")
        frame = self._frame(query)
        try:
            with refusals(query):
                frame.write.parquet(_address(path))
            for part in _parts(path):  # Spark numbers the parts of an ordered result in its order
                yield from pq.ParquetFile(part).iter_batches(batch_size=rows)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def columns(self, name: str) -> tuple[str, ...]:
        return tuple(self._frames[name].columns) if name in self._frames else ()

    def sizes(self, names: Sequence[str]) -> dict[str, int]:
        return {name: _rows_in(self._files[name]) for name in names if name in self._files}

    def export(self, table: Table, path: Path, metadata: Mapping[str, str] | None = None) -> int:
        return write_export(table, path, self.batches(export_query(table), ROW_GROUP), metadata)

    def checking(self) -> AbstractContextManager[None]:
        return nullcontext()  # Spark takes neither nulls nor extremes from what a file says of them

    def save(self) -> None:
        if self._is_checkpoint:
            fresh = self._folder / f"{_SAVED}.new"
            fresh.write_text(json.dumps(self._made), encoding="utf-8")
            fresh.replace(self._folder / _SAVED)

    def close(self) -> None:
        try:
            self._started.leave()
        finally:
            self._remove()

    def _write(self, name: str, query: Query, frame: Any) -> None:
        path = self._path(name)
        with refusals(query):
            frame.write.parquet(_address(path))
            # The schema is given, since a folder without rows has no file to read it from.
            self._name(name, self._session.read.schema(frame.schema).parquet(_pattern(path)), path)

    def _remove(self) -> None:
        if not self._is_checkpoint:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _restore(self, made: Mapping[str, Mapping[str, str]]) -> None:
        from pyspark.sql.types import StructType

        for name, one in made.items():  # in the order in which they were made, since a view may read an earlier table
            if "sql" in one:
                self.view(name, Query(one["query"], one["sql"]))
            else:
                schema, path = StructType.fromJson(json.loads(one["schema"])), Path(one["path"])
                self._name(name, self._session.read.schema(schema).parquet(_pattern(path)), path)

    def _path(self, name: str) -> Path:
        free = (self._folder / f"{number:04d}-{name}" for number in self._numbers)
        return next(path for path in free if not path.exists() and not path.with_suffix(".parquet").exists())

    def _name_files(self, table: Table, path: Path, query: Query) -> None:
        with refusals(query):
            self._name(table.name, self._session.read.schema(_schema(table)).parquet(_pattern(path)), path)

    def _name(self, name: str, frame: Any, path: Path | None) -> None:
        frame.createOrReplaceTempView(name)
        self._frames[name] = frame
        self._files.pop(name, None)
        self._made.pop(name, None)
        if path is not None:
            self._files[name] = path
            self._made[name] = {"path": str(path), "schema": frame.schema.json()}

    def _frame(self, query: Query) -> Any:
        translated = to_spark(query)
        with refusals(query):
            for name in translated.files.keys() - self._known:
                self._open(translated.files[name])
            for name in translated.expressions.keys() - self._known:
                self._register(translated.expressions[name])
            return self._session.sql(translated.sql)

    def _register(self, expression: RowExpression) -> None:
        from pyspark.sql.pandas import functions

        evaluated = RowFunction(expression.sql, _ARROW[expression.type])

        def value(*columns: pa.Array) -> pa.Array:  # by these types, Spark passes whole arrays
            return evaluated(*columns)

        made: Any = functions.arrow_udf  # its stubs have no function of a variable number of columns
        self._session.udf.register(expression.name, made(value, expression.type))
        self._known.add(expression.name)

    def _open(self, files: Files) -> None:
        from pyspark.sql import functions as sql

        frame = self._session.read.parquet(*(_pattern(Path(path)) for path in files.paths))
        read = [
            # A text that is not UTF-8 is an error here, as in DuckDB; without the check, a later stage would fail.
            sql.validate_utf8(name).alias(name) if kind == "string" else sql.col(name)
            for name, kind in frame.dtypes
        ]
        if files.placed:
            place = sql.col("_metadata.row_index").alias("file_row_number")
            source = sql.regexp_replace("_metadata.file_path", _SCHEME, "/").alias("read_from")
            frame = frame.select(*read, source, place)
            numbered = _numbered(frame.inputFiles(), files.paths)
            numbers = self._session.createDataFrame(numbered, "read_from STRING, file_number BIGINT")
            frame = frame.join(sql.broadcast(numbers), "read_from", "left")
            # A row of an unknown file is an error: it must neither be lost nor be counted for another file.
            lost = sql.raise_error(sql.concat(sql.lit("rows of an unknown file: "), "read_from")).cast("BIGINT")
            frame = frame.withColumn("file_index", sql.coalesce("file_number", lost)).drop("read_from", "file_number")
        else:
            frame = frame.select(*read)
        frame.createOrReplaceTempView(files.name)
        self._known.add(files.name)


def _numbered(found: Sequence[str], paths: Sequence[str]) -> list[tuple[str, int]]:
    """Returns each path in Spark's spelling, with its index in `paths`."""
    places = {path: place for place, path in enumerate(paths)}
    local = (re.sub(_SCHEME, "/", one) for one in found)
    return [(one, places[unquote(one)]) for one in local]


def _address(path: Path) -> str:
    return f"file://{path}"  # not percent-encoded: Spark decodes nothing here


def _pattern(path: Path) -> str:
    """Returns the path escaped for calls in which Spark expects a pattern."""
    return re.sub(r"([][{}*?\\])", r"\\\1", _address(path))


def _schema(table: Table) -> str:
    return ", ".join(f"`{column.name}` {_TYPES[column.kind]}" for column in table.columns)


def _parts(path: Path) -> list[Path]:
    return sorted(path.glob("part-*.parquet"))


def _rows_in(path: Path) -> int:
    return sum(pq.read_metadata(part).num_rows for part in (_parts(path) if path.is_dir() else [path]))
