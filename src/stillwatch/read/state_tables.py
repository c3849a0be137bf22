"""What a state keeps of earlier logs, and an earlier run of its lineage, becomes tables of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stillwatch.engine import (
    Engine,
    Query,
    identifier,
    literal,
)
from stillwatch.job import Job
from stillwatch.read.partitions import no_rows_sql
from stillwatch.records import Table
from stillwatch.records.lineage import PREVIOUS_LINEAGE, PREVIOUS_MEMBERS
from stillwatch.records.sketches import ACCOUNT_SUMS, EXCHANGE_SKETCHES
from stillwatch.runs import previous
from stillwatch.runs.lineage import History
from stillwatch.runs.state import State

SKETCHES, ACCOUNTS = "state_sketches", "state_accounts"


def write_kept(engine: Engine, state: State | None) -> None:
    """Views over the state's files; without a state, or with an empty one, they have no rows."""
    parts = state.parts if state else ()
    exchanges = [state.path(part.file).absolute() for part in parts] if state else []
    accounts = [state.path(state.accounts).absolute()] if state and parts else []
    engine.view(SKETCHES, _over(EXCHANGE_SKETCHES, exchanges))
    engine.view(ACCOUNTS, _over(ACCOUNT_SUMS, accounts))


def write_previous(engine: Engine, job: Job, state: State | None) -> None:
    """What the run that this job continues left of its lineage; without one the tables have no rows.

    Raises InputError when it cannot be used.
    """
    found = previous.lineage_of(job, state)
    past = History.empty() if found is None else previous.load(*found)
    engine.store(PREVIOUS_LINEAGE, past.events)
    engine.store(PREVIOUS_MEMBERS, past.members)


def source_rows(state: State | None) -> list[dict[str, object]]:
    """One row of `sources` for all that the state keeps; none where it keeps nothing."""
    if state is None or not state.parts:
        return []
    rows = sum(part.rows for part in state.parts)
    return [
        {
            "source": str(state.folder),
            "feeds": EXCHANGE_SKETCHES.name,
            "digest": state.digest,
            "bytes": sum(part.bytes for part in state.parts),
            "rows_read": rows,
            "rows_used": rows,
            "rows_duplicate": 0,
            "rows_quarantined": 0,
            "rows_outside_window": 0,
            "ignored_columns": [],
        }
    ]


def _over(table: Table, paths: Sequence[Path]) -> Query:
    if not paths:
        return Query(f"no {table.name} kept", no_rows_sql(table))
    names = ", ".join(identifier(name) for name in table.names)
    listed = ", ".join(literal(str(path)) for path in paths)
    return Query(f"{table.name} kept", f"SELECT {names} FROM read_parquet([{listed}], hive_partitioning = false)")
