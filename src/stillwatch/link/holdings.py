"""Which values each account's exchanges use, each account and value once, read in ranges of accounts.

An engine would group by account and value once for every kind. Here the columns of all kinds are read together and
brought into the order of accounts; what one account uses then fits in a small table.
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

from stillwatch.engine import Engine, fetched_ahead
from stillwatch.link.kernels import met_again, note
from stillwatch.link.values import used_values_sql
from stillwatch.records.open_table import room

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Count = NDArray[np.uint8]

TABLE = 1 << 29  # bytes at most: if 300 million values differ, one in seven of them stays that nobody else holds
FEW = 16  # exchanges to one value held: of addresses and clients there are fewer, of texts more


@dataclass(frozen=True, slots=True)
class Held:
    """Accounts (ascending) and the values they hold, parallel arrays; each pair once. `first_at` (µs)."""

    account_index: Int32
    value: Int64
    first_at: Int64

    def take(self, chosen: Int64) -> Held:
        """The chosen pairs."""
        return Held(self.account_index[chosen], self.value[chosen], self.first_at[chosen])


@dataclass(frozen=True, slots=True)
class Uses:
    """When accounts used values: parallel arrays (uses,) in no order, a value as often as it was used. `at` (µs)."""

    account_index: Int32
    value: Int64
    at: Int64


def used_values(
    engine: Engine, ranges: Sequence[str], columns: Mapping[int, str], draws: Int32, each: int
) -> tuple[dict[int, Held], Uses]:
    """The values of each code's column of exchanges that two accounts hold, and a few of the others; and of one of the
    codes, `each`, all uses of those.

    Fills `draws` (codes, accounts): how many different values each account uses.
    """
    if len(ranges) == 1:
        log = _Range(engine.fetch(used_values_sql(ranges[0], tuple(columns.values()))), draws)
        found = {code: log.held(code, column) for code, column in columns.items()}
        met = {code: _noted(held.value, _count_of(len(held.value))) for code, held in found.items()}
        return {code: _perhaps(held, met[code]) for code, held in found.items()}, log.uses(columns[each], met[each])
    # two passes: all values of a large log would not fit in memory, but counts of them do
    met, parts = _first_pass(engine, ranges, columns, draws)
    again = {code: column for code, column in columns.items() if code == each or code not in parts}
    parts = {code: [_perhaps(held, met[code]) for held in found] for code, found in parts.items() if code not in again}
    parts.update({code: [] for code in again})
    uses = []
    queries = [used_values_sql(accounts, tuple(again.values())) for accounts in ranges]
    for rows in fetched_ahead(engine, queries):
        log = _Range(rows, draws)
        for code, column in again.items():
            parts[code].append(_perhaps(log.held(code, column), met[code]))
        uses.append(log.uses(columns[each], met[each]))
    met.clear()
    return {code: Held(*_joined(parts.pop(code))) for code in columns}, Uses(*_joined(uses))


def _first_pass(
    engine: Engine, ranges: Sequence[str], columns: Mapping[int, str], draws: Int32
) -> tuple[dict[int, Count], dict[int, list[Held]]]:
    """Counts of all values by code; and what is held of the codes of which no range has more than a FEWth of its rows,
    range by range: it need not be read again.
    """
    met: dict[int, Count] = {}
    kept: dict[int, list[Held]] = {code: [] for code in columns}
    for rows in fetched_ahead(engine, [used_values_sql(accounts, tuple(columns.values())) for accounts in ranges]):
        log = _Range(rows, draws)
        for code, column in columns.items():
            held = log.held(code, column)
            met[code] = _noted(held.value, met.get(code, _count_of(len(held.value) * len(ranges))))
            if code in kept and len(held.value) * FEW <= len(rows):
                kept[code].append(held)
            else:
                kept.pop(code, None)
    return met, kept


def perhaps_shared(held: Held) -> Held:
    """Without most of what one account alone holds: it links nobody, and goes before anything is sorted."""
    return _perhaps(held, _noted(held.value, _count_of(len(held.value))))


def _count_of(values: int) -> Count:
    """A table for counting so many values: one in five of those that are alone stays if all differ."""
    return np.zeros(min(TABLE, 1 << max(4, values.bit_length())), np.uint8)


def _noted(value: Int64, count: Count) -> Count:
    note(value, count)
    return count


def _perhaps(held: Held, count: Count) -> Held:
    return held.take(np.flatnonzero(met_again(held.value, count)))


def _joined(parts: Sequence[Held] | Sequence[Uses]) -> tuple[Any, ...]:
    """Their columns, each one after the other."""
    names = [field.name for field in fields(parts[0])]
    return tuple(np.concatenate([getattr(part, name) for part in parts]) for name in names)


class _Range:
    """Exchanges of some accounts with the values that they use."""

    def __init__(self, rows: pa.Table, draws: Int32) -> None:
        self._rows, self._draws = rows, draws
        self._account_index = rows["account_index"].to_numpy().astype(np.int32, copy=False)
        self._at = rows["started_at"].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
        self._start, self._order = by_account(self._account_index, draws.shape[1])

    def held(self, code: int, column: str) -> Held:
        """What each account uses of a column; notes in `draws` how much that is."""
        value = keyed(self._rows[column])
        return Held(*distinct(self._start, self._order, self._at, value, self._draws[code]))

    def uses(self, column: str, count: Count) -> Uses:
        """All uses of those values of a column that two accounts perhaps hold."""
        value = keyed(self._rows[column])
        chosen = np.flatnonzero(met_again(value, count) & (value != 0))
        return Uses(self._account_index[chosen], value[chosen], self._at[chosen])


def keyed(column: pa.ChunkedArray) -> Int64:
    """Keyed values with 0 for none. An engine would take longer to fill them in, a third of reading the log."""
    return np.asarray(pc.fill_null(column, 0).to_numpy())


@njit(cache=True, nogil=True)
def by_account(account_index: Int32, accounts: int) -> tuple[Int64, Int64]:
    """Where each account's rows begin (accounts + 1,) when rows are put in order, and that order (rows,)."""
    start = np.zeros(accounts + 1, np.int64)
    for u in account_index:
        start[u + 1] += 1
    for u in range(accounts):
        start[u + 1] += start[u]
    free, order = start.copy(), np.empty(len(account_index), np.int64)
    for i in range(len(account_index)):
        order[free[account_index[i]]] = i
        free[account_index[i]] += 1
    return start, order


