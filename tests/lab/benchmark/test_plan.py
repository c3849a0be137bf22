"""What finished work is known again by, and what is scanned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stillwatch.runs.folder import code_digest
from stillwatch.settings import EvidenceSettings
from stillwatch_lab.benchmark.plan import CHANNELS, MAIN, Plan
from stillwatch_lab.benchmark.run import forecast

PLAN = Plan((201, 202), Path("out"))


def test_scale_one_is_the_size_that_results_are_reported_for() -> None:
    assert (PLAN.accounts, PLAN.exchanges) == (100_000, 3_000_000)
    small = replace(PLAN, scale=0.0001)
    assert (small.accounts, small.exchanges) == (1_000, 20_000)


def test_the_complete_scan_comes_first_and_each_variant_once() -> None:
    full = replace(PLAN, missing=("text", "accounts"), ablate=True)
    names = [variant.name for variant in full.variants]
    assert names[:3] == [MAIN, "without text", "without accounts"]
    assert len(names) == len(set(names)) == 3 + len(CHANNELS)
    assert [variant.name for variant in PLAN.variants] == [MAIN]
    assert EvidenceSettings.model_validate({"off": CHANNELS}).off == CHANNELS


@pytest.mark.parametrize("change", [{"scale": 0.5}, {"world": "demo"}, {"prompts": Path("prompts")}])
def test_other_worlds_are_measured_again(change: dict[str, object]) -> None:
    assert replace(PLAN, **change).mark() != PLAN.mark()  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"seeds": (7,)}, {"missing": ("text",)}, {"ablate": True}, {"out": Path("x")}])
def test_more_work_on_the_same_worlds_keeps_what_is_finished(change: dict[str, object]) -> None:
    assert replace(PLAN, **change).mark() == PLAN.mark()  # type: ignore[arg-type]


def test_a_changed_recipe_is_another_world(tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    plan = replace(PLAN, world=str(recipe))
    marks = set()
    for text in ("drop_columns = []", 'drop_columns = ["accounts"]'):
        recipe.write_text(text)
        marks.add(plan.mark())
    assert len(marks) == 2


def test_the_code_digest_sees_what_measures_and_nothing_else(tmp_path: Path) -> None:
    for name, text in (("a.py", "1"), ("page/b.py", "1"), ("c.md", "1")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    digest = code_digest.__wrapped__
    before = digest(tmp_path, ("page",))
    (tmp_path / "page/b.py").write_text("2")
    (tmp_path / "c.md").write_text("2")
    assert digest(tmp_path, ("page",)) == before
    (tmp_path / "a.py").write_text("2")
    assert digest(tmp_path, ("page",)) != before


def test_the_forecast_grows_with_what_is_asked() -> None:
    assert forecast(replace(PLAN, seeds=(1,))) * 2 == forecast(PLAN)
    assert forecast(replace(PLAN, ablate=True)) > forecast(PLAN)
    assert forecast(PLAN) / 10 < forecast(replace(PLAN, scale=0.1)) < forecast(PLAN) / 5
    assert forecast(replace(PLAN, baselines=True)) > forecast(PLAN)
