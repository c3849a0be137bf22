"""Scans an altered log, and compares whom it accuses at which level with the scan of the log as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench.alterations.rows import GATEWAY, Innocents, Row, RowChange, client
from bench.alterations.writing import WRITING
from stillwatch import flow
from stillwatch.errors import StillwatchError
from stillwatch.job import Inputs, resolve
from stillwatch.settings import Settings

LEVELS = ("act", "review", "watch")
SAME, WEAKER, LOST, ACCUSES, STOPPED = "same", "WEAKER", "LOST", "ACCUSES", "STOPPED"
TOLERATED = 0.02  # share of a campaign's accounts that a hostile alteration may take off, where it takes evidence off


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan found: the level of each campaign and account, and what it made of the rows."""

    campaigns: dict[str, str]  # by the id of the true campaign that most of its members are of
    members: dict[str, str]
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class World:
    """A world's rows and truth: each account's campaign, None for innocents."""

    folder: Path
    rows: list[Row]
    campaign_of: dict[str, str | None]

    def innocents(self) -> Innocents:
        """The ids of exchanges that no campaign sent."""
        return Innocents([row["exchange_id"] for row in self.rows if self.campaign_of[row["account_id"]] is None])


@dataclass(frozen=True, slots=True)
class Line:
    """One alteration: who wrote it, in which format, and what came of it."""

    writer: str
    alteration: str
    writing: str
    verdict: str
    said: str
    found: Found | None = None


def opened(folder: Path) -> World:
    """The world of a folder of `stillwatch lab build`, or of the second generator."""
    rows = pq.read_table(folder / "exchanges").to_pylist()
    for row in rows:
        row["started_at"] = row["started_at"].replace(tzinfo=None)  # UTC in both
    return World(folder, rows, _campaigns(folder / "truth"))


def _campaigns(truth: Path) -> dict[str, str | None]:
    if (truth / "accounts.parquet").is_file():
        rows = pq.read_table(truth / "accounts.parquet").to_pylist()
        return {row["account_id"]: row["campaign_id"] for row in rows}
    accounts = pq.read_table(truth / "truth_accounts.parquet")["account_id"].to_pylist()
    members = pq.read_table(truth / "truth_members.parquet").to_pylist()
    return dict.fromkeys(accounts) | {row["account_id"]: row["campaign"] for row in members}


def changes(world: World) -> dict[tuple[str, str], RowChange]:
    """Every change by who writes it and what it is."""
    named = {("client", name): change for name, change in client(world.innocents()).items()}
    return named | {("gateway", name): change for name, change in GATEWAY.items()}


def altered(world: World, writer: str, change: RowChange) -> list[Row]:
    """The log's rows after the change: the campaigns' own, or everybody's where a gateway wrote it."""
    rows, place = [], 0
    for old in world.rows:
        row = dict(old)
        if writer == "gateway" or world.campaign_of[row["account_id"]] is not None:
            change(row, place)
            place += 1
        rows.append(row)
    return rows


def scanned(world: World, log: Path, out: Path, settings: Settings) -> Found:
    """Scans a log with the world's other tables."""
    tables = {
        name: (str(path),) for name in ("accounts", "permits") if (path := world.folder / f"{name}.parquet").is_file()
    }
    flow.scan(resolve(Inputs((str(log),), **tables), settings=settings), out)
    return found_in(out, world)


def found_in(run: Path, world: World) -> Found:
    """What a run folder holds."""
    members = pq.read_table(run / "campaign_members.parquet").to_pylist()
    levels = {row["campaign_id"]: row["level"] for row in pq.read_table(run / "campaigns.parquet").to_pylist()}
    best: dict[str, str] = {}
    for campaign, level in levels.items():
        inside = [world.campaign_of[row["account_id"]] for row in members if row["campaign_id"] == campaign]
        name = str(max(set(inside), key=inside.count))
        best[name] = min(level, best.get(name, level), key=LEVELS.index)
    record: dict[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return Found(best, {row["account_id"]: row["level"] for row in members}, record["rows"])


def compared(world: World, before: Found, after: Found) -> tuple[str, str]:
    """The verdict, and what differs in words."""
    accused = {one for one in after.members if one not in before.members and world.campaign_of[one] is None}
    if accused:
        return ACCUSES, f"{len(accused)} innocents accused"
    lost = before.campaigns.keys() - after.campaigns.keys()
    if lost:
        return LOST, f"{len(lost)} of {len(before.campaigns)} campaigns not found"
    weaker = {
        name for name, level in before.campaigns.items() if LEVELS.index(after.campaigns[name]) > LEVELS.index(level)
    }
    if weaker:
        return WEAKER, ", ".join(f"{before.campaigns[name]} became {after.campaigns[name]}" for name in sorted(weaker))
    fewer = [one for one, level in before.members.items() if level == "act" and after.members.get(one) != "act"]
    total = sum(level == "act" for level in before.members.values())
    if len(fewer) > TOLERATED * total:
        return WEAKER, f"{len(fewer)} of {total} accounts no more at act"
    return SAME, f"{len(fewer)} of {total} accounts no more at act" if fewer else ""


def line(world: World, before: Found, names: Sequence[str], work: Path, settings: Settings) -> Line:
    """Writes and scans one alteration: `names` are the writer, the change and the manner of writing."""
    writer, alteration, writing = names
    file, write = WRITING[writing]
    work.mkdir(parents=True)
    write(altered(world, writer, changes(world)[writer, alteration]), work / file)
    try:
        after = scanned(world, work / file, work / "run", settings)
    except StillwatchError as error:
        return Line(writer, alteration, writing, STOPPED, str(error).splitlines()[0][:160])
    return Line(writer, alteration, writing, *compared(world, before, after), after)
