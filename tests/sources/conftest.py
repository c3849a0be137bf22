"""A folder of logs, and a watch that has committed nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.committer import Committer


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs"


@pytest.fixture
def watch(tmp_path: Path) -> Committer:
    return Committer(tmp_path / "state")
