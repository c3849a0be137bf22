"""Adds sketches of new logs to a state before a run searches for networks, and the run's lineage at its end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.engine.parquet_files import filled_columns
from stillwatch.errors import InputError, Mistake, OutputError, UsageError
from stillwatch.job import Job, Window, stamp
from stillwatch.records import Table
from stillwatch.records.definitions import DIGEST, account_sums_sql
from stillwatch.records.sketches import ACCOUNT_SUMS, ADDED_SKETCHES, EXCHANGE_SKETCHES
from stillwatch.runs import state as states
from stillwatch.runs.state import State, Watched

NEW_SKETCHES = replace(EXCHANGE_SKETCHES, name="new_sketches")
"""Those of a run's sketches that its state has not."""
ADDED_SUMS = replace(ACCOUNT_SUMS, name="added_sums")


def open_for(job: Job) -> AbstractContextManager[State | None]:
    """Returns `open_at` of the job's state, or a context that yields None when the job has no state."""
    return nullcontext() if job.state is None else open_at(job.state, job.window)


@contextmanager
def open_at(folder: Path, window: Window) -> Iterator[State]:
    """Yields the state in `folder`, and keeps other runs out of it until the block ends.

    Raises UsageError when the window begins or ends before the end of the state, OutputError when another run is using
    the state.
    """
    with states.opened(folder) as state:
        what = f"is before {stamp(state.until)}, up to which `{folder}` holds all exchanges"
        mistakes = [
            Mistake(f"`{option} {stamp(moment)}`", what, remedy)
            for option, moment, remedy in (
                ("--since", window.since, "leave it out or name a later time"),
                ("--until", window.until, "name a later time, or scan the logs up to then without the state"),
            )
            if moment is not None and state.until is not None and moment < state.until
        ]
        if mistakes:
            raise UsageError(mistakes)
        yield state


def add_sketches(engine: Engine, job: Job, state: State, key_id: str, watched: Watched | None = None) -> Added:
    """Adds the sketches that this run has made to the state; they stay there even if this run fails later.

    `watched` is what the sources have given with these sketches; it is committed in the same step. Raises InputError
    when the logs hold exchanges of the future, OutputError when the state cannot be written.
    """
    made = _span(engine, ADDED_SKETCHES.name)
    if made.rows and job.lateness is None and job.window.until is None:
        _refuse_future(state.folder, made.last)
    fresh = _without_held(engine, state, made) if job.lateness is not None else ADDED_SKETCHES
    exchanges, accounts = states.next_names(state)
    span = made if fresh is ADDED_SKETCHES else _span(engine, fresh.name)
    added = Added(span.rows, made.rows - span.rows, exchanges if span.rows else None)
    if span.rows:
        engine.export(replace(EXCHANGE_SKETCHES, name=fresh.name), state.path(exchanges), {"key_id": key_id})
        engine.view(ADDED_SUMS.name, Query("sums of the addition", account_sums_sql(identifier(fresh.name), DIGEST)))
        engine.export(ADDED_SUMS, state.path(accounts))
        part = states.part_of(state.path(exchanges), accounts, span.rows, (span.first, span.last))
        newest = span.last + timedelta(microseconds=1)
        until = job.window.until if job.lateness is None else None
        state = replace(
            state,
            key_id=key_id,
            until=until or max(newest, state.until or newest),
            filled=tuple(sorted(filled_columns(pq.read_metadata(state.path(exchanges))) | set(state.filled))),
            parts=(*state.parts, part),
        )
    if watched is not None:
        held = replace(watched, taken=watched.taken + added.rows, repeated=watched.repeated + added.repeated)
        state = replace(state, watched=held)
    if span.rows or watched is not None:
        states.publish(state)
    return added


@dataclass(frozen=True, slots=True)
class Added:
    """What one addition brought: new exchanges, exchanges that the state held already, and the file of the new ones."""

    rows: int
    repeated: int
    file: str | None


@dataclass(frozen=True, slots=True)
class _Span:
    rows: int
    first: datetime
    last: datetime


def _span(engine: Engine, table: str) -> _Span:
    counted = f"SELECT count(*) AS n, min(started_at) AS first, max(started_at) AS last FROM {identifier(table)}"
    row = engine.fetch(Query("span", counted)).to_pylist()[0]
    return _Span(row["n"], row["first"], row["last"])


def newest_added(engine: Engine) -> datetime | None:
    """The time (UTC) of the newest exchange that this run has sketched; None without any."""
    span = _span(engine, ADDED_SKETCHES.name)
    return span.last if span.rows else None


def not_held_sql(held: Sequence[Path]) -> Query:
    """The sketches of this run that no part of the state in the files `held` has already."""
    names = ", ".join(f"added.{identifier(name)}" for name in EXCHANGE_SKETCHES.names)
    files = ", ".join(literal(str(path.absolute())) for path in held)
    keys = " AND ".join(f"added.{name} = held.{name}" for name in ("exchange_id", "account_id", "started_at"))
    return Query(
        "sketches that the state has not",
        f"""
SELECT {names}
FROM {ADDED_SKETCHES.name} AS added
LEFT JOIN (
  SELECT exchange_id, account_id, started_at FROM read_parquet([{files}], hive_partitioning = false)
) AS held ON {keys}
WHERE held.exchange_id IS NULL""",
    )


def _without_held(engine: Engine, state: State, made: _Span) -> Table:
    """The table of the sketches that the state has not; only parts of the same time can hold an exchange already."""
    if not made.rows:
        return ADDED_SKETCHES
    held = [state.path(part.file) for part in state.parts if part.first <= made.last and part.last >= made.first]
    if not held:
        return ADDED_SKETCHES
    engine.create(NEW_SKETCHES.name, not_held_sql(held))
    return NEW_SKETCHES


def _refuse_future(folder: Path, newest: datetime) -> None:
    if newest > now() + timedelta(days=1):
        raise InputError(
            f"the logs hold exchanges of {stamp(newest)}, which is in the future: `{folder}` "
            "would then refuse all earlier logs; name with `--until` the time up to which these logs are complete"
        )


def keep_lineage(folder: Path, files: Sequence[Path]) -> None:
    """Copies a finished run's lineage, and what it knows of networks, into the state, so that the next run goes on.

    Raises OutputError when the state cannot be written.
    """
    state = states.load(folder)
    if not state.parts:
        return
    names = states.next_lineage(state, [path.stem for path in files])
    try:
        for path, name in zip(files, names, strict=True):
            shutil.copyfile(path, state.path(name))
    except OSError as error:
        raise OutputError(f"cannot write in `{folder}`: {error.strerror or error}; free space there") from error
    states.publish(replace(state, lineage=names))


def now() -> datetime:
    """The present time (UTC), without a zone as all times of the tables."""
    return datetime.now(UTC).replace(tzinfo=None)
