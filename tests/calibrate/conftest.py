"""One small world with a loud campaign and an enterprise among people, observed once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.calibrate.observed import Observed, name_observed, observe
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Job
from stillwatch.settings import EngineSettings
from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.job import job_of

RECIPE = """
[world]
days = 30

[[population]]
kind = "letter"
count = 40
groups = 1

[[population]]
kind = "enterprise"
count = 30
groups = 1
"""


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("calibration")
    (folder / "small.toml").write_text(RECIPE)
    build(folder / "small.toml", 4, 1_500, 18_000, None, folder / "world")
    return job_of(folder / "world")


@pytest.fixture(scope="session")
def observed(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    return observe(job, tmp_path_factory.mktemp("observed"))


@pytest.fixture
def named(observed: Observed, tmp_path: Path) -> Iterator[DuckDBEngine]:
    """An engine in which what was observed has its names."""
    with DuckDBEngine(EngineSettings(threads=2), tmp_path) as engine:
        name_observed(engine, observed)
        yield engine
