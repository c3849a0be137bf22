"""The loop of `watch`: batches go into the state, accounts that join networks are found at once, epochs find networks.

At once means within a batch; an epoch is a whole run, beside which batches go on. What answers customers is told after
each of both (`answers.py`). Every step can be killed: what was committed is not done again, the rest is.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa

from stillwatch.engine.factory import open_engine
from stillwatch.errors import OutputError, RunError
from stillwatch.job import Job
from stillwatch.link.latecomers import Logs
from stillwatch.records.outputs import JOINS
from stillwatch.respond import Summary
from stillwatch.runs import compaction
from stillwatch.runs import state as states
from stillwatch.runs.state import State
from stillwatch.sources import SETTLE_SECONDS, Source
from stillwatch.watch import epochs, ingest, joins
from stillwatch.watch.answers import Answers
from stillwatch.watch.beside import Beside
from stillwatch.watch.standing import Found, found_by

LOCK = ".watching"
OWN = "watch"  # the folder in a state in which a watch keeps what it can make again
Tell = Callable[[str], None]
"""Says one line to whoever runs the watch."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a watch was asked to do; the job's state is where everything is kept."""

    job: Job
    every: timedelta  # of event time, between epochs
    lateness: timedelta  # how late an exchange may come
    keep: timedelta | None = None  # how far back the state goes; None for ever
    batch_bytes: int = 64_000_000
    wait_seconds: float = 1.0  # between looks when no source has anything
    settle_seconds: float = SETTLE_SECONDS + 1.0  # that `once` waits for a source before it has nothing
    once: bool = False  # work off what is there, find once, end

    @property
    def state(self) -> Path:
        """The state's folder."""
        assert self.job.state is not None
        return self.job.state


