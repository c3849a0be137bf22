"""Lockstep by joins gives the scores of lockstep by the compiled walk: two routes, one number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bench.beside.lockstep_joins import ADDRESSES_JOINED, EVERY_OBJECT_JOINED, LockstepJoins

from bench.beside import lockstep_joins
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch_lab.baselines.lockstep_hours import ADDRESSES, EVERY_OBJECT, LockstepHours
from tests.lab.baselines import planted


@pytest.mark.parametrize("slice_pairs", [lockstep_joins.SLICE_PAIRS, 100])
@pytest.mark.parametrize(
    ("walked", "joined", "highest"),
    # the crew shares too few of all its objects to be one cluster, and is one by its addresses
    [(EVERY_OBJECT, EVERY_OBJECT_JOINED, 0.4), (ADDRESSES, ADDRESSES_JOINED, planted.GUILTY - 1)],
)
def test_the_scores_are_those_of_the_walk(
    walked: LockstepHours,
    joined: LockstepJoins,
    highest: float,
    slice_pairs: int,
    engine: DuckDBEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lockstep_joins, "SLICE_PAIRS", slice_pairs)
    logs, _ = planted.write(tmp_path)
    first, second = walked.scores(engine, logs), joined.scores(engine, logs)
    assert first["account_id"] == second["account_id"]
    assert first["score"].to_numpy() == pytest.approx(second["score"].to_numpy(), rel=1e-12)
    assert first["score"].to_numpy().max() > highest


def test_nobody_is_linked_without_pairs() -> None:
    none = np.empty(0, np.int64)
    assert len(set(lockstep_joins.clusters(5, none, none).tolist())) == 5
