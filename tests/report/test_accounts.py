"""Account lists are whole, the same in both formats, and run nothing in a spreadsheet."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch import report
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import OutputError
from stillwatch.records.outputs import CAMPAIGN_MEMBERS
from stillwatch.report.accounts import cell, write_accounts
from stillwatch.settings import EngineSettings
from tests.report.synthetic_run import HOSTILE, SyntheticRun

CHOICES = [(None, None), ("C1", None), ("C2", None), (None, "N2"), (None, "N5")]


csv.field_size_limit(1 << 30)  # one of the hostile ids is a megabyte long


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("campaign", "network"), CHOICES)
def test_every_account_is_listed_once_in_order(
    full: SyntheticRun, full_folder: Path, tmp_path: Path, campaign: str | None, network: str | None
) -> None:
    table, name = ("network_members", network) if network else ("campaign_members", campaign)
    key = "network_id" if network else "campaign_id"
    expected = sorted((row[key], row["account_id"]) for row in full.rows[table] if name in (None, row[key]))
    written = report.write_accounts(full_folder, tmp_path / "accounts.parquet", campaign, network)
    rows = pq.read_table(tmp_path / "accounts.parquet").to_pylist()
    assert [(row[key], row["account_id"]) for row in rows] == expected
    assert written == len(expected) == report.write_accounts(full_folder, tmp_path / "a.csv", campaign, network)
    assert read(tmp_path / "a.csv") == [{name: cell(value) for name, value in row.items()} for row in rows]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "accounts.parquet"]


def test_accounts_of_a_network_say_what_they_are_accused_of(
    full: SyntheticRun, full_folder: Path, tmp_path: Path
) -> None:
    report.write_accounts(full_folder, tmp_path / "accounts.parquet", network="N2")
    rank = ["act", "review", "watch"]
    levels: dict[str, str] = {}
    for row in full.rows["campaign_members"]:
        levels[row["account_id"]] = min(levels.get(row["account_id"], "watch"), row["level"], key=rank.index)
    rows = pq.read_table(tmp_path / "accounts.parquet").to_pylist()
    assert {row["account_id"]: row["level"] for row in rows} == {
        row["account_id"]: levels.get(row["account_id"])
        for row in full.rows["network_members"]
        if row["network_id"] == "N2"
    }
    assert {row["level"] for row in rows} > {None}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\xa0=1", "＝1", "－1"])
def test_a_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert cell(text) == f"'{text}"


@given(st.text())
def test_no_other_text_changes(text: str) -> None:
    shown = cell(text)
    assert shown in (text, f"'{text}")
    assert not shown.strip().startswith(("=", "+", "-", "@"))


def test_numbers_and_times_are_written_as_they_are() -> None:
    moment = datetime(2026, 5, 1, 12, 30, 0, 5)
    assert [cell(one) for one in (-1.5, 3, None, moment)] == ["-1.5", "3", "", "2026-05-01T12:30:00.000005Z"]


def test_hostile_ids_stay_in_their_cells(tmp_path: Path) -> None:
    ids = sorted({*HOSTILE, '"', "a,b", "a\nb", "a\r\nb", "=cmd|' /C calc'!A0", "-1+1", "é\u202e"})
    moment = datetime(2026, 5, 1)
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        columns = {
            "campaign_id": ["C1"] * len(ids),
            "account_id": ids,
            "exchanges": [1] * len(ids),
            "probability": [0.5] * len(ids),
            "level": ["watch"] * len(ids),
            "detected_at": [moment] * len(ids),
        }
        engine.store(CAMPAIGN_MEMBERS, pa.table(columns))
        order = engine.fetch(Query("ids", "SELECT account_id FROM campaign_members ORDER BY account_id"))
        assert write_accounts(engine, tmp_path / "a.csv", None, None) == len(ids)
    assert [row["account_id"] for row in read(tmp_path / "a.csv")] == [
        cell(name) for name in order["account_id"].to_pylist()
    ]


def test_a_list_that_cannot_be_written_leaves_the_one_that_was_there(full_folder: Path, tmp_path: Path) -> None:
    report.write_accounts(full_folder, tmp_path / "a.csv", "C2")
    before = (tmp_path / "a.csv").read_bytes()
    with pytest.raises(OutputError, match="name another `--accounts-out`"):
        report.write_accounts(full_folder, tmp_path / "nowhere" / "a.csv", "C2")
    assert (tmp_path / "a.csv").read_bytes() == before
