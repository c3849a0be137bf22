"""A known operator's return, without the epochs: who is answered for by joining alone, hour by hour.

One scan of the logs until the first wave has ended leaves what is known of the network. The exchanges since the second
wave began are then held against it as they come, as a watch would that has forgotten the first wave's.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from bench.watch.returns import ACCOUNTS, EXCHANGES, HOUR, TARGET, WINDOW, waves_of
from stillwatch import flow
from stillwatch.engine import Query, literal
from stillwatch.engine.factory import open_engine
from stillwatch.job import Window
from stillwatch.link.latecomers import Logs, files_sql
from stillwatch.settings import EngineSettings
from stillwatch.watch import joins
from stillwatch.watch.standing import Found, found_by
from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.job import job_of

HEAD = f"{'seed':>5} {'known':>6} {'accounts':>8} {'at act':>6} {'exchanges':>9} {'leaked':>7} {'%':>6}  innocents"


def lines(options: argparse.Namespace) -> Iterator[str]:
    """A line for each seed."""
    yield f"joins alone, every hour, for {options.days} days from the return on; nothing of before is looked at"
    yield HEAD
    for seed in options.seeds:
        with tempfile.TemporaryDirectory(prefix="stillwatch-at-once-") as home:
            yield _seed(seed, Path(home), options)


def _seed(seed: int, home: Path, options: argparse.Namespace) -> str:
    world = home / "world"
    build(options.recipe, seed, ACCOUNTS, EXCHANGES, None, world)
    ends, back = waves_of(world)
    job = job_of(world)
    engine = EngineSettings(threads=options.threads)
    job = replace(job, settings=job.settings.model_copy(update={"engine": engine}))
    flow.scan(replace(job, window=Window(ends - WINDOW, ends)), home / "run")
    begin = back.replace(minute=0, second=0, microsecond=0)
    end = begin + timedelta(days=options.days)
    flow.write_sketches(replace(job, window=Window(begin, end)), home / "sketches")
    found = found_by(home / "run")
    found = replace(found, members={})
    act, leaked, innocent = _played(world, home, found, (begin, end), options.threads)
    kinds = {row["account_id"]: row for row in pq.read_table(world / "truth" / "accounts.parquet").to_pylist()}
    sent = _of_campaign(world, begin, end)
    lost = [exchange for exchange in sent if exchange in leaked]
    accounts = set(sent.values())
    levels = Counter(level for account, level in innocent.items() if not kinds[account]["campaign_id"])
    said = ", ".join(f"{count} at {level}" for level, count in sorted(levels.items())) or "none"
    known = sum(standing.share("act") >= 0.9 for standing in found.standings.values())
    share = len(lost) / max(len(sent), 1)
    verdict = "met" if share <= TARGET else "MISSED"
    numbers = f"{len(accounts):8,} {len(accounts & act):6,} {len(sent):9,} {len(lost):7,} {100 * share:6.2f}"
    return f"{seed:5} {known:6} {numbers}  {said} {verdict}"


def _played(
    world: Path, home: Path, found: Found, span: tuple[datetime, datetime], threads: int
) -> tuple[set[str], set[str], dict[str, str]]:
    """The accounts ever at `act`, the exchanges that came before, and the level of whoever joined."""
    files = files_sql([home / "sketches" / "exchange_sketches.parquet"])
    act: set[str] = set()
    leaked: set[str] = set()
    levels: dict[str, str] = {}
    at, end = span
    job = job_of(world)
    with open_engine(EngineSettings(threads=threads), home) as engine:
        accounts = literal(str((world / "accounts.parquet").absolute()))
        engine.view("accounts", Query("accounts", f"SELECT * FROM read_parquet({accounts}, hive_partitioning = false)"))
        while at < end:
            later = at + HOUR
            every = f"(SELECT * FROM {files} WHERE started_at < TIMESTAMP '{later}')"
            hour = f"(SELECT * FROM {files} WHERE started_at >= TIMESTAMP '{at}' AND started_at < TIMESTAMP '{later}')"
            logs = Logs(hour, every, True, found.accounts)
            rows = joins.joining(engine, logs, found, found.profiles, job.key, 0).to_pylist()
            levels |= {row["account_id"]: row["level"] for row in rows if row["level"]}
            act |= {row["account_id"] for row in rows if row["level"] == "act"}
            fresh = engine.fetch(Query("exchanges of the hour", f"SELECT exchange_id, account_id FROM {hour}"))
            leaked |= {row["exchange_id"] for row in fresh.to_pylist() if row["account_id"] not in act}
            at = later
    return act, leaked, levels


def _of_campaign(world: Path, begin: datetime, end: datetime) -> dict[str, str]:
    """The campaign's exchanges of a span, and the account of each."""
    mine = set(pq.read_table(world / "truth" / "exchanges.parquet", columns=["exchange_id"])["exchange_id"].to_pylist())
    log = pq.read_table(world / "exchanges", columns=["exchange_id", "account_id", "started_at"])
    return {
        row["exchange_id"]: row["account_id"]
        for row in log.to_pylist()
        if row["exchange_id"] in mine and begin <= row["started_at"] < end
    }
