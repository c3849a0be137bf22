"""The methods page names every kind of group, and its example is a recipe that can be built."""

from __future__ import annotations

import re
from pathlib import Path

from stillwatch_lab.worlds.build import Sources, decide
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.recipe import load_recipe

PAGE = Path(__file__).resolve().parents[3] / "docs" / "methods" / "worlds.md"


def test_the_pages_tables_name_every_kind_and_no_other() -> None:
    sections = PAGE.read_text(encoding="utf-8").split("## Campaigns")[1].split("## Worked example")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", sections, re.MULTILINE)
    named = [kind for cell in rows for kind in re.findall(r"`([a-z_]+)`", cell)]
    assert sorted(named) == sorted([*KINDS, "person"])


def test_the_pages_example_can_be_built(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    (tmp_path / "example.toml").write_text(example[1], encoding="utf-8")
    recipe = load_recipe(tmp_path / "example.toml", frozenset(KINDS))
    whole = decide(recipe, 1, 600, 6_000, Sources(None, None))
    assert [group.kind for group in whole.world.groups] == [entry.kind for entry in recipe.populations]
    assert whole.world.span.days == recipe.world["days"]


def test_a_part_records_its_draws_under_its_own_name() -> None:
    whole = Parameters(1, {"fixed": 2.0})
    part = whole.under("relay a", 5)
    assert part.real("free", 0, 1) == Parameters(5).real("free", 0, 1)
    assert part.real("fixed", 0, 1) == 2.0
    assert set(whole.drawn) == {"relay a: free", "fixed"}
    assert whole.unused() == []
