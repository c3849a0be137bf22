"""The order of exchanges within their accounts: by account, time and id, as every stage means it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Int64 = NDArray[np.int64]


def by_account_and_time(position: NDArray[np.int32], started_at: Int64, exchange_id: pa.ChunkedArray) -> Int64:
    """Row numbers in order of `position`, then `started_at` (µs), then `exchange_id` (as bytes). All are (rows,).

    An engine sorts integers far slower than this, and ids are only looked at where all else is equal.
    """
    order = _by_time(position, started_at)
    same = (np.diff(position[order]) == 0) & (np.diff(started_at[order]) == 0)
    tied = np.concatenate([[False], same]) | np.concatenate([same, [False]]) if len(order) else same
    if tied.any():
        among = order[tied]
        columns = {"position": position[among], "at": started_at[among], "id": exchange_id.take(pa.array(among))}
        ranked = pc.sort_indices(pa.table(columns), [(name, "ascending") for name in columns])
        order[tied] = among[ranked.to_numpy()]
    return order


def _by_time(position: NDArray[np.int32], started_at: Int64) -> Int64:
    if len(position) == 0:
        return np.empty(0, np.int64)
    since = started_at - started_at.min()
    bits = int(since.max()).bit_length()
    if bits + int(position.max()).bit_length() <= 63:
        # one integer a row: sorted several times faster than two keys
        return np.argsort(position.astype(np.int64) << np.int64(bits) | since)
    return np.lexsort((since, position))
