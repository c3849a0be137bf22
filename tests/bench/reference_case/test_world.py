"""A written world: its schema, its counts, its ids, its truth, and that an interruption leaves no trace."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bench.reference_case import parts, world
from stillwatch.key import load_key
from stillwatch.records.inputs import ACCOUNTS, PERMITS
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from tests.bench.reference_case.conftest import PART_ROWS, TINY, plan_in


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*.parquet") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def about(plan: world.Plan) -> dict[str, int]:
    found: dict[str, int] = json.loads((plan.folder / "truth" / "world.json").read_text())
    return found


def test_every_part_has_the_schema_of_sketches_and_names_their_key(tiny: world.Plan) -> None:
    files = sorted(tiny.exchanges.glob("*.parquet"))
    assert len(files) == TINY.replicas + -(-about(tiny)["campaign"]["rows"] // PART_ROWS)  # type: ignore[index]
    for path in files:
        schema = pq.read_schema(path)
        assert schema.equals(EXCHANGE_SKETCHES.schema)
        assert schema.metadata[b"stillwatch.key_id"].decode() == load_key(None).key_id


def test_counts_are_right_and_no_exchange_id_comes_twice(tiny: world.Plan) -> None:
    told = about(tiny)
    rows = pq.read_table(tiny.exchanges, columns=["exchange_id", "account_id"])
    assert rows.num_rows == told["exchanges"] == TINY.replicas * told["people_exchanges"] + told["campaign"]["rows"]  # type: ignore[index]
    assert pc.count_distinct(rows["exchange_id"]).as_py() == rows.num_rows
    assert abs(rows.num_rows / TINY.exchanges - 1) < 0.2
    accounts = pq.read_table(tiny.folder / "accounts")
    assert accounts.num_rows == TINY.accounts == pc.count_distinct(accounts["account_id"]).as_py()
    assert set(rows["account_id"].to_pylist()) <= set(accounts["account_id"].to_pylist())


def test_parts_are_sorted_as_the_sketch_stage_exports(tiny: world.Plan) -> None:
    paths = sorted(tiny.exchanges.glob("*.parquet"))
    assert len(paths) > TINY.replicas
    for path in paths:
        rows = pq.read_table(path, columns=list(EXCHANGE_SKETCHES.order))
        assert rows.equals(rows.sort_by([(name, "ascending") for name in EXCHANGE_SKETCHES.order]))


def test_tables_and_truth_agree_with_the_sketches(tiny: world.Plan) -> None:
    assert pq.read_table(tiny.folder / "accounts").schema.equals(ACCOUNTS.schema)
    assert pq.read_table(tiny.folder / "permits").schema.equals(PERMITS.schema)
    truth = pq.read_table(tiny.folder / "truth" / "accounts.parquet")
    roles = Counter(truth["role"].to_pylist())
    assert roles["campaign"] == TINY.campaign and sum(roles.values()) == TINY.accounts
    labelled = pq.read_table(tiny.folder / "truth" / "exchanges.parquet")
    campaign = truth.filter(pc.equal(truth["role"], "campaign"))["account_id"]
    rows = pq.read_table(tiny.exchanges, columns=["exchange_id", "account_id", "started_at"])
    mine = rows.filter(pc.is_in(rows["account_id"], campaign.combine_chunks()))
    assert set(mine["exchange_id"].to_pylist()) == set(labelled["exchange_id"].to_pylist())
    (told,) = pq.read_table(tiny.folder / "truth" / "campaigns.parquet").to_pylist()
    assert (told["accounts"], told["exchanges"]) == (TINY.campaign, mine.num_rows)
    assert told["first_seen"] == pc.min(mine["started_at"]).as_py()


def test_nobody_asks_before_sign_up_or_outside_the_world(tiny: world.Plan) -> None:
    rows = pq.read_table(tiny.exchanges, columns=["account_id", "started_at"])
    first = rows.group_by("account_id").aggregate([("started_at", "min"), ("started_at", "max")])
    accounts = pq.read_table(tiny.folder / "accounts", columns=["account_id", "created_at", "closed_at"])
    both = first.join(accounts, "account_id")
    assert pc.all(pc.less_equal(both["created_at"], both["started_at_min"])).as_py()
    assert pc.all(pc.fill_null(pc.greater_equal(both["closed_at"], both["started_at_max"]), True)).as_py()
    days = (pc.max(rows["started_at"]).as_py() - pc.min(rows["started_at"]).as_py()).total_seconds() / 86_400
    assert 40 < days <= 45


def test_permits_belong_to_organisations_of_the_same_copy(tiny: world.Plan) -> None:
    for number in range(TINY.replicas):
        accounts, permits = (pq.read_table(tiny.part(name, number)) for name in ("accounts", "permits"))
        assert set(permits["holder"].to_pylist()) <= set(accounts["organisation_id"].to_pylist())


@pytest.mark.parametrize("lost", [("part-00001.parquet", "part-00003.parquet"), ("part-00000.parquet",)])
def test_what_was_interrupted_ends_with_the_same_bytes(
    tiny: world.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...]
) -> None:
    monkeypatch.setattr(world, "PART_ROWS", PART_ROWS)
    again = plan_in(tmp_path / "world", 1)
    shutil.copytree(tiny.folder, again.folder)
    shutil.rmtree(again.folder / "truth")
    (again.folder / "world.json").unlink()
    for name in lost:
        path = again.exchanges / name
        path.rename(path.with_name(f".{name}.partial"))
    done = world.write(again)
    assert digests(again.folder) == digests(tiny.folder)
    assert done.kept > 0 and not list(again.exchanges.glob("*.partial"))
    assert world.is_whole(again)
    assert world.write(again).written == 0


def test_a_part_whose_size_is_not_the_markers_is_not_whole(tiny: world.Plan, tmp_path: Path) -> None:
    first = tiny.part("exchanges", 0)
    found = parts.marker(first)
    assert found is not None and found.sha256 == hashlib.sha256(first.read_bytes()).hexdigest()
    for path in (first, first.with_name(f".{first.name}.done")):
        shutil.copy(path, tmp_path / path.name)
    with (tmp_path / first.name).open("ab") as file:
        file.write(b"more")
    assert parts.marker(tmp_path / first.name) is None


def test_the_folder_of_a_world_is_named_after_all_that_decides_its_bytes(tmp_path: Path) -> None:
    first = world.plan_of(tmp_path, TINY, 1, None, 2)
    assert world.plan_of(tmp_path, TINY, 1, None, 1).folder == first.folder
    assert world.plan_of(tmp_path, TINY, 2, None, 2).folder != first.folder
    assert world.plan_of(tmp_path, TINY, 1, tmp_path, 2).folder != first.folder
