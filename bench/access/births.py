"""Birth cohorts: which sign-ups of a campaign's accounts are found within their hour, and what innocents make."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from bench.measure import say
from bench.watch.returns import ACCOUNTS, EXCHANGES, RECIPE
from stillwatch.engine import Query, literal
from stillwatch.engine.factory import open_engine
from stillwatch.link.births import cohorts, sign_ups
from stillwatch.records.definitions import DAY
from stillwatch.settings import EngineSettings
from stillwatch_lab.worlds.build import build

LOOKED = 60 * DAY  # µs before the newest sign-up, every hour of which is looked at


def lines(options: argparse.Namespace) -> list[str]:
    """The table: a line for each world, and one for all."""
    with tempfile.TemporaryDirectory(prefix="stillwatch-births-") as name:
        home = options.keep or Path(name)
        worlds = [_built(home, f"world-{seed}", RECIPE, seed, (ACCOUNTS, EXCHANGES)) for seed in options.draws]
        worlds += [_built(home, f"people-{seed}", "organic", seed, (100_000, 1_200_000)) for seed in options.people]
        return [
            "birth cohorts in the last 60 days of sign-ups, hour by hour",
            f"{'':14}{'sign-ups':>9}{'cohorts':>9}{'wrong':>7}{'campaign accounts':>19}{'found':>7}  kinds",
            *(_line(world) for world in [*worlds, *options.second]),
        ]


def _built(home: Path, name: str, recipe: Path | str, seed: int, size: tuple[int, int]) -> Path:
    folder = home / name
    if not folder.is_dir():
        say(f"making {name}")
        build(recipe, seed, *size, None, folder)
    return folder


def _line(world: Path) -> str:
    """A cohort is wrong where most of it are people who have nothing to do with one another."""
    (truth,) = world.glob("truth/*accounts.parquet")
    rows = pq.read_table(truth).to_pylist()
    kind = {row["account_id"]: row["kind"] for row in rows}
    campaign = {row["account_id"] for row in rows if row.get("campaign_id") or row.get("campaign")}
    with tempfile.TemporaryDirectory() as name, open_engine(EngineSettings(threads=1), Path(name)) as engine:
        file = literal(str((world / "accounts.parquet").absolute()))
        engine.view("accounts", Query("accounts", f"SELECT * FROM read_parquet({file}, hive_partitioning = false)"))
        held = sign_ups(engine, 0)
    begin = int(held.at[-1]) - LOOKED
    found = list(cohorts(held, begin, int(held.at[-1]) + 1))
    of = Counter(Counter(kind[one] for one in cohort.accounts).most_common(1)[0][0] for cohort in found)
    late = {one for one, at in zip(held.account_id, held.at.tolist(), strict=True) if at >= begin}
    inside = {account for cohort in found for account in cohort.accounts} & campaign
    said = ", ".join(f"{count} {sort}" for sort, count in of.most_common()) or "none"
    return (
        f"{world.name:14}{len(late):9,}{len(found):9}{of['person']:7}{len(late & campaign):19}{len(inside):7}  {said}"
    )
