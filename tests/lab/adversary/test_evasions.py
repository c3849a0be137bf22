"""The shipped playbook is sound, evasions take in others, and every mistake of a book is listed at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch_lab.adversary.evasions import (
    GOODS,
    PROFILES,
    Evasion,
    load_playbook,
)
from stillwatch_lab.adversary.world import recipe_of
from stillwatch_lab.worlds import build
from stillwatch_lab.worlds.parameters import Value

PRICES = "\n".join(f"[prices.{good}]\ndollars = 1\nsource = 'assumption'" for good in GOODS)
BOOK = load_playbook()


def written(folder: Path, text: str) -> Path:
    path = folder / "book.toml"
    path.write_text(text)
    return path


def parameters(profile: str, evasion: Evasion | None, drawn: dict[str, Value]) -> dict[str, Value]:
    recipe = recipe_of(profile, evasion, drawn, 100)
    only = replace(recipe, populations=recipe.populations[:1])
    return build.decide(only, 3, 200, 2_000, build.Sources(None, None)).world.groups[0].parameters.drawn


@pytest.mark.parametrize("profile", PROFILES)
def test_every_parameter_of_the_shipped_book_is_one_of_the_profile(profile: str) -> None:
    plain, plan = parameters(profile, None, {}), BOOK.evasions[profile]
    fixed = {name: value for one in plan for name, value in one.fixed.items()}
    times = {name: factor for one in plan for name, factor in one.times.items() if name not in fixed}
    evaded = parameters(profile, Evasion("all", "", fixed=fixed, times=times), plain)  # UsageError names what is none
    changed = {name for name in evaded if evaded[name] != plain.get(name)}
    assert changed <= {*fixed, *times}, "everything else stays as drawn"
    assert {name: evaded[name] for name in fixed} == fixed
    for name, factor in times.items():
        assert evaded[name] == pytest.approx(plain[name] * factor)


@pytest.mark.parametrize("profile", PROFILES)
def test_no_two_evasions_of_a_profile_do_the_same(profile: str) -> None:
    effects = [(dict(one.fixed), dict(one.times), one.accounts) for one in BOOK.evasions[profile]]
    assert len(effects) >= 5
    assert all(effect not in effects[:number] for number, effect in enumerate(effects))


def test_accounts_are_multiplied() -> None:
    thinner = next(one for one in BOOK.evasions["letter"] if one.name == "thinner")
    plain, more = (
        recipe_of("letter", one, {"intensity": 8.0, "exchanges_a_day": 20.0}, 100_000) for one in (None, thinner)
    )
    assert (plain.populations[0].count, more.populations[0].count) == (800, 3_200)
    assert more.populations[0].fixed == {"intensity": 2.0, "exchanges_a_day": 5.0}
    assert (more.populations[1:], more.key) == (plain.populations[1:], plain.key)


@pytest.mark.parametrize("name", ["gone", "copies_coding_tool"])
def test_only_numbers_are_multiplied(name: str) -> None:
    drawn: dict[str, Value] = {"intensity": 8.0, "copies_coding_tool": True}
    with pytest.raises(UsageError, match=f"`times.{name}` of evasion `e`"):
        recipe_of("letter", Evasion("e", "", times={name: 0.5}), drawn, 100)


def test_an_evasion_takes_in_those_that_apply_to_the_profile(tmp_path: Path) -> None:
    text = (
        PRICES
        + """
[[evasion]]
name = "a"
profiles = ["letter"]
set = { x = 1, y = 1 }
[[evasion]]
name = "b"
accounts = 2.0
times = { z = 0.5 }
[[evasion]]
name = "both"
set = { y = 2 }
with = ["a", "b"]
accounts = 3.0
"""
    )
    book = load_playbook(written(tmp_path, text))
    letter = {one.name: one for one in book.evasions["letter"]}
    assert (letter["both"].fixed, letter["both"].times, letter["both"].accounts) == ({"x": 1, "y": 2}, {"z": 0.5}, 6.0)
    hydra = {one.name: one for one in book.evasions["hydra"]}
    assert set(hydra) == {"b", "both"}
    assert hydra["both"].fixed == {"y": 2}


def test_every_mistake_is_listed_at_once(tmp_path: Path) -> None:
    text = (
        PRICES.replace("dollars = 1\n", "", 1)
        + """
[[evasion]]
name = "a"
profiles = ["letter", "lettr"]
sets = 1
[[evasion]]
name = "a"
with = ["later"]
[[evasion]]
name = "later"
"""
    )
    with pytest.raises(UsageError) as refused:
        load_playbook(written(tmp_path, text))
    said = str(refused.value)
    for expected in ("`prices.account`", "`lettr`", "`sets`", "`name` of its own", "`later`"):
        assert said.count(expected) == 1, expected


@pytest.mark.parametrize("text", ["[[evasion", None])
def test_a_book_that_cannot_be_read_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "gone.toml" if text is None else written(tmp_path, text)
    with pytest.raises(UsageError, match="cannot be read"):
        load_playbook(path)
