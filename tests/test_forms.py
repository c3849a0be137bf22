"""What greets a contributor: hooks that download nothing, and issue forms that warn against pasting logs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORMS = {"wrong-accusation", "missed-campaign", "bug", "question"}


def test_every_hook_is_local_and_its_program_is_installed_by_make() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    programs = re.findall(r"^ +entry: \.venv/bin/(\S+)", hooks, re.MULTILINE)
    assert {"ruff", "mypy", "lint-imports", "pytest"} == set(programs)
    assert hooks.count("- id:") == hooks.count("language: system") == len(programs)
    assert [name for name in programs if not (Path(sys.executable).parent / name).exists()] == []


def test_there_is_a_form_for_each_kind_of_issue() -> None:
    names = {path.stem for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")}
    assert names == FORMS | {"config"}


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_asks_for_nothing_private(name: str) -> None:
    form = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8")
    assert "Paste no prompts, answers, logs, account ids, addresses or keys" in form
    assert "no prompt, answer, log line, account id, address or key of anybody" in form
    assert form.rstrip().endswith("required: true")


def test_ci_runs_every_gate() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    targets = re.findall(r"^make --no-print-directory (.*)$", script, re.MULTILINE)
    assert targets == [
        'litellm || echo "no LiteLLM"',
        ".venv/.development-installed",
        ".venv/.site-installed",
        "--jobs 2 --output-sync lint smallest docs",
        "coverage",
        'test MARKED="not unit"',
    ]
