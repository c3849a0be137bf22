"""Constants of assessment stand in one file, each with a reason, and what they met in tuning worlds is data."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest

from stillwatch import assess
from stillwatch.assess import thresholds

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(assess.__file__).parent
HISTORY = tomllib.loads((ROOT / "bench" / "history" / "assess-thresholds.toml").read_text(encoding="utf-8"))[
    "threshold"
]


def numbers(path: Path) -> dict[str, int]:
    """Names of module constants that are numbers or tuples of numbers, with their lines."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            numeric = [isinstance(one, ast.UnaryOp | ast.BinOp) or _is_number(one) for one in values]
            if all(numeric):
                found[node.targets[0].id] = node.lineno
    return found


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def test_numbers_stand_in_thresholds_alone() -> None:
    assert len(numbers(FOLDER / "thresholds.py")) > 10
    elsewhere = {path.name: numbers(path) for path in FOLDER.glob("*.py") if path.name != "thresholds.py"}
    assert {name: found for name, found in elsewhere.items() if found} == {}


def test_every_threshold_has_a_reason_and_is_used() -> None:
    lines = (FOLDER / "thresholds.py").read_text(encoding="utf-8").splitlines()
    sources = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py") if path.name != "thresholds.py")
    for name, line in numbers(FOLDER / "thresholds.py").items():
        above = lines[line - 2].strip()
        assert len(lines[line - 1].partition("  # ")[2]) > 20 or above.startswith("# "), f"{name} has no reason"
        assert name in sources, f"{name} is not used"


def test_no_threshold_names_a_seed() -> None:
    for folder in (FOLDER, FOLDER.parent / "group"):
        for path in folder.glob("*.py"):
            for line in path.read_text(encoding="utf-8").splitlines():
                assert re.search(r"\bseeds? \d", line) is None, (path.name, line)


@pytest.mark.parametrize("row", HISTORY, ids=lambda row: row["constant"])
def test_the_history_of_a_constant_names_what_the_code_has(row: dict[str, object]) -> None:
    module, _, name = str(row["constant"]).rpartition(".")
    constant = getattr(importlib.import_module(f"stillwatch.{module}"), name)
    assert row["seeds"] and row["seen"]
    if isinstance(constant, float):
        assert constant == row["value"]
    elif isinstance(constant, dict):
        assert set(constant.values()) == {row["value"]}
    elif isinstance(constant, tuple):
        assert list(constant) == row["value"]
    else:
        assert callable(constant)


def test_levels_rise_with_probability() -> None:
    levels = (thresholds.WATCH_PROBABILITY, thresholds.REVIEW_PROBABILITY, thresholds.ACT_PROBABILITY)
    assert list(levels) == sorted(levels)
    assert thresholds.ACT_PROBABILITY < thresholds.CERTAIN < 1.0
