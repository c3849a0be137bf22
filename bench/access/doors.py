"""One more check, by what a run found and by what was true: worlds of the lab, of which the truth is known."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import say
from stillwatch import flow
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.records.outputs import DOORS
from stillwatch.report.access.doors import Door, Upheld, doors
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab.worlds.build import build

ACCOUNTS, EXCHANGES = 3_300, 105_000
Counted = Mapping[tuple[str | None, str | None], int]
"""Accounts by check and campaign."""


def measured(options: argparse.Namespace) -> list[str]:
    """A table of each check by the run and by the truth, over all worlds as if they were one provider's."""
    found: Counter[tuple[str | None, str | None]] = Counter()
    true: Counter[tuple[str | None, str | None]] = Counter()
    with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as name:
        for seed in options.worlds:
            say(f"world {seed}")
            folder = Path(name) / str(seed)
            build("bench", seed, ACCOUNTS, EXCHANGES, None, folder / "world")
            run = scanned(folder)
            found.update(by_run(run, seed))
            true.update(by_truth(folder / "world", seed))
        return [*table(door_of(found, Path(name)), door_of(true, Path(name))), f"worlds of seeds {options.worlds}"]


def scanned(folder: Path) -> Path:
    """The run folder of a scan of a world."""
    tables = ((str(folder / "world" / f"{name}.parquet"),) for name in ("accounts", "permits"))
    inputs = Inputs((str(folder / "world" / "exchanges"),), *tables)
    settings = Settings(engine=EngineSettings(threads=1))
    return flow.scan(resolve(inputs, settings=settings), folder / "run").folder


def by_run(run: Path, seed: int) -> Counted:
    """What the run counts, all doors together."""
    rows = pq.read_table(run / "doors.parquet").to_pylist()
    return counted((row["verification"], named(row["campaign_id"], seed), row["accounts"]) for row in rows)


def by_truth(world: Path, seed: int) -> Counted:
    """The same of the truth, of accounts with exchanges."""
    seen = set(pq.read_table(world / "exchanges", columns=["account_id"])["account_id"].unique().to_pylist())
    checks = pq.read_table(world / "accounts.parquet", columns=["account_id", "verification"]).to_pylist()
    check = {row["account_id"]: row["verification"] for row in checks}
    rows = pq.read_table(world / "truth" / "accounts.parquet", columns=["account_id", "campaign_id"]).to_pylist()
    return counted(
        (check.get(row["account_id"]), named(row["campaign_id"], seed), 1) for row in rows if row["account_id"] in seen
    )


def counted(rows: Iterable[tuple[str | None, str | None, int]]) -> Counted:
    """Accounts by check and campaign."""
    found: Counter[tuple[str | None, str | None]] = Counter()
    for check, campaign, accounts in rows:
        found[check, campaign] += accounts
    return found


def named(campaign: str | None, seed: int) -> str | None:
    """A campaign's name among those of several worlds."""
    return None if campaign is None else f"{campaign} of {seed}"


def door_of(found: Counted, folder: Path) -> Door:
    """The counts as the report works them out."""
    whole = ("cleared_accounts", "exchanges", "early_exchanges", "within_hour", "within_day", "within_week")
    rows: list[dict[str, Any]] = [
        {**dict.fromkeys(whole, 0), "door": "channel", "channel": "all", "expected_innocent_accounts": 0.0}
        | {"verification": check, "campaign_id": campaign, "accounts": accounts}
        for (check, campaign), accounts in found.items()
    ]
    with DuckDBEngine(EngineSettings(threads=1), folder) as engine:
        engine.store(DOORS, pa.Table.from_pylist(rows, schema=DOORS.schema))
        (door,) = doors(engine, Upheld())
    return door


def table(found: Door, true: Door) -> list[str]:
    """One line a check: what the run says beside what was true."""
    lines = [
        f"{'':12}{'in campaigns':>18}{'campaigns able':>20}{'stopped':>16}{'interval':>16}{'others asked':>20}",
        f"{'check':12}{'run':>9}{'truth':>9}{'run':>10}{'truth':>10}{'run':>8}{'truth':>8}{'':>16}{'run':>10}{'truth':>10}",
    ]
    truth = {one.check: one for one in true.further}
    for one in found.further:
        other = truth[one.check]
        inside = "holds" if one.between[0] <= other.stopped <= one.between[1] else "MISSES"
        able = f"{f'{one.able} of {one.campaigns}':>10}{f'{other.able} of {other.campaigns}':>10}"
        between = f"{one.between[0]:.0f} to {one.between[1]:.0f}"
        lines.append(
            f"{one.check:12}{one.accused:9,}{other.accused:9,}{able}{one.stopped:8,}{other.stopped:8,}{between:>16}"
            f"{one.asked:10,}{other.asked:10,}  {inside} the truth"
        )
    return lines
