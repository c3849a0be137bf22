"""People ask a turn again on their own account, word for word, and only where a recipe asks for it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from stillwatch_lab.worlds.build import build

_PEOPLE = "[world]\npresses_again = {again}\nretries = {retries}\nasks_anew = {anew}\naddresses_lost = 0.0\n"


def _built(folder: Path, again: float, retries: float, anew: float) -> pa.Table:
    folder.mkdir()
    recipe = folder / "people.toml"
    recipe.write_text('key = "people"\n' + _PEOPLE.format(again=again, retries=retries, anew=anew))
    build(recipe, 2, 200, 6_000, None, folder / "world")
    names = ["account_id", "conversation_id", "input_text", "started_at", "status_code"]
    return ds.dataset(folder / "world" / "exchanges").to_table(names).filter(pc.field("input_text").is_valid())


def _repeated(table: pa.Table, by: list[str]) -> float:
    """The share of exchanges whose whole text was sent before under the same values of `by`."""
    long = table.filter(pc.greater(pc.utf8_length(table["input_text"]), 40))
    groups = long.select([*by, "input_text"]).group_by([*by, "input_text"]).aggregate([]).num_rows
    return 1 - groups / long.num_rows


def test_turns_are_asked_again_on_the_same_account(tmp_path: Path) -> None:
    plain, again = _built(tmp_path / "a", 0.0, 0.0, 0.0), _built(tmp_path / "b", 0.2, 0.0, 0.0)
    assert again.num_rows > 1.1 * plain.num_rows
    assert _repeated(again, ["account_id"]) > _repeated(plain, ["account_id"]) + 0.08


def test_failed_requests_are_repeated_soon_after(tmp_path: Path) -> None:
    plain, again = _built(tmp_path / "a", 0.0, 0.0, 0.0), _built(tmp_path / "b", 0.0, 1.0, 0.0)
    failed = pc.sum(pc.not_equal(plain["status_code"], 200)).as_py()
    assert 0 < again.num_rows - plain.num_rows <= failed


def test_questions_are_asked_anew_in_conversations_of_the_same_person(tmp_path: Path) -> None:
    plain, anew = _built(tmp_path / "a", 0.0, 0.0, 0.0), _built(tmp_path / "b", 0.0, 0.0, 0.3)
    assert anew.num_rows == plain.num_rows
    assert _repeated(anew, ["account_id"]) > _repeated(plain, ["account_id"]) + 0.05


def test_repeats_come_while_the_account_is_open(tmp_path: Path) -> None:
    exchanges = _built(tmp_path / "a", 0.3, 1.0, 0.2)
    accounts = pq.read_table(tmp_path / "a" / "world" / "accounts.parquet", columns=["account_id", "closed_at"])
    joined = exchanges.join(accounts, "account_id")
    late = pc.greater(joined["started_at"], joined["closed_at"])
    assert not pc.any(pc.fill_null(late, False)).as_py()
