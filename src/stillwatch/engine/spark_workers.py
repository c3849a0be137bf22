"""The code that Spark's executors run in Python: expressions that DuckDB evaluates, and the stages' kernels.

Executors import this module by name, so Stillwatch must be installed where they run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import duckdb
import pyarrow as pa

from stillwatch.engine.interface import Kernel
from stillwatch.records import Table


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """The database of this process: opening one for each batch would take most of an expression's time."""
    database = duckdb.connect()
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    database.execute("SET threads = 1")  # an executor has one core for a task; one thread keeps the order
    return database


@dataclass(frozen=True, slots=True)
class RowFunction:
    """A function of Arrow columns: a DuckDB expression over c0, c1, …, one value a row, as this Arrow type."""

    sql: str
    type: pa.DataType

    def __call__(self, *columns: pa.Array) -> pa.Array:
        """Takes arrays of one length and returns an array of that length; raises what DuckDB raises."""
        rows = pa.table(list(columns), names=[f"c{place}" for place in range(len(columns))])
        with _database().cursor() as connection:
            connection.register("rows", rows)
            found = connection.sql(f"SELECT {self.sql} AS value FROM rows").to_arrow_table()["value"]
        return found.cast(self.type).combine_chunks() if found.num_chunks else pa.array([], self.type)


@dataclass(frozen=True, slots=True)
class KernelTask:
    """A kernel as Spark maps it over the batches of one task, which has one core; it yields batches of the table."""

    table: Table
    kernel: Kernel

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yields batches whose columns may all be null, since Spark knows no column that may not."""
        schema = pa.schema([pa.field(column.name, column.kind.arrow) for column in self.table.columns])
        for batch in self.kernel(batches, 1):
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
