"""The order of exchanges that every stage uses: by account, time and exchange id."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

Int64 = NDArray[np.int64]


def by_account_and_time(account_index: NDArray[np.int32], started_at: Int64, exchange_id: pa.ChunkedArray) -> Int64:
    """Row numbers in order of `account_index`, then `started_at` (µs), then `exchange_id` (as bytes). All are (rows,).

    NumPy sorts integers several times faster than an engine; ids are compared only where all else is equal.
    """
    order = _by_time(account_index, started_at)
    same = (np.diff(account_index[order]) == 0) & (np.diff(started_at[order]) == 0)
    tied = np.concatenate([[False], same]) | np.concatenate([same, [False]]) if len(order) else same
    _by_id(account_index, started_at, exchange_id, order, np.flatnonzero(tied))
    return order


def within_accounts(
    account_index: NDArray[np.int32], started_at: Int64, exchange_id: pa.ChunkedArray, start: Int64, order: Int64
) -> None:
    """Brings `order` (rows,), already by account, into that same order; account u has `order[start[u]:start[u + 1]]`.

    Where an account's rows are in order of time already, as in sorted files, one pass suffices.
    """
    _by_id(account_index, started_at, exchange_id, order, np.flatnonzero(_in_time(start, order, started_at)))


def _by_id(
    account_index: NDArray[np.int32], started_at: Int64, exchange_id: pa.ChunkedArray, order: Int64, tied: Int64
) -> None:
    if len(tied) == 0:
        return
    among = order[tied]
    columns = {"account_index": account_index[among], "at": started_at[among], "id": exchange_id.take(pa.array(among))}
    ranked = pc.sort_indices(pa.table(columns), [(name, "ascending") for name in columns])
    order[tied] = among[ranked.to_numpy()]


@njit(cache=True, nogil=True)
def _in_time(start: Int64, order: Int64, started_at: Int64) -> NDArray[np.bool_]:
    """Puts each account's rows in order of time; marks the places in `order` of those that are at one time."""
    tied = np.zeros(len(order), np.bool_)
    for u in range(len(start) - 1):
        begin, end = start[u], start[u + 1]
        for i in range(begin + 1, end):
            if started_at[order[i]] < started_at[order[i - 1]]:
                mine = order[begin:end].copy()
                order[begin:end] = mine[np.argsort(started_at[mine], kind="mergesort")]
                break
        for i in range(begin + 1, end):
            if started_at[order[i]] == started_at[order[i - 1]]:
                tied[i - 1] = tied[i] = True
    return tied


def _by_time(account_index: NDArray[np.int32], started_at: Int64) -> Int64:
    if len(account_index) == 0:
        return np.empty(0, np.int64)
    since = started_at - started_at.min()
    bits = int(since.max()).bit_length()
    if bits + int(account_index.max()).bit_length() <= 63:
        # one integer a row sorts several times faster than two keys
        return np.argsort(account_index.astype(np.int64) << np.int64(bits) | since)
    return np.lexsort((since, account_index))
