"""The profiles disclosed in 2026 do what their names promise, and the truth tells their parts apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.worlds.build import build
from tests.lab.conftest import accounts_of, with_truth

RECIPE = """
[[population]]
kind = "heavy"
count = 8
groups = 1
set = { heavy_rate = 100, business_share = 0.3, verbatim = false, campaign_days = 20 }
[[population]]
kind = "relay_redirect"
count = 40
groups = 1
set = { kept_apart = true, askers = 0.4, redirected_share = 0.2, intensity = 12 }
[[population]]
kind = "replay"
count = 30
groups = 1
set = { replayed_share = 0.8, again = 4, seconds_until = 60 }
[[population]]
kind = "probing"
count = 60
groups = 1
set = { bulk_share = 0.5, probes_a_day = 8, same_probe = 5 }
[[population]]
kind = "letter"
count = 20
groups = 1
set = { cover_share = 0.4, data_rows = 50, asked_times = 3, verbatim = true, hops_openings = true, hop_share = 0.5 }
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disclosed")
    (folder / "disclosed.toml").write_text(RECIPE)
    build(folder / "disclosed.toml", 1, 2_000, 40_000, None, folder / "world")
    return folder / "world"


@pytest.fixture(scope="module")
def logged(world: Path) -> pa.Table:
    """Every exchange with its account's truth, its campaign and its part."""
    truth = world / "truth"
    campaign = pq.read_table(truth / "exchanges.parquet", columns=["exchange_id", "campaign_id"])
    parts = pq.read_table(truth / "parts.parquet", columns=["exchange_id", "part"])
    serves = campaign.rename_columns(["exchange_id", "serves"])
    return with_truth(world).join(serves, "exchange_id").join(parts, "exchange_id")


def of_kind(table: pa.Table, kind: str) -> pa.Table:
    return table.filter(pc.equal(table["kind"], kind))


def parts_of(table: pa.Table) -> dict[str | None, int]:
    counted = table.group_by("part").aggregate([("exchange_id", "count")])
    return dict(zip(counted["part"].to_pylist(), counted["exchange_id_count"].to_pylist(), strict=True))


def test_parts_say_which_exchanges_belong_to_the_campaign(logged: pa.Table) -> None:
    for part, belongs in (("probe", True), ("replay", True), ("kept", False), ("cover", False)):
        some = logged.filter(pc.equal(logged["part"], part))
        assert some.num_rows > 20
        assert pc.all(pc.equal(pc.is_valid(some["serves"]), belongs)).as_py()


def test_heavy_accounts_are_busy_firms_with_business_of_their_own(world: Path, logged: pa.Table) -> None:
    mine = of_kind(logged, "heavy")
    assert 500 < mine.num_rows / 8 < 3_000
    share = 1 - pc.sum(pc.is_valid(mine["serves"])).as_py() / mine.num_rows
    assert 0.15 < share < 0.45
    assert accounts_of(world, "heavy")["organisation_id"].null_count == 0


def test_a_router_keeps_what_its_users_ask_and_asks_some_of_it_again_elsewhere(logged: pa.Table) -> None:
    askers, idle = of_kind(logged, "relay_redirect"), of_kind(logged, "harvest")
    assert parts_of(idle).keys() == {"kept"}
    assert set(idle["role"].to_pylist()) == {"innocent"}
    again = askers.filter(pc.equal(askers["part"], "replay"))
    texts = set(idle["input_text"].to_pylist()) - {None}
    repeated = np.mean([text in texts for text in again["input_text"].drop_null().to_pylist()])
    assert repeated > 0.9
    assert 0.03 < again.num_rows / idle.num_rows < 0.5


def test_replayed_sessions_come_from_several_accounts(logged: pa.Table) -> None:
    mine = of_kind(logged, "replay")
    counts = parts_of(mine)
    assert counts["replay"] > 0.2 * mine.num_rows
    by_text = (
        mine.filter(pc.is_valid(mine["input_text"]))
        .group_by("input_text")
        .aggregate([("account_id", "count_distinct")])
    )
    assert pc.sum(pc.greater(by_text["account_id_count_distinct"], 1)).as_py() > 50


def test_probes_come_first_and_only_some_accounts_go_on(logged: pa.Table) -> None:
    mine = of_kind(logged, "probing")
    probes, bulk = (mine.filter(mask) for mask in (pc.is_valid(mine["part"]), pc.is_null(mine["part"])))
    assert pc.max(probes["started_at"]).as_py() < pc.max(bulk["started_at"]).as_py()
    assert (
        pc.quantile(probes["started_at"].cast(pa.int64()), 0.95)[0].as_py()
        < pc.quantile(bulk["started_at"].cast(pa.int64()), 0.05)[0].as_py()
    )
    probers, workers = (pc.count_distinct(some["account_id"]).as_py() for some in (probes, bulk))
    assert 0.25 * probers < workers < 0.75 * probers


def test_a_small_data_set_is_asked_several_times_over_several_accounts(logged: pa.Table) -> None:
    mine = of_kind(logged, "letter")
    first = mine.filter(pc.and_(pc.is_valid(mine["serves"]), pc.is_valid(mine["input_text"])))
    by_text = first.group_by("input_text").aggregate([("account_id", "count_distinct")])
    assert pc.mean(by_text["account_id_count_distinct"]).as_py() > 1.5
    assert parts_of(mine)["cover"] > 0.1 * mine.num_rows


def test_accounts_ask_only_while_they_exist(world: Path) -> None:
    accounts = pq.read_table(world / "accounts.parquet", columns=["account_id", "created_at", "closed_at"])
    joined = ds.dataset(world / "exchanges").to_table(["account_id", "started_at"]).join(accounts, "account_id")
    assert pc.all(pc.greater_equal(joined["started_at"], joined["created_at"])).as_py()
    assert not pc.any(pc.fill_null(pc.greater(joined["started_at"], joined["closed_at"]), False)).as_py()
