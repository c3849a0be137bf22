"""Small worlds that several tests look at, each built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from stillwatch.records.inputs import EXCHANGES
from stillwatch_lab.worlds.build import build

Joined = Callable[[Path], pa.Table]


@pytest.fixture(scope="session")
def bench_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of innocent and one letter campaign of 40 accounts, among 2,000 accounts."""
    folder = tmp_path_factory.mktemp("bench")
    recipe = folder / "world.toml"
    recipe.write_text(EVERY_KIND)
    build(recipe, 5, 2_000, 50_000, None, folder / "world")
    return folder / "world"


@pytest.fixture(scope="session")
def organic_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People only."""
    folder = tmp_path_factory.mktemp("organic")
    build("organic", 6, 1_500, 40_000, None, folder)
    return folder


def with_truth(world: Path) -> pa.Table:
    """All exchanges beside their accounts' truth."""
    names = [name for name in EXCHANGES.names if name != "tool_names"]  # Arrow joins no lists
    exchanges = ds.dataset(world / "exchanges").to_table(names)
    truth = pq.read_table(world / "truth" / "accounts.parquet")
    return exchanges.join(truth, "account_id")


def accounts_of(world: Path, kind: str) -> pa.Table:
    """Rows of the accounts table of one kind, with their group."""
    truth = pq.read_table(world / "truth" / "accounts.parquet")
    joined = pq.read_table(world / "accounts.parquet").join(truth, "account_id")
    return joined.filter(pc.field("kind") == kind)


EVERY_KIND = """
[[population]]
kind = "letter"
count = 40
groups = 1
[[population]]
kind = "mixed"
count = 30
groups = 1
[[population]]
kind = "enterprise"
count = 60
groups = 1
set = { cards = 1, sites = 1 }
[[population]]
kind = "reseller"
count = 20
groups = 1
set = { cards = 1, permit = true }
[[population]]
kind = "batch_job"
count = 10
groups = 1
set = { registered = true, cards = 1, egress = "one_cloud" }
[[population]]
kind = "data_maker"
count = 4
groups = 1
[[population]]
kind = "evaluation_harness"
count = 8
groups = 1
set = { registered = true, cards = 1, samples = 4, questions = 120 }
[[population]]
kind = "ci_fleet"
count = 8
groups = 1
set = { registered = true, cards = 1, tick = 1 }
[[population]]
kind = "licensed_distillation"
count = 10
groups = 1
set = { cards = 1 }
[[population]]
kind = "red_team"
count = 5
groups = 1
set = { cards = 1 }
[[population]]
kind = "class"
count = 40
groups = 1
[[population]]
kind = "hackathon"
count = 40
groups = 1
[[population]]
kind = "cgnat"
count = 200
groups = 1
[[population]]
kind = "vpn"
count = 100
groups = 1
[[population]]
kind = "family"
count = 40
[[population]]
kind = "shared_login"
count = 20
groups = 2
[[population]]
kind = "relay_software"
count = 60
groups = 1
"""
