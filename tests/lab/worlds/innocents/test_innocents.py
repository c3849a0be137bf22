"""Innocent groups share what their kind shares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.worlds.build import build
from tests.lab.conftest import accounts_of, with_truth


@pytest.fixture(scope="module")
def logged(bench_world: Path) -> pa.Table:
    return with_truth(bench_world)


def of_kind(table: pa.Table, kind: str) -> pa.Table:
    return table.filter(pc.equal(table["kind"], kind))


def distinct(table: pa.Table, column: str) -> int:
    return int(pc.count_distinct(table[column].drop_null()).as_py())


@pytest.mark.parametrize(
    "kind", ["enterprise", "reseller", "batch_job", "ci_fleet", "licensed_distillation", "red_team"]
)
def test_an_organisation_is_one_in_the_accounts_table(bench_world: Path, kind: str) -> None:
    table = accounts_of(bench_world, kind)
    assert [distinct(table, name) for name in ("organisation_id", "email_domain", "payment_fingerprint")] == [1, 1, 1]


def test_enterprise_seats_share_address_and_instructions(logged: pa.Table) -> None:
    seats = of_kind(logged, "enterprise")
    addresses = np.unique(seats["client_address"].drop_null().to_numpy(), return_counts=True)[1]
    assert np.sort(addresses)[::-1][:4].sum() > 0.3 * seats.num_rows
    assert distinct(seats, "account_id") > 30


def test_a_harness_asks_public_questions_several_times(logged: pa.Table) -> None:
    harness = of_kind(logged, "evaluation_harness")
    counts = np.unique(harness["input_text"].to_numpy(), return_counts=True)[1]
    assert np.median(counts) >= 3
    assert distinct(harness, "account_id") > 1


def test_a_job_has_one_frame_and_many_slots(logged: pa.Table) -> None:
    job = of_kind(logged, "batch_job")
    texts = job["input_text"].to_numpy()
    heads = {text[:20] for text in texts}
    assert len(heads) == 1
    assert len(np.unique(texts)) > 0.9 * len(texts)
    assert distinct(job, "client_address") <= 6


def test_a_class_works_on_the_same_evening(logged: pa.Table) -> None:
    hours = of_kind(logged, "class")["started_at"].to_numpy().astype("datetime64[h]").astype(np.int64) % 168
    most = np.sort(np.bincount(hours, minlength=168))[::-1]
    assert most[:12].sum() > 0.7 * most.sum()


def test_a_fleet_fires_on_the_tick(logged: pa.Table) -> None:
    seconds = of_kind(logged, "ci_fleet")["started_at"].to_numpy().astype("datetime64[s]").astype(np.int64) % 300
    assert ((seconds < 10) | (seconds > 290)).mean() > 0.3


def test_translated_homes_share_addresses_and_vpn_customers_move(logged: pa.Table) -> None:
    homes, customers = of_kind(logged, "cgnat"), of_kind(logged, "vpn")
    holders = homes.group_by("client_address").aggregate([("account_id", "count_distinct")])
    assert holders["account_id_count_distinct"].to_numpy().max() > 30
    used = customers.group_by("account_id").aggregate([("client_address", "count_distinct"), ("started_at", "count")])
    busy = used.filter(pc.field("started_at_count") > 30)
    assert np.median(busy["client_address_count_distinct"].to_numpy()) > 4


def test_households_share_an_address(logged: pa.Table, bench_world: Path) -> None:
    families = (
        of_kind(logged, "family").group_by(["group_id", "client_address"]).aggregate([("account_id", "count_distinct")])
    )
    assert (families["account_id_count_distinct"].to_numpy() > 1).any()
    cards = (
        accounts_of(bench_world, "family").group_by("group_id").aggregate([("payment_fingerprint", "count_distinct")])
    )
    assert (cards["payment_fingerprint_count_distinct"].to_numpy() == 1).any()


def test_strangers_share_a_device_through_software(logged: pa.Table) -> None:
    strangers = of_kind(logged, "relay_software")
    assert distinct(strangers, "device_id") == 1
    assert distinct(strangers, "client_address") > distinct(strangers, "account_id") / 2


def test_permits_name_their_holders(bench_world: Path) -> None:
    permits = pq.read_table(bench_world / "permits.parquet")
    assert sorted(permits["purpose"].to_pylist()) == ["licensed_distillation", "red_team", "resale"]
    licensed = accounts_of(bench_world, "licensed_distillation")["organisation_id"][0].as_py()
    row = permits.filter(pc.field("purpose") == "licensed_distillation").to_pylist()[0]
    assert row["holder"] == licensed
    assert row["exchange_limit"] > 0


def test_persons_share_a_login_with_devices_of_their_own(logged: pa.Table) -> None:
    logins = of_kind(logged, "shared_login")
    apps = logins.filter(pc.is_valid(logins["device_id"]))
    used = apps.group_by("account_id").aggregate([("device_id", "count_distinct"), ("device_id", "count")])
    busy = used.filter(pc.field("device_id_count") > 10)["device_id_count_distinct"].to_numpy()
    people = of_kind(logged, "person")
    alone = people.group_by("account_id").aggregate([("device_id", "count_distinct"), ("device_id", "count")])
    single = alone.filter(pc.field("device_id_count") > 10)["device_id_count_distinct"].to_numpy()
    assert len(busy) >= 5
    assert np.median(busy) >= 2
    assert single.max() <= 2  # a second client is a second device


def test_a_small_firm_may_have_registered_as_none(tmp_path: Path) -> None:
    sets = "{ registered = false, shares_card = false, shares_domain = false }"
    (tmp_path / "w.toml").write_text(f'[[population]]\nkind = "batch_job"\ncount = 10\ngroups = 1\nset = {sets}\n')
    build(tmp_path / "w.toml", 1, 100, 3_000, None, tmp_path / "world")
    table = accounts_of(tmp_path / "world", "batch_job")
    assert table["organisation_id"].null_count == 10
    assert distinct(table, "payment_fingerprint") == 10 - table["payment_fingerprint"].null_count


def test_marketplaces_keep_what_they_keep_and_contracts_forbid_text(tmp_path: Path) -> None:
    world = "[world]\nbedrock_keeps_address = true\nbedrock_keeps_text = true\nbedrock_keeps_client = false\n"
    entry = '[[population]]\nkind = "enterprise"\ncount = 30\ngroups = 1\nset = { text_not_kept = true }\n'
    (tmp_path / "w.toml").write_text(world + "addresses_lost = 0.01\n" + entry)
    build(tmp_path / "w.toml", 1, 1_500, 30_000, None, tmp_path / "world")
    table = with_truth(tmp_path / "world")
    bedrock = table.filter(pc.equal(table["channel"], "bedrock"))
    assert bedrock.num_rows > 50
    assert bedrock["client_address"].null_count == bedrock["input_text"].null_count == bedrock.num_rows
    assert bedrock["user_agent"].null_count == 0
    seats = of_kind(table, "enterprise")
    assert seats["input_text"].null_count == seats.num_rows
    app = table.filter(pc.equal(table["channel"], "app"))
    assert 0 < app["client_address"].null_count < 0.03 * app.num_rows
