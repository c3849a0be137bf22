"""How many addresses of the logs name a client's place: those that do not are absent, and a run says how many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.engine import Engine, Query, identifier
from stillwatch.records import Table
from stillwatch.records.address_columns import address_words
from stillwatch.records.addresses import LONGEST
from stillwatch.records.columns import Kind, columns
from stillwatch.records.printable import printable

BATCH_ROWS = 131_072
SHOWN = 40  # characters of an example, from its right end, at which proxies write
MOST_UNUSABLE = 0.1  # share of addresses that name no client, from which too little is seen of where accounts are
ADDRESS_COUNTS = Table(
    "address_counts",
    (*columns(Kind.INT64, "given unusable", required=True), *columns(Kind.STRING, "example")),
)
"""One row for each batch of addresses; `example` is one that names no client."""


@dataclass(frozen=True, slots=True)
class AddressCount:
    """The addresses of one column: how many rows have one, how many of those name no client, and one that does not."""

    column: str
    given: int
    unusable: int
    example: str

    @property
    def is_read(self) -> bool:
        """Whether any of them names a client."""
        return self.unusable < self.given

    @property
    def sentence(self) -> str:
        """How many are unusable, with the example."""
        such = f"such as `{self.example}`"
        if not self.is_read:
            return f"none of {self.given:,} values of `{self.column}` names a public address, {such}"
        return f"of {self.given:,} values of `{self.column}`, {self.unusable:,} name no public address, {such}"


def count_addresses(engine: Engine, table: str, column: str, trusted_hops: int) -> AddressCount:
    """Counts the addresses in a column of a table; raises QueryError."""
    name = identifier(column)
    query = Query(
        f"addresses in {column}",
        f"SELECT right({name}, {LONGEST + 1}) AS address FROM {identifier(table)}\n"
        f"WHERE {name} IS NOT NULL AND {name} <> ''",
    )
    engine.transform(ADDRESS_COUNTS, query, BATCH_ROWS, AddressCounter(trusted_hops))
    sums = (
        "SELECT CAST(coalesce(sum(given), 0) AS BIGINT) AS given, CAST(coalesce(sum(unusable), 0) AS BIGINT) AS"
        f" unusable, min(example) AS example FROM {ADDRESS_COUNTS.name}"
    )
    (row,) = engine.fetch(Query("address counts", sums)).to_pylist()
    engine.drop(ADDRESS_COUNTS.name)
    return AddressCount(column, row["given"], row["unusable"], row["example"] or "")


@dataclass(frozen=True, slots=True)
class AddressCounter:
    """A kernel for the engine; it turns each batch of addresses into one row of ADDRESS_COUNTS."""

    trusted_hops: int  # as in `records.addresses`

    def __call__(self, batches: Iterator[pa.RecordBatch], threads: int) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            distinct = batch.column("address").dictionary_encode()
            used = address_words(distinct.dictionary, self.trusted_hops)[:, 0, 0] > 0
            unusable = pc.invert(pa.array(used).take(distinct.indices))
            example = pc.min(distinct.dictionary.filter(pa.array(~used))).as_py()
            row = {
                "given": batch.num_rows,
                "unusable": int(pc.sum(unusable).as_py() or 0),
                "example": None if example is None else _end(example),
            }
            yield pa.RecordBatch.from_pylist([row], schema=ADDRESS_COUNTS.schema)


def _end(text: str) -> str:
    return printable(text, SHOWN) if len(text) <= SHOWN else f"…{printable(text[-SHOWN:], SHOWN)}"
