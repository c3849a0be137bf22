"""Adds sketches of new logs to a state before a run searches for networks, and the run's lineage at its end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch.engine import Engine, Query
from stillwatch.engine.parquet_files import filled_columns
from stillwatch.errors import InputError, Mistake, OutputError, UsageError
from stillwatch.job import Job, Window, stamp
from stillwatch.records.sketches import ACCOUNT_SUMS, ADDED_SKETCHES
from stillwatch.runs import state as states
from stillwatch.runs.state import State


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


def add_sketches(engine: Engine, job: Job, state: State, key_id: str) -> None:
    """Adds the sketches that this run has made to the state; they stay there even if this run fails later.

    Raises InputError when the logs hold exchanges of the future, OutputError when the state cannot be written.
    """
    exchanges, accounts = states.next_names(state)
    rows = engine.export(ADDED_SKETCHES, state.path(exchanges), {"key_id": key_id})
    if not rows:
        state.path(exchanges).unlink()
        return
    engine.export(ACCOUNT_SUMS, state.path(accounts))
    newest = engine.fetch(Query("newest", f"SELECT max(started_at) AS at FROM {ADDED_SKETCHES.name}"))["at"][0].as_py()
    if job.window.until is None and newest > _now() + timedelta(days=1):
        raise InputError(
            f"the logs hold exchanges of {stamp(newest)}, which is in the future: `{state.folder}` "
            "would then refuse all earlier logs; name with `--until` the time up to which these logs are complete"
        )
    filled = filled_columns(pq.read_metadata(state.path(exchanges))) | set(state.filled)
    states.publish(
        replace(
            state,
            key_id=key_id,
            until=job.window.until or newest + timedelta(microseconds=1),
            filled=tuple(sorted(filled)),
            parts=(*state.parts, states.part_of(state.path(exchanges), rows)),
            accounts=accounts,
        )
    )


def keep_lineage(folder: Path, files: Sequence[Path]) -> None:
    """Copies a finished run's lineage files into the state, so that the next run continues their ids.

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


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
