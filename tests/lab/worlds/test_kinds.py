"""What the methods page says of each kind is what the kind draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stillwatch_lab.worlds.build import Sources, decide
from stillwatch_lab.worlds.kinds import KINDS
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.recipe import Population, Recipe

PAGE = Path(__file__).resolve().parents[3] / "docs" / "methods" / "worlds.md"
ROW = re.compile(r"^\| `([a-z_]+)` \|([^|]+\|[^|]+)\|$", re.MULTILINE)


@pytest.fixture(scope="module")
def drawn() -> dict[str, set[str]]:
    """Names of the parameters of every kind, from worlds that ask for as many as they can."""
    found: dict[str, set[str]] = {}
    # parameters that only some draws ask for are made to be asked for
    forced = {
        "shared_login": ({"office": True}, {"office": False}),
        "licensed_distillation": ({"beyond": True}, {"beyond": False}),
        "batch_job": ({"egress": "several_clouds"},),
        "enterprise": ({"by_department": True, "own_instructions": True},),
        "hydra": ({"strips_instructions": False},),
        "sharded": ({"best_of_n": True},),
        "letter": ({"speaks_languages": True},),
    }
    entries = tuple(
        Population(kind, count=8, groups=1, fixed=dict(fixed)) for kind in KINDS for fixed in forced.get(kind, ({},))
    )
    whole = decide(Recipe("every", entries, {}, {}, ()), 1, 600, 6_000, Sources(None, None))
    for group in whole.world.groups:
        found.setdefault(group.kind, set()).update(group.parameters.drawn)
    found["world"] = set(whole.world.parameters.drawn)
    return found


def test_every_kind_stands_in_the_page_with_parameters_it_has(drawn: dict[str, set[str]]) -> None:
    rows = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))
    assert set(KINDS) <= set(rows)
    for kind in KINDS:
        named = set(re.findall(r"`([a-z_]+)`", rows[kind])) - {"permit", "patient", "harvest", "letter"}
        assert named <= drawn[kind], kind


def test_every_worlds_parameter_in_the_page_exists(drawn: dict[str, set[str]]) -> None:
    section = PAGE.read_text(encoding="utf-8").split("## The world as a whole")[1].split("## Campaigns")[0]
    table = section.split("|---|---|")[1]
    named = set(re.findall(r"`([a-z_]{3,})`", table)) - {"drop_columns", "text", "accounts", "vertex"}
    assert named <= drawn["world"] | {"begins", "days"}


def test_a_part_records_its_draws_under_its_own_name() -> None:
    whole = Parameters(1, {"fixed": 2.0})
    part = whole.under("relay a", 5)
    assert part.real("free", 0, 1) == Parameters(5).real("free", 0, 1)
    assert part.real("fixed", 0, 1) == 2.0
    assert set(whole.drawn) == {"relay a: free", "fixed"}
    assert whole.unused() == []
