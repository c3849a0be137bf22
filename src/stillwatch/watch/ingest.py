"""Takes one batch of a source into the state: sketched by workers, committed with the source's offset in one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stillwatch.disk import private
from stillwatch.engine.factory import open_engine
from stillwatch.errors import InputError
from stillwatch.flow import PATIENCE, Sketched
from stillwatch.job import Job, Window
from stillwatch.key import remedy_for
from stillwatch.read.summary import Rows
from stillwatch.runs import state as states
from stillwatch.runs import state_update
from stillwatch.runs.state import Reach, Watched
from stillwatch.runs.state_update import FUTURE, Added, now
from stillwatch.sources import Batch, Source
from stillwatch.watch.workers import NO_ROWS, Workers

OWN = "watch"  # the folder in a state in which a watch keeps what it can make again
AHEAD = timedelta(hours=1)
"""How far ahead of this machine's clock an exchange may be: beyond it the state's end would shut out all others."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: rows by what became of them, new parts of the state, and files that could not be read."""

    rows: Rows
    parts: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def take(
    source: Source, job: Job, batch: Batch, workers: Workers, meanwhile: Callable[[], None] = lambda: None
) -> Taken:
    """Adds a batch to the job's state: the workers sketch its files, and what they made is committed with the offset.

    `meanwhile` is done while they do.

    A file that cannot be used must not keep out what comes after it: it is named, and the rest is used. Raises RunError
    when the state cannot take the batch, or the clock was set back, and the batch is then to come again.
    """
    state = job.state
    assert state is not None
    _check_clock(state)
    late = _late_before(source.name, job)
    since = max(filter(None, (late, job.window.since)), default=None)
    job = replace(job, window=Window(since, now() + AHEAD))
    with private(state / OWN, "made") as folder:
        made, other = _of_one_key(job, workers.sketched(job, batch.files, folder, meanwhile))
        _check_first(state, made)
        added = _committed(job, made, {source.name: dict(batch.offset)})
    unread = [*(text for one in made for text in one.unread), *other]
    return Taken(_rows(made, added), added.files, tuple(_as_it_came(text, batch) for text in unread))


def _as_it_came(text: str, batch: Batch) -> str:
    """The text with the names under which the source knows the files, in place of those of its copies."""
    for path, origin in zip(batch.files, batch.origins, strict=True):
        text = text.replace(str(path), origin)
    return text


def _of_one_key(job: Job, made: Sequence[Sketched]) -> tuple[list[Sketched], list[str]]:
    """What can be together in a state, and what is wrong with the rest: sketches of two keys cannot be compared.

    Sketches that came among the logs are left out. Raises InputError where the logs' own would have to be, since the
    watch was then begun with the wrong key.
    """
    assert job.state is not None
    state, own = states.load(job.state), job.key.key_id
    keys = [one.fresh.key_id for one in made if one.fresh is not None]
    key_id = state.key_id if state.parts else own if own in keys else next(iter(keys), own)
    if own != key_id and own in keys:
        what = f"the sketches in `{state.folder}` were made under the key `{key_id}`, but these logs' would be under"
        raise InputError(f"{what} `{own}`; {remedy_for(key_id)}")
    wrong = [one.fresh for one in made if one.fresh is not None and one.fresh.key_id != key_id]
    said = [f"{one.part.rows:,} sketches are under the key `{one.key_id[:40]}`, not `{key_id}`" for one in wrong]
    return [replace(one, rows=NO_ROWS, fresh=None) if one.fresh in wrong else one for one in made], said


def _committed(job: Job, made: Sequence[Sketched], offsets: Mapping[str, Any]) -> Added:
    """Adds what was sketched to the job's state, and in the same step how far the sources were read.

    Others may use the state meanwhile: it is this one's alone only while it adds.
    """
    assert job.state is not None
    parts = [one.fresh for one in made if one.fresh is not None]
    with (
        open_engine(job.settings.engine, job.state.absolute().parent) as engine,
        states.opened(job.state, PATIENCE) as state,
    ):
        return state_update.add_parts(engine, state, parts, _watched(state.watched, offsets, made))


def _watched(before: Watched, offsets: Mapping[str, Any], made: Sequence[Sketched]) -> Watched:
    newest = max((one.fresh.part.last for one in made if one.fresh is not None), default=None)
    reach = dict(before.reach)
    for source in offsets:
        known = reach.get(source, Reach())
        reach[source] = replace(known, newest=max(filter(None, (known.newest, newest)), default=None))
    return replace(
        before,
        offsets={**before.offsets, **offsets},
        reach=reach,
        outside=before.outside + sum(one.rows.outside_window for one in made),
        quarantined=before.quarantined + sum(one.rows.quarantined for one in made),
        repeated=before.repeated + sum(one.rows.duplicate for one in made),
    )


def _rows(made: Sequence[Sketched], added: Added) -> Rows:
    counts = zip(*(astuple(one.rows) for one in (*made, Sketched(NO_ROWS))), strict=True)
    rows = Rows(*map(sum, counts))
    return replace(rows, used=rows.used - added.repeated, duplicate=rows.duplicate + added.repeated)


def _check_clock(folder: Path) -> None:
    """Raises InputError where the state holds what this clock says is still to come: more would be lost as too early.

    No exchange alone brings that about, since none is taken that is as far ahead of the clock.
    """
    newest, clock = max((part.last for part in states.load(folder).parts), default=None), now()
    if newest is not None and newest > clock + FUTURE + AHEAD:
        said = f"the clock says {clock:%Y-%m-%d %H:%M} UTC, but `{folder}` has an exchange of {newest:%Y-%m-%d %H:%M}"
        raise InputError(f"{said}: set the clock")


def _check_first(folder: Path, made: Sequence[Sketched]) -> None:
    """Raises InputError where most of the first exchanges are ahead of the clock: nothing tells yet which is wrong.

    None of them is late, since no source was read before.
    """
    ahead, read = sum(one.rows.outside_window for one in made), sum(one.rows.used for one in made)
    if 2 * ahead > read and not states.load(folder).parts:
        said = f"the clock says {now():%Y-%m-%d %H:%M} UTC, and {ahead:,} of the first {read:,} exchanges are later"
        raise InputError(f"{said}: set the clock, or mend the times of these logs")


def _late_before(name: str, job: Job) -> datetime | None:
    """Before when an exchange of the source is late; None while the source was never read to its end."""
    if job.state is None or job.lateness is None:
        return None
    settled = states.load(job.state).watched.reach.get(name, Reach()).settled
    # what is ahead of the clock must make nobody late who is not
    return None if settled is None else min(settled, now()) - job.lateness


def settle(folder: Path, names: Sequence[str]) -> None:
    """Notes that these sources were read to their end: what is earlier by the lateness is late from now on."""
    reach = states.load(folder).watched.reach
    if all(one.settled == one.newest for name, one in reach.items() if name in names):
        return
    with states.opened(folder) as state:
        reach = state.watched.reach
        done = {name: replace(one, settled=one.newest) for name, one in reach.items() if name in names}
        states.publish(replace(state, watched=replace(state.watched, reach={**reach, **done})))
