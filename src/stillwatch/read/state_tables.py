"""Tables of earlier runs: the sketches and sums of a state, and the lineage of the run that this one continues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from stillwatch.engine import (
    Engine,
    Query,
    identifier,
    literal,
)
from stillwatch.job import Job
from stillwatch.read.partitions import no_rows_sql
from stillwatch.records import Table
from stillwatch.records.known_networks import PREVIOUS_LOOKS, PREVIOUS_PROFILES, PREVIOUS_STANDINGS
from stillwatch.records.lineage import PREVIOUS_LINEAGE, PREVIOUS_MEMBERS, PREVIOUS_RUN
from stillwatch.records.sketches import ACCOUNT_SUMS, EXCHANGE_SKETCHES
from stillwatch.runs import previous
from stillwatch.runs.lineage import History
from stillwatch.runs.state import State

SKETCHES, ACCOUNTS = "state_sketches", "state_accounts"


def write_state(engine: Engine, state: State | None) -> None:
    """Creates views over the state's files; without a state, or with an empty one, the views have no rows."""
    parts = state.parts if state else ()
    exchanges = [state.path(part.file).absolute() for part in parts] if state else []
    accounts = [state.path(part.accounts).absolute() for part in parts] if state else []
    engine.view(SKETCHES, _over(EXCHANGE_SKETCHES, exchanges))
    engine.view(ACCOUNTS, _over(ACCOUNT_SUMS, accounts))


def write_previous(engine: Engine, job: Job, state: State | None) -> None:
    """Stores the lineage of the run that this job continues, what it knew of networks, and the last day's searches;
    without one the tables have no rows.

    Raises InputError when they cannot be used.
    """
    found = previous.lineage_of(job, state)
    past = History.empty() if found is None else previous.load(*found)
    engine.store(PREVIOUS_LINEAGE, past.events)
    engine.store(PREVIOUS_MEMBERS, past.members)
    runs = [] if found is None else [{"read_until": past.read_until}]
    engine.store(PREVIOUS_RUN, pa.Table.from_pylist(runs, schema=PREVIOUS_RUN.schema))
    tables = (PREVIOUS_PROFILES, PREVIOUS_STANDINGS)
    known = previous.known_of(job, state)
    rows = [table.schema.empty_table() for table in tables] if known is None else previous.load_known(*known)
    for table, one in zip(tables, rows, strict=True):
        engine.store(table, one.cast(table.schema))
    looks = previous.looks_of(job, state)
    engine.store(PREVIOUS_LOOKS, PREVIOUS_LOOKS.schema.empty_table() if looks is None else previous.load_looks(looks))


def source_rows(state: State | None) -> list[dict[str, object]]:
    """Returns one row of `sources` for all parts of a state together; no row for an empty state."""
    if state is None or not state.parts:
        return []
    rows = sum(part.rows for part in state.parts)
    return [
        {
            "source": str(state.folder),
            "feeds": EXCHANGE_SKETCHES.name,
            "format": "state",
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
        return Query(f"no {table.name} in the state", no_rows_sql(table))
    names = ", ".join(identifier(name) for name in table.names)
    listed = ", ".join(literal(str(path)) for path in paths)
    return Query(
        f"{table.name} in the state", f"SELECT {names} FROM read_parquet([{listed}], hive_partitioning = false)"
    )
