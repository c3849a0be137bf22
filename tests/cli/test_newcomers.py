"""`stillwatch screen --returns`: what it asks for, and what it prints of newcomers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from stillwatch.cli.newcomers import cohort_said, say_rows
from tests.screening.test_newcomers import said


@pytest.fixture
def accounts(tmp_path: Path) -> str:
    path = tmp_path / "accounts.csv"
    path.write_text("account_id,created_at\na1,2026-06-01T00:00:00Z\n", encoding="utf-8")
    return str(path)


def test_it_needs_a_state(accounts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["screen", accounts, "--returns"]) == 2
    assert "`--state`: is missing" in capsys.readouterr().err


def test_a_state_without_a_run_knows_nobody(tmp_path: Path, accounts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["screen", accounts, "--returns", "--state", str(tmp_path / "state")]) == 2
    assert "has no run" in capsys.readouterr().err


def test_each_account_is_printed_once_as_said_last(capsys: pytest.CaptureFixture[str]) -> None:
    say_rows(said(("a", 0, 0.1), ("a", 10, 0.9), ("b", 0, 0.3)).to_pylist())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0.90  a  an earlier operator after 10 exchanges: N1 (0.90)"
    assert lines[2] == "0.30  b  perhaps at sign-up: N1 (0.30)"
    assert len(lines) == 4


def test_a_cohort_is_said_in_a_sentence() -> None:
    row = {
        "hour": datetime(2026, 6, 1, 9),
        "accounts": list("abcdefg"),
        "claims": ["same_email_shape"],
        "expected": 0.02,
    }
    assert cohort_said({**row, "expected": 0.02}) == (
        "7 sign-ups of 01 June 2026, 09 h UTC share email shape, where 0.02 were to be expected: a, b, c, d, e …"
    )
