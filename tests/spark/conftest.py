"""A Spark for the tests of this folder, where there can be one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.settings import EngineSettings
from tests.spark.installed import java_home

# Tests compile much and run briefly: without the optimising compiler and collector threads Java costs half as much.
BRIEF = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Spark on this machine that every engine of the session joins: starting one takes seconds."""
    from stillwatch.engine.spark import SparkEngine

    home = java_home(tmp_path_factory.mktemp("java"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("JDK_JAVA_OPTIONS", BRIEF)
        if home is not None:
            patched.setenv("JAVA_HOME", str(home))
        with SparkEngine(EngineSettings(name="spark", threads=2), tmp_path_factory.mktemp("spark")):
            yield
