"""Users of one program, one wrapper or one launch share what their name says, and are otherwise strangers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.worlds.build import build
from tests.lab.conftest import accounts_of, with_truth

RECIPE = """
[world]
days = 30
[[population]]
kind = "letter"
count = 30
groups = 1
set = { capabilities = ["software_engineering"], verbatim = true }
[[population]]
kind = "program_users"
count = 60
groups = 1
set = { capabilities = ["software_engineering"], framed = false, verbatim = true, order = "own", scheduled_share = 0.5 }
[[population]]
kind = "wrapper_users"
count = 40
groups = 1
[[population]]
kind = "enthusiasts"
count = 60
groups = 1
set = { puzzles = 20, puzzle_share = 1.0, intensity = 4 }
[[population]]
kind = "launch_cohort"
count = 60
groups = 1
set = { with_release = false, launched = 0.3 }
[[population]]
kind = "enterprise_gateway"
count = 2
groups = 1
set = { exchanges_a_day = 60, founded = -1.0 }
[[population]]
kind = "agent_user"
count = 2
groups = 1
set = { agents = 20, exchanges_an_agent = 5, read_back = 0.3 }
[[population]]
kind = "own_router"
count = 4
groups = 1
set = { hop_share = 0.4, keenness = 8 }
[[population]]
kind = "enterprise"
count = 30
groups = 1
set = { undeclared = true, cards = 1 }
[[population]]
kind = "reseller"
count = 20
groups = 1
set = { hop_share = 0.3 }
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("users")
    (folder / "users.toml").write_text(RECIPE)
    build(folder / "users.toml", 1, 1_500, 40_000, None, folder / "world")
    return folder / "world"


@pytest.fixture(scope="module")
def logged(world: Path) -> pa.Table:
    return with_truth(world)


def of_kind(table: pa.Table, kind: str) -> pa.Table:
    return table.filter(pc.equal(table["kind"], kind))


def by_account(table: pa.Table) -> np.ndarray:
    return table.group_by("account_id").aggregate([("exchange_id", "count")])["exchange_id_count"].to_numpy()


def test_all_are_innocent(world: Path) -> None:
    truth = pq.read_table(world / "truth" / "accounts.parquet")
    others = truth.filter(pc.not_equal(truth["kind"], "letter"))
    assert set(others["role"].to_pylist()) == {"organic", "innocent"}
    assert others["campaign_id"].null_count == others.num_rows


def test_users_of_one_program_ask_the_same_rows_and_share_no_registration(world: Path, logged: pa.Table) -> None:
    mine = of_kind(logged, "program_users")
    texts = (
        mine.filter(pc.is_valid(mine["input_text"]))
        .group_by("input_text")
        .aggregate([("account_id", "count_distinct")])
    )
    assert pc.max(texts["account_id_count_distinct"]).as_py() > 10
    cards = accounts_of(world, "program_users")["payment_fingerprint"].drop_null()
    assert pc.count_distinct(cards).as_py() == len(cards)
    assert pc.count_distinct(mine["client_address"]).as_py() > 40
    counts = by_account(mine)
    assert counts.max() > 5 * counts.min()


def test_campaigns_draw_on_the_same_data(logged: pa.Table) -> None:
    asked = {text for text in of_kind(logged, "program_users")["input_text"].to_pylist() if text and len(text) > 60}
    campaign = [text for text in of_kind(logged, "letter")["input_text"].to_pylist() if text]
    assert any(row[-60:] in text for text in campaign for row in list(asked)[:200])


def test_a_wrapper_gives_all_its_users_one_instruction(logged: pa.Table) -> None:
    told = of_kind(logged, "wrapper_users")["system_instructions"].drop_null()
    counts = pc.value_counts(told).to_pylist()
    best = max(counts, key=lambda one: one["counts"])
    assert "reason" in best["values"] or "decision" in best["values"] or "arrived" in best["values"]
    assert best["counts"] > 0.6 * len(told)


def test_enthusiasts_try_the_same_puzzles(logged: pa.Table) -> None:
    mine = of_kind(logged, "enthusiasts")
    texts = (
        mine.filter(pc.is_valid(mine["input_text"]))
        .group_by("input_text")
        .aggregate([("account_id", "count_distinct")])
    )
    assert pc.sum(pc.greater(texts["account_id_count_distinct"], 3)).as_py() >= 3


def test_a_cohort_is_born_within_days(world: Path) -> None:
    born = accounts_of(world, "launch_cohort")["created_at"].cast(pa.int64()).to_numpy() / 86_400e6
    assert np.quantile(born, 0.9) - np.quantile(born, 0.1) < 15
    people = accounts_of(world, "person")["created_at"].cast(pa.int64()).to_numpy() / 86_400e6
    assert np.quantile(people, 0.9) - np.quantile(people, 0.1) > 100


def test_gateways_and_agents_are_busy(logged: pa.Table) -> None:
    assert by_account(of_kind(logged, "enterprise_gateway")).min() > 500
    assert by_account(of_kind(logged, "agent_user")).sum() > 1_000


def test_one_persons_accounts_share_a_home_and_its_conversations_change_accounts(logged: pa.Table) -> None:
    mine = of_kind(logged, "own_router")
    long = mine.filter(pc.greater(pc.fill_null(pc.utf8_length(mine["input_text"]), 0), 60))
    texts = long.group_by("input_text").aggregate([("account_id", "count_distinct")])
    assert pc.max(texts["account_id_count_distinct"]).as_py() > 1
    refused = of_kind(logged, "reseller")
    assert pc.mean(pc.equal(refused["status_code"], 429).cast(pa.float64())).as_py() > 0.1


def test_staff_who_registered_by_themselves_state_no_organisation(world: Path) -> None:
    staff = accounts_of(world, "enterprise")
    assert staff["organisation_id"].null_count == staff.num_rows
    cards = staff["payment_fingerprint"].drop_null()
    assert pc.count_distinct(cards).as_py() == len(cards)
