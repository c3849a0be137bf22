"""Which values each account's exchanges use, each account and value once.

An engine would group by account and value once for every attribute. Here the columns of all attributes are read
together and brought into the order of accounts, so that the values of one account fit in a small table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from stillwatch.link.partials import Chunk
from stillwatch.link.value_counts import met_again, note
from stillwatch.records.open_table import room

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Count = NDArray[np.uint8]

# at most so many bytes: of 300 million distinct values, one in seven of those that one account holds stays
COUNTING_BYTES = 1 << 29


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
    chunks: Sequence[Chunk], columns: Mapping[int, str], distinct_count: Int32, each: int
) -> tuple[dict[int, Held], Uses]:
    """The values of exchanges that at least two accounts hold, and a few of the others, by attribute code; and every
    use of the values of one attribute, `each`.

    `columns` names the column of each code. Fills `distinct_count` (codes, accounts): how many distinct values each
    account uses.
    """
    found = {}
    sent = Uses(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
    for code, column in columns.items():
        # two passes: all values of a large log would not fit in memory, but counts of them do
        counted = [_counted(chunk, column, distinct_count[code]) for chunk in chunks]
        met = _count_of(sum(len(account) for account in counted))
        for chunk, account in zip(chunks, counted, strict=True):
            note(chunk.read(f"{column}.value")[account >= 0], met)
        parts = [_entries(chunk, column, account, met) for chunk, account in zip(chunks, counted, strict=True)]
        found[code] = _joined(parts)
        if code == each:
            again = [
                _entries(chunk, f"{column}.again", chunk.indices(chunk.read(f"{column}.again.count")), met)
                for chunk in chunks
            ]
            sent = Uses(*(np.concatenate(one) for one in zip(*map(_columns, [found[code], *again]), strict=True)))
    return found, sent


def _counted(chunk: Chunk, column: str, distinct_count: Int32) -> Int32:
    """The account index of each value of a column, -1 for one that is not used; writes how many each account has."""
    count = chunk.read(f"{column}.count")
    used = chunk.index >= 0
    distinct_count[chunk.index[used]] = count[used]
    return chunk.indices(count)


def _entries(chunk: Chunk, name: str, account: Int32, met: Count) -> Held:
    value = chunk.read(f"{name}.value")
    chosen = np.flatnonzero(met_again(value, met) & (account >= 0))
    return Held(account[chosen], value[chosen], chunk.read(f"{name}.at")[chosen])


def _columns(held: Held) -> tuple[Int32, Int64, Int64]:
    return held.account_index, held.value, held.first_at


def _joined(parts: Sequence[Held]) -> Held:
    """The holdings of several chunks, by ascending account."""
    none = Held(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
    joined = Held(*(np.concatenate(one) for one in zip(*map(_columns, [none, *parts]), strict=True)))
    if (np.diff(joined.account_index) >= 0).all():
        return joined
    return joined.take(np.argsort(joined.account_index, kind="stable"))


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


class Log:
    """The exchanges of some accounts with the values that they use; `accounts` are their indices, ascending."""

    def __init__(self, rows: pa.Table, accounts: int) -> None:
        """`accounts` is the number of all accounts."""
        self._rows, self._size = rows, accounts
        self._at = rows["started_at"].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)
        account_index = rows["account_index"].to_numpy().astype(np.int32, copy=False)
        self._start, self._order = by_account(account_index, accounts)
        self.accounts = np.flatnonzero(np.diff(self._start)).astype(np.int32)

    def partial(self, columns: Sequence[str], each: str) -> dict[str, NDArray[Any]]:
        """The distinct values of every column by account, with how many and since when, and the further uses of those
        of the column `each`, as `used_values` reads them."""
        return dict(entry for column in columns for entry in self._of_column(column, column == each))

    def _of_column(self, column: str, each: bool) -> Iterator[tuple[str, NDArray[Any]]]:
        value, count = keyed(self._rows[column]), np.zeros(self._size, np.int32)
        _, held, first_at = distinct(self._start, self._order, self._at, value, count)
        yield from ((f"{column}.count", count[self.accounts]), (f"{column}.value", held), (f"{column}.at", first_at))
        if each:
            account, again, at = _again(self._start, self._order, self._at, value)
            count = np.bincount(account, minlength=self._size).astype(np.int32)
            yield from ((f"{column}.again.count", count[self.accounts]), (f"{column}.again.value", again))
            yield f"{column}.again.at", at


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
def _again(start: Int64, order: Int64, started_at: Int64, value: Int64) -> tuple[Int32, Int64, Int64]:
    """Account indices, values and times (µs) of the uses later than their account's first of the value; the arguments
    are as of `distinct`."""
    account_index, kept, at = (
        np.empty(len(value), np.int32),
        np.empty(len(value), np.int64),
        np.empty(len(value), np.int64),
    )
    found = 0
    table, held, first_at = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    for account in range(len(start) - 1):
        mine = order[start[account] : start[account + 1]]
        size = room(len(mine))
        if size > len(table):
            table, held, first_at = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
        _distinct(mine, value, started_at, held, first_at, table[:size])
        for i in mine:
            if value[i] != 0:
                place = value[i] & (size - 1)
                while held[table[place]] != value[i]:
                    place = (place + 1) & (size - 1)
                if started_at[i] > first_at[table[place]]:
                    account_index[found], kept[found], at[found] = account, value[i], started_at[i]
                    found += 1
    return account_index[:found].copy(), kept[:found].copy(), at[:found].copy()


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
