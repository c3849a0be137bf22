"""Plays a world forward in time through a watch, and looks at each moment at who would be answered for.

Nothing is known at a moment but what was logged before it. An exchange leaked when its account was not yet answered for
at `act` at the end of the batch that brought it. Epochs and batches are so far apart in event time as stated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.job import Inputs, resolve
from stillwatch.records.outputs import CAMPAIGN_MEMBERS
from stillwatch.respond import Policy
from stillwatch.runs import state as states
from stillwatch.settings import EngineSettings, Settings
from stillwatch.sources import opened, parse
from stillwatch.watch import epochs
from stillwatch.watch.answers import Answers
from stillwatch.watch.beside import Beside
from stillwatch.watch.loop import OWN, Plan, Watch
from stillwatch.watch.standing import read

LEVELS = ("watch", "review", "act")


@dataclass(slots=True)
class Answered:
    """When accounts were first answered for, by level, in event time (UTC)."""

    first: dict[str, dict[str, datetime]] = field(default_factory=lambda: {level: {} for level in LEVELS})
    at_once: set[str] = field(default_factory=set)  # at `act` as they joined, before an epoch said so

    def note(self, account: str, level: str, at: datetime) -> None:
        for one in LEVELS[: LEVELS.index(level) + 1]:
            self.first[one].setdefault(account, at)


@dataclass(frozen=True, slots=True)
class Leak:
    """What one campaign sent, and what of it before its accounts stood at `act`."""

    profile: str
    accounts: int
    answered: int
    exchanges: int
    leaked: int
    first: datetime
    found: datetime | None


def played(world: Path, home: Path, batch: timedelta, every: timedelta, threads: int) -> Answered:
    """Plays the world and returns who was answered for, and when."""
    inputs = Inputs(**{name: (str(world / f"{name}.parquet"),) for name in ("accounts", "permits")})
    logs, state = home / "logs", home / "state"
    logs.mkdir(parents=True)
    state.mkdir()
    settings = Settings(engine=EngineSettings(threads=threads))
    job = resolve(inputs, settings=settings, state=state)
    beside = Beside(inputs, job, state / OWN)
    now = [datetime(2000, 1, 1)]
    answers = Answers(state, state, beside, Policy(), lambda: now[0])
    plan = Plan(job, every, timedelta(hours=1), wait_seconds=0.0)
    (source,) = (opened(one, state / "sources", None, 0.0) for one in parse([str(logs)]))
    said: list[str] = []
    watch = Watch(plan, [source], beside, answers, said.append)
    answered = Answered()
    sent = 0
    for at, rows in batches(world, batch):
        pq.write_table(rows, logs / f"{at:%Y%m%dT%H%M}.parquet")
        now[0] = at
        sent += rows.num_rows
        while states.load(state).watched.taken < sent:
            watch.step()
        _note(watch, state, answered, at)
    return answered


def batches(world: Path, batch: timedelta) -> Iterator[tuple[datetime, pa.Table]]:
    """The world's exchanges by batch, with the moment at which each batch ends."""
    rows = pq.read_table(world / "exchanges").sort_by("started_at")
    times = rows["started_at"]
    begin, last = times[0].as_py(), times[-1].as_py()
    at = begin.replace(minute=0, second=0, microsecond=0)
    while at <= last:
        inside = pc.and_(pc.greater_equal(times, pa.scalar(at)), pc.less(times, pa.scalar(at + batch)))
        found = rows.filter(inside)
        at += batch
        if found.num_rows:
            yield at, found


def _note(watch: Watch, state: Path, answered: Answered, at: datetime) -> None:
    run = epochs.latest(state)
    if run is None:
        return
    before = set(answered.first["act"])
    for row in watch.joined.to_pylist():
        if row["level"] is not None:
            answered.note(row["account_id"], row["level"], at)
    answered.at_once |= set(answered.first["act"]) - before
    for row in read(run, CAMPAIGN_MEMBERS).select(["account_id", "level"]).to_pylist():
        answered.note(row["account_id"], row["level"], at)


def leaks(world: Path, answered: Answered) -> list[Leak]:
    """What leaked of each campaign of the world's truth."""
    accounts = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    campaign = {row["account_id"]: (row["campaign_id"], row["kind"]) for row in accounts if row["campaign_id"]}
    truth = pq.read_table(world / "truth" / "exchanges.parquet")
    of_campaign = {row["exchange_id"] for row in truth.to_pylist() if row.get("campaign_id")}
    sent: dict[str, list[tuple[datetime, str]]] = {}
    log = pq.read_table(world / "exchanges", columns=["exchange_id", "account_id", "started_at"])
    for row in log.to_pylist():
        if row["exchange_id"] in of_campaign and row["account_id"] in campaign:
            sent.setdefault(campaign[row["account_id"]][0], []).append((row["started_at"], row["account_id"]))
    found = []
    for name, rows in sorted(sent.items()):
        members = {account for account, (one, _) in campaign.items() if one == name}
        act = {account: at for account, at in answered.first["act"].items() if account in members}
        leaked = sum(account not in act or at < act[account] for at, account in rows)
        kind = Counter(campaign[account][1] for account in members).most_common(1)[0][0]
        first = min(at for at, _ in rows)
        found.append(Leak(kind, len(members), len(act), len(rows), leaked, first, min(act.values(), default=None)))
    return found


def innocents(world: Path, answered: Answered) -> dict[str, Counter[str]]:
    """Innocent accounts that were ever answered for, by level and kind."""
    accounts = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    kinds = {row["account_id"]: row["kind"] for row in accounts if not row["campaign_id"]}
    return {level: Counter(kinds[one] for one in answered.first[level] if one in kinds) for level in LEVELS}
