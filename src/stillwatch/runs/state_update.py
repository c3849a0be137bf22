"""What a run adds to a state, after its logs are sketched and before anything is looked for."""

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


def state_of(job: Job) -> AbstractContextManager[State | None]:
    """`state_at` the job's folder; None when the job has no state."""
    return nullcontext() if job.state is None else state_at(job.state, job.window)


@contextmanager
def state_at(folder: Path, window: Window) -> Iterator[State]:
    """The state in `folder`, kept from other runs until this one ends.

    Raises UsageError when the window begins or ends inside what is kept, OutputError when another run is using it.
    """
    with states.opened(folder) as state:
        what = f"is before {stamp(state.until)}, up to which `{folder}` keeps exchanges"
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


def add(engine: Engine, job: Job, state: State, key_id: str) -> None:
    """Keeps what this run has sketched; a run that fails afterwards finds it there.

    Raises InputError when the logs come from the future, OutputError when the disk refuses.
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
            f"the logs hold exchanges of {stamp(newest)}, which is in the future: kept, they would end the time of "
            f"`{state.folder}` there; say with `--until` up to when these logs are whole"
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
    """Keeps copies of a finished run's lineage files, by which the next run knows its networks and campaigns again.

    Raises OutputError when the disk refuses.
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
