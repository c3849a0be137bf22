"""The figures of the method pages: the area under the curve, and tables of rows made by hand."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from bench import power
from stillwatch.lab.kinds import KINDS
from stillwatch.lab.recipe import load_recipe

VALUES = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=20)


def account(kind: str, within: float, levels: list[str | None], openings: int = 12) -> dict[str, object]:
    return {
        "kind": kind,
        "openings": openings,
        "within": within,
        "between": 0.1,
        "bits": 1.0 if within < 0.2 else -1.0,
        "linked": levels != [None],
        "levels": levels,
    }


def printed(table: Table) -> str:
    text = StringIO()
    Console(file=text, width=160).print(table)
    return text.getvalue()


@given(VALUES, VALUES)
def test_area_agrees_with_counting_pairs(higher: list[float], lower: list[float]) -> None:
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one in higher for other in lower]
    assert power.auc(np.array(higher), np.array(lower)) == pytest.approx(np.mean(pairs))


def test_each_account_counts_at_its_highest_level_only() -> None:
    rows = [
        account("letter", 0.1, ["watch", "act"]),
        account("letter", 0.1, ["review"]),
        account("person", 0.9, [None]),
    ]
    lines = {
        line.split()[1]: line.split()[3::2] for line in printed(power.level_table(rows)).splitlines() if "%" in line
    }
    assert lines["letter"] == ["2", "100.0%", "1", "1", "0"]
    assert lines["person"] == ["1", "0.0%", "0", "0", "0"]


def test_memory_counts_only_accounts_of_which_something_can_be_said() -> None:
    rows = [account("person", 0.9, [None]) for _ in range(5)]
    rows += [account("letter", 0.1, [None]), account("letter", 0.1, [None], openings=1)]
    line = next(line for line in printed(power.memory_table(rows)).splitlines() if "letter" in line)
    assert line.split()[3:6:2] == ["2", "1"]
    assert "1.00" in line


def test_the_recipe_has_every_kind_once_at_least() -> None:
    recipe = load_recipe(power.RECIPE, frozenset(KINDS))
    assert {entry.kind for entry in recipe.populations} == set(KINDS)
