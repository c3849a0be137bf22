"""The loop of `watch`: batches go into the state, accounts that join networks are found at once, epochs find networks.

At once means within a batch; an epoch is a whole run, beside which batches go on. What answers customers is told after
each of both (`answers.py`). Every step can be killed: what was committed is not done again, the rest is.
"""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from stillwatch.disk import replaced
from stillwatch.engine.factory import open_engine
from stillwatch.errors import OutputError, RunError
from stillwatch.flow import PATIENCE
from stillwatch.job import Job
from stillwatch.link.joining import Profile
from stillwatch.link.latecomers import Logs, files_sql
from stillwatch.records.outputs import BIRTH_COHORTS, JOINS
from stillwatch.records.watch_status import PLACE, WatchStatus
from stillwatch.report import PAGE
from stillwatch.respond import Summary
from stillwatch.respond.choice import WORDS
from stillwatch.runs import compaction
from stillwatch.runs import state as states
from stillwatch.runs.state import State
from stillwatch.screening import newcomers as kept
from stillwatch.sources import SETTLE_SECONDS, Source
from stillwatch.watch import epochs, ingest, joins, newcomers
from stillwatch.watch.answers import Answers
from stillwatch.watch.beside import Beside
from stillwatch.watch.epochs import Running
from stillwatch.watch.ingest import OWN as OWN
from stillwatch.watch.standing import Found, found_by
from stillwatch.watch.workers import Workers

