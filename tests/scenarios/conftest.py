"""One small world and its scan, made once for all scenarios that start from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.small_world import SmallWorld, built


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    return built(tmp_path_factory.mktemp("small-world"))


@pytest.fixture(scope="session")
def plain(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run over the world as it is, on two threads."""
    return world.scan(tmp_path_factory.mktemp("plain") / "run")
