"""Campaigns: what a letter campaign shares, and what a mixed one leaves to customers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tests.lab.conftest import accounts_of, with_truth


def test_letter_accounts_share_issuers_not_cards(bench_world: Path) -> None:
    letter = accounts_of(bench_world, "letter")
    paying = letter.filter(pc.is_valid(letter["payment_fingerprint"]))
    assert paying.num_rows > 0.8 * letter.num_rows
    assert pc.count_distinct(paying["payment_fingerprint"]).as_py() == paying.num_rows
    assert pc.count_distinct(paying["payment_issuer"]).as_py() <= 6


def test_letter_accounts_sign_up_in_batches(bench_world: Path) -> None:
    letter, people = (accounts_of(bench_world, kind) for kind in ("letter", "person"))
    gaps = [np.diff(np.sort(table["created_at"].to_numpy())) for table in (letter, people)]
    within_ten_minutes = [(gap < np.timedelta64(10, "m")).mean() for gap in gaps]
    assert within_ten_minutes[0] > 0.5
    assert within_ten_minutes[1] < 0.2


def test_letter_addresses_rotate_and_are_shared_in_time(bench_world: Path) -> None:
    table = with_truth(bench_world)
    letter = table.filter(pc.equal(table["kind"], "letter"))
    used = letter.group_by("account_id").aggregate([("client_address", "count_distinct"), ("started_at", "count")])
    assert np.median(used["client_address_count_distinct"].to_numpy()) > 2
    holders = letter.group_by("client_address").aggregate([("account_id", "count_distinct")])
    assert (holders["account_id_count_distinct"].to_numpy() > 1).any()


def test_letter_work_is_spread_over_many_rows(bench_world: Path) -> None:
    table = with_truth(bench_world)
    letter = table.filter(pc.and_(pc.equal(table["kind"], "letter"), pc.equal(table["status_code"], 200)))
    texts = letter["input_text"].to_numpy()
    assert len(np.unique(texts)) > 0.9 * len(texts)


def test_closed_accounts_are_replaced(bench_world: Path) -> None:
    letter = accounts_of(bench_world, "letter")
    active = with_truth(bench_world)
    first = active.filter(pc.equal(active["kind"], "letter")).group_by("account_id").aggregate([("started_at", "min")])
    closures = np.sort(letter["closed_at"].drop_null().to_numpy())
    arrivals = np.sort(first["started_at_min"].to_numpy())
    assert len(closures) >= 5
    following = np.searchsorted(arrivals, closures - np.timedelta64(1, "D"))
    waited = arrivals[np.minimum(following, len(arrivals) - 1)] - closures
    assert np.median(waited) < np.timedelta64(2, "D")


def test_letter_moves_to_a_new_model_within_a_day(bench_world: Path) -> None:
    table = with_truth(bench_world)
    new = table["request_model"].to_numpy() == "sage-5"
    times, kind = table["started_at"].to_numpy(), table["kind"].to_numpy()
    release = times[new & (kind != "letter")].min()
    second_day = (times > release + np.timedelta64(1, "D")) & (times < release + np.timedelta64(4, "D"))
    assert new[second_day & (kind == "letter")].mean() > 0.4
    assert new[second_day & (kind == "person")].mean() < 0.35


def test_mixed_accounts_carry_customers_beside_the_campaign(bench_world: Path) -> None:
    table = with_truth(bench_world)
    mixed = table.filter(pc.equal(table["kind"], "mixed"))
    campaign = set(pq.read_table(bench_world / "truth" / "exchanges.parquet")["exchange_id"].to_pylist())
    mine = np.array([name in campaign for name in mixed["exchange_id"].to_pylist()])
    assert 0.1 < mine.mean() < 0.8
    per_account = [
        mine[mixed["account_id"].to_numpy() == name].mean() for name in np.unique(mixed["account_id"].to_numpy())
    ]
    assert np.median(per_account) < 0.9
    assert np.median(per_account) > 0.05


def test_letter_exchanges_all_serve_the_campaign(bench_world: Path) -> None:
    table = with_truth(bench_world)
    letter = table.filter(pc.equal(table["kind"], "letter"))
    campaign = pq.read_table(bench_world / "truth" / "exchanges.parquet")["exchange_id"]
    viral = pc.invert(pc.is_in(letter["exchange_id"], campaign))
    assert pc.sum(viral).as_py() in (0, None)


def test_some_turns_hop_to_another_account_after_a_refusal(bench_world: Path) -> None:
    table = ds.dataset(bench_world / "exchanges").to_table(["account_id", "input_text", "status_code", "started_at"])
    truth = pq.read_table(bench_world / "truth" / "accounts.parquet", columns=["account_id", "kind"])
    letter = table.join(truth, "account_id").filter(pc.field("kind") == "letter")
    refused = letter.filter(pc.field("status_code") == 429)
    answered = letter.filter(pc.field("status_code") == 200)
    again = refused.join(answered, "input_text", right_suffix="_next", join_type="inner")
    soon = pc.less(pc.subtract(again["started_at_next"], again["started_at"]).cast("int64"), 300_000_000)
    moved = pc.not_equal(again["account_id"], again["account_id_next"])
    assert pc.sum(pc.and_(soon, moved)).as_py() >= 3
