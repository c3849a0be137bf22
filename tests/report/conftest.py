"""Finished run folders made once: a full one, one in which nothing was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.settings import EngineSettings
from tests.report.synthetic_run import SyntheticRun, empty_run, full_run


@pytest.fixture(scope="session")
def full() -> SyntheticRun:
    return full_run()


@pytest.fixture(scope="session")
def full_folder(full: SyntheticRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(full, tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(empty_run(), tmp_path_factory.mktemp("empty"))


def _written(made: SyntheticRun, parent: Path) -> Path:
    with DuckDBEngine(EngineSettings(threads=2), parent) as engine:
        made.store(engine)
        return made.write(engine, parent / "run")
