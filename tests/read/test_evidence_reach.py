"""A log that is too short, or whose accounts are all new, says what it cannot show."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stillwatch.job import Inputs, resolve
from stillwatch.read.evidence_reach import LEAST_DAYS, OLDEST_DAYS, described
from tests.read.rows import exchange, read_in, write

END = datetime(2026, 6, 1)


@pytest.mark.parametrize(
    ("days", "age", "available"),
    [
        (LEAST_DAYS, OLDEST_DAYS, [True, True]),
        (LEAST_DAYS - 0.01, OLDEST_DAYS, [False, True]),
        (LEAST_DAYS, OLDEST_DAYS - 0.01, [True, False]),
        (0.0, -3.0, [False, False]),
    ],
)
def test_the_log_must_be_long_and_its_accounts_old_enough(days: float, age: float, available: list[bool]) -> None:
    rows = described(END - timedelta(days=days), END, END - timedelta(days=age))
    assert [row["available"] for row in rows] == available
    for row in rows:
        assert str(row["sentence"]).startswith("shows " if row["available"] else "would show ")


def test_without_exchanges_or_accounts_nothing_is_said_of_them() -> None:
    assert described(None, None, END) == []
    assert [row["name"] for row in described(END, END, None)] == ["days_of_log"]


def test_the_days_of_the_rows_that_are_used_are_counted(tmp_path: Path) -> None:
    rows = [exchange(0, started_at="2026-05-01T00:00:00Z"), exchange(1, started_at="2026-05-09T12:00:00Z")]
    log = write(tmp_path / "log.jsonl", rows)
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,created_at\na0,2026-05-05T00:00:00Z\na1,2026-05-01T00:00:00Z\n")
    _, summary = read_in(tmp_path, resolve(Inputs((str(log),), (str(accounts),))))
    said = {row["name"]: (row["available"], row["sentence"]) for row in summary.evidence}
    assert said["days_of_log"][0]
    assert not said["account_ages"][0]
    assert "has 8.5" in str(said["account_ages"][1])
