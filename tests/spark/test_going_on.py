"""A run on Spark that failed goes on after the stages that it had finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.settings import EngineSettings
from tests.scenarios.small_world import SmallWorld, digests
from tests.scenarios.test_going_on import NAMES, Trial

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]


def test_a_run_on_spark_goes_on_too(
    world: SmallWorld, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(world, tmp_path / "runs" / "run", monkeypatch)
    trial.engine = EngineSettings(name="spark", threads=2)
    trial.failed("group")
    assert trial.run() == NAMES[3:]
    assert digests(trial.out) == digests(plain)
    assert trial.kept() == []
