"""Takes one batch of a source into the state: read, sketched, and committed with the source's offset in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from stillwatch import flow
from stillwatch.errors import InputError
from stillwatch.input_files import find
from stillwatch.job import Job, Sources, Window
from stillwatch.read.summary import Rows
from stillwatch.runs import state as states
from stillwatch.runs.state import Reach
from stillwatch.runs.state_update import now
from stillwatch.sources import Batch, Source

AHEAD = timedelta(hours=1)
"""How far ahead of this machine's clock an exchange may be: beyond it the state's end would shut out all others."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: rows by what became of them, new parts of the state, and files that could not be read."""

    rows: Rows
    parts: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def take(source: Source, job: Job, batch: Batch) -> Taken:
    """Adds a batch to the job's state.

    A file that cannot be used must not keep out what comes after it: it is named, and the rest is used. Raises RunError
    when the state cannot take the batch; the committed offset then says what was taken.
    """
    late = _late_before(source.name, job)
    since = max(filter(None, (late, job.window.since)), default=None)
    window = Window(since, now() + AHEAD)
    taken = _taken(source, replace(job, window=window), batch)
    return replace(taken, unreadable=tuple(_as_it_came(text, batch) for text in taken.unreadable))


def _as_it_came(text: str, batch: Batch) -> str:
    """The text with the names under which the source knows the files, in place of those of its copies."""
    for path, origin in zip(batch.files, batch.origins, strict=True):
        text = text.replace(str(path), origin)
    return text


def _taken(source: Source, job: Job, batch: Batch) -> Taken:
    offset = {source.name: dict(batch.offset)}
    try:
        return _added(flow.add_watched(_job(job, batch.files), offset))
    except InputError as error:
        if len(batch.files) <= 1:
            taken = _added(flow.add_watched(_job(job, ()), offset))
            return replace(taken, unreadable=(str(error),))
    return _one_by_one(job, batch, offset)


def _one_by_one(job: Job, batch: Batch, offset: dict[str, dict[str, object]]) -> Taken:
    """Each file alone, and the offset last: exchanges of a file that comes again are held already."""
    found = []
    for path in batch.files:
        try:
            found.append(_added(flow.add_watched(_job(job, (path,)), {})))
        except InputError as error:
            found.append(Taken(NO_ROWS, (), (str(error),)))
    found.append(_added(flow.add_watched(_job(job, ()), offset)))
    return Taken(
        Rows(*(sum(column) for column in zip(*(_counts(one.rows) for one in found), strict=True))),
        tuple(part for one in found for part in one.parts),
        tuple(name for one in found for name in one.unreadable),
    )


NO_ROWS = Rows(0, 0, 0, 0, 0)


def _counts(rows: Rows) -> tuple[int, ...]:
    return rows.read, rows.used, rows.duplicate, rows.quarantined, rows.outside_window


def _added(done: flow.Addition) -> Taken:
    rows, again = done.rows, done.added.repeated
    rows = replace(rows, used=rows.used - again, duplicate=rows.duplicate + again)
    return Taken(rows, () if done.added.file is None else (done.added.file,), done.unread)


def _job(job: Job, files: tuple[Path, ...]) -> Job:
    found, _ = find([str(path) for path in files])
    read = job.settings.read.model_copy(update={"skip_unreadable": True})
    return replace(
        job,
        sources=Sources(exchanges=found.sources),
        settings=job.settings.model_copy(update={"read": read}),
    )


def _late_before(name: str, job: Job) -> datetime | None:
    """Before when an exchange of the source is late; None while the source was never read to its end."""
    if job.state is None or job.lateness is None:
        return None
    settled = states.load(job.state).watched.reach.get(name, Reach()).settled
    return None if settled is None else settled - job.lateness


def settle(folder: Path, names: Sequence[str]) -> None:
    """Notes that these sources were read to their end: what is earlier by the lateness is late from now on."""
    reach = states.load(folder).watched.reach
    if all(one.settled == one.newest for name, one in reach.items() if name in names):
        return
    with states.opened(folder) as state:
        reach = state.watched.reach
        done = {name: replace(one, settled=one.newest) for name, one in reach.items() if name in names}
        states.publish(replace(state, watched=replace(state.watched, reach={**reach, **done})))
