"""Evidence that no column is missing for, but time: how many days the log covers, and how old its accounts are."""

from __future__ import annotations

from datetime import datetime, timedelta

from stillwatch.engine import Engine, Query

LEAST_DAYS = 7  # days of log under which hardly anybody can have come back to a question of another day
OLDEST_DAYS = 30  # age of the oldest account under which all are newcomers, and being new together says nothing
DAY = timedelta(days=1)


def reach_sql() -> Query:
    """One row: when the first and the last exchange were (`first`, `last`), and the oldest account (`oldest`)."""
    return Query(
        "reach of the log",
        """
SELECT
  min(started_at) AS first,
  max(started_at) AS last,
  (SELECT min(created_at) FROM accounts) AS oldest
FROM (
  SELECT started_at FROM exchanges
  UNION ALL SELECT started_at FROM received_sketches
  UNION ALL SELECT started_at FROM state_sketches
) AS read
""",
    )


def reach_rows(engine: Engine) -> list[dict[str, object]]:
    """Rows of the table `evidence_sources` that say whether the log is long enough and its accounts are old enough."""
    (row,) = engine.fetch(reach_sql()).to_pylist()
    return described(row["first"], row["last"], row["oldest"])


def described(first: datetime | None, last: datetime | None, oldest: datetime | None) -> list[dict[str, object]]:
    """The rows for a log from `first` to `last` whose oldest account was made at `oldest`; none for an empty log."""
    if first is None or last is None:
        return []
    found = [
        _row(
            "days_of_log",
            "whether people and customers come back to their questions on other days",
            (last - first) / DAY,
            LEAST_DAYS,
            "days of log",
        )
    ]
    if oldest is not None:
        age = max((last - oldest) / DAY, 0.0)
        found.append(
            _row("account_ages", "which accounts were made together", age, OLDEST_DAYS, "days since the first sign-up")
        )
    return found


def _row(name: str, shows: str, days: float, least: int, unit: str) -> dict[str, object]:
    enough = days >= least
    sentence = f"shows {shows} ({days:,.0f} {unit})" if enough else f"would show {shows}; needs {least} {unit}, "
    return {"name": name, "available": enough, "sentence": sentence if enough else f"{sentence}has {days:.1f}"}
