"""Plays a world forward in time through a watch, and looks at each moment at who would be answered for.

Nothing is known at a moment but what was logged before it. An exchange leaked when its account was not yet answered for
at `act` at the end of the batch that brought it. Epochs and batches are so far apart in event time as stated.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch.watch import epochs
from stillwatch_lab.live import Live, batches

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
    live = Live(world, home, every, threads)
    answered = Answered()
    for at, rows in batches(world, batch, batch):
        before = epochs.latest(live.state)
        live.feed(rows, at)
        known = set(answered.first["act"])
        for account, level in live.levels().items():
            answered.note(account, level, at)
        if epochs.latest(live.state) == before:
            answered.at_once |= set(answered.first["act"]) - known
    return answered


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
