"""Attackers who bring people to act like a known campaign have nobody stand above `review` by joining."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.watch.framing import framed

from stillwatch_lab.adversary.attacks import Attack
from stillwatch_lab.adversary.joining import JOINING
from stillwatch_lab.worlds.build import build

RECIPE = """
[world]
days = 30
volume_sigma = 1.4

[[population]]
kind = "letter"
count = 40
groups = 1
set = { first_day = 0.03, quiet_days = 0.0 }

[[population]]
kind = "enterprise"
count = 20
groups = 1
"""
WORST = ("proxy-and-tool", "captives", "firm-invited")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("framed")
    (folder / "recipe.toml").write_text(RECIPE)
    build(folder / "recipe.toml", 4, 700, 16_000, None, folder / "world")
    return folder / "world"


@pytest.mark.parametrize("attack", [one for one in JOINING if one.name in WORST], ids=lambda one: one.name)
def test_nobody_is_brought_above_review_by_joining(world: Path, attack: Attack, tmp_path: Path) -> None:
    found = framed(world, attack, 1, tmp_path, 1)
    assert found.known >= 20, "the campaign is known, else nobody could be framed by it"
    assert found.victims > 0
    assert found.joined["act"] == found.others["act"] == 0
