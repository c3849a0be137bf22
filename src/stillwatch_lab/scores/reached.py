"""How early and how small a campaign was when it was found: shares at each level by day and by number of accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from rich.table import Table

from stillwatch.engine import Query

ACCUSED = pa.schema([("moment", pa.timestamp("us")), ("account_id", pa.string()), ("level", pa.string())])
"""The accounts at `act` or `review` at each cut of a replay."""
MOST = 0.5  # share of a campaign's accounts that must be found for the campaign to count as found


@dataclass(frozen=True, slots=True)
class Reached:
    """One campaign at one cut: days since its first exchange, accounts that had worked for it, and how many of them
    were at `act`, and at `review` or `act`."""

    profile: str
    campaign_id: str
    day: float
    accounts: int
    act: int
    review: int


@dataclass(frozen=True, slots=True)
class Earliest:
    """A profile at one level: its campaigns, how many of them were found at some cut, and at the cut at which each was
    found first the median of the days since it began and the fewest and median accounts it had by then."""

    profile: str
    level: str
    campaigns: int
    found: int
    days: float | None
    fewest: int | None
    accounts: float | None


def reached_sql() -> Query:
    """One row a campaign and cut since it began, from the views of a replay."""
    return Query(
        "campaigns at each cut",
        """
WITH begun AS (
  SELECT truth.campaign_id, truth.account_id, min(sketched.started_at) AS since
  FROM true_exchanges AS truth JOIN sketched USING (exchange_id) GROUP BY ALL
), first AS (SELECT campaign_id, min(since) AS first FROM begun GROUP BY campaign_id),
moments AS (SELECT DISTINCT moment FROM accused)
SELECT
  campaigns.rung AS profile,
  begun.campaign_id,
  epoch(moments.moment - any_value(first.first)) / 86400.0 AS day,
  count(*) AS accounts,
  count(*) FILTER (WHERE accused.level = 'act') AS act,
  count(accused.account_id) AS review
FROM moments
JOIN begun ON begun.since < moments.moment
JOIN first ON first.campaign_id = begun.campaign_id
JOIN true_campaigns AS campaigns ON campaigns.campaign_id = begun.campaign_id
LEFT JOIN accused ON accused.account_id = begun.account_id AND accused.moment = moments.moment
GROUP BY campaigns.rung, begun.campaign_id, moments.moment
ORDER BY profile, begun.campaign_id, day
""",
    )


def earliest(rows: Sequence[Reached]) -> list[Earliest]:
    """For each profile and level, when and with how many accounts its campaigns were found first.

    A campaign counts as found at the first cut at which half of the accounts that had worked for it stood at the level
    or a stronger one.
    """
    by_level: tuple[tuple[str, Callable[[Reached], int]], ...] = (
        ("review", lambda row: row.review),
        ("act", lambda row: row.act),
    )
    found: list[Earliest] = []
    for profile in sorted({row.profile for row in rows}):
        mine = [row for row in rows if row.profile == profile]
        campaigns = {row.campaign_id for row in mine}
        for level, count in by_level:
            firsts: dict[str, Reached] = {}
            for row in sorted(mine, key=lambda row: row.day):
                if count(row) >= MOST * row.accounts:
                    firsts.setdefault(row.campaign_id, row)
            sizes, days = [row.accounts for row in firsts.values()], [row.day for row in firsts.values()]
            figures = (_median(days), min(sizes, default=None), _median(sizes))
            found.append(Earliest(profile, level, len(campaigns), len(firsts), *figures))
    return found


def as_table(rows: Sequence[Earliest]) -> Table:
    """When and how small, as a table for a terminal."""
    shown = Table(title="Earliest and smallest: half of a campaign's accounts at the level", title_justify="left")
    for heading in ("campaign profile", "level"):
        shown.add_column(heading)
    for heading in ("campaigns", "found", "after days", "fewest accounts", "median accounts"):
        shown.add_column(heading, justify="right")
    for row in rows:
        figures = ("-" if value is None else f"{value:,.1f}" for value in (row.days, row.fewest, row.accounts))
        shown.add_row(row.profile, row.level, str(row.campaigns), str(row.found), *figures)
    return shown


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)
