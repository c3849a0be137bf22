"""Campaigns over several relays, several campaigns over one, and an operator who comes back after a ban."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.worlds.build import build
from tests.lab.conftest import accounts_of, with_truth


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("structures")
    build("structures", 2, 2_500, 50_000, None, folder)
    return folder


@pytest.fixture(scope="module")
def logged(world: Path) -> pa.Table:
    own = pq.read_table(world / "truth" / "exchanges.parquet").rename_columns(["exchange_id", "who", "serves"])
    return with_truth(world).join(own, "exchange_id")


@pytest.fixture(scope="module")
def described(world: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world / "truth" / "world.json").read_text())
    return found


def campaign(described: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in described["campaigns"] if one["name"] == name)
    return found


def test_one_campaign_spans_three_relays(world: Path, described: dict[str, Any], logged: pa.Table) -> None:
    north = campaign(described, "north")
    assert len(north["groups"]) == 3
    mine = logged.filter(pc.equal(logged["serves"], north["campaign_id"]))
    assert set(mine["kind"].to_pylist()) == {"letter", "hydra", "mixed"}
    row = pq.read_table(world / "truth" / "campaigns.parquet").filter(pc.field("campaign_id") == north["campaign_id"])
    assert row["exchanges"].to_pylist() == [mine.num_rows]
    assert row["accounts"].to_pylist() == [pc.count_distinct(mine["account_id"]).as_py()]


def test_three_campaigns_share_the_accounts_of_one_relay(described: dict[str, Any], logged: pa.Table) -> None:
    three = [campaign(described, name) for name in ("east", "south", "west")]
    assert len({one["groups"][0] for one in three}) == 1
    group = logged.filter(pc.equal(logged["group_id"], three[0]["groups"][0]))
    assert set(group["serves"].drop_null().to_pylist()) == {one["campaign_id"] for one in three}
    served = group.group_by("account_id").aggregate([("serves", "count_distinct")])["serves_count_distinct"].to_numpy()
    assert np.median(served) == 3
    most = group.group_by(["account_id", "campaign_id", "serves"]).aggregate([("exchange_id", "count")]).to_pylist()
    for row in most:
        rivals = [one["exchange_id_count"] for one in most if one["account_id"] == row["account_id"]]
        if row["serves"] == row["campaign_id"]:
            assert row["exchange_id_count"] == max(rivals)


def test_groups_of_one_relay_share_addresses_and_others_do_not(described: dict[str, Any], logged: pa.Table) -> None:
    used = {
        group["group_id"]: set(
            logged.filter(pc.equal(logged["group_id"], group["group_id"]))["client_address"].drop_null().to_pylist()
        )
        for group in described["groups"]
        if group["parameters"].get("relay")
    }
    relays = {group["group_id"]: group["parameters"].get("relay") for group in described["groups"]}
    names = sorted(name for name, addresses in used.items() if addresses)  # a marketplace may keep them
    assert len(names) >= 5
    for left in names:
        for right in names:
            if left < right:
                shared = len(used[left] & used[right]) / min(len(used[left]), len(used[right]))
                assert (shared > 0.05) == (relays[left] == relays[right])


def test_an_operator_comes_back_and_goes_on_where_it_stopped(
    world: Path, described: dict[str, Any], logged: pa.Table
) -> None:
    returning = campaign(described, "returning")
    before, after = (logged.filter(pc.equal(logged["group_id"], group)) for group in returning["groups"])
    assert set(before["serves"].to_pylist()) == set(after["serves"].to_pylist()) == {returning["campaign_id"]}
    ban = pc.max(before["started_at"]).as_py()
    closed = accounts_of(world, "letter").filter(pc.field("group_id") == returning["groups"][0])
    assert closed["closed_at"].null_count == 0
    assert set(closed["closed_reason"].to_pylist()) <= {"policy", "unpaid"}
    assert pc.min(after["started_at"]).as_py() > ban - (ban - pc.min(before["started_at"]).as_py()) * 0.2
    addresses = [set(part["client_address"].drop_null().to_pylist()) for part in (before, after)]
    assert not addresses[0] & addresses[1]
    answered = [part.filter(pc.equal(part["status_code"], 200))["input_text"].drop_null() for part in (before, after)]
    repeated = pc.sum(pc.is_in(answered[1], answered[0].combine_chunks())).as_py()
    assert repeated < 0.02 * len(answered[1])
