"""Summarises the read stage, as the values that `stillwatch check` prints."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from stillwatch.engine import Engine, Query, literal

_HOUR = timedelta(hours=1)
_SHORTEST_GAP = timedelta(hours=7)  # a night of one region is shorter where a service has customers in several
_GAPS = 3


_PASSED_OVER = "SELECT source FROM unread_files WHERE passed_over ORDER BY source"
_QUARANTINED = """
SELECT
  reason, column_name,
  count(*) AS rows,
  min(source) FILTER (WHERE turn = 1) AS source,
  min(line) FILTER (WHERE turn = 1) AS line
FROM (SELECT *, row_number() OVER (PARTITION BY reason, column_name ORDER BY source, line) AS turn FROM quarantine)
GROUP BY reason, column_name
ORDER BY rows DESC, reason, column_name
"""


@dataclass(frozen=True, slots=True)
class Rows:
    """Input rows: `read` is always used + duplicate + quarantined."""

    read: int
    used: int
    duplicate: int
    quarantined: int
    outside_window: int  # counted as used, but not in the tables


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """The results of the read stage: rows, quarantined rows by reason, and rows of the tables it is named after."""

    rows: Rows
    reasons: dict[str, int]
    quarantined: tuple[dict[str, object], ...]  # by reason and column: `rows`, and the first `source` and `line`
    evidence: tuple[dict[str, object], ...]
    sources: tuple[dict[str, object], ...]
    altered: tuple[dict[str, object], ...]
    unread: tuple[dict[str, object], ...]
    passed_over: tuple[str, ...]
    conflicts: tuple[dict[str, object], ...]
    refusals: tuple[str, ...]  # why a scan would not begin
    altered_accounts: int  # accounts with texts of which characters were replaced or cut
    largest_account: dict[str, object] | None  # its `account_id` and `rows`
    hours: dict[str, object] | None  # `first`, `last`, and the longest `gaps` between exchanges


def count_rows(engine: Engine, tables: Sequence[str] = ()) -> Rows:
    """Returns the number of input rows of all sources together, or of those that feed these tables."""
    among = f" WHERE feeds IN ({', '.join(map(literal, tables))})" if tables else ""
    names = [field.name for field in fields(Rows)]
    sums = ", ".join(f"coalesce(sum(rows_{name}), 0)::BIGINT AS {name}" for name in names)
    (row,) = _all(engine, f"SELECT {sums} FROM sources{among}")
    return Rows(**{name: int(str(row[name])) for name in names})


def summarise(engine: Engine, refusals: Sequence[str] = ()) -> ReadSummary:
    """Returns everything that `stillwatch check` prints; `refusals` say why a scan would not begin."""
    reasons = _all(engine, "SELECT reason, count(*) AS n FROM quarantine GROUP BY reason ORDER BY n DESC, reason")
    return ReadSummary(
        count_rows(engine),
        {str(row["reason"]): int(str(row["n"])) for row in reasons},
        tuple(_all(engine, _QUARANTINED)),
        tuple(_all(engine, "SELECT * FROM evidence_sources ORDER BY name")),
        tuple(_all(engine, "SELECT * FROM sources ORDER BY source, feeds")),
        tuple(_all(engine, "SELECT * FROM altered_values ORDER BY source, feeds, column_name, reason")),
        tuple(_all(engine, "SELECT * FROM unread_files WHERE NOT passed_over ORDER BY source")),
        tuple(str(row["source"]) for row in _all(engine, _PASSED_OVER)),
        tuple(_all(engine, "SELECT * FROM conflicting_rows ORDER BY feeds, key")),
        tuple(refusals),
        int(str(_all(engine, "SELECT count(DISTINCT account_id) AS n FROM altered_accounts")[0]["n"])),
        _largest_account(engine),
        _hours(engine),
    )


def _largest_account(engine: Engine) -> dict[str, object] | None:
    counts = "SELECT account_id, count(*) AS rows FROM exchanges GROUP BY account_id"
    order = "row_number() OVER (ORDER BY rows DESC, account_id)"
    found = _all(engine, f"SELECT account_id, rows FROM (SELECT *, {order} AS place FROM ({counts})) WHERE place = 1")
    return found[0] if found else None


def _hours(engine: Engine) -> dict[str, object] | None:
    """When the first and the last exchange were, and the longest spans of whole hours without any."""
    found = _all(engine, "SELECT date_trunc('hour', started_at) AS hour FROM exchanges GROUP BY hour ORDER BY hour")
    if not found:
        return None
    # Spark gives a truncated time its session's zone, which is UTC
    hours = [row["hour"].replace(tzinfo=None) for row in found if isinstance(row["hour"], datetime)]
    gaps = [
        (after - before - _HOUR, before + _HOUR)
        for before, after in itertools.pairwise(hours)
        if after - before > _SHORTEST_GAP
    ]
    (ends,) = _all(engine, "SELECT min(started_at) AS first, max(started_at) AS last FROM exchanges")
    longest = sorted(gaps, reverse=True)[:_GAPS]
    return ends | {"gaps": [{"from": start, "hours": span // _HOUR} for span, start in longest]}


def _all(engine: Engine, sql: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = engine.fetch(Query("read summary", sql)).to_pylist()
    return rows
