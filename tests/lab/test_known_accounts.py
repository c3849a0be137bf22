"""The accounts table as it was at a moment."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from stillwatch_lab.known_accounts import known_at

ACCOUNTS = pa.table(
    {
        "account_id": ["early", "closed", "closed later", "late", "undated"],
        "created_at": pa.array(
            [datetime(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 9), None],
            pa.timestamp("us"),
        ),
        "closed_at": pa.array(
            [None, datetime(2026, 1, 3), datetime(2026, 1, 7), datetime(2026, 1, 10), None], pa.timestamp("us")
        ),
        "closed_reason": [None, "abuse", "abuse", "abuse", None],
    }
)


def test_nothing_is_known_before_it_happened() -> None:
    found = known_at(ACCOUNTS, datetime(2026, 1, 5))
    assert found.schema == ACCOUNTS.schema
    assert found["account_id"].to_pylist() == ["early", "closed", "closed later", "undated"]
    assert found["closed_at"].to_pylist() == [None, datetime(2026, 1, 3), None, None]
    assert found["closed_reason"].to_pylist() == [None, "abuse", None, None]


def test_in_the_end_all_is_known() -> None:
    assert known_at(ACCOUNTS, datetime(2026, 2, 1)) == ACCOUNTS
