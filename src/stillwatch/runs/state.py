"""A state holds the sketches of all exchanges read so far and sums for each account, so that logs are read only once.

A state is a folder. `state.json` names its files, in the order in which they were added. A killed run may leave a file
that `state.json` does not name; the next run removes it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stillwatch.disk import sync
from stillwatch.errors import InputError, Mistake, OutputError, reason_of
from stillwatch.job import Window

MARKER = "state.json"
FORMAT = 6
"""It changes with the columns of the sketches, and with what a part says of itself: 1 and 2 are of version 0.1.0."""
_LOCK = ".lock"
_BESIDE = frozenset(
    (
        _LOCK,
        ".watching",
        "ledger.db",
        "ledger.db-wal",
        "ledger.db-shm",
        "verdicts",
        "runs",
        "sources",
        "watch",
        "partials",
    )
)
"""What a new state's folder may hold already: keys are made, verdicts served and sources opened before the first log
is read."""
_LINEAGE = ("lineage", "lineage_members", "network_profiles", "network_standings", "looks")
_OURS = re.compile(rf"(exchanges|accounts|{'|'.join(_LINEAGE)})-\d{{6,}}\.parquet|\.state\.json")
NEW_IDS = f"restore it, or write `[]` for `lineage` in `{MARKER}` (networks and campaigns then get new ids)"
"""The remedy in messages about lineage files that cannot be used."""


class BusyError(OutputError):
    """Another run is using the state."""


@dataclass(frozen=True, slots=True)
class Part:
    """One addition: a file of exchange sketches, and a file of sums of each account over these exchanges alone."""

    file: str
    accounts: str
    rows: int
    bytes: int
    digest: str  # of `file`
    first: datetime  # event times (UTC) of its oldest and its newest exchange
    last: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one source was read, in event time (UTC)."""

    newest: datetime | None = None  # the newest exchange that it gave
    settled: datetime | None = (
        None  # as `newest`, when nothing was left to read: what is earlier by the lateness is late
    )


@dataclass(frozen=True, slots=True)
class Watched:
    """What `watch` has taken from its sources; it changes in the same step as the parts that it paid for."""

    offsets: dict[str, Any] = field(default_factory=dict)  # of each source by its name, as the source gave it
    reach: dict[str, Reach] = field(default_factory=dict)  # of each source by its name
    taken: int = 0  # exchanges added
    repeated: int = 0  # exchanges that the state held already
    outside: int = 0  # exchanges later than the lateness allows, or ahead of the clock
    quarantined: int = 0

    @property
    def settled(self) -> datetime | None:
        """The time before which every source was read to its end; None while one was not."""
        found = [one.settled for one in self.reach.values() if one.newest is not None]
        known = [moment for moment in found if moment is not None]
        return min(known) if known and len(known) == len(found) else None


@dataclass(frozen=True, slots=True)
class State:
    """The contents of a state: parts in the order added, lineage files, and how far its sources were read."""

    folder: Path
    key_id: str = ""
    until: datetime | None = None  # all exchanges in the state are earlier (UTC); the next addition begins here
    filled: tuple[str, ...] = ()  # columns of the exchange sketches in which some row has a value
    parts: tuple[Part, ...] = ()
    lineage: tuple[str, ...] = ()  # files that the last run that looked for networks left; empty before the first
    watched: Watched = field(default_factory=lambda: Watched())

    @property
    def digest(self) -> str:
        """A digest over the digests of all parts."""
        return hashlib.sha256("\n".join(part.digest for part in self.parts).encode()).hexdigest()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that belong to the state."""
        return (*(name for part in self.parts for name in (part.file, part.accounts)), *self.lineage)

    def path(self, file: str) -> Path:
        """Returns the path of one of the state's files."""
        return self.folder / file


def refusal(folder: Path) -> list[Mistake]:
    """Returns the reasons why `folder` cannot hold a state; empty when it can."""
    where = f"`--state {folder}`"
    if folder.exists() and not folder.is_dir():
        return [Mistake(where, "is a file, not a folder", "name a folder")]
    if (
        folder.is_dir()
        and not (folder / MARKER).is_file()
        and any(path.name not in _BESIDE for path in folder.iterdir())
    ):
        return [Mistake(where, f"holds files but no `{MARKER}`", "name a new folder or a state's folder")]
    return []


