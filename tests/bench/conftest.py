"""Benchmarks whose children run in the test's own process: starting and importing is most of what they cost."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from stillwatch_lab.benchmark import cost


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs every task of a benchmark here; gives the names of those that ran.

    Arguments and results pass through JSON as they do between processes. That a child measures itself and fails with
    its reason is tested with real children elsewhere.
    """
    ran: list[str] = []

    def here(module: str, task: str, arguments: Mapping[str, object], cwd: Path | None = None) -> cost.Cost:
        ran.append(task)
        wall, cpu = time.perf_counter(), cost.cpu_seconds()
        found = import_module(module).TASKS[task](**json.loads(json.dumps(arguments)))
        taken = time.perf_counter() - wall, cost.cpu_seconds() - cpu
        return cost.Cost(*taken, cost.peak_bytes(), json.loads(json.dumps(found, default=str)))

    monkeypatch.setattr(cost, "measured", here)
    return ran
