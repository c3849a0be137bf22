"""What several tests of the benchmark command need."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from stillwatch_lab.benchmark import seed
from stillwatch_lab.benchmark.child import TASKS
from stillwatch_lab.benchmark.cost import Cost


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks done, which run in this process: starting a child for each takes longer than the work."""
    done: list[str] = []

    def here(_module: str, task: str, arguments: Mapping[str, object]) -> Cost:
        done.append(task)
        return Cost(1.0, 1.0, 1_000, TASKS[task](**arguments))

    monkeypatch.setattr(seed, "measured", here)
    return done