@njit(cache=True, nogil=True)
def distinct(start: Int64, order: Int64, started_at: Int64, value: Int64, draws: Int32) -> tuple[Int32, Int64, Int64]:
    """Accounts, values and first times, each account and value (0 for none) once; counts the values of accounts that
    have rows.

    Account u has the rows `order[start[u]:start[u + 1]]` of `started_at` and `value`.
    """
    rows = len(value)
    whose, kept, first_at = np.empty(rows, np.int32), np.empty(rows, np.int64), np.empty(rows, np.int64)
    found = 0
    table = np.empty(0, np.int64)
    for u in range(len(start) - 1):
        mine = order[start[u] : start[u + 1]]
        if len(mine) > 0:
            size = room(len(mine))
            table = table if size <= len(table) else np.empty(size, np.int64)
            more = _distinct(mine, value, started_at, kept[found:], first_at[found:], table[:size])
            whose[found : found + more] = u
            draws[u] = more
            found += more
    return whose[:found].copy(), kept[:found].copy(), first_at[:found].copy()


@njit(cache=True, nogil=True)
def _distinct(mine: Int64, value: Int64, started_at: Int64, kept: Int64, first_at: Int64, table: Int64) -> int:
    """Writes one account's values and first times; returns how many there are. `table` is room for finding them."""
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
