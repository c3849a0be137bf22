"""Attacks: they add and change what attackers can, and nothing of anybody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.adversary import ATTACKS, try_attacks
from stillwatch_lab.adversary.attacks import FRAMING, Attack, cast
from stillwatch_lab.adversary.framing_table import in_sum, publish_trials
from stillwatch_lab.adversary.hiding import HIDING
from stillwatch_lab.adversary.joining import JOINING
from stillwatch_lab.adversary.rewordings import REWORDING
from stillwatch_lab.adversary.scene import Scene
from stillwatch_lab.adversary.trial import Trial, Tried
from stillwatch_lab.worlds.build import build

RECIPE = """
[world]
days = 20

[[population]]
kind = "letter"
count = 20
groups = 1

[[population]]
kind = "batch_job"
count = 12
groups = 1

[[population]]
kind = "ci_fleet"
count = 6
groups = 1

[[population]]
kind = "evaluation_harness"
count = 6
groups = 1
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "recipe.toml").write_text(RECIPE)
    build(folder / "recipe.toml", 5, 200, 6_000, None, folder / "world")
    return folder / "world"


def played(world: Path, attack: Attack, seed: int = 1) -> tuple[Scene, tuple[str, ...]]:
    scene = Scene.read(world, attack.name, seed)
    campaign = next(role.campaign for role in scene.roles.values() if role.campaign)
    given = cast(scene, attack, campaign)
    attack.act(scene, given)
    return scene, given.victims


@pytest.mark.parametrize("attack", (*ATTACKS, *JOINING), ids=lambda attack: attack.name)
def test_an_attack_leaves_all_requests_of_others_as_they_were(world: Path, attack: Attack, tmp_path: Path) -> None:
    scene, victims = played(world, attack)
    if attack.victims:
        assert victims, "nobody would be framed"
    scene.write(tmp_path / "attacked")
    before, after = (pq.read_table(folder / "exchanges") for folder in (world, tmp_path / "attacked"))
    innocent = pa.array(sorted(name for name, role in scene.roles.items() if role.kind not in ("letter", "attacker")))
    rows = {row["exchange_id"]: row for row in after.to_pylist()}
    assert len(rows) == len(after)
    own = pa.compute.is_in(before["account_id"], innocent)
    assert all(rows[row["exchange_id"]] == row for row in before.filter(own).to_pylist())
    changed = pq.read_table(tmp_path / "attacked" / "accounts.parquet").sort_by("account_id")
    stated = pq.read_table(world / "accounts.parquet").sort_by("account_id")
    assert changed.filter(pa.compute.is_in(changed["account_id"], innocent)).equals(
        stated.filter(pa.compute.is_in(stated["account_id"], innocent))
    )
    different = after.num_rows != before.num_rows or any(rows.get(r["exchange_id"]) != r for r in before.to_pylist())
    assert different or changed.num_rows != stated.num_rows or not changed.equals(stated), "it did nothing"


def test_the_same_seed_plays_the_same(world: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        played(world, FRAMING[1])[0].write(tmp_path / name)
    one, two = (pq.read_table(tmp_path / name / "exchanges") for name in ("one", "two"))
    assert one.equals(two)


def test_every_attack_has_a_name_of_its_own() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) == len(FRAMING) + len(REWORDING) + len(HIDING)


def test_the_sum_names_whom_and_what() -> None:
    def trial(name: str, framed: int, found: int, victims: int = 0) -> Trial:
        none = {"act": 0, "review": 0, "watch": 0}
        return Trial(name, "", False, victims, {**none, "review": framed}, 10, {**none, "act": found}, none)

    found = Tried("w", "c", trial("none", 0, 10), (trial("bot", 2, 10, 6), trial("hub", 0, 4)))
    assert in_sum(found) == "w: 2 of 6 victims at review or above; the campaign fell under hub."


def test_without_an_attack_to_try_the_campaign_stands_as_it_does(world: Path) -> None:
    from stillwatch.settings import Settings

    found = try_attacks(world, (), 1, Settings(), lambda text: None)
    assert found.trials == ()
    assert found.before.campaign == 20


def test_the_files_hold_a_line_for_each_attack_and_the_tables(tmp_path: Path) -> None:
    none = {"act": 0, "review": 0, "watch": 0}
    before = Trial("none", "", False, 0, none, 10, {**none, "act": 9}, none)
    bot = Trial("bot", "asks", False, 6, none, 10, none, none)
    publish_trials([Tried("w", "c", before, (bot,)), Tried("v", "c", before, ())], tmp_path / "new")
    lines = [json.loads(line) for line in (tmp_path / "new" / "framing.jsonl").read_text().splitlines()]
    assert [(line["world"], line["attack"], line["level"]) for line in lines] == [
        ("w", "none", "act"),
        ("w", "bot", None),
        ("v", "none", "act"),
    ]
    assert "w: 0 of 6 victims at review or above" in (tmp_path / "new" / "framing.txt").read_text()
