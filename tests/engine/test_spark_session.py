"""A session starts with what the results depend on, or an error says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.engine import spark_session
from stillwatch.errors import EngineError
from stillwatch.settings import EngineSettings


@pytest.mark.parametrize(
    ("limit", "expected"), [("2500MB", "2500m"), ("4 GiB", "4096m"), ("1.5TB", "1572864m"), ("20MB", "512m")]
)
def test_memory_is_said_as_java_says_it(limit: str, expected: str, tmp_path: Path) -> None:
    own = spark_session._local_options(EngineSettings(memory_limit=limit, threads=3), tmp_path)
    assert own["spark.driver.memory"] == expected
    assert own["spark.master"] == "local[3,4]"


def test_no_java_names_what_to_set_and_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"JAVA_HOME.*apt-get install openjdk-17-jre-headless"):
        spark_session._require_java()


def test_a_java_home_without_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="where there is no `bin/java`"):
        spark_session._require_java()
