"""A small world with one loud letter campaign among innocents, and ways to hand its files in otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import flow
from stillwatch.job import Inputs, resolve
from stillwatch.settings import EngineSettings, Settings, SketchSettings
from stillwatch_lab.worlds.build import build

Rows = list[dict[str, Any]]

SEED, ACCOUNTS, EXCHANGES = 3, 1_200, 26_000
RECIPE = """
[world]
days = 40
volume_sigma = 1.4

[[population]]
kind = "letter"
count = 50
groups = 1

[[population]]
kind = "enterprise"
count = 40
groups = 1

[[population]]
kind = "reseller"
count = 30
groups = 1

[[population]]
kind = "batch_job"
count = 10
groups = 1

[[population]]
kind = "class"
count = 30
groups = 1
"""


@dataclass(frozen=True, slots=True)
class SmallWorld:
    """The world's folder, and a key to sketch it with."""

    folder: Path
    key: Path

    @property
    def exchanges(self) -> pa.Table:
        return pq.read_table(self.folder / "exchanges")

    @property
    def accounts(self) -> pa.Table:
        return pq.read_table(self.folder / "accounts.parquet")

    def accounts_of(self, kind: str) -> list[str]:
        """Accounts of that kind, sorted: `letter` are the campaign's, `person` nobody's."""
        rows = pq.read_table(self.folder / "truth" / "accounts.parquet").to_pylist()
        return sorted(row["account_id"] for row in rows if row["kind"] == kind)

    def scan(self, out: Path, threads: int = 2, previous: Path | None = None, **inputs: Path | None) -> Path:
        """A run folder at `out`, which continues the `previous` one; `inputs` replaces the world's own files by name,
        None hands none in."""
        own: dict[str, Path | None] = {
            "exchanges": self.folder / "exchanges",
            "accounts": self.folder / "accounts.parquet",
            "permits": self.folder / "permits.parquet",
        }
        chosen = {name: (str(path),) for name, path in {**own, **inputs}.items() if path is not None}
        return flow.scan(resolve(Inputs(**chosen), settings=self.settings(threads), previous=previous), out).folder

    def settings(self, threads: int = 2) -> Settings:
        """On so many threads, with the key."""
        return Settings(engine=EngineSettings(threads=threads), sketch=SketchSettings(key_file=self.key))


def built(folder: Path) -> SmallWorld:
    """Builds the world in `folder`."""
    recipe, key = folder / "small.toml", folder / "key"
    recipe.write_text(RECIPE)
    key.write_bytes(b"one key for every test of it")
    build(recipe, SEED, ACCOUNTS, EXCHANGES, None, folder / "world")
    return SmallWorld(folder / "world", key)


def rewritten(exchanges: pa.Table, out: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    """The changed table as one Parquet file."""
    pq.write_table(change(exchanges), out)
    return out


def without(*columns: str) -> Callable[[pa.Table], pa.Table]:
    """Drops columns."""
    return lambda table: table.drop_columns(list(columns))


def shuffled(exchanges: pa.Table, out: Path, parts: int, seed: int) -> Path:
    """The rows in drawn order, over several files of unlike size."""
    out.mkdir()
    order = np.random.default_rng(seed).permutation(len(exchanges))
    cuts = np.cumsum([len(order) * (n + 1) * 2 // (parts * (parts + 1)) for n in range(parts - 1)])
    for number, indices in enumerate(np.split(order, cuts)):
        pq.write_table(exchanges.take(indices), out / f"part-{number}.parquet")
    return out


def rows(run: Path, table: str) -> Rows:
    """The rows of a run's table."""
    found: Rows = pq.read_table(run / f"{table}.parquet").to_pylist()
    return found


def acted_on(run: Path) -> set[str]:
    """Accounts at `act`."""
    return {row["account_id"] for row in rows(run, "campaign_members") if row["level"] == "act"}


def accused(run: Path) -> set[str]:
    """Accounts at any level."""
    return {row["account_id"] for row in rows(run, "campaign_members")}


def memberships(run: Path) -> set[tuple[str, str, str, int]]:
    """Who is in which campaign, at which level, with how many exchanges."""
    return {
        (row["campaign_id"], row["account_id"], row["level"], row["exchanges"]) for row in rows(run, "campaign_members")
    }


def digests(run: Path) -> Mapping[str, str]:
    """SHA-256 of every Parquet file of a run folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(run.glob("*.parquet"))}


LINEAGE_FILES = ("lineage", "lineage_members")
SHOWN_FROM_RAW_LOGS = ("shown", "examples")  # columns that hold values as a raw log shows them: sketches do not


def findings(run: Path) -> Mapping[str, list[str]]:
    """What a run found, whatever its ids: every table but the lineage, its rows sorted, each id one account of its own.

    So that two runs can be compared whose networks were born at different times, or of which one read sketches.
    """
    names: dict[str, str] = {}
    for subject, table in (("network_id", "network_members"), ("campaign_id", "campaign_members")):
        for row in sorted(rows(run, table), key=lambda row: str(row["account_id"]), reverse=True):
            names[row[subject]] = f"{subject} of {row['account_id']}"

    def named(value: Any) -> Any:
        return (
            [named(one) for one in value]
            if isinstance(value, list)
            else names.get(value, value)
            if isinstance(value, str)
            else value
        )

    return {
        path.stem: sorted(
            repr({name: named(value) for name, value in row.items() if name not in SHOWN_FROM_RAW_LOGS})
            for row in rows(run, path.stem)
        )
        for path in sorted(run.glob("*.parquet"))
        if path.stem not in LINEAGE_FILES
    }


def table_of(path: Path, schema: pa.Schema, given: Sequence[Mapping[str, Any]]) -> Path:
    """Rows as a Parquet file."""
    pq.write_table(pa.Table.from_pylist([dict(row) for row in given], schema=schema), path)
    return path