LOCK = ".watching"
FULL = 0.9  # of what a batch may hold: then its source has more
FAILURES = 20  # in a row, after which a watch gives up
DECIDING = 9.0  # times as long as a decision took it is not made again for accounts that join: a tenth of all time
NOTE_SECONDS = 10.0  # between notes of an idle watch on how it does
RETRY_SECONDS = 3.0  # times the number of failures in a row
Tell = Callable[[str], None]
"""Says one line to whoever runs the watch."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a watch was asked to do; the job's state is where everything is kept."""

    job: Job
    every: timedelta  # of event time, between epochs
    lateness: timedelta  # how late an exchange may come
    keep: timedelta | None = None  # how far back the state goes; None for ever
    workers: int = 1  # processes that read and sketch
    batch_bytes: int = 64_000_000  # for each worker
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
    looked_at: set[str] = field(default_factory=set)  # parts of the state that were held against `found`
    covered: set[str] = field(default_factory=set)  # parts that the epoch which began last has read
    running: Running | None = None
    finished: Path | None = None  # a run that is not adopted yet
    resumed: bool = False
    until: datetime | None = None  # of the epoch that is running or ran last
    began: float = 0.0  # the epoch that is running or ran last, by a clock that only goes forward
    took: float | None = None  # seconds of the last epoch
    epoch_failures: int = 0  # in a row
    undecided: bool = False  # whether accounts joined on whom the policy has not decided
    decide_from: float = 0.0  # when it may decide on them
    noted: float = -math.inf  # when it last wrote how it does
    behind: bool = False  # whether a source had as much as a batch takes
    unread: set[str] = field(default_factory=set)  # sources of which something is wrong, and nothing was read since
    workers: Workers = field(init=False)

    def __post_init__(self) -> None:
        self.workers = Workers(self.plan.workers)

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Watches until `stopped`, or with `once` until all is worked off and found.

        What fails is told and tried again, so that a full disk or a broker that is away ends by itself; RunError is
        raised with `once`, or when nothing else happened for FAILURES times.
        """
        failures = 0
        with watching(self.plan.state), self._stopping():
            while not stopped():
                try:
                    took = self.step(apart=not self.plan.once)
                    if took or time.monotonic() - self.noted > NOTE_SECONDS:
                        self._note(0)
                    failures = 0
                except RunError as error:
                    failures += 1
                    if self.plan.once or failures >= FAILURES:
                        raise
                    self.tell(f"tried again in {failures * RETRY_SECONDS:.0f} s: {error}")
                    with suppress(RunError):  # the disk that failed is perhaps this one's
                        self._note(failures)
                    _rest(failures * RETRY_SECONDS, stopped)
                    continue
                if self.plan.once and not took:
                    if self.unread:
                        raise RunError(f"nothing was read of {', '.join(sorted(self.unread))}, as was said above")
                    return
                if not took:
                    _rest(self.plan.wait_seconds, stopped)

    def _note(self, failures: int) -> None:
        """Writes how the watch is doing; raises OutputError when the disk takes nothing."""
        self.noted = time.monotonic()
        state = states.load(self.plan.state)
        watched, run = state.watched, epochs.latest(self.plan.state)
        found = WatchStatus(
            self.answers.clock(),
            max((part.last for part in state.parts), default=None),
            watched.taken,
            watched.repeated,
            watched.outside,
            watched.quarantined,
            failures,
            None if run is None else epochs.until_of(run.name),
            self.took,
            self.epoch_failures,
        )
        self._own.mkdir(parents=True, exist_ok=True)
        with replaced(self.plan.state / PLACE, "--state") as path:
            path.write_text(found.to_json(), encoding="utf-8")

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.workers.close()
            if self.running is not None:
                self.running.stop()

    def step(self, apart: bool = False) -> bool:
        """Takes a batch of each source and begins an epoch when one is due; returns whether there was any batch.

        An epoch runs `apart` in a process of its own, or is over when the step is. Raises RunError.
        """
        if not self.resumed:
            # an earlier watch may have been killed before it adopted its last epoch
            self.finished = next(reversed(epochs.finished(self.plan.state)), None)
            self.resumed = True
        self._adopt()
        took = self._take_batches()
        if not took:
            ingest.settle(self.plan.state, [source.name for source in self.sources])
        self._adopt_finished()
        if not (took and self.plan.once):
            self._begin_epoch(apart)
        return took

    def _take_batches(self) -> bool:
        """One batch of each source; returns whether any had one.

        A source that fails is told of and does not keep out the others; RunError is raised where none had a batch.
        """
        took, failure, self.behind = False, None, False
        for source in self.sources:
            try:
                took = self._take(source) or took
            except RunError as error:
                self.tell(f"{source.name}: {error}")
                failure = error
        if failure is not None and not took:
            raise failure
        if not (self.behind and self.plan.workers > 1):  # else beside the next batch
            self._join()
        if self.undecided and time.monotonic() >= self.decide_from:
            self._decide()
        return took

    def _take(self, source: Source) -> bool:
        offset = states.load(self.plan.state).watched.offsets.get(source.name)
        # who watches once must wait for files that may still be written
        wait = self.plan.settle_seconds if self.plan.once else 0.0
        most = self.plan.workers * self.plan.batch_bytes
        batch = source.poll(offset, most, wait)
        if batch is None:
            return False
        job = replace(_embedded(self.plan.job), lateness=self.plan.lateness)
        done = ingest.take(source, job, batch, self.workers, self._join)
        self.behind = self.behind or batch.counts.bytes >= FULL * most
        of_itself = [one.what for one in batch.troubles if one.where == source.name]
        of_files = [str(one) for one in batch.troubles if one.where != source.name]
        for said in [*of_itself, *of_files, *done.unreadable]:
            self.tell(f"{source.name}: {said}")
        self.unread |= {source.name} if of_itself else set()
        if batch.files:
            self.unread.discard(source.name)
            self.tell(_sentence(source.name, done))
        return bool(batch.files)

    def _join(self) -> None:
        """Holds the accounts of new parts against the networks of the last epoch."""
        state = states.load(self.plan.state)
        fresh = [part.file for part in state.parts if part.file not in self.looked_at]
        if self.found is not None:
            self._add(self.found, self.found.profiles, state, fresh)
        self.looked_at.update(fresh)

    def _add(self, found: Found, profiles: Sequence[Profile], state: State, fresh: Sequence[str]) -> None:
        """Adds the accounts of some parts of the state that belong to networks; the policy is still to decide on
        them."""
        if not fresh or not profiles:
            return
        job = _embedded(self.plan.job)
        with open_engine(job.settings.engine, self.plan.state.absolute().parent) as engine:
            parts, every = (_sketches(state, files) for files in (fresh, [part.file for part in state.parts]))
            logs = Logs(parts, every, self.beside.view(engine), found.accounts)
            joined = joins.joining(engine, logs, found, profiles, job.key, job.settings.read.trusted_hops)
        if joined.num_rows:
            self.tell(f"{joined.num_rows:,} accounts belong to networks that are known")
            self.joined = joins.with_added(self.joined, joined)
            joins.keep(self._own, self.joined)
            self.undecided = True

    def _look_at_newcomers(self, found: Found, until: datetime) -> None:
        """Keeps what is said of new accounts beside the networks of the last epoch, and of cohorts of sign-ups."""
        known, state, now = newcomers.earlier(found), states.load(self.plan.state), self.answers.clock()
        job, files = _embedded(self.plan.job), _sketches(state, [part.file for part in state.parts])
        hops = job.settings.read.trusted_hops
        with open_engine(job.settings.engine, self.plan.state.absolute().parent) as engine:
            logs = Logs(files, files, self.beside.view(engine), found.accounts)
            if logs.accounts:
                kept.keep(self.plan.state, newcomers.birth_cohorts(engine, hops, until, now), BIRTH_COHORTS)
            if known.profiles:
                asked = newcomers.newest(engine, logs, until)
                kept.keep(self.plan.state, newcomers.newcomers(engine, logs, asked, known, job.key, hops, now))

    def _begin_epoch(self, apart: bool) -> None:
        """Begins a run over the state as it is, when so much time has passed in it as lies between epochs."""
        state = states.load(self.plan.state)
        if self.running is not None or state.until is None or not state.parts:
            return
        due = self.until is None or state.until - self.until >= self.plan.every
        if not (due or (self.plan.once and state.until != self.until)):
            return
        self._join()
        job = self.answers.informed(self.beside.job())
        with states.opened(self.plan.state, PATIENCE) as opened:
            self._compact(opened)
            held = states.load(self.plan.state)
            frozen = epochs.begin(held)
        if held.until is None:
            return
        self.until = held.until
        # all of it was looked at, but what was merged has another name now
        self.covered = {part.file for part in held.parts}
        self.looked_at = set(self.covered)
        out = self.plan.state / epochs.RUNS / epochs.name_of(held.until)
        self.began = time.monotonic()
        if apart:
            self.running = Running.begin(job, frozen, out)
            return
        epochs.find(job, frozen, out)
        self._finish(out)

    def _compact(self, state: State) -> None:
        settings = _embedded(self.plan.job).settings.engine
        with open_engine(settings, self.plan.state.absolute().parent) as engine:
            compaction.compact(engine, state, self.plan.lateness, self.plan.keep)

    def _adopt_finished(self) -> None:
        if self.running is None or not self.running.done:
            return
        done, self.running = self.running, None
        failure = done.failure()
        if failure is None:
            self._finish(done.out)
        else:
            self.epoch_failures, self.noted = self.epoch_failures + 1, -math.inf
            # it is tried again when the next one is due; answers go on from the last that was finished
            self.tell(f"an epoch could not finish: {failure}")

    def _finish(self, run: Path) -> None:
        self.took, self.epoch_failures, self.noted = time.monotonic() - self.began, 0, -math.inf
        self.finished = run
        self.tell(f"epoch {run.name}: {epochs.found_in(run)}; see {run / PAGE}")
        self._adopt()

    def _adopt(self) -> None:
        """Makes a finished run what is answered from, lets the policy decide on it, and looks at who came meanwhile.

        What fails is done again by the next step.
        """
        run = self.finished
        if run is None:
            return
        epochs.adopt(self.plan.state, run)
        self.until = epochs.until_of(run.name)
        self.found = found_by(run)
        self.joined = joins.since(joins.load(self._own), self.until)
        joins.keep(self._own, self.joined)
        state = states.load(self.plan.state)
        parts = state.parts
        # before the policy decides: what follows for accounts of networks that are remembered must not end meanwhile
        self._add(self.found, self.found.absent, state, [part.file for part in parts])
        self._decide()
        # after a restart it is not known what the epoch covered: what is older than its end, or a little more
        self.looked_at = set(self.covered) or {part.file for part in parts if part.last < self.until}
        self._join()
        self._look_at_newcomers(self.found, self.until)
        self.finished = None

    def _decide(self) -> None:
        run, began = epochs.latest(self.plan.state), time.monotonic()
        if run is not None:
            for line in told(self.answers.decide(run, self.joined)):
                self.tell(f"epoch {run.name}: {line}")
        self.undecided = False
        # the whole run and ledger are read: with many decisions that takes longer than a batch
        self.decide_from = time.monotonic() + DECIDING * (time.monotonic() - began)

    @property
    def _own(self) -> Path:
        return self.plan.state / OWN


def _embedded(job: Job) -> Job:
    """The job on this machine's own engine: batches are small, whatever searches the whole state."""
    own = job.settings.engine.model_copy(update={"name": "duckdb", "spark_remote": None})
    return replace(job, settings=job.settings.model_copy(update={"engine": own}))


def _rest(seconds: float, stopped: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not stopped() and time.monotonic() < until:
        time.sleep(min(0.2, seconds))


def told(done: Summary) -> Iterator[str]:
    """What was decided, in lines."""
    if done.refusal is not None:
        yield f"nothing was decided: {done.refusal}"
    yield f"{len(done.decided):,} decisions, {len(done.renewed):,} renewed, {len(done.reversed):,} reversed"
    if capped := done.kept_out.get("cap", ()):
        yield f"{len(capped):,} accounts wait, since they are {WORDS['cap']}"
    yield from done.warnings


def _sketches(state: State, files: Sequence[str]) -> str:
    return files_sql([state.path(file) for file in files])


def _sentence(name: str, done: ingest.Taken) -> str:
    rows = done.rows
    outside = f", {rows.outside_window:,} too late or ahead of the clock" if rows.outside_window else ""
    repeated = f", {rows.duplicate:,} known already" if rows.duplicate else ""
    refused = f", {rows.quarantined:,} quarantined" if rows.quarantined else ""
    return f"{name}: {rows.used - rows.outside_window:,} exchanges{repeated}{outside}{refused}"


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
