"""Accounts that joined a living network since the last run: found with every addition, kept until a run judges them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.assess.latecomers import Tie, level_of_latecomer
from stillwatch.disk import replaced
from stillwatch.engine import Engine
from stillwatch.key import Key
from stillwatch.link.joining import Profile
from stillwatch.link.latecomers import Latecomer, Logs, latecomers
from stillwatch.records.outputs import JOINS
from stillwatch.watch.standing import Found

FILE = "joins.parquet"


def since(joins: pa.Table, moment: datetime | None) -> pa.Table:
    """Those who joined at or after `moment` (UTC): a run that read until then has judged the others."""
    if moment is None:
        return joins
    return joins.filter(pc.greater_equal(joins["linked_at"], pa.scalar(moment)))


def with_added(joins: pa.Table, fresh: pa.Table) -> pa.Table:
    """The joins and the accounts of `fresh`, which take the place of their earlier rows; an account keeps its time."""
    earlier = dict(zip(joins["account_id"].to_pylist(), joins["linked_at"].to_pylist(), strict=True))
    rows = [{**row, "linked_at": earlier.get(row["account_id"], row["linked_at"])} for row in fresh.to_pylist()]
    kept = joins.filter(pc.invert(pc.is_in(joins["account_id"], fresh["account_id"].combine_chunks())))
    return pa.concat_tables([kept, pa.Table.from_pylist(rows, schema=JOINS.schema)]).sort_by("account_id")


def load(folder: Path) -> pa.Table:
    """The joins that a state keeps; none when the file cannot be read, since they can be found again."""
    try:
        return pq.read_table(folder / FILE, partitioning=None).select(list(JOINS.names)).cast(JOINS.schema)
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return JOINS.schema.empty_table()


def keep(folder: Path, joins: pa.Table) -> None:
    """Replaces the state's file in one step; raises OutputError when it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    with replaced(folder / FILE, "--state") as path:
        pq.write_table(joins, path)


def joining(engine: Engine, logs: Logs, found: Found, profiles: Sequence[Profile], key: Key, hops: int) -> pa.Table:
    """The accounts of the fresh exchanges that belong to a network of these profiles without being of it, as of
    JOINS."""
    late = latecomers(engine, logs, profiles, found.members, key, hops)
    return pa.Table.from_pylist([_row(one, found) for one in late], schema=JOINS.schema)


def _row(late: Latecomer, found: Found) -> dict[str, object]:
    one = late.found
    standing = found.standings.get((one.network, one.remembered))
    level = level_of_latecomer(
        standing, Tie(one.bits - one.price, one.ways, one.texts, one.words, one.before, one.own_customer)
    )
    return {
        "account_id": late.account_id,
        "network_id": late.found.network,
        "campaign_id": standing.campaign if standing is not None and level is not None else None,
        "level": level,
        "bits": round(late.found.bits, 3),
        "linked_at": late.linked_at,
        "claims": [claim for claim, _ in late.found.claims],
    }
