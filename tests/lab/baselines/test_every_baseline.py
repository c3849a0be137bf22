"""What all baselines promise: the answer's shape, the same answer for the same logs, and no guess without columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.settings import EngineSettings
from stillwatch_lab.baselines import (
    BASELINES,
    Baseline,
    Logs,
    UnavailableError,
)
from stillwatch_lab.baselines.interface import SCORES
from stillwatch_lab.baselines.ranking import compare
from tests.lab.baselines import planted

every = pytest.mark.parametrize("baseline", BASELINES, ids=lambda one: one.name)
# the planted accounts are as busy as the others, keep awake no longer, and hang together with everybody by one value
BLIND = {"many_exchanges", "many_exchanges_in_one_hour", "active_round_the_clock", "shares_any_value_with_many"}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Logs, Path]:
    return planted.write(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    return planted.write(tmp_path_factory.mktemp("shuffled"), shuffled=True)[0]


@pytest.fixture(scope="module", params=BASELINES, ids=lambda one: one.name)
def answer(
    request: pytest.FixtureRequest, logs: tuple[Logs, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Baseline, pa.Table]:
    with DuckDBEngine(EngineSettings(threads=2), tmp_path_factory.mktemp("engine")) as opened:
        return request.param, scores_of(request.param, opened, logs[0])


@pytest.fixture
def single(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as opened:
        yield opened


def scores_of(baseline: Baseline, engine: DuckDBEngine, logs: Logs) -> pa.Table:
    try:
        return baseline.scores(engine, logs)
    except UnavailableError as reason:
        pytest.skip(str(reason))


def test_names_are_claims_and_unique() -> None:
    names = [one.name for one in BASELINES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in names)
    assert all(one.source for one in BASELINES)


def test_answers_in_the_agreed_form(answer: tuple[Baseline, pa.Table]) -> None:
    _, found = answer
    assert found.schema == SCORES
    assert set(found["account_id"].to_pylist()) <= set(planted.account_ids())
    assert found["account_id"].to_pylist() == sorted(set(found["account_id"].to_pylist()))
    assert np.isfinite(found["score"].to_numpy()).all()
    assert (found["score"].to_numpy() > 0).all()


def test_finds_the_planted_crew_unless_blind_to_it(answer: tuple[Baseline, pa.Table], logs: tuple[Logs, Path]) -> None:
    baseline, found = answer
    ranked = compare(found, logs[1], 0)
    if baseline.name in BLIND:
        assert ranked.recall < 0.5
    else:
        assert ranked.recall == 1.0


def test_depends_neither_on_row_order_nor_on_threads(
    answer: tuple[Baseline, pa.Table], single: DuckDBEngine, shuffled: Logs
) -> None:
    baseline, first = answer
    second = scores_of(baseline, single, shuffled)
    assert first["account_id"] == second["account_id"]
    assert first["score"].to_numpy() == pytest.approx(second["score"].to_numpy(), rel=1e-5)


@every
def test_runs_without_an_accounts_table_or_says_why_not(
    baseline: Baseline, engine: DuckDBEngine, logs: tuple[Logs, Path]
) -> None:
    found = scores_of(baseline, engine, Logs(logs[0].sketches, None))
    assert found.schema == SCORES


@every
def test_accuses_nobody_where_nothing_happened(
    baseline: Baseline, engine: DuckDBEngine, tmp_path: Path, logs: tuple[Logs, Path]
) -> None:
    empty = pq.read_table(logs[0].sketches).slice(0, 0)
    pq.write_table(empty, tmp_path / "none.parquet")
    found = scores_of(baseline, engine, Logs(str(tmp_path / "none.parquet"), None))
    assert pc.sum(found["score"]).as_py() in (None, 0.0)
