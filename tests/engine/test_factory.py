"""The engine of the settings is opened, or an error says what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.engine import factory as opening
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.engine.factory import open_engine
from stillwatch.errors import EngineError
from stillwatch.settings import EngineSettings


def test_the_embedded_engine_is_the_default(tmp_path: Path) -> None:
    with open_engine(EngineSettings(), tmp_path) as engine:
        assert isinstance(engine, DuckDBEngine)


def test_a_missing_package_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _: None)
    with (
        pytest.raises(EngineError, match=r"pip install 'stillwatch\[spark\]'"),
        open_engine(EngineSettings(name="spark"), tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
