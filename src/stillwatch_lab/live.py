"""Plays a world forward in time through a watch: nothing is known at a moment but what was logged before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console

from stillwatch.job import Inputs, resolve
from stillwatch.records.outputs import CAMPAIGN_MEMBERS, LEVELS
from stillwatch.respond import Policy
from stillwatch.runs import state as states
from stillwatch.runs.tables import table_of
from stillwatch.settings import EngineSettings, Settings
from stillwatch.sources import opened, parse
from stillwatch.verdicts import Reader
from stillwatch.watch import epochs
from stillwatch.watch.answers import VERDICTS, Answers
from stillwatch.watch.beside import Beside
from stillwatch.watch.loop import OWN, Plan, Watch
from stillwatch_lab.known_accounts import known_at

ACCOUNTS = "accounts.parquet"
DAY = timedelta(days=1)
FIRST, STEP, EVERY = 24 * DAY, 3 * DAY, 8 * DAY  # of the demo: the log at its start, its batches, its searches


@dataclass(slots=True)
class Live:
    """A watch of a world that is fed batch by batch; its clock stands at the end of the last batch."""

    world: Path
    home: Path
    every: timedelta  # of event time, between epochs
    threads: int = 0  # 0: as many as there are cores
    keep: timedelta | None = None  # how far back the state goes; None for ever
    policy: Policy = field(default_factory=Policy)
    sent: int = 0
    now: datetime = datetime(2000, 1, 1)
    accounts: pa.Table = field(init=False, repr=False)  # of the whole world
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        (self.home / "logs").mkdir(parents=True)
        self.accounts = pq.read_table(self.world / ACCOUNTS)
        self._register()
        permits = self.world / "permits.parquet"
        inputs = Inputs(accounts=(str(self.home / ACCOUNTS),), permits=(str(permits),) if permits.is_file() else ())
        state = self.home / "state"
        settings = Settings(engine=EngineSettings(threads=self.threads))
        job = resolve(inputs, settings=settings, state=state)
        beside = Beside(inputs, job, state / OWN)
        answers = Answers(state, state, beside, self.policy, lambda: self.now)
        plan = Plan(job, self.every, timedelta(hours=1), self.keep, wait_seconds=0.0)
        (source,) = (opened(one, state / "sources", None, 0.0) for one in parse([str(self.home / "logs")]))
        self.watch = Watch(plan, [source], beside, answers, lambda _: None)

    @property
    def state(self) -> Path:
        """The state's folder."""
        return self.home / "state"

    def feed(self, rows: pa.Table, at: datetime) -> None:
        """Logs these exchanges as a file that is there at `at`, and lets the watch take it in; raises RunError."""
        pq.write_table(rows, self.home / "logs" / f"{at:%Y%m%dT%H%M}.parquet")
        self.now = at
        self._register()
        self.sent += rows.num_rows
        while self._taken() < self.sent:
            self.watch.step()

    def pace(self, every: timedelta) -> None:
        """Lets so much event time lie between epochs from now on."""
        self.watch.plan = replace(self.watch.plan, every=every)

    def levels(self) -> dict[str, str]:
        """The level of each account that is answered for, the highest of the last epoch's and of those since."""
        run = epochs.latest(self.state)
        if run is None:
            return {}
        found = table_of(run, CAMPAIGN_MEMBERS.name, ["account_id", "level"]).to_pylist()
        said = [row for row in (*self.watch.joined.to_pylist(), *found) if row["level"]]
        ranked = sorted(said, key=lambda row: LEVELS.index(row["level"]), reverse=True)
        return {row["account_id"]: row["level"] for row in ranked}

    def _register(self) -> None:
        pq.write_table(known_at(self.accounts, self.now), self.home / ACCOUNTS)

    def _taken(self) -> int:
        watched = states.load(self.state).watched
        return watched.taken + watched.repeated + watched.outside + watched.quarantined


def batches(world: Path, begin: timedelta, step: timedelta) -> Iterator[tuple[datetime, pa.Table]]:
    """The world's exchanges by batch, with the moment at which each ends: the first is `begin` long, others `step`."""
    rows = pq.read_table(world / "exchanges").sort_by("started_at")
    times = rows["started_at"]
    last = times[-1].as_py()
    since = times[0].as_py().replace(minute=0, second=0, microsecond=0)
    until = since + begin
    while since <= last:
        inside = pc.and_(pc.greater_equal(times, pa.scalar(since)), pc.less(times, pa.scalar(until)))
        found = rows.filter(inside)
        if found.num_rows:
            yield until, found
        since, until = until, until + step


def show(world: Path, home: Path, console: Console) -> None:
    """Plays the demo's world, and prints who is answered for at each moment; raises RunError."""
    live = Live(world, home, EVERY)
    known: set[str] = set()
    joined: list[str] = []
    for at, rows in batches(world, FIRST, STEP):
        before = epochs.latest(live.state)
        live.feed(rows, at)
        act = {account for account, level in live.levels().items() if level == "act"}
        fresh = sorted(act - known)
        searched = epochs.latest(live.state) != before
        if not searched:
            joined += fresh
        known |= act
        console.print(_line(at, live.sent, searched, len(fresh), len(act)), highlight=False, markup=False)
    console.print(_answer(live, joined), highlight=False, markup=False, soft_wrap=True)


def _line(at: datetime, sent: int, searched: bool, fresh: int, act: int) -> str:
    how = "by a search" if searched else "as they joined"
    return f"{at:%d %b}  {sent:7,} exchanges  {act:4} accounts at act, of which {fresh:3} new {how}"


def _answer(live: Live, joined: Sequence[str]) -> str:
    reader = Reader(live.state / VERDICTS)
    answered = [verdict for one in joined if (verdict := reader.find(one)) is not None]
    levels = Counter(verdict.level for verdict in answered)
    said = f"{len(joined)} accounts were answered for as they joined, before the next search."
    if not answered:
        return said
    one = answered[0]
    return (
        f"{said} The searches since left {levels['act']} of them at act.\n"
        f"A gateway that asks for account {one.account_id} hears: level {one.level}, network {one.network_id}, "
        f"campaign {one.campaign_id}; and no effect, since no policy was given."
    )
