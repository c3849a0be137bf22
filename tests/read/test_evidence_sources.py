"""What the columns allow is said for every evidence source."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from stillwatch.job import Inputs, resolve
from stillwatch.read.evidence_sources import EVIDENCE_SOURCES
from stillwatch.read.summary import render
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from tests.read.rows import exchange, read_in, write


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_a_filled_column_switches_its_evidence_on(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"log.{suffix}", [exchange(0, client_address="192.0.2.1", user_agent=None), exchange(1)])
    _, summary = read_in(tmp_path, [path])
    on = {row["name"] for row in summary.evidence if row["available"]}
    assert on == {"shared_address"}
    assert len(summary.evidence) == len(EVIDENCE_SOURCES) + 1  # and the days of log


def test_what_is_off_says_why(tmp_path: Path) -> None:
    path = write(tmp_path / "log.parquet", [exchange(0)])
    _, summary = read_in(tmp_path, [path])
    sentences = {str(row["name"]): str(row["sentence"]) for row in summary.evidence}
    assert "no accounts were given" in sentences["payment"]
    assert "`client_address`, which no row of `exchanges` has" in sentences["shared_address"]
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,payment_issuer\na0,\n")
    _, summary = read_in(tmp_path, resolve(Inputs((str(path),), (str(accounts),))))
    sentences = {str(row["name"]): str(row["sentence"]) for row in summary.evidence}
    assert "which no row of `accounts` has" in sentences["payment"]


def test_evidence_sources_name_columns_that_exist() -> None:
    for source in EVIDENCE_SOURCES:
        assert set(source.needs) <= set(source.table.names)
        assert set(source.sketched) <= set(EXCHANGE_SKETCHES.names)


def test_the_summary_prints_everything_as_plain_text(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(
        '{"[bold]x":1,"exchange_id":"e","account_id":"a","started_at":"2026-05-01"}\n{\n'
    )
    _, summary = read_in(tmp_path, [tmp_path / "log.jsonl"])
    console = Console(record=True, width=200, file=(tmp_path / "out").open("w"))
    render(summary, console)
    text = console.export_text()
    assert "2 rows read: 1 used, 0 duplicate, 1 quarantined" in text
    assert "truncated_json: 1" in text
    assert "'[bold]x'" in text
    assert text.count("off ") >= 10
