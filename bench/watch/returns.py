"""A known operator's return: what leaks of a second wave under new accounts, when the logs have forgotten the first."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from bench.watch.live import every, innocents, leaks, played, slowly_then
from stillwatch.records.outputs import NETWORKS
from stillwatch.runs.tables import table_of
from stillwatch.watch import epochs
from stillwatch_lab.live import Live
from stillwatch_lab.worlds.build import build

RECIPE = Path(__file__).with_name("returning.toml")
ACCOUNTS, EXCHANGES = 2_400, 60_000
SLOW, HOUR = timedelta(days=2), timedelta(hours=1)
WINDOW = timedelta(days=20)  # how far back the state goes: the first wave has left it before the second begins
TARGET = 0.01  # of the second wave's exchanges
HEAD = f"{'seed':>5} {'wave':>4} {'accounts':>8} {'answered':>8} {'exchanges':>9} {'leaked':>7} {'%':>6}"


def lines(options: argparse.Namespace) -> Iterator[str]:
    """Of each seed, what leaked of both waves, whether the network kept its id, and which innocents were accused."""
    yield f"batches and epochs of {SLOW.days} days"
    yield f"for {options.days} days from the return on batches of 1 h and epochs of {options.every} h"
    yield f"the state goes back {WINDOW.days} days"
    yield HEAD
    for seed in options.seeds:
        with tempfile.TemporaryDirectory(prefix="stillwatch-returns-") as home:
            yield from _seed(seed, Path(home), options)


def _seed(seed: int, home: Path, options: argparse.Namespace) -> Iterator[str]:
    world = home / "world"
    build(options.recipe, seed, ACCOUNTS, EXCHANGES, None, world)
    waves = _waves(world)
    live = Live(world, home / "live", every(24 * SLOW.days), options.threads, WINDOW)

    def look(at: datetime, *_: object) -> None:
        if at >= waves[1] - SLOW:
            live.pace(every(options.every))

    end = waves[1].replace(minute=0, second=0, microsecond=0) + timedelta(days=options.days)
    answered = played(live, slowly_then(world, SLOW, waves[1] - HOUR, HOUR, end), look)
    run = epochs.latest(live.state)
    assert run is not None
    events = Counter(table_of(run, "lineage")["event"].to_pylist())
    for wave, one in enumerate(leaks(world, answered, "group_id", end), start=1):
        numbers = f"{one.accounts:8,} {one.answered:8,} {one.exchanges:9,} {one.leaked:7,} {100 * one.share:6.1f}"
        verdict = "" if wave == 1 else " met" if one.share <= TARGET else " MISSED"
        yield f"{seed:5} {wave:4} {numbers}{verdict}"
    back = events["returned"]
    yield f"{seed:5} {table_of(run, NETWORKS.name).num_rows} networks at the end; {back} events `returned`"
    for level, kinds in innocents(world, answered).items():
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
        yield f"{seed:5} innocents ever at {level}: {said}{' MISSED' if level == 'act' and kinds else ''}"


def waves_of(world: Path) -> tuple[datetime, datetime]:
    """When the first wave has ended, and when the second begins."""
    accounts = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    group = {row["account_id"]: row["group_id"] for row in accounts if row["campaign_id"]}
    back = _waves(world)[1]
    log = pq.read_table(world / "exchanges", columns=["account_id", "started_at"])
    before = [row["started_at"] for row in log.to_pylist() if row["account_id"] in group and row["started_at"] < back]
    return max(before) + timedelta(microseconds=1), back


def _waves(world: Path) -> list[datetime]:
    """When each group of the campaign's accounts sent its first exchange, in order."""
    accounts = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    group = {row["account_id"]: row["group_id"] for row in accounts if row["campaign_id"]}
    first: dict[str, datetime] = {}
    log = pq.read_table(world / "exchanges", columns=["account_id", "started_at"]).sort_by("started_at")
    for row in log.to_pylist():
        if row["account_id"] in group:
            first.setdefault(group[row["account_id"]], row["started_at"])
    return sorted(first.values())
