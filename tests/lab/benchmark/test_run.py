"""The whole command on a tiny world: worlds built, scanned, scored and shown; a second run does nothing again."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stillwatch.cli.main import invoke
from stillwatch.errors import UsageError
from stillwatch_lab.benchmark.plan import Plan
from stillwatch_lab.benchmark.run import run

WORLD = """
[[population]]
kind = "letter"
share = 0.04
groups = 1
[[population]]
kind = "patient"
share = 0.02
groups = 1
[[population]]
kind = "harvest"
share = 0.02
groups = 1
"""


def test_a_benchmark_from_worlds_to_page(tmp_path: Path, steps: list[str]) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(WORLD)
    plan = Plan((3,), tmp_path / "out", scale=0.001, world=str(recipe), missing=("addresses",))
    said: list[str] = []
    document = run(plan, Console(file=StringIO(), width=120), said.append)
    assert steps == ["build", "scan", "score", "scan", "score", "oracle"]
    assert {"benchmark.html", "benchmark.json", "benchmark.txt"} <= {path.name for path in plan.out.iterdir()}
    found = json.loads((plan.out / "benchmark.json").read_text())
    assert found["seeds"] == [3]
    assert [one["name"] for one in found["sections"]][:3] == ["recall", "innocents", "time"]
    # half a gigabyte at full size: only the measurements stay
    assert {path.suffix for path in plan.home(3).iterdir()} == {".json"}
    again = run(plan, Console(file=StringIO(), width=120), said.append)
    assert len(steps) == 6
    assert again == document
    assert "minutes" in said[0]


def test_a_bad_recipe_is_refused_before_any_work(tmp_path: Path, steps: list[str]) -> None:
    with pytest.raises(UsageError, match="world `nowhere`"):
        run(Plan((1,), tmp_path / "out", world="nowhere"), Console(file=StringIO()), print)
    assert steps == []


def test_what_cannot_be_left_out_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["lab", "benchmark", "--seeds", "1", "2", "--out", "nowhere", "--missing", "text", "money"]
    assert invoke(words) == 2
    assert "`--missing money`" in capsys.readouterr().err
