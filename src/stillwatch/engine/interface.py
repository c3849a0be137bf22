"""What a stage may ask of an engine. DuckDB and Spark implement it, each in a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from stillwatch.engine.query import Query
from stillwatch.records import Table

Kernel = Callable[[Iterator[pa.RecordBatch], int], Iterator[pa.RecordBatch]]
"""A function of batches of rows and a number of threads, which yields batches of rows."""


class Engine(Protocol):
    """Tables by name, made from SQL or Arrow, read back as Arrow.

    Every method raises QueryError with its SQL when the engine refuses, OutputError when the disk is full.
    """

    @property
    def folder(self) -> Path:
        """A private folder on the run's disk for staged files; `close` removes it unless it is a checkpoint's."""
        ...

    def view(self, name: str, query: Query) -> None:
        """Names a query without running it."""
        ...

    def create(self, name: str, query: Query) -> None:
        """Runs a query and stores its rows as a table of this name, in place of any table or view that had the name."""
        ...

    def duplicate_hashes(self, name: str, query: Query, column: str) -> None:
        """Stores as a table those values of a query's only column, a `hash`, that occur more than once, each once."""
        ...

    def partition(self, name: str, query: Query, column: str, by: str) -> None:
        """Runs a query and stores its rows as a table that is partitioned by the integer column `column`.

        A condition on that column reads the files of no other partition. The query must have at least one row. The
        rows of a partition come in runs that ascend in the integer column `by`, so that a reader that sorts them by it
        finds neighbours near one another.
        """
        ...

    def drop(self, name: str) -> None:
        """Forgets a table or view, and removes the files that `partition` wrote for it."""
        ...

    def store(self, table: Table, data: pa.Table) -> None:
        """Stores Arrow rows under the table's name, cast to its schema."""
        ...

    def store_batches(self, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        """Streams Arrow batches of the table's schema to disk under its name; returns the rows written."""
        ...

    def transform(self, table: Table, query: Query, rows: int, kernel: Kernel) -> int:
        """Stores under the table's name the rows that a kernel makes of a query's rows; returns how many it stored.

        The kernel gets batches of at most `rows` rows and yields batches of the table's schema. It may run in several
        processes, on several machines and again after a failure, each time on some of the rows. So the kernel can be
        pickled, and its result for a row depends on that row alone.
        """
        ...

    def fetch(self, query: Query) -> pa.Table:
        """Runs a query and returns all its rows."""
        ...

    def batches(self, query: Query, rows: int) -> Iterator[pa.RecordBatch]:
        """Runs a query and yields its rows in batches of at most `rows`."""
        ...

    def columns(self, name: str) -> tuple[str, ...]:
        """The column names of a table or view; empty when there is no such table."""
        ...

    def sizes(self, names: Sequence[str]) -> dict[str, int]:
        """How many rows each of these tables has; views are left out, since counting their rows would run a query."""
        ...

    def export(self, table: Table, path: Path, metadata: Mapping[str, str] | None = None) -> int:
        """Writes a table as one Parquet file in the table's order and returns its number of rows.

        The same rows give the same bytes, on every engine.

        `metadata` goes into the file's own key-value metadata, where each key has the prefix `stillwatch.`.
        """
        ...

    def checking(self) -> AbstractContextManager[None]:
        """Returns a block in which queries look at the rows of files themselves.

        Elsewhere an engine may answer from what a Parquet file says of its rows, as their extremes and whether some are
        null; a damaged file may say what is not so.
        """
        ...

    def save(self) -> None:
        """Completes a checkpoint folder, so that an engine that is opened on it knows every table and view."""
        ...

    def close(self) -> None:
        """Frees memory, connections and staged files."""
        ...
