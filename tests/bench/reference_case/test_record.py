"""Records of several scales, laid beside one another."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from bench.reference_case.record import Record, Stage
from rich.console import Console

from bench.reference_case import record, table
from tests.scenarios.test_demo import SCORES

SMALL = Record(
    "0.01",
    1,
    25_000,
    3_000_000,
    230_000_000,
    {"cores": 2, "memory_gb": 24.0},
    {"prompts": "our own"},
    [Stage("link", 10.0, 8.0, 10**9, 5_000), Stage("group", 5.0, 4.0, 2 * 10**9, 700)],
    Stage("scan", 20.0, 16.0, 2 * 10**9),
    Stage("plain read", 1.0, 2.0, 3 * 10**8),
    SCORES.as_dict(),
    {"written": 5, "kept": 0, "peak_bytes": 10**9},
)
LARGE = replace(
    SMALL,
    scale="0.1",
    exchanges=30_000_000,
    stages=[Stage("link", 100.0, 80.0, 10**9, 50_000), Stage("group", 500.0, 400.0, 2 * 10**9, 7_000)],
)


def test_records_come_back_smallest_first(tmp_path: Path) -> None:
    for one in (LARGE, SMALL):
        record.save(one, tmp_path)
    assert [one.scale for one in record.load(tmp_path)] == ["0.01", "0.1"]
    assert record.load(tmp_path)[0].stages == SMALL.stages


def test_the_exponent_is_one_where_cost_is_proportional_and_two_where_it_is_quadratic() -> None:
    grown = {name: power for name, _, power in record.exponents([SMALL, LARGE])}
    assert grown["link"] == pytest.approx(1.0) and grown["group"] == pytest.approx(2.0)
    assert grown["scan"] == pytest.approx(0.0)
    assert record.exponents([SMALL]) == []


def test_the_text_shows_cost_ratio_growth_and_scores() -> None:
    text = StringIO()
    table.show(LARGE, [SMALL, LARGE], Console(file=text, width=110))
    shown = text.getvalue()
    assert "ratio of scan to plain read" in shown and "8.0" in shown
    assert "0.01 to 0.1" in shown and "2.00" in shown
    assert "innocents at act" in shown and "letter campaign: exchanges" in shown
