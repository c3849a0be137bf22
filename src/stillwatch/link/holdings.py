"""Which values each account's exchanges use, each account and value once, read in ranges of accounts.

An engine would group by account and value once for every kind. Here the columns of all kinds are read together and
brought into the order of accounts; what one account uses then fits in a small table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from stillwatch.engine import Engine, fetched_ahead
from stillwatch.link.kernels import met_again, note
from stillwatch.link.values import used_values_sql
from stillwatch.records.open_table import room

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

TABLE = 1 << 29  # bytes, if all values of a kind differ: one in seven of 300 million stays that nobody else holds


@dataclass(frozen=True, slots=True)
class Held:
    """Accounts (ascending) and the values they hold, parallel arrays; each pair once. `first_at` (µs)."""

    position: Int32
    value: Int64
    first_at: Int64

    def take(self, chosen: Int64) -> Held:
        """The chosen pairs."""
        return Held(self.position[chosen], self.value[chosen], self.first_at[chosen])


def used_values(engine: Engine, ranges: Sequence[str], columns: Mapping[int, str], draws: Int32) -> dict[int, Held]:
    """The values of each code's column of exchanges that two accounts hold, and a few of the others.

    Fills `draws` (codes, accounts): how many different values each account uses.
    """
    queries = [used_values_sql(accounts, tuple(columns.values())) for accounts in ranges]
    if len(queries) == 1:
        return {code: perhaps_shared(held) for code, held in _held(engine.fetch(queries[0]), columns, draws)}
    # two passes: all values of a large log would not fit in memory, but counts of them do
    met: dict[int, NDArray[np.uint8]] = {}
    for rows in fetched_ahead(engine, queries):
        for code, held in _held(rows, columns, draws):
            note(held.value, met.setdefault(code, np.zeros(TABLE, np.uint8)))
    parts: dict[int, list[Held]] = {code: [] for code in columns}
    for rows in fetched_ahead(engine, queries):
        for code, held in _held(rows, columns, draws):
            parts[code].append(held.take(np.flatnonzero(met_again(held.value, met[code]))))
    met.clear()
    return {code: _joined(parts.pop(code)) for code in columns}


def perhaps_shared(held: Held) -> Held:
    """Without most of what one account alone holds: it links nobody, and goes before anything is sorted."""
    count = np.zeros(1 << max(4, len(held.value).bit_length()), np.uint8)  # one in five of the rest stays
    note(held.value, count)
    return held.take(np.flatnonzero(met_again(held.value, count)))


def _joined(parts: list[Held]) -> Held:
    return Held(
        np.concatenate([part.position for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.first_at for part in parts]),
    )


def _held(rows: pa.Table, columns: Mapping[int, str], draws: Int32) -> Iterator[tuple[int, Held]]:
    """What accounts hold by these exchanges of theirs, column by column."""
    position = rows["position"].to_numpy().astype(np.int32, copy=False)
    start, place = by_account(position, draws.shape[1])
    started_at = np.empty(len(rows), np.int64)
    started_at[place] = rows["started_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    for code, column in columns.items():
        value, told = _in_place(rows[column], place)
        yield code, Held(*distinct(start, started_at, value, told, draws[code]))


def _in_place(column: pa.ChunkedArray, place: Int64) -> tuple[Int64, Flags]:
    """Values by account, and which of them are there."""
    value, told = np.empty(len(place), np.int64), np.empty(len(place), np.bool_)
    begin = 0
    for chunk in column.chunks:
        at = place[begin : begin + len(chunk)]
        value[at] = chunk.fill_null(0).to_numpy()
        told[at] = chunk.is_valid().to_numpy(zero_copy_only=False) if chunk.null_count else True
        begin += len(chunk)
    return value, told


@njit(cache=True, nogil=True)
def by_account(position: Int32, accounts: int) -> tuple[Int64, Int64]:
    """Where each account's rows begin (accounts + 1,) when rows are put in order, and the place of each row (rows,)."""
    start = np.zeros(accounts + 1, np.int64)
    for u in position:
        start[u + 1] += 1
    for u in range(accounts):
        start[u + 1] += start[u]
    free, place = start.copy(), np.empty(len(position), np.int64)
    for i in range(len(position)):
        place[i] = free[position[i]]
        free[position[i]] += 1
    return start, place


@njit(cache=True, nogil=True)
def distinct(start: Int64, started_at: Int64, value: Int64, told: Flags, draws: Int32) -> tuple[Int32, Int64, Int64]:
    """Accounts, values and first times of the rows of accounts from `start`; counts the values of those with rows."""
    rows = len(value)
    whose, kept, first_at = np.empty(rows, np.int32), np.empty(rows, np.int64), np.empty(rows, np.int64)
    found = 0
    table = np.empty(0, np.int64)
    for u in range(len(start) - 1):
        begin, end = start[u], start[u + 1]
        if end > begin:
            size = room(end - begin)
            table = table if size <= len(table) else np.empty(size, np.int64)
            more = _distinct(
                value[begin:end], told[begin:end], started_at[begin:end], kept[found:], first_at[found:], table[:size]
            )
            whose[found : found + more] = u
            draws[u] = more
            found += more
    return whose[:found].copy(), kept[:found].copy(), first_at[:found].copy()


@njit(cache=True, nogil=True)
def _distinct(value: Int64, told: Flags, started_at: Int64, kept: Int64, first_at: Int64, table: Int64) -> int:
    """Writes one account's values and first times; returns how many there are. `table` is room for finding them."""
    table[:] = -1
    found = 0
    for i in range(len(value)):
        if not told[i]:
            continue
        at = value[i] & (len(table) - 1)
        while table[at] >= 0 and kept[table[at]] != value[i]:
            at = (at + 1) & (len(table) - 1)
        if table[at] < 0:
            table[at], kept[found], first_at[found] = found, value[i], started_at[i]
            found += 1
        else:
            first_at[table[at]] = min(first_at[table[at]], started_at[i])
    return found
