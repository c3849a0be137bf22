"""What a stage may ask of an engine; one page, implemented by each engine beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from stillwatch.engine.query import Query
from stillwatch.records import Table

Kernel = Callable[[Iterator[pa.RecordBatch], int], Iterator[pa.RecordBatch]]
"""Batches in, batches out, on so many threads."""


class Engine(Protocol):
    """Tables by name, made from SQL or Arrow, read back as Arrow.

    Every method raises QueryError with its SQL when the engine refuses, OutputError when the disk is full.
    """

    @property
    def folder(self) -> Path:
        """A private folder on the run's disk for staged files; removed at the end, unless it was given to be kept."""
        ...

    def view(self, name: str, query: Query) -> None:
        """Names a query without running it."""
        ...

    def create(self, name: str, query: Query) -> None:
        """Runs a query and keeps its rows under a name (replacing what had it)."""
        ...

    def repeated(self, name: str, query: Query, column: str) -> None:
        """Keeps under a name the values of a query's one column, which is a `hash`, that it has more than once."""
        ...

    def partition(self, name: str, query: Query, column: str, by: str) -> None:
        """Runs a query and keeps its rows under a name, apart by an integer column: a condition on it reads no others.

        For rows that are read part by part; the query has at least one row. A part's rows come in runs that ascend in
        `by`, another integer column, so that whoever brings them into its order finds neighbours near one another.
        """
        ...

    def drop(self, name: str) -> None:
        """Forgets a table or view, and frees its room on the disk if it was kept by `partition`."""
        ...

    def store(self, table: Table, data: pa.Table) -> None:
        """Keeps Arrow rows under the table's name, cast to its schema."""
        ...

    def store_batches(self, table: Table, batches: Iterable[pa.RecordBatch]) -> int:
        """Streams Arrow batches of the table's schema to disk under its name; returns the rows written."""
        ...

    def transform(self, table: Table, query: Query, rows: int, kernel: Kernel) -> int:
        """Keeps under the table's name what a kernel makes of a query's rows; returns the rows kept.

        The kernel gets batches of at most `rows` and yields batches of the table's schema. It may run in several
        processes, on several machines and again after a failure, each time on some of the rows: so it can be pickled,
        and what it makes of a row depends on that row alone.
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
        """Rows of each of these tables whose rows are kept; views over files or queries are left out as not free."""
        ...

    def export(self, table: Table, path: Path, metadata: Mapping[str, str] | None = None) -> int:
        """Writes a table as one Parquet file in the table's order; same rows, same bytes. Returns its rows.

        `metadata` goes into the file's own key-value metadata, each key with the prefix `stillwatch.`.
        """
        ...

    def save(self) -> None:
        """Puts what the private folder lacks there, so that an engine opened on it knows every table and view."""
        ...

    def close(self) -> None:
        """Frees memory, connections and staged files."""
        ...