@dataclass(slots=True)
class Watch:
    """A running watch, used by one thread."""

    plan: Plan
    sources: Sequence[Source]
    beside: Beside
    answers: Answers
    tell: Tell
    found: Found | None = None
    joined: pa.Table = field(default_factory=lambda: JOINS.schema.empty_table())
    running: Future[None] | None = None
    until: datetime | None = None  # of the epoch that is running or ran last

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Watches until `stopped`, or with `once` until all is worked off and found; raises RunError."""
        with ExitStack() as stack:
            stack.enter_context(watching(self.plan.state))
            pool = None if self.plan.once else stack.enter_context(_process())
            self._resume()
            while not stopped():
                took = self._take_batches()
                if not took:
                    ingest.settle(self.plan.state)
                self._adopt_finished()
                if took and self.plan.once:
                    continue
                self._begin_epoch(pool)
                if self.plan.once:
                    return
                if not took:
                    time.sleep(self.plan.wait_seconds)

    def _resume(self) -> None:
        """Does what an earlier watch may have left undone: a finished epoch, and joins since the last one."""
        done = epochs.finished(self.plan.state)
        if done:
            self._adopt(done[-1])
        with states.opened(self.plan.state) as state:
            recent = [part.file for part in state.parts if self.until is None or part.last >= self.until]
        self._join(recent)

    @property
    def _job(self) -> Job:
        return replace(self.plan.job, lateness=self.plan.lateness)

    def _take_batches(self) -> bool:
        """One batch of each source; returns whether any had one."""
        parts: list[str] = []
        took = False
        for source in self.sources:
            offsets = states.load(self.plan.state).watched.offsets
            # who watches once must wait for files that may still be written
            wait = self.plan.settle_seconds if self.plan.once else 0.0
            batch = source.poll(offsets.get(source.name), self.plan.batch_bytes, wait)
            if batch is None:
                continue
            done = ingest.take(source, self._job, batch)
            parts += done.parts
            took = took or bool(batch.files)
            for said in [*map(str, batch.troubles), *done.unreadable]:
                self.tell(f"{source.name}: {said}")
            if batch.files:
                self.tell(_sentence(source.name, done))
        self._join(parts)
        return took

    def _join(self, parts: Sequence[str]) -> None:
        """Holds the accounts of these parts against the networks of the last epoch."""
        if not parts or self.found is None or not self.found.profiles:
            return
        job, folder = self.plan.job, self.plan.state
        with open_engine(job.settings.engine, folder.absolute().parent) as engine:
            state = states.load(folder)
            has_accounts = self.beside.view(engine)
            every = _paths(state, [part.file for part in state.parts])
            logs = Logs(_paths(state, parts), every, has_accounts, self.found.accounts)
            fresh = joins.joining(engine, logs, self.found, job.key, job.settings.read.trusted_hops)
        if fresh.num_rows:
            self.joined = joins.with_added(self.joined, fresh)
            joins.keep(self._own, self.joined)
            self._decide()
            self.tell(f"{fresh.num_rows:,} accounts joined networks that are known")

    def _begin_epoch(self, pool: ProcessPoolExecutor | None) -> None:
        """Begins a run over the state as it is, when so much time has passed in it as lies between epochs."""
        state = states.load(self.plan.state)
        if self.running is not None or state.until is None or not state.parts:
            return
        due = self.until is None or state.until - self.until >= self.plan.every
        if not (due or (self.plan.once and state.until != self.until)):
            return
        self._compact()
        self.until = state.until
        out = self.plan.state / epochs.RUNS / epochs.name_of(state.until)
        job = self.answers.judged(self.beside.job())
        with states.opened(self.plan.state) as opened:
            frozen = epochs.begin(opened)
        if pool is None:
            epochs.find(job, frozen, out)
            self._adopt(out)
            return
        self.running = pool.submit(epochs.find, job, frozen, out)

    def _compact(self) -> None:
        job = self.plan.job
        with (
            open_engine(job.settings.engine, self.plan.state.absolute().parent) as engine,
            states.opened(self.plan.state) as state,
        ):
            compaction.compact(engine, state, self.plan.lateness, self.plan.keep)

    def _adopt_finished(self) -> None:
        if self.running is None or not self.running.done():
            return
        done, self.running = self.running, None
        error = done.exception()
        if isinstance(error, RunError):
            # the epoch is tried again when the next one is due; answers go on from the last that was finished
            self.tell(f"an epoch could not finish: {error}")
            return
        if error is not None:
            raise error
        run = epochs.finished(self.plan.state)[-1]
        self._adopt(run)

    def _adopt(self, run: Path) -> None:
        """Makes a finished run what is answered from, and lets the policy decide on it."""
        epochs.adopt(self.plan.state, run)
        self.until = epochs.until_of(run.name)
        self.found = found_by(run)
        self.joined = joins.since(joins.load(self._own), self.until)
        joins.keep(self._own, self.joined)
        self._decide()

    def _decide(self) -> None:
        run = epochs.latest(self.plan.state)
        if run is not None:
            for line in told(self.answers.decide(run, self.joined)):
                self.tell(f"epoch {run.name}: {line}")

    @property
    def _own(self) -> Path:
        return self.plan.state / OWN


def told(done: Summary) -> Iterator[str]:
    """What was decided, in lines."""
    if done.refusal is not None:
        yield f"nothing was decided: {done.refusal}"
    yield f"{len(done.decided):,} decisions, {len(done.renewed):,} renewed, {len(done.reversed):,} reversed"
    yield from done.warnings


def _paths(state: State, files: Sequence[str]) -> tuple[Path, ...]:
    return tuple(state.path(file) for file in files)


def _sentence(name: str, done: ingest.Taken) -> str:
    rows = done.rows
    outside = f", {rows.outside_window:,} too late or ahead of the clock" if rows.outside_window else ""
    repeated = f", {rows.duplicate:,} known already" if rows.duplicate else ""
    refused = f", {rows.quarantined:,} quarantined" if rows.quarantined else ""
    return f"{name}: {rows.used - rows.outside_window:,} exchanges{repeated}{outside}{refused}"


@contextmanager
def _process() -> Iterator[ProcessPoolExecutor]:
    """A process for epochs, beside which batches go on; it gives way to them."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=os.nice, initargs=(5,)) as pool:
        yield pool


@contextmanager
def watching(folder: Path) -> Iterator[None]:
    """Keeps other watches out of a state until the block ends; raises OutputError when one is there already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise OutputError(f"cannot write in `{folder}`: {error.strerror}; name a writable `--state`") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise OutputError(f"another `stillwatch watch` uses `{folder}`; stop it or name another `--state`") from error
    finally:
        os.close(handle)
