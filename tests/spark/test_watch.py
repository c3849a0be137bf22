"""Epochs of a watch run on Spark over the same state, while batches are taken in on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stillwatch.job import Inputs
from stillwatch.watch import epochs
from tests.scenarios.small_world import SmallWorld, findings
from tests.watch.watching import Watched

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]


def test_an_epoch_on_spark_finds_what_a_scan_finds(
    world: SmallWorld, plain: Path, hours: list[Path], tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for file in hours:
        shutil.copyfile(file, logs / file.name)
    own = {name: (str(world.folder / f"{name}.parquet"),) for name in ("accounts", "permits")}
    settings = world.settings()
    engine = settings.engine.model_copy(update={"name": "spark"})
    watched = Watched(logs, tmp_path / "state", Inputs(**own), settings.model_copy(update={"engine": engine}))
    watched.run()
    run = epochs.latest(watched.state)
    assert run is not None
    assert findings(run) == findings(plain)
