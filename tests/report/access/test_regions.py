"""Places with the doubt that address data deserve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.outputs import REGIONS
from stillwatch.report.access.regions import regions, truly
from stillwatch.settings import EngineSettings


def test_what_is_away_is_counted_by_what_it_came_through(tmp_path: Path) -> None:
    rows = [
        {"country": "AA", "served": True, "hosting": False, "through": None, "accounts": 900, "conflicting": 9},
        {"country": "BB", "served": False, "hosting": True, "through": "relay", "accounts": 60, "conflicting": 40},
        {"country": None, "served": True, "hosting": False, "through": None, "accounts": 40, "conflicting": 0},
    ]
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        every = [{**row, "campaign_accounts": 5} for row in rows]
        engine.store(REGIONS, pa.Table.from_pylist(every, schema=REGIONS.schema))
        found = regions(engine, 0.02)
    assert (found.accounts, found.unplaced, found.seen) == (1000, 40, 60)
    assert [(one.country, one.through, one.hosting, one.conflicting) for one in found.away] == [
        ("BB", "relay", True, 40)
    ]
    assert found.between[0] == pytest.approx((60 - 0.02 * 960) / 0.96)


@pytest.mark.parametrize("away", [0, 50, 400])
@pytest.mark.parametrize("lands", [0.0, 0.3, 1.0])
def test_the_truth_lies_within_what_is_said(away: int, lands: float) -> None:
    """Of 10,000 addresses some are away, 5 % are placed wrongly, and wrong places are away with a chance of `lands`."""
    draw, placed, held = np.random.default_rng(7), 10_000, 0
    for _ in range(200):
        really = np.arange(placed) < away
        wrong = draw.random(placed) < 0.05
        # one that is away and placed wrongly is seen at home, as the worst case has it
        seen = np.where(wrong, ~really & (draw.random(placed) < lands), really)
        low, high = truly(int(seen.sum()), placed, 0.05)
        slack = 3 * np.sqrt(placed * 0.05)  # the draws' own chance
        held += low - slack <= away <= high + slack
    assert held >= 195


def test_nothing_is_made_of_no_data() -> None:
    assert truly(0, 0, 0.05) == (0.0, 0.0)
    assert truly(10, 10, 0.4) == pytest.approx((10.0, 10.0), abs=20.1)
