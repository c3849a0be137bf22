"""Adds sketches of new logs to a state before a run searches for networks, and the run's lineage at its end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch.disk import sync
from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.engine.parquet_files import filled_columns
from stillwatch.errors import InputError, Mistake, OutputError, UsageError
from stillwatch.job import Job, Window, stamp
from stillwatch.records import Table
from stillwatch.records.definitions import DIGEST, account_sums_sql
from stillwatch.records.sketches import ACCOUNT_SUMS, ADDED_SKETCHES, EXCHANGE_SKETCHES, OF_TEXT
from stillwatch.runs import state as states
from stillwatch.runs.state import Part, State, Watched

NEW_SKETCHES = replace(EXCHANGE_SKETCHES, name="new_sketches")
"""Those of a run's sketches that its state has not."""
FUTURE = timedelta(days=1)
"""How far ahead of this machine's clock the exchanges of a scan may be that is not told where they end."""
ADDED_SUMS = replace(ACCOUNT_SUMS, name="added_sums")
_KEYS = ("exchange_id", "account_id", "started_at")


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


@dataclass(frozen=True, slots=True)
class Fresh:
    """Sketches that no state has yet, as a part whose files lie in `folder`."""

    folder: Path
    part: Part
    key_id: str
    filled: tuple[str, ...]  # columns in which some row has a value


@dataclass(frozen=True, slots=True)
class Added:
    """What one addition brought: new exchanges, those that the state held already, and the files of the new ones."""

    rows: int
    repeated: int
    files: tuple[str, ...]


def add_sketches(engine: Engine, job: Job, state: State, key_id: str) -> Added:
    """Adds the sketches that this run has made to the state; they stay there even if this run fails later.

    Raises InputError when the logs hold exchanges of the future, OutputError when the state cannot be written.
    """
    fresh = part_of_table(engine, ADDED_SKETCHES, (state.folder, *states.next_names(state)), key_id)
    if fresh is None:
        return Added(0, 0, ())
    if job.window.until is None:
        _refuse_future(state.folder, fresh.part.last)
    states.publish(_with_part(state, fresh, job.window.until))
    return Added(fresh.part.rows, 0, (fresh.part.file,))


def part_of_table(engine: Engine, table: Table, place: tuple[Path, str, str], key_id: str) -> Fresh | None:
    """Writes a table of sketches and its accounts' sums as two files of a folder; returns None for no rows.

    Raises OutputError when they cannot be written.
    """
    span = _span(engine, table.name)
    if not span.rows:
        return None
    folder, exchanges, accounts = place
    engine.export(replace(EXCHANGE_SKETCHES, name=table.name), folder / exchanges, {"key_id": key_id})
    engine.view(ADDED_SUMS.name, Query("sums of the addition", account_sums_sql(identifier(table.name), DIGEST)))
    engine.export(ADDED_SUMS, folder / accounts)
    part = states.part_of(folder / exchanges, accounts, span.rows, (span.first, span.last))
    return Fresh(folder, part, key_id, tuple(sorted(filled_columns(pq.read_metadata(folder / exchanges)))))


def add_parts(engine: Engine, state: State, made: Sequence[Fresh], watched: Watched) -> Added:
    """Adds parts that were made apart from the state, without what it holds already, and what their sources have given
    with them: all in one step.

    The parts' files lie on the state's own disk. Raises OutputError when the state cannot be written.
    """
    rows = 0
    files: list[str] = []
    for one in made:
        fresh = _without_held(engine, state, one)
        if fresh is None:
            continue
        names = states.next_names(state)
        try:
            for old, new in zip((fresh.part.file, fresh.part.accounts), names, strict=True):
                sync(fresh.folder / old)
                (fresh.folder / old).rename(state.path(new))
        except OSError as error:
            raise OutputError(
                f"cannot write in `{state.folder}`: {error.strerror or error}; free space there"
            ) from error
        part = replace(fresh.part, file=names[0], accounts=names[1])
        state = _with_part(state, replace(fresh, part=part), None)
        rows += part.rows
        files.append(part.file)
    repeated = sum(one.part.rows for one in made) - rows
    held = replace(watched, taken=watched.taken + rows, repeated=watched.repeated + repeated)
    states.publish(replace(state, watched=held))
    return Added(rows, repeated, tuple(files))


def _with_part(state: State, fresh: Fresh, until: datetime | None) -> State:
    newest = fresh.part.last + timedelta(microseconds=1)
    return replace(
        state,
        key_id=fresh.key_id,
        until=until or max(newest, state.until or newest),
        filled=tuple(sorted({*state.filled, *fresh.filled})),
        parts=(*state.parts, fresh.part),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    rows: int
    first: datetime
    last: datetime


def _span(engine: Engine, table: str) -> _Span:
    counted = f"SELECT count(*) AS n, min(started_at) AS first, max(started_at) AS last FROM {identifier(table)}"
    row = engine.fetch(Query("span", counted)).to_pylist()[0]
    return _Span(row["n"], row["first"], row["last"])


def not_held_sql(fresh: Path, held: Sequence[Path]) -> Query:
    """The sketches of the file `fresh` that no part of the state in the files `held` has already.

    Clients can choose the id that some gateways log, and clocks can be coarse: only what is equal in every column that
    does not follow from another is the same exchange.
    """
    names = [name for name in EXCHANGE_SKETCHES.names if name not in (*_KEYS, *OF_TEXT)]
    equal = [f"fresh.{name} IS NOT DISTINCT FROM held.{name}" for name in names]
    return Query("sketches that the state has not", _joined_sql(fresh, held, "ANTI", equal))


def ids_held_sql(fresh: Path, held: Sequence[Path]) -> Query:
    """How many sketches of the file `fresh` have id, account and time of one in the files `held`: `n`.

    It reads three columns, where `not_held_sql` reads nearly all.
    """
    known = _joined_sql(fresh, held, "SEMI", [])
    return Query("sketches with an id that the state has", f"SELECT count(*) AS n FROM ({known})")


def _joined_sql(fresh: Path, held: Sequence[Path], those: str, equal: Sequence[str]) -> str:
    on = " AND ".join((*(f"fresh.{name} = held.{name}" for name in _KEYS), *equal))
    return f"SELECT fresh.* FROM {_files_sql((fresh,))} AS fresh {those} JOIN {_files_sql(held)} AS held ON {on}"


def _files_sql(files: Sequence[Path]) -> str:
    listed = ", ".join(literal(str(path.absolute())) for path in files)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def _without_held(engine: Engine, state: State, fresh: Fresh) -> Fresh | None:
    """The part without what the state has; only parts of the same time can hold an exchange already."""
    made, path = fresh.part, fresh.folder / fresh.part.file
    held = [state.path(part.file) for part in state.parts if part.first <= made.last and part.last >= made.first]
    if not held:
        return fresh
    if not engine.fetch(ids_held_sql(path, held))["n"][0].as_py():
        return fresh
    engine.create(NEW_SKETCHES.name, not_held_sql(path, held))
    names = (f"new-{made.file}", f"new-{made.accounts}")
    return part_of_table(engine, NEW_SKETCHES, (fresh.folder, *names), fresh.key_id)


def _refuse_future(folder: Path, newest: datetime) -> None:
    if newest > now() + FUTURE:
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
