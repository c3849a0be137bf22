"""Which values each account's exchanges use, each account and value once, read segment by segment.

An engine would group by account and value once for every attribute. Here the columns of all attributes are read
together and brought into the order of accounts, so that the values of one account fit in a small table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from stillwatch.engine import Engine, prefetched
from stillwatch.link.value_counts import met_again, note
from stillwatch.link.values import used_values_sql
from stillwatch.records.open_table import room

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Count = NDArray[np.uint8]

# at most so many bytes: of 300 million distinct values, one in seven of those that one account holds stays
COUNTING_BYTES = 1 << 29
FEW = 16  # exchanges for one value held: addresses and clients vary less than that, texts more


@dataclass(frozen=True, slots=True)
class Held:
    """Account indices (ascending) and the values they hold, parallel arrays, each pair once; `first_at` (µs)."""

    account_index: Int32
    value: Int64
    first_at: Int64

    def take(self, chosen: Int64) -> Held:
        """The pairs at the indices `chosen`."""
        return Held(self.account_index[chosen], self.value[chosen], self.first_at[chosen])


@dataclass(frozen=True, slots=True)
class Uses:
    """Every use of a value: parallel arrays (uses,) in no order, `at` (µs)."""

    account_index: Int32
    value: Int64
    at: Int64


def used_values(
    engine: Engine, segments: Sequence[str], columns: Mapping[int, str], distinct_count: Int32, each: int
) -> tuple[dict[int, Held], Uses]:
    """The values of exchanges that at least two accounts hold, and a few of the others, by attribute code; and every
    use of the values of one attribute, `each`.

    `columns` names the column of each code, `segments` are SQL conditions that part the accounts. Fills
    `distinct_count` (codes, accounts): how many distinct values each account uses.
    """
    if len(segments) == 1:
        log = _Segment(engine.fetch(used_values_sql(segments[0], tuple(columns.values()))), distinct_count)
        found = {code: log.held(code, column) for code, column in columns.items()}
        met = {code: _noted(held.value, _count_of(len(held.value))) for code, held in found.items()}
        return {code: _perhaps(held, met[code]) for code, held in found.items()}, log.uses(columns[each], met[each])
    # two passes: all values of a large log would not fit in memory, but counts of them do
    met, parts = _first_pass(engine, segments, columns, distinct_count)
    again = {code: column for code, column in columns.items() if code == each or code not in parts}
    parts = {code: [_perhaps(held, met[code]) for held in found] for code, found in parts.items() if code not in again}
    parts.update({code: [] for code in again})
    uses = []
    queries = [used_values_sql(accounts, tuple(again.values())) for accounts in segments]
    for rows in prefetched(engine, queries):
        log = _Segment(rows, distinct_count)
        for code, column in again.items():
            parts[code].append(_perhaps(log.held(code, column), met[code]))
        uses.append(log.uses(columns[each], met[each]))
    met.clear()
    return {code: Held(*_joined(parts.pop(code))) for code in columns}, Uses(*_joined(uses))


def _first_pass(
    engine: Engine, segments: Sequence[str], columns: Mapping[int, str], distinct_count: Int32
) -> tuple[dict[int, Count], dict[int, list[Held]]]:
    """Counts of all values by code; and the holdings, segment by segment, of those codes that hold less than one value
    in FEW exchanges in every segment, which need not be read again.
    """
    met: dict[int, Count] = {}
    kept: dict[int, list[Held]] = {code: [] for code in columns}
    for rows in prefetched(engine, [used_values_sql(accounts, tuple(columns.values())) for accounts in segments]):
        log = _Segment(rows, distinct_count)
        for code, column in columns.items():
            held = log.held(code, column)
            met[code] = _noted(held.value, met.get(code, _count_of(len(held.value) * len(segments))))
            if code in kept and len(held.value) * FEW <= len(rows):
                kept[code].append(held)
            else:
                kept.pop(code, None)
    return met, kept


def perhaps_shared(held: Held) -> Held:
    """The holdings without most of the values that one account alone holds, which link nothing."""
    return _perhaps(held, _noted(held.value, _count_of(len(held.value))))


def _count_of(values: int) -> Count:
    """A table for counting so many values: of values that one account holds, one in five stays when all differ."""
    return np.zeros(min(COUNTING_BYTES, 1 << max(4, values.bit_length())), np.uint8)


def _noted(value: Int64, count: Count) -> Count:
    note(value, count)
    return count


def _perhaps(held: Held, count: Count) -> Held:
    return held.take(np.flatnonzero(met_again(held.value, count)))


def _joined(parts: Sequence[Held] | Sequence[Uses]) -> tuple[Any, ...]:
    """The columns of several holdings or uses, each concatenated."""
    names = [field.name for field in fields(parts[0])]
    return tuple(np.concatenate([getattr(part, name) for part in parts]) for name in names)


class _Segment:
    """The exchanges of one segment with the values that they use."""

    def __init__(self, rows: pa.Table, distinct_count: Int32) -> None:
        self._rows, self._draws = rows, distinct_count
        self._account_index = rows["account_index"].to_numpy().astype(np.int32, copy=False)
        self._at = rows["started_at"].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
        self._start, self._order = by_account(self._account_index, distinct_count.shape[1])

    def held(self, code: int, column: str) -> Held:
        """The distinct values of a column by account; writes how many there are to `distinct_count`."""
        value = keyed(self._rows[column])
        return Held(*distinct(self._start, self._order, self._at, value, self._draws[code]))

    def uses(self, column: str, count: Count) -> Uses:
        """All uses of those values of a column that two accounts may hold."""
        value = keyed(self._rows[column])
        chosen = np.flatnonzero(met_again(value, count) & (value != 0))
        return Uses(self._account_index[chosen], value[chosen], self._at[chosen])


def keyed(column: pa.ChunkedArray) -> Int64:
    """Keyed values (rows,) with 0 for none. Arrow fills them in faster than an engine does."""
    return np.asarray(pc.fill_null(column, 0).to_numpy())


@njit(cache=True, nogil=True)
def by_account(account_index: Int32, accounts: int) -> tuple[Int64, Int64]:
    """The order (rows,) that brings rows into the order of accounts, and where each account's rows then begin
    (accounts + 1,), returned first."""
    start = np.zeros(accounts + 1, np.int64)
    for account in account_index:
        start[account + 1] += 1
    for account in range(accounts):
        start[account + 1] += start[account]
    free, order = start.copy(), np.empty(len(account_index), np.int64)
    for i in range(len(account_index)):
        order[free[account_index[i]]] = i
        free[account_index[i]] += 1
    return start, order


@njit(cache=True, nogil=True)
def distinct(
    start: Int64, order: Int64, started_at: Int64, value: Int64, distinct_count: Int32
) -> tuple[Int32, Int64, Int64]:
    """Account indices, values and first times (µs), each account and value once; writes how many values each account
    with rows has to `distinct_count`.

    Account u has the rows `order[start[u]:start[u + 1]]` of `started_at` and `value`, in which 0 stands for none.
    """
    rows = len(value)
    account_index, kept, first_at = np.empty(rows, np.int32), np.empty(rows, np.int64), np.empty(rows, np.int64)
    found = 0
    table = np.empty(0, np.int64)
    for account in range(len(start) - 1):
        mine = order[start[account] : start[account + 1]]
        if len(mine) > 0:
            size = room(len(mine))
            table = table if size <= len(table) else np.empty(size, np.int64)
            more = _distinct(mine, value, started_at, kept[found:], first_at[found:], table[:size])
            account_index[found : found + more] = account
            distinct_count[account] = more
            found += more
    return account_index[:found].copy(), kept[:found].copy(), first_at[:found].copy()


@njit(cache=True, nogil=True)
def _distinct(mine: Int64, value: Int64, started_at: Int64, kept: Int64, first_at: Int64, table: Int64) -> int:
    """Writes one account's values and first times; returns how many there are. `table` is an open-addressing table,
    whose entries are overwritten."""
    table[:] = -1
    found = 0
    for i in mine:
        if value[i] == 0:
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