def load(folder: Path) -> State:
    """Loads the state in `folder`, or an empty state if the folder has none.

    Raises InputError when the state cannot be used.
    """
    path = folder / MARKER
    if not path.is_file():
        return State(folder)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise ValueError(f"it has another version's format, not {FORMAT}")
        parts = tuple(_part(part) for part in found["parts"])
        until = datetime.fromisoformat(found["until"]) if found["until"] else None
        lineage = tuple(found["lineage"])
        if len(lineage) not in (0, 2, 4, len(_LINEAGE)):  # two: of a run that remembered no networks; four: no looks
            raise ValueError(f"its lineage is in {len(lineage)} files")
        watched = _watched(found["watched"])
        state = State(folder, found["key_id"], until, tuple(found["filled"]), parts, lineage, watched)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"`{path}` cannot be read ({reason_of(error)}); add the logs to a new state") from error
    for file in state.files:
        if not _OURS.fullmatch(file):
            raise InputError(f"`{path}` names `{file[:40]}`, which is no file of a state; restore it")
        if not state.path(file).is_file():
            remedy = NEW_IDS if file in state.lineage else "restore it or add the logs to a new state"
            raise InputError(f"`{state.path(file)}` is missing; {remedy}")
    return state


def window_of(window: Window, state: State | None, lateness: timedelta | None = None) -> Window:
    """Returns the window of the exchanges to add: it begins at the end of the state, or later if `window` does.

    With a `lateness`, as of a job, it is the window itself: exchanges may come late.
    """
    if state is None or state.until is None or lateness is not None:
        return window
    return Window(max(window.since or state.until, state.until), window.until)


def window_seen(window: Window, state: State) -> Window:
    """Returns the window of a run over the state and its addition; it has no start unless the state was empty."""
    return Window(None if state.parts else window.since, window.until)


@contextmanager
def opened(folder: Path, patience: float = 0.0) -> Iterator[State]:
    """Yields the state in `folder`, and keeps other runs out of it until the block ends.

    It waits `patience` seconds for a run that is using the state, creates the folder if necessary, and removes files
    that a killed run left. Raises OutputError when the folder cannot be written or another run is using it, InputError
    when the state cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(f"cannot write in `{folder}`: {error.strerror}; name a writable `--state`") from error
    try:
        _lock(handle, folder, patience)
        state = load(folder)
        if not (folder / MARKER).is_file():
            publish(state)  # the folder is now a state, even if this run fails
        _sweep(state)
        yield state
    finally:
        os.close(handle)


def next_names(state: State) -> tuple[str, str]:
    """Returns file names for the exchanges of the next addition and for the account sums that include it."""
    # an earlier number may have become part of a later one (`compaction`), and no name is used twice
    number = 1 + max((_number(part.file) for part in state.parts), default=0)
    return f"exchanges-{number:06}.parquet", f"accounts-{number:06}.parquet"


def next_lineage(state: State, tables: Sequence[str]) -> tuple[str, ...]:
    """Returns file names for the next run's lineage tables."""
    number = 1 + max(map(_number, state.lineage), default=0)
    return tuple(f"{table}-{number:06}.parquet" for table in tables)


def part_of(path: Path, accounts: str, rows: int, span: tuple[datetime, datetime]) -> Part:
    """Returns a file of exchange sketches as a part; reads the file for its digest.

    `accounts` is the name of its file of sums, `span` the event times of its oldest and newest exchange.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Part(path.name, accounts, rows, path.stat().st_size, digest, *span)


def publish(state: State) -> None:
    """Replaces `state.json` in one step and removes files that it no longer names; raises OutputError on failure."""
    record = {"format": FORMAT, **asdict(replace(state, folder=Path()))}
    del record["folder"]
    fresh = state.folder / f".{MARKER}"
    try:
        fresh.write_text(json.dumps(record, indent=1, default=datetime.isoformat) + "\n", encoding="utf-8")
        for part in state.parts[-1:]:
            sync(state.path(part.file))
            sync(state.path(part.accounts))
        for file in state.lineage:
            sync(state.path(file))
        sync(fresh)
        fresh.replace(state.folder / MARKER)
        sync(state.folder)
    except OSError as error:
        raise OutputError(f"cannot write `{state.folder}`: {error.strerror or error}; free space there") from error
    _sweep(state)


def _number(file: str) -> int:
    return int(file.rpartition("-")[2].partition(".")[0])


def _part(record: dict[str, Any]) -> Part:
    times = {name: datetime.fromisoformat(record[name]) for name in ("first", "last")}
    return Part(**(record | times))


def _watched(record: dict[str, Any]) -> Watched:
    reach = {
        name: Reach(*(_moment(one[part]) for part in ("newest", "settled"))) for name, one in record["reach"].items()
    }
    return Watched(**(record | {"reach": reach}))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _lock(handle: int, folder: Path, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise BusyError(f"another run is using `{folder}`; wait for it or name another `--state`") from error
        time.sleep(0.05)


def _sweep(state: State) -> None:
    for path in state.folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in state.files:
            path.unlink(missing_ok=True)
