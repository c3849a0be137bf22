"""Shared fixtures: an engine in a temporary folder, and one small world with its run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pyarrow.parquet as pq
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.settings import EngineSettings
from tests.spark.installed import why_not

if TYPE_CHECKING:
    from tests.scenarios.small_world import SmallWorld

# no test fails for having taken long: machines are shared
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


# Tests of these files share a world that takes seconds to make. Scenarios are so many that each process makes theirs.
SHARED = {
    "tests/engine/test_translate.py": "small world",
    "tests/serve/gateways/test_campaign.py": "small world",
    "tests/bench/reference_case/": "reference case",
}

# Groups that take longest, in the order in which processes begin them: of one that begins last, all others await the
# end. The first of one part compiles nearly all kernels, and those after it few, so that none is compiled twice.
LONGEST = (
    "spark",
    "tests/calibrate/test_calibrate.py",
    "tests/read/test_bombs.py",
    "tests/read/test_same_row.py",
    "tests/watch/test_kills.py",
    "tests/calibrate/test_streams.py",
    "small world",
    "tests/scenarios/test_demo.py",
    "tests/scenarios/test_lasting_identity.py",
    "tests/scenarios/test_hostile_world.py",
)


# Folders of whole runs, of which coverage says little: they would cover all.
WHOLE = tuple(f"tests/{name}/" for name in ("bench", "lab", "scenarios", "spark", "training"))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=2), tmp_path) as opened:
        yield opened


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument: compressed ones hold the time, and processes that share the tests must name
    them alike."""
    return argname if isinstance(val, bytes) else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Modules of which no test has the mark asked for are not even loaded: with the lab that takes many seconds."""
    asked, path = config.getoption("markexpr"), collection_path.relative_to(config.rootpath).as_posix()
    if asked not in ("unit", "not unit") or collection_path.suffix != ".py" or collection_path.name == "conftest.py":
        return None
    return True if path.startswith(WHOLE) == (asked == "unit") else None


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share something costly run in one process, all others with those of their file; tests marked `spark`
    are skipped, with the reason, where Spark cannot run; those of no whole run are marked `unit`; the longest are the
    first."""
    reason = why_not()
    for item in items:
        if item.get_closest_marker("spark") is None and not item.nodeid.startswith(WHOLE):
            item.add_marker(pytest.mark.unit)
        item.add_marker(pytest.mark.xdist_group(_group(item)))
        if item.get_closest_marker("spark") is not None and reason is not None:
            item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=lambda item: LONGEST.index(_group(item)) if _group(item) in LONGEST else len(LONGEST))


def _group(item: pytest.Item) -> str:
    path = item.nodeid.partition("::")[0]
    if item.get_closest_marker("spark") is not None:
        return "spark"
    return next((name for start, name in SHARED.items() if path.startswith(start)), path)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """A small world with one loud campaign, for scenarios that only read it."""
    from tests.scenarios.small_world import built  # with the lab, which takes a second to load

    return built(tmp_path_factory.mktemp("small-world"))


@pytest.fixture(scope="session")
def plain(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run over the small world as it is, on two threads."""
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
