"""Shared fixtures: an engine in a temporary folder, and a Spark where there can be one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.settings import EngineSettings
from tests.engine.spark_here import java_home, why_not

# no test fails for having taken long: machines are shared
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=2), tmp_path) as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `spark` share one process, and are skipped, with the reason, where Spark cannot run; all others stay
    with those of their file, whose worlds they share."""
    reason = why_not()
    for item in items:
        needs_spark = item.get_closest_marker("spark") is not None
        item.add_marker(pytest.mark.xdist_group("spark" if needs_spark else item.nodeid.partition("::")[0]))
        if needs_spark and reason is not None:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Spark on this machine that every engine of the session joins: starting one takes seconds."""
    from stillwatch.engine.spark import SparkEngine

    home = java_home(tmp_path_factory.mktemp("java"))
    with pytest.MonkeyPatch.context() as patched:
        if home is not None:
            patched.setenv("JAVA_HOME", str(home))
        with SparkEngine(EngineSettings(name="spark", threads=2), tmp_path_factory.mktemp("spark")):
            yield
