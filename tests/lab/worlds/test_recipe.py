"""Recipes that draw their groups: kinds in a list, sizes and numbers of groups from ranges, and mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.recipe import Population, load_recipe

_KNOWN = frozenset(KINDS)


def test_a_list_of_kinds_stands_for_one_entry_each(tmp_path: Path) -> None:
    recipe = tmp_path / "two.toml"
    recipe.write_text(
        '[[population]]\nkind = ["letter", "hydra"]\nsizes = [5, 50]\ngroups = [0, 2]\nwiden = { hop_share = [0, 1] }\n'
    )
    expected = [
        Population(kind, sizes=(5, 50), some=(0, 2), widened={"hop_share": [0, 1]}) for kind in ("letter", "hydra")
    ]
    assert list(load_recipe(recipe, _KNOWN).populations) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("widen = { days = [3, 2] }", "`days` is no range"),
        ("size = { accounts = [1, 2], people = [1, 2] }", "unknown name `people`"),
        ('[[population]]\nkind = "letter"\nsizes = 5', "`sizes` is no range"),
        ('[[population]]\nkind = "letter"\ncount = 5\ngroups = [1, 2]', "a range without `sizes`"),
        ('[[population]]\nkind = ["letter", "elk"]\nsizes = [1, 2]', "unknown kind `elk`"),
        ('[[population]]\nkind = "letter"\ncount = 5\nwiden = { hop_share = "much" }', "`hop_share` is no range"),
    ],
)
def test_mistakes_in_ranges_are_named(tmp_path: Path, text: str, words: str) -> None:
    recipe = tmp_path / "bad.toml"
    recipe.write_text(text)
    with pytest.raises(UsageError, match=words):
        load_recipe(recipe, _KNOWN)
