"""The profiles of the benchmark differ from a letter campaign in what their names promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.worlds.build import build
from tests.lab.conftest import accounts_of, with_truth

PROFILES = ("loud", "hydra", "sharded", "agentic", "grading", "patient", "harvest")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles")
    entries = [f'[[population]]\nkind = "{kind}"\ncount = 20\ngroups = 1\n' for kind in PROFILES if kind != "sharded"]
    entries.append('[[population]]\nkind = "sharded"\ncount = 20\ngroups = 1\nset = { best_of_n = false }\n')
    (folder / "profiles.toml").write_text("".join(entries))
    build(folder / "profiles.toml", 4, 2_000, 40_000, None, folder / "world")
    return folder / "world"


@pytest.fixture(scope="module")
def logged(world: Path) -> pa.Table:
    return with_truth(world)


def of_kind(table: pa.Table, kind: str) -> pa.Table:
    return table.filter(pc.equal(table["kind"], kind))


def test_every_profile_but_harvest_is_a_campaign(world: Path) -> None:
    found = pq.read_table(world / "truth" / "campaigns.parquet")["rung"].to_pylist()
    assert sorted(found) == sorted(set(PROFILES) - {"harvest"})


def test_loud_shows_one_card_and_few_addresses(world: Path, logged: pa.Table) -> None:
    assert pc.count_distinct(accounts_of(world, "loud")["payment_fingerprint"].drop_null()).as_py() == 1
    assert pc.count_distinct(of_kind(logged, "loud")["client_address"]).as_py() <= 8


@pytest.mark.parametrize("kind", ["hydra", "sharded", "patient"])
def test_hydra_and_its_kin_share_neither_card_nor_home_nor_text(world: Path, logged: pa.Table, kind: str) -> None:
    cards = accounts_of(world, kind)["payment_fingerprint"].drop_null()
    assert pc.count_distinct(cards).as_py() == len(cards)
    rows = of_kind(logged, kind)
    for column in ("client_address", "input_text"):
        answered = rows.filter(pc.equal(rows["status_code"], 200))
        holders = answered.group_by(column).aggregate([("account_id", "count_distinct")])["account_id_count_distinct"]
        assert (holders.to_numpy() > 1).mean() < 0.1


def test_agentic_conversations_are_long_and_judgements_short(logged: pa.Table) -> None:
    turns = {
        kind: pc.count_substring(of_kind(logged, kind)["input_text"], "\n\n").to_numpy()
        for kind in ("agentic", "grading")
    }
    assert turns["agentic"].mean() > turns["grading"].mean() + 1
    answers = {
        kind: np.median(of_kind(logged, kind)["output_tokens"].drop_null().to_numpy()) for kind in ("hydra", "grading")
    }
    assert answers["grading"] < answers["hydra"]


def test_patient_accounts_ask_little_each_day(logged: pa.Table) -> None:
    rows = of_kind(logged, "patient")
    days = (pc.max(rows["started_at"]).as_py() - pc.min(rows["started_at"]).as_py()).days
    assert days > 20
    per_day = rows.num_rows / 20 / days
    assert 0.5 < per_day < 5
