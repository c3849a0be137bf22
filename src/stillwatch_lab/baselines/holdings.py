"""The bipartite graph of accounts and the values that they share, as arrays; most baselines work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch_lab.baselines.channels import Channel, holders_sql
from stillwatch_lab.baselines.tables import Int32, Int64, microseconds

NEVER = np.iinfo(np.int64).min  # marks a missing time, which lies in no window


@dataclass(frozen=True, slots=True)
class Holdings:
    """Edges (edges,) of the account-value graph, by value and then account, and the same by account.

    The accounts with value v, of channel `channel[v]`, are `holder[value_start[v]:value_start[v + 1]]`, ascending. The
    edges of account u are `edge[account_start[u]:account_start[u + 1]]`. Values of a single account are left out.
    """

    value_start: Int64
    holder: Int32
    value_of: Int32
    first_at: Int64
    channel: NDArray[np.int16]
    account_start: Int64
    edge: Int64

    @property
    def accounts(self) -> int:
        """The number of all accounts, with those that share no value."""
        return len(self.account_start) - 1

    @property
    def values(self) -> int:
        """The number of shared values."""
        return len(self.channel)


def load(engine: Engine, accounts: int, chosen: Sequence[Channel]) -> Holdings:
    """The holdings of the chosen channels; needs the tables of `tables.name_logs`."""
    parts = [_shared(engine.fetch(holders_sql(channel))) for channel in chosen]
    return assemble(accounts, parts)


def _shared(rows: pa.Table) -> tuple[Int32, Int64, Int64]:
    """Holders, dense value numbers and first uses of the values that at least two accounts hold."""
    value = dense(rows["value"])
    kept = np.bincount(value, minlength=1)[value] > 1
    first_at = np.where(rows["first_at"].is_valid().to_numpy(), microseconds(rows["first_at"]), NEVER)
    return (
        rows["account_index"].to_numpy()[kept].astype(np.int32),
        dense(pa.chunked_array([value[kept]])),
        first_at[kept],
    )


def dense(values: pa.ChunkedArray) -> Int64:
    """Values (rows,) as integers from 0 in their own order, without gaps."""
    if len(values) == 0:
        return np.empty(0, np.int64)
    ranks = pc.rank(values.combine_chunks(), sort_keys="ascending", tiebreaker="dense")
    return np.asarray(ranks.to_numpy(), np.int64) - 1


def assemble(accounts: int, parts: Sequence[tuple[Int32, Int64, Int64]]) -> Holdings:
    """Holdings from one (holder, value, first_at) a channel, each (rows,), values dense within the channel."""
    sizes = [int(value.max()) + 1 if len(value) else 0 for _, value, _ in parts]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    holder = np.concatenate([part[0] for part in parts] or [np.empty(0, np.int32)])
    value = np.concatenate(
        [part[1] + offset for part, offset in zip(parts, offsets, strict=False)] or [np.empty(0, np.int64)]
    )
    first_at = np.concatenate([part[2] for part in parts] or [np.empty(0, np.int64)])
    order = np.lexsort((holder, value))
    holder, value, first_at = holder[order], value[order], first_at[order]
    channel = np.repeat(np.arange(len(parts), dtype=np.int16), sizes)
    return Holdings(
        starts(value, int(offsets[-1])),
        holder,
        value.astype(np.int32),
        first_at,
        channel,
        starts(holder, accounts),
        np.argsort(holder, kind="stable"),
    )


def starts(numbers: NDArray[np.integer], size: int) -> Int64:
    """Where each number's run begins in an array sorted by it: (size + 1,)."""
    return np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=size))]).astype(np.int64)
