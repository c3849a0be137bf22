"""No format gives campaign accounts away, and the check would notice one that does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from stillwatch.cli.main import invoke
from stillwatch.records.inputs import EXCHANGES
from stillwatch_lab.leakage.check import render, separations
from stillwatch_lab.worlds.build import build

PROFILES = ("loud", "letter", "hydra", "mixed", "sharded", "agentic", "grading", "patient", "harvest")
RECIPE = "".join(f'[[population]]\nkind = "{profile}"\ncount = 110\ngroups = 1\n' for profile in PROFILES)


def built(folder: Path, seed: int) -> Path:
    (folder / "profiles.toml").write_text(RECIPE)
    build(folder / "profiles.toml", seed, 2_800, 34_000, None, folder / "world")
    return folder / "world"


def test_no_profile_of_2026_is_given_away_by_a_column(tmp_path: Path) -> None:
    later = ("heavy", "relay_redirect", "replay", "probing")
    recipe = "".join(f'[[population]]\nkind = "{profile}"\ncount = 110\ngroups = 1\n' for profile in later)
    (tmp_path / "later.toml").write_text(recipe)
    build(tmp_path / "later.toml", 1, 2_800, 34_000, None, tmp_path / "world")
    found = separations(tmp_path / "world")
    assert {one.profile for one in found} >= set(later)
    assert [one for one in found if one.separates and not one.intended] == []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("leakage"), 1)


def test_no_profile_is_given_away_by_a_column(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["lab", "leakage", str(world), "--json"]) == 0
    by_command = json.loads(capsys.readouterr().out)
    found_directly = separations(built(tmp_path, 2))
    shown = StringIO()
    render(found_directly, Console(file=shown, width=200))
    assert " differ by intention, 0 by mistake." in shown.getvalue()
    directly = [asdict(one) | {"separates": one.separates, "intended": one.intended} for one in found_directly]
    for found in (by_command, directly):
        assert {feature["column"] for feature in found} >= set(EXCHANGES.names)
        assert {feature["profile"] for feature in found} == set(PROFILES)
        assert [feature for feature in found if feature["separates"] and not feature["intended"]] == []


def test_the_command_names_a_leak_and_exits_with_one(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(world, tmp_path, {"exchange_id": lambda value: f"{value}0"})
    assert invoke(["lab", "leakage", str(tmp_path), "--json"]) == 1
    found = [one for one in json.loads(capsys.readouterr().out) if one["separates"] and not one["intended"]]
    assert {one["column"] for one in found} == {"exchange_id"}
    assert "length" in {one["feature"] for one in found}
    assert invoke(["lab", "leakage", str(tmp_path / "nowhere")]) != 0


def spoilt(world: Path, out: Path, changes: Mapping[str, Callable[[str], str | None]]) -> None:
    """The world with columns of campaign accounts changed."""
    truth = pq.read_table(world / "truth" / "accounts.parquet")
    guilty = truth.filter(pc.field("role") == "campaign")["account_id"].combine_chunks()
    for folder in ("exchanges", "truth"):
        (out / folder).mkdir(exist_ok=True)
    pq.write_table(truth, out / "truth" / "accounts.parquet")
    for part in sorted((world / "exchanges").iterdir()):
        rows = pq.read_table(part)
        mine = pc.is_in(rows["account_id"], guilty).to_pylist()
        for column, change in changes.items():
            old = rows[column].to_pylist()
            values = [change(value) if his else value for value, his in zip(old, mine, strict=True)]
            rows = rows.set_column(rows.schema.get_field_index(column), column, [values])
        pq.write_table(rows, out / "exchanges" / part.name)


def test_planted_leaks_are_found(world: Path, tmp_path: Path) -> None:
    planted: dict[str, Callable[[str], str | None]] = {
        "client_fingerprint": lambda value: None,
        "channel": lambda value: "app" if value == "api" else "api",
    }
    spoilt(world, tmp_path, planted)
    found = [one for one in separations(tmp_path) if one.separates]
    missing = {one.profile for one in found if (one.column, one.feature) == ("client_fingerprint", "null share")}
    assert missing >= set(PROFILES) - {"harvest"}  # without the plant only `harvest` has it, through a marketplace
    assert ("user_agent x channel", "contradiction") in {(one.column, one.feature) for one in found}
