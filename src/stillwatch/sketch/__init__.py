"""Exchanges become textless sketches; text ends here."""

from __future__ import annotations

from dataclasses import replace

from stillwatch.engine import Engine, Query
from stillwatch.job import Job
from stillwatch.records.sketches import ADDED_SKETCHES, EXCHANGE_SKETCHES
from stillwatch.sketch import account, indicators, instructions, stream

READS = ("exchanges", "received_sketches", "state_sketches", "state_accounts", "indicators")
WRITES = ("added_sketches", "exchange_sketches", "account_sketches", "indicator_sketches")

_MADE = replace(EXCHANGE_SKETCHES, name="made_sketches")


def run(engine: Engine, job: Job) -> None:
    """Writes the tables of WRITES.

    `added_sketches` has the sketches of `exchanges` and the received sketches; `exchange_sketches` and
    `account_sketches` include the sketches of the state too. In `exchange_sketches` the request of an account that asks
    in its instructions is what these say. Raises the errors of the engine.
    """
    added = write_added(engine, job)
    from_state = stream.with_rows(engine, stream.STATE)
    account.run(engine, has_state=bool(from_state))
    engine.view(EXCHANGE_SKETCHES.name, instructions.as_asked_sql(engine, (*added, *from_state)))
    indicators.run(engine, job.key)


def write_added(engine: Engine, job: Job) -> tuple[str, ...]:
    """Writes `added_sketches`; returns the names of the tables that it is made of."""
    rows = job.settings.sketch.batch_rows
    kernel = stream.Sketcher(job.key, rows, job.settings.read.trusted_hops)
    query = Query("read exchanges to sketch", stream.exchanges_sql())
    engine.transform(_MADE, query, min(rows, stream.FETCH_ROWS), kernel)
    added = (_MADE.name, *stream.with_rows(engine, stream.RECEIVED))
    engine.view(ADDED_SKETCHES.name, Query("added sketches", stream.joined_sql(added)))
    return added
