"""Every score of one run as plain counts, so that runs of many seeds can be pooled and resampled."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.settings import EngineSettings
from stillwatch_lab.benchmark import counts, methods
from stillwatch_lab.benchmark.labels import operational
from stillwatch_lab.scores import tables as score_tables
from stillwatch_lab.scores.score import score

PARTS = 50  # parts of a campaign's exchanges in time order, enough for a smooth curve
SECONDS_A_DAY = 86_400
Row = dict[str, Any]
_EXPORTED = ("networks", "network_members", "account_evidence", "candidate_members", "group_tests")


def record(run: Path, truth: Path, seed: int) -> Row:
    """The scores of a run folder against a world's `truth` folder, as plain values for JSON.

    They are those of `Scores`, `separation` and `curve` by true campaign, `expected` by found campaign, `linked`,
    `claimed`, `glued`, `labels`, and the methods' statistics. Raises InputError when a file is missing.
    """
    found = score(run, truth).as_dict()
    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(), Path(folder)) as engine:
        _prepare(engine, run, truth)
        for name, query in (
            ("expected", counts.expected_sql()),
            ("separation", counts.separation_sql()),
            ("linked", counts.linked_sql()),
            ("claimed", counts.claimed_sql()),
            ("glued", counts.glued_sql()),
        ):
            found[name] = _rows(engine, query)
        found["onset"] = {row["campaign_id"]: _onset(row) for row in _rows(engine, counts.onset_sql())}
        found["curves"] = _curves(_rows(engine, counts.covered_sql(PARTS)))
        found["labels"] = _labels(engine, seed)
        found["self_similarity"], found["tests"] = methods.self_similarity(engine), methods.tests(engine)
    found["swept"] = _swept(truth, found)
    return found


def _prepare(engine: Engine, run: Path, truth: Path) -> None:
    score_tables.name_files(engine, run, truth)
    engine.create("timed", Query("campaign exchanges with times", "SELECT * FROM true_exchanges"))
    for name in _EXPORTED:
        path = literal(str(run / f"{name}.parquet"))
        engine.view(name, Query(name, f"SELECT * FROM read_parquet({path})"))


def _curves(rows: list[Row]) -> dict[str, list[float]]:
    """By campaign, the share of each part of its exchanges that came from accounts already at `act`."""
    curves: dict[str, list[float]] = {}
    for row in rows:
        curves.setdefault(row["campaign_id"], []).append(row["covered"] / row["exchanges"])
    return curves


def _onset(row: Row) -> Row:
    """Days from the campaign's first exchange to its last, and to the time when half its accounts were at act."""
    first, half = row["first_seen"], row["half_at"]
    return {
        "days": (row["last_seen"] - first).total_seconds() / SECONDS_A_DAY,
        "half_at_act": None if half is None else (half - first).total_seconds() / SECONDS_A_DAY,
    }


def _labels(engine: Engine, seed: int) -> Row:
    rows = engine.fetch(counts.labelled_sql())
    campaign = rows["campaign_id"].is_valid().to_numpy()
    return operational(np.asarray(campaign, bool), rows["level"].to_numpy().astype(np.int64), seed)


def _swept(truth: Path, found: Row) -> dict[str, list[str]]:
    """By level, the kinds of the innocent groups of which at least half the accounts are accused."""
    table = pq.read_table(truth / "accounts.parquet", columns=["group_id", "kind"]).drop_null()
    kinds = dict(zip(table["group_id"].to_pylist(), table["kind"].to_pylist(), strict=True))
    return {level: [kinds[group] for group in one["groups"]] for level, one in found["innocents"].items()}


def _rows(engine: Engine, query: Query) -> list[Row]:
    rows: list[Row] = engine.fetch(query).to_pylist()
    return rows
