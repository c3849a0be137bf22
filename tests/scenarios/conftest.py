"""One small world and its scan, made once for all scenarios that start from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.scenarios.small_world import SmallWorld, built


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    return built(tmp_path_factory.mktemp("small-world"))


@pytest.fixture(scope="session")
def plain(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run over the world as it is, on two threads."""
    return world.scan(tmp_path_factory.mktemp("plain") / "run")


@pytest.fixture(scope="session")
def hours(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The world's exchanges in three files by time, parted where conversations and days are under way."""
    folder = tmp_path_factory.mktemp("by-time")
    exchanges = world.exchanges.sort_by("started_at")
    at = exchanges["started_at"].to_numpy()
    told = exchanges["conversation_id"].to_pylist()
    under_way = [n for n in range(1, len(told)) if told[n] is not None and told[n] in told[max(0, n - 400) : n]]
    cuts = np.searchsorted(at, [at[next(n for n in under_way if n > len(at) * share // 100)] for share in (55, 97)])
    parts = [exchanges.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, len(at)], strict=True)]
    spans = [(part["started_at"][0].as_py(), part["started_at"][-1].as_py()) for part in parts]
    assert spans[0][1].date() == spans[1][0].date(), "no day would be counted twice"
    assert set(told[: cuts[0]]) & set(told[cuts[0] : cuts[1]]) - {None}, "no conversation would be counted twice"
    for number, part in enumerate(parts):
        pq.write_table(part, folder / f"hours-{number}.parquet")
    return sorted(folder.iterdir())
