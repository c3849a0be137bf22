"""Work in processes of its own: what it gives back, what it costs, and what is said when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

import stillwatch
from stillwatch_lab.benchmark.cost import (
    WorkFailedError,
    machine,
    measured,
    peak_bytes,
)

TASKS = """
import sys
from stillwatch.errors import InputError
from stillwatch_lab.benchmark.cost import run_task

def held(megabytes):
    data = bytearray(megabytes * 1_000_000)
    return {"length": len(data)}

def refused():
    raise InputError("no such prompts")

run_task({"held": held, "refused": refused}, sys.argv[1:])
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # the child runs elsewhere, where a relative path to the source would lead nowhere
    monkeypatch.setenv("PYTHONPATH", str(Path(stillwatch.__file__).parents[1]))
    (tmp_path / "tasks.py").write_text(TASKS)
    return tmp_path


def test_a_child_gives_back_its_result_and_its_own_peak_memory(module: Path) -> None:
    little, much = (measured("tasks", "held", {"megabytes": size}, cwd=module) for size in (1, 200))
    assert much.result == {"length": 200_000_000}
    assert 100e6 < much.peak_bytes - little.peak_bytes < 300e6
    assert little.cpu >= 0


def test_a_failed_child_is_told_with_its_last_words(module: Path) -> None:
    with pytest.raises(WorkFailedError, match=r"`refused` failed with exit code 1:\nno such prompts$"):
        measured("tasks", "refused", {}, cwd=module)


def test_the_machine_is_described() -> None:
    assert set(machine()) == {"cores", "memory_gb", "system", "python", "stillwatch", "commit"}
    assert peak_bytes() > 1e6
