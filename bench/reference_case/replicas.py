"""Writes a replica of the people: each account becomes another one, at shifted times, in the same group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.reference_case import identifiers, parts
from bench.reference_case.drafts import MINUTE, Replica
from bench.reference_case.pool import Int64, Pool
from bench.reference_case.values import Values, columns_of, values_of
from bench.reference_case.wordings import Words
from stillwatch.group.exchanges import spans
from stillwatch.records.sketches import EXCHANGE_SKETCHES, OF_INSTRUCTIONS
from stillwatch_lab.worlds import draws

SHIFT = 2 * 60  # most minutes by which a unit's times are shifted
JITTER = 250_000  # most µs by which an exchange is later


@dataclass(frozen=True, slots=True)
class Times:
    """The times at which a world begins and ends and its model is released (µs since 1970)."""

    begins: int
    ends: int
    release: int

    @classmethod
    def of(cls, begins: datetime, days: float, release: float) -> Times:
        """The times from the first midnight and day counts."""
        first = int(np.datetime64(begins, "us").astype(np.int64))
        return cls(first, first + int(days * 86_400_000_000), first + int(release * 86_400_000_000))


def draw_replica(pool: Pool, times: Times, seed: int, number: int) -> Replica:
    """Draws the replica of that number."""
    own = identifiers.replica_key(seed, number)
    ids = identifiers.named(identifiers.purpose_key(own, "account"), len(pool.unit), 24)
    return Replica(number, own, ids, _shifts(pool, times, identifiers.purpose_key(own, "shift")))


def write_replica(path: Path, pool: Pool, replica: Replica, known: Words) -> int:
    """Writes the replica's sketches by account, time and id; returns their number. Ids follow earlier replicas'."""
    return parts.write_sketches(path, _tables(pool, replica, values_of(pool, replica, known)))


def _tables(pool: Pool, replica: Replica, replacements: Values) -> Iterator[pa.Table]:
    order = pc.sort_indices(replica.ids).to_numpy().astype(np.int64)
    size = (pool.start[1:] - pool.start[:-1])[order]
    rows = spans(pool.start[order], pool.start[order] + size)
    account = np.repeat(order, size)
    for at in range(0, len(rows), parts.GROUP_ROWS):
        few = slice(at, at + parts.GROUP_ROWS)
        first = replica.number * pool.rows + at
        made = columns_of(pool, replica, replacements, rows[few], account[few])
        made["exchange_id"] = identifiers.counted_ids(first + np.arange(len(rows[few])))
        made["account_id"] = replica.ids.take(pa.array(account[few]))
        made["started_at"] = pa.array(_times(pool, replica, rows[few], account[few])).cast(pa.timestamp("us"))
        schema = EXCHANGE_SKETCHES.schema
        made |= dict.fromkeys(OF_INSTRUCTIONS, pa.nulls(len(rows[few])))
        yield pa.table({name: made[name].cast(schema.field(name).type) for name in schema.names}, schema=schema)


def _shifts(pool: Pool, times: Times, key: np.uint64) -> Int64:
    """Whole minutes for each account, with one draw per unit.

    Shifted exchanges stay inside the world, and none with the new model comes before its release.
    """
    started = np.asarray(pool.columns["started_at"], np.int64)
    unit = np.repeat(pool.unit, pool.start[1:] - pool.start[:-1])
    far = np.iinfo(np.int64).max // 4
    first, last, moved = (np.full(pool.units, value, np.int64) for value in (far, -far, far))
    np.minimum.at(first, unit, started)
    np.maximum.at(last, unit, started)
    np.minimum.at(moved, unit[pool.moved], started[pool.moved])
    early = np.maximum(times.begins - first, times.release - moved) / MINUTE
    late = (times.ends - last - JITTER) / MINUTE
    low = np.clip(np.ceil(early), -SHIFT, 0)
    high = np.clip(np.floor(late), 0, SHIFT)
    drawn = np.round(low + (high - low) * draws.uniform(identifiers.keys(key, pool.units), "minutes")).astype(np.int64)
    return np.asarray(drawn[pool.unit], np.int64)


def _times(pool: Pool, replica: Replica, rows: Int64, account: Int64) -> Int64:
    """Shifted times (µs); each exchange is also a little later, but not after the account's next one."""
    started = np.asarray(pool.columns["started_at"], np.int64)
    following = np.minimum(rows + 1, len(started) - 1)
    gap = np.where(rows + 1 < pool.start[account + 1], started[following] - started[rows], JITTER)
    drawn = draws.uniform(draws.child(np.full(len(rows), replica.key("late")), "row", rows), "later")
    later = (drawn * np.minimum(gap, JITTER)).astype(np.int64)
    return np.asarray(started[rows] + replica.shift[account] * MINUTE + later, np.int64)
