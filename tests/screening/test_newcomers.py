"""What is said of newcomers is kept in the state: an account's rows are replaced, the oldest go."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.records.outputs import NEWCOMERS
from stillwatch.screening import newcomers

AT = datetime(2026, 6, 1)


def said(*rows: tuple[str, int, float], at: datetime = AT) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "account_id": account,
                "network_id": "N1",
                "campaign_id": "C1",
                "exchanges": exchanges,
                "probability": of_any,
                "of_any": of_any,
                "candidates": [("N1", of_any)],
                "bits": 12.0,
                "reason": None,
                "of_reason": 0.0,
                "evidence": ["what it asks for: 13.0 bits"],
                "said_at": at,
            }
            for account, exchanges, of_any in rows
        ],
        schema=NEWCOMERS.schema,
    )


def test_an_accounts_rows_are_replaced(tmp_path: Path) -> None:
    newcomers.keep(tmp_path, said(("a", 0, 0.1), ("b", 0, 0.2)))
    newcomers.keep(tmp_path, said(("a", 0, 0.3), ("a", 1, 0.9), at=AT + timedelta(hours=1)))
    rows = newcomers.load(tmp_path).to_pylist()
    assert [(row["account_id"], row["exchanges"], row["of_any"]) for row in rows] == [
        ("a", 0, 0.3),
        ("a", 1, 0.9),
        ("b", 0, 0.2),
    ]


def test_the_oldest_rows_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_ROWS", 2)
    newcomers.keep(tmp_path, said(("a", 0, 0.9), ("b", 0, 0.9)))
    newcomers.keep(tmp_path, said(("c", 0, 0.1), at=AT + timedelta(hours=1)))
    assert newcomers.load(tmp_path)["account_id"].to_pylist() == ["c", "a"]


def test_a_damaged_file_is_nothing_said(tmp_path: Path) -> None:
    newcomers.keep(tmp_path, said(("a", 0, 0.9)))
    (tmp_path / newcomers.FOLDER / "newcomers.parquet").write_bytes(b"PAR1 no longer")
    assert newcomers.load(tmp_path).num_rows == 0
