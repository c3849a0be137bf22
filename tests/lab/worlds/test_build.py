"""A world on disk keeps the contract, agrees with its own truth, and is the same for the same seed."""

from __future__ import annotations

import gzip
import hashlib
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import InputError, UsageError
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, PERMITS
from stillwatch_lab.worlds.build import Sources, _corpus, build
from stillwatch_lab.worlds.log import files as parts
from stillwatch_lab.worlds.text.corpus import OWN_PROMPTS


def digests(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_files_carry_the_contracts_columns(bench_world: Path) -> None:
    for part in (bench_world / "exchanges").glob("*.parquet"):
        assert pq.read_schema(part).equals(EXCHANGES.schema)
    assert pq.read_schema(bench_world / "accounts.parquet").equals(ACCOUNTS.schema)
    assert pq.read_schema(bench_world / "permits.parquet").equals(PERMITS.schema)


def test_required_columns_are_full_and_ids_unique(bench_world: Path) -> None:
    exchanges = ds.dataset(bench_world / "exchanges").to_table()
    for name in EXCHANGES.required:
        assert exchanges[name].null_count == 0
    assert pc.count_distinct(exchanges["exchange_id"]).as_py() == exchanges.num_rows
    accounts = pq.read_table(bench_world / "accounts.parquet")
    assert pc.count_distinct(accounts["account_id"]).as_py() == accounts.num_rows == 2_000
    assert pc.all(pc.is_in(exchanges["account_id"], accounts["account_id"])).as_py()


def test_the_size_asked_for_is_met(bench_world: Path, organic_world: Path) -> None:
    for world, asked in ((bench_world, 50_000), (organic_world, 40_000)):
        assert abs(ds.dataset(world / "exchanges").count_rows() - asked) < 0.03 * asked


def test_rows_stand_in_order_of_time(bench_world: Path) -> None:
    parts_in_order = sorted((bench_world / "exchanges").glob("*.parquet"))
    times = np.concatenate(
        [pq.read_table(part, columns=["started_at"])["started_at"].to_numpy() for part in parts_in_order]
    )
    assert (np.diff(times) >= np.timedelta64(0)).all()


def test_accounts_ask_only_while_they_exist(bench_world: Path) -> None:
    accounts = pq.read_table(bench_world / "accounts.parquet", columns=["account_id", "created_at", "closed_at"])
    exchanges = (
        ds.dataset(bench_world / "exchanges").to_table(["account_id", "started_at"]).join(accounts, "account_id")
    )
    assert pc.all(pc.greater_equal(exchanges["started_at"], exchanges["created_at"])).as_py()
    closed = exchanges.filter(pc.is_valid(exchanges["closed_at"]))
    assert closed.num_rows > 0
    assert pc.all(pc.less_equal(closed["started_at"], closed["closed_at"])).as_py()


def test_truth_agrees_with_the_logs(bench_world: Path) -> None:
    truth = bench_world / "truth"
    exchanges = ds.dataset(bench_world / "exchanges").to_table(["exchange_id", "account_id", "started_at"])
    mine = pq.read_table(truth / "exchanges.parquet")
    joined = mine.join(exchanges, "exchange_id", right_suffix="_logged")
    assert joined["account_id_logged"].null_count == 0
    assert joined["account_id"].equals(joined["account_id_logged"])
    roles = joined.join(pq.read_table(truth / "accounts.parquet"), "account_id", right_suffix="_account")
    assert set(roles["role"].to_pylist()) == {"campaign"}
    assert roles["campaign_id"].equals(roles["campaign_id_account"])
    campaigns = {row["campaign_id"]: row for row in pq.read_table(truth / "campaigns.parquet").to_pylist()}
    assert sorted(row["rung"] for row in campaigns.values()) == ["letter", "mixed"]
    for name, row in campaigns.items():
        part = joined.filter(pc.field("campaign_id") == name)
        assert part.num_rows == row["exchanges"]
        assert pc.count_distinct(part["account_id"]).as_py() == row["accounts"]
        assert pc.min(part["started_at"]).as_py() == row["first_seen"]
        assert pc.max(part["started_at"]).as_py() == row["last_seen"]
        assert abs(sum(share for _, share in row["targets"]) - 1) < 1e-9


def test_parameters_are_drawn_and_recorded(tmp_path: Path) -> None:
    drawn = []
    for seed in (1, 2):
        build("demo", seed, 400, 6_000, None, tmp_path / str(seed))
        described = json.loads((tmp_path / str(seed) / "truth" / "world.json").read_text())
        assert described["seed"] == seed
        drawn.append({group["kind"]: group["parameters"] for group in described["groups"]})
    assert drawn[0]["letter"]["template_variants"] != drawn[1]["letter"]["template_variants"]
    assert drawn[0]["letter"]["rotation_days"] != drawn[1]["letter"]["rotation_days"]


def test_same_seed_same_bytes_whatever_the_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_ROWS", 3_000)
    build("demo", 3, 400, 7_000, None, tmp_path / "two")
    writing = parts.write_parts
    monkeypatch.setattr("stillwatch_lab.worlds.build.write_parts", lambda whole, out: writing(whole, out, processes=1))
    build("demo", 3, 400, 7_000, None, tmp_path / "one")
    assert len(list((tmp_path / "one" / "exchanges").iterdir())) > 1
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_what_was_built_before_does_not_matter(tmp_path: Path) -> None:
    _corpus.cache_clear()
    for name, seed in (("first", 3), ("between", 4), ("again", 3)):  # prompts are read once for all three
        build("demo", seed, 100, 1_500, None, tmp_path / name)
    assert _corpus.cache_info().misses == 1
    assert digests(tmp_path / "first") == digests(tmp_path / "again")


def test_prompts_that_changed_are_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    for file in OWN_PROMPTS.glob("*.jsonl.gz"):  # a few lines of each file, since reading all takes seconds
        with gzip.open(file) as lines, gzip.open(folder / file.name, "wb") as out:
            out.writelines(islice(lines, 20))
    before = Sources(folder, None).corpus().prompt_numbers("organic")
    next(folder.glob("organic__*.jsonl.gz")).unlink()
    assert len(Sources(folder, None).corpus().prompt_numbers("organic")) < len(before)


def test_another_seed_is_another_world(tmp_path: Path) -> None:
    for seed in (1, 2):
        build("organic", seed, 50, 500, None, tmp_path / str(seed))
    tables = [ds.dataset(tmp_path / str(seed) / "exchanges").to_table() for seed in (1, 2)]
    shared = set(tables[0]["account_id"].to_pylist()) & set(tables[1]["account_id"].to_pylist())
    assert not shared


def test_a_renamed_recipe_that_keeps_its_key_makes_the_same_world(tmp_path: Path) -> None:
    drawn = {}
    for name, text in (("old", ""), ("new", 'key = "old"\n'), ("other", "")):
        (tmp_path / f"{name}.toml").write_text(text)
        build(tmp_path / f"{name}.toml", 1, 50, 500, None, tmp_path / name)
        drawn[name] = ds.dataset(tmp_path / name / "exchanges").to_table()["exchange_id"].to_pylist()
    assert len(drawn["old"]) > 300
    assert drawn["new"] == drawn["old"]
    assert not set(drawn["other"]) & set(drawn["old"])


@pytest.mark.parametrize(("drop", "missing"), [("text", "input_text"), ("client_address", "client_address")])
def test_columns_can_be_left_out(tmp_path: Path, drop: str, missing: str) -> None:
    recipe = tmp_path / "bare.toml"
    recipe.write_text(f'drop_columns = ["{drop}", "accounts"]\n')
    build(recipe, 1, 50, 500, None, tmp_path / "world")
    names = ds.dataset(tmp_path / "world" / "exchanges").schema.names
    assert missing not in names
    assert "account_id" in names
    assert not (tmp_path / "world" / "accounts.parquet").exists()


def test_every_mistake_of_a_recipe_is_listed(tmp_path: Path) -> None:
    recipe = tmp_path / "bad.toml"
    recipe.write_text('colour = 1\nkey = 2\n[[population]]\nkind = "unicorn"\nshare = 0.1\ncount = 3\n')
    with pytest.raises(UsageError) as caught:
        build(recipe, 1, 50, 500, None, tmp_path / "world")
    assert [mistake.what for mistake in caught.value.mistakes] == [
        "unknown name `colour`",
        "is not a text",
        "unknown kind `unicorn`",
        "needs exactly one of `share`, `count` and `sizes`",
    ]


@pytest.mark.parametrize(
    ("setting", "words"), [("colour = 1", "not one of its parameters"), ('pauses = "two"', "not a number")]
)
def test_a_wrong_parameter_is_named(tmp_path: Path, setting: str, words: str) -> None:
    recipe = tmp_path / "bad.toml"
    recipe.write_text(f'[[population]]\nkind = "letter"\ncount = 10\nset = {{ {setting} }}\n')
    with pytest.raises(UsageError, match=words):
        build(recipe, 1, 50, 500, None, tmp_path / "world")


def test_a_world_nobody_wrote_and_a_folder_without_prompts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`bench`"):
        build("atlantis", 1, 50, 500, None, tmp_path / "world")
    with pytest.raises(InputError, match="no prompt file"):
        build("organic", 1, 50, 500, tmp_path, tmp_path / "world")
