"""Replays a log: it is scanned as it was at several cuts in time, which shows how much had leaked before detection.

`detected_at` of a single run is computed from the whole log. In a replay every scan sees only the log up to its cut. An
account counts as found from the first cut at which it was at `act`, and its exchanges before that cut have leaked. Cuts
are days apart, so that the leak is overstated by at most the exchanges of one step. An account counts as accused if any
of the scans accused it, since a provider that scans every day would have acted on the first accusation.

The same scans say how early and how small each campaign was when it was found: see `reached`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table

from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import RunError
from stillwatch.settings import EngineSettings
from stillwatch_lab.known_accounts import known_at
from stillwatch_lab.scores.reached import ACCUSED, Reached, reached_sql

FOUND = pa.schema([("account_id", pa.string()), ("found_at", pa.timestamp("us"))])
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result for one campaign profile: its accounts and exchanges, those found at `act`, and those that leaked."""

    profile: str
    accounts: int
    found: int
    exchanges: int
    leaked: int
    first_found_days: float | None  # from the campaign's first exchange to the first cut that found any of its accounts


@dataclass(frozen=True, slots=True)
class Replay:
    """The results of a replay: by profile, and how much of each campaign was found at each cut."""

    profiles: list[Replayed]
    reached: list[Reached]


def cuts(engine: Engine, sketches: Path, step_days: float) -> list[datetime]:
    """The times of the cuts: every `step_days` from the first exchange's midnight; the last is after the log's end."""
    sql = f"SELECT min(started_at) AS low, max(started_at) AS high FROM read_parquet({literal(str(sketches))})"
    row = engine.fetch(Query("span of the log", sql)).to_pylist()[0]
    moment = row["low"].replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[datetime] = []
    while not found or found[-1] <= row["high"]:
        moment += timedelta(days=step_days)
        found.append(moment)
    return found


def replay(sketches: Path, tables: dict[str, Path], truth: Path, step_days: float, say: Say) -> Replay:
    """Scans the sketches at every cut and compares the runs with the truth; raises RunError when a scan fails.

    `tables` holds the paths of `accounts` and `permits`. The row `innocents` covers all accounts outside campaigns:
    `accounts` is their number, and `found` the number that was at `act` at any cut.
    """
    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(), Path(folder)) as engine:
        first: dict[str, datetime] = {}
        accused: list[tuple[datetime, str | None, str | None]] = []
        for moment in cuts(engine, sketches, step_days):
            known = {**tables, **_known_then(tables, moment, Path(folder) / "accounts.parquet")}
            levels = _accused(sketches, known, moment, Path(folder) / "run")
            at_act = [account for account, level in levels.items() if level == "act"]
            for account in at_act:
                first.setdefault(account, moment)
            # A row without an account keeps cuts at which nobody was accused.
            accused += [(moment, None, None), *((moment, *one) for one in levels.items())]
            say(f"until {moment:%d %b}: {len(at_act):,} accounts at act")
        pq.write_table(pa.table([list(first), list(first.values())], schema=FOUND), Path(folder) / "found.parquet")
        columns = [list(column) for column in zip(*accused, strict=True)]
        pq.write_table(pa.table(columns, schema=ACCUSED), Path(folder) / "accused.parquet")
        return _beside_truth(engine, Path(folder), sketches, truth)


def _known_then(tables: dict[str, Path], moment: datetime, out: Path) -> dict[str, Path]:
    """The accounts table as it was at a moment, without later sign-ups and later closures."""
    if "accounts" not in tables:
        return {}
    pq.write_table(known_at(pq.read_table(tables["accounts"]), moment), out)
    return {"accounts": out}


def as_table(rows: Sequence[Replayed]) -> Table:
    """The result of a replay as a table for a terminal."""
    shown = Table(title="Scans at the time", title_justify="left")
    shown.add_column("campaign profile")
    for heading in ("accounts", "ever at act", "exchanges", "lost before", "first found after"):
        shown.add_column(heading, justify="right")
    for row in rows:
        lost = f"{row.leaked / row.exchanges:.1%}" if row.exchanges else "-"
        after = "-" if row.first_found_days is None else f"{row.first_found_days:.1f} days"
        shown.add_row(row.profile, f"{row.accounts:,}", f"{row.found:,}", f"{row.exchanges:,}", lost, after)
    return shown


def _accused(sketches: Path, tables: dict[str, Path], until: datetime, out: Path) -> dict[str, str]:
    """The accounts at `act` or `review`, and which, in a scan of the log up to `until`.

    The scan is a process of its own, to free its memory.
    """
    options = [word for name, path in tables.items() for word in (f"--{name}", str(path))]
    command = [sys.executable, "-m", "stillwatch", "scan", str(sketches), *options]
    done = subprocess.run(
        [*command, "--until", until.isoformat(), "--out", str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RunError(f"the scan until {until.isoformat()} failed: {done.stderr.strip()[-500:]}")
    members = pq.read_table(out / "campaign_members.parquet", columns=["account_id", "level"]).to_pylist()
    return {row["account_id"]: level for level in ("review", "act") for row in members if row["level"] == level}


def _beside_truth(engine: Engine, folder: Path, sketches: Path, truth: Path) -> Replay:
    scans = {name: folder / f"{name}.parquet" for name in ("found", "accused")}
    for name, path in (*scans.items(), ("sketched", sketches)):
        engine.view(name, Query(name, f"SELECT * FROM read_parquet({literal(str(path))})"))
    for name in ("accounts", "exchanges", "campaigns"):
        file = literal(str(truth / f"{name}.parquet"))
        engine.view(f"true_{name}", Query(name, f"SELECT * FROM read_parquet({file})"))
    rows = engine.fetch(leaked_sql()).to_pylist() + engine.fetch(innocents_sql()).to_pylist()
    reached = engine.fetch(reached_sql()).to_pylist()
    return Replay([Replayed(**row) for row in rows], [Reached(**row) for row in reached])


def leaked_sql() -> Query:
    """One row a profile, pooled over its campaigns."""
    return Query(
        "leaked by campaign profile",
        """
SELECT
  campaigns.rung AS profile,
  count(DISTINCT truth.account_id) AS accounts,
  count(DISTINCT found.account_id) AS found,
  count(*) AS exchanges,
  count(*) FILTER (WHERE found.found_at IS NULL OR sketched.started_at < found.found_at) AS leaked,
  epoch(min(found.found_at) - min(sketched.started_at)) / 86400.0 AS first_found_days
FROM true_exchanges AS truth
JOIN sketched USING (exchange_id)
JOIN true_campaigns AS campaigns ON campaigns.campaign_id = truth.campaign_id
LEFT JOIN found ON found.account_id = truth.account_id
GROUP BY campaigns.rung
ORDER BY campaigns.rung
""",
    )


def innocents_sql() -> Query:
    """One row for all accounts outside campaigns."""
    return Query(
        "innocents at any cut",
        """
SELECT
  'innocents' AS profile,
  count(*) AS accounts,
  count(found.account_id) AS found,
  0 AS exchanges,
  0 AS leaked,
  CAST(NULL AS DOUBLE) AS first_found_days
FROM true_accounts AS truth
LEFT JOIN found ON found.account_id = truth.account_id
WHERE truth.role <> 'campaign'
""",
    )
