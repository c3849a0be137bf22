"""Plays a world forward in time through a watch, and looks at each moment at who would be answered for.

Nothing is known at a moment but what was logged before it. An exchange leaked when its account was not answered for at
`act` at the end of the batch that brought it. Epochs and batches are so far apart in event time as stated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.watch import epochs
from stillwatch_lab.live import Live, batches

LEVELS = ("watch", "review", "act")
SLACK = timedelta(minutes=20)
Fed = Iterable[tuple[datetime, pa.Table]]
"""Batches of exchanges, with the moment at which each ends."""


def every(hours: int) -> timedelta:
    """The time between epochs where one is to begin every so many hours: an epoch is due by the newest exchange, which
    comes some minutes before its hour ends."""
    return timedelta(hours=hours) - SLACK


@dataclass(slots=True)
class Answered:
    """When accounts were first answered for, by level, in event time (UTC), and which exchanges came unanswered."""

    first: dict[str, dict[str, datetime]] = field(default_factory=lambda: {level: {} for level in LEVELS})
    at_once: set[str] = field(default_factory=set)  # at `act` as they joined, before an epoch said so
    leaked: set[str] = field(default_factory=set)  # exchanges whose account was not at `act` when their batch ended
    epochs: int = 0

    def note(self, account: str, level: str, at: datetime) -> None:
        for one in LEVELS[: LEVELS.index(level) + 1]:
            self.first[one].setdefault(account, at)


@dataclass(frozen=True, slots=True)
class Leak:
    """What one group of a campaign's accounts sent, and what of it before its accounts stood at `act`."""

    profile: str
    accounts: int
    answered: int
    exchanges: int
    leaked: int
    first: datetime
    found: datetime | None

    @property
    def share(self) -> float:
        """The share that leaked."""
        return self.leaked / self.exchanges


def played(live: Live, fed: Fed, look: Callable[[datetime, Live, dict[str, str]], None] = lambda *_: None) -> Answered:
    """Feeds batches and returns who was answered for, and when; `look` sees the levels after each batch."""
    answered = Answered()
    for at, rows in fed:
        before = epochs.latest(live.state)
        live.feed(rows, at)
        known, levels = set(answered.first["act"]), live.levels()
        for account, level in levels.items():
            answered.note(account, level, at)
        pairs = zip(rows["exchange_id"].to_pylist(), rows["account_id"].to_pylist(), strict=True)
        answered.leaked |= {exchange for exchange, account in pairs if levels.get(account) != "act"}
        if epochs.latest(live.state) == before:
            answered.at_once |= set(answered.first["act"]) - known
        else:
            answered.epochs += 1
        look(at, live, levels)
    return answered


def slowly_then(
    world: Path, slow: timedelta, until: datetime, fast: timedelta, end: datetime
) -> Iterator[tuple[datetime, pa.Table]]:
    """The world's batches before `end`: `slow` ones before `until`, `fast` ones from then on."""
    for at, rows in batches(world, slow, slow):
        if at <= until:
            yield at, rows
            continue
        begin = at - slow
        while begin < min(at, end):
            later = begin + fast
            inside = pc.and_(
                pc.greater_equal(rows["started_at"], pa.scalar(begin)), pc.less(rows["started_at"], pa.scalar(later))
            )
            found = rows.filter(inside)
            if found.num_rows:
                yield later, found
            begin = later


def fed(world: Path, step: timedelta, days: int | None) -> Iterator[tuple[datetime, pa.Table]]:
    """The world's batches. With `days`, what came before the first campaign is one batch, and so many days follow."""
    if days is None:
        yield from batches(world, step, step)
        return
    first = min(one.first for one in leaks(world, Answered())).replace(minute=0, second=0, microsecond=0)
    begin = pq.read_table(world / "exchanges", columns=["started_at"])["started_at"]
    since = pc.min(begin).as_py().replace(minute=0, second=0, microsecond=0)
    for at, rows in batches(world, first - since, step):
        if at > first + timedelta(days=days):
            return
        yield at, rows


def leaks(world: Path, answered: Answered, by: str = "campaign_id", until: datetime = datetime.max) -> list[Leak]:
    """What leaked of each campaign of the world's truth, or of each group of accounts with `by` = `group_id`.

    Exchanges from `until` on, which were not played, are left out.
    """
    accounts = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    mine = {row["account_id"]: (row[by], row["kind"]) for row in accounts if row["campaign_id"]}
    truth = pq.read_table(world / "truth" / "exchanges.parquet")
    of_campaign = {row["exchange_id"] for row in truth.to_pylist() if row.get("campaign_id")}
    sent: dict[str, list[tuple[datetime, str]]] = {}
    log = pq.read_table(world / "exchanges", columns=["exchange_id", "account_id", "started_at"])
    for row in log.to_pylist():
        if row["exchange_id"] in of_campaign and row["account_id"] in mine and row["started_at"] < until:
            sent.setdefault(mine[row["account_id"]][0], []).append((row["started_at"], row["exchange_id"]))
    found = []
    for name, rows in sorted(sent.items(), key=lambda item: min(item[1])):
        members = {account for account, (one, _) in mine.items() if one == name}
        act = {account: at for account, at in answered.first["act"].items() if account in members}
        leaked = sum(exchange in answered.leaked for _, exchange in rows)
        kind = Counter(mine[account][1] for account in members).most_common(1)[0][0]
        first = min(at for at, _ in rows)
        found.append(Leak(kind, len(members), len(act), len(rows), leaked, first, min(act.values(), default=None)))
    return found


def innocents(world: Path, answered: Answered) -> dict[str, Counter[str]]:
    """Innocent accounts that were ever answered for, by level and kind."""
    accounts = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    kinds = {row["account_id"]: row["kind"] for row in accounts if not row["campaign_id"]}
    return {level: Counter(kinds[one] for one in answered.first[level] if one in kinds) for level in LEVELS}
