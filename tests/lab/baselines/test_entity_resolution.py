"""Splink is called as its fifth version wants it, and clusters score by size and probability."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch_lab.baselines import Logs, UnavailableError
from stillwatch_lab.baselines.entity_resolution import ENTITY_RESOLUTION, cluster_scores, gives_pairs
from tests.lab.baselines import planted


def test_a_cluster_scores_its_size_times_its_best_match() -> None:
    pairs = pa.table({"unique_id_l": [0, 1], "unique_id_r": [1, 2], "match_probability": [0.96, 0.99]})
    clusters = pa.table({"unique_id": [0, 1, 2, 3], "cluster_id": [0, 0, 0, 3]})
    assert cluster_scores(5, pairs, clusters) == pytest.approx(np.array([2.88, 2.97, 2.97, 0.0, 0.0]))


def test_a_rule_gives_pairs_only_where_two_records_agree_on_all_of_it() -> None:
    records = pa.table({"card": ["a", "a", None, None], "hour": [1, 2, 3, 3]})
    assert gives_pairs(records, ("card",))
    assert not gives_pairs(records, ("card", "hour"))
    assert not gives_pairs(records, ("address",))


def test_says_how_to_get_splink_where_it_is_missing(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, _ = planted.write(tmp_path)
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(UnavailableError, match=r"stillwatch\[lab\]"):
        ENTITY_RESOLUTION.scores(engine, logs)


def test_says_that_it_needs_an_accounts_table(engine: DuckDBEngine) -> None:
    with pytest.raises(UnavailableError, match="accounts table"):
        ENTITY_RESOLUTION.scores(engine, Logs("none.parquet", None))
