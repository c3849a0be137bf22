"""Sign-ups from countries that the provider does not serve, with how far address data can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engine import Engine, Query
from stillwatch.report.access.doors import Interval
from stillwatch.report.fetch import rows


@dataclass(frozen=True, slots=True)
class Away:
    """Accounts that signed up from one country that is not served, through one sort of network."""

    country: str
    through: str | None
    hosting: bool
    accounts: int
    conflicting: int  # whose card or organisation names another country
    accused: int


@dataclass(frozen=True, slots=True)
class Regions:
    """How many sign-ups have a known place, and which are away from where the provider serves."""

    accounts: int = 0
    unplaced: int = 0
    away: tuple[Away, ...] = ()
    between: Interval = (0.0, 0.0)  # accounts that are truly away, if the data are wrong of that share

    @property
    def seen(self) -> int:
        """Accounts that the data place away."""
        return sum(one.accounts for one in self.away)


def regions(engine: Engine, wrong: float) -> Regions:
    """The run's sign-ups by place; `wrong` is the share of addresses of which the country is wrong."""
    found = rows(engine, regions_sql())
    placed = sum(row["accounts"] for row in found if row["country"] is not None)
    away = tuple(
        Away(*(row[name] for name in ("country", "through", "hosting", "accounts", "conflicting", "campaign_accounts")))
        for row in found
        if not row["served"]
    )
    total, seen = sum(row["accounts"] for row in found), sum(one.accounts for one in away)
    return Regions(total, total - placed, away, truly(seen, placed, wrong))


def truly(seen: int, placed: int, wrong: float) -> Interval:
    """Accounts that are away when `seen` of `placed` are seen away (Rogan & Gladen 1978).

    At one end every wrong country is one that is not served, at the other end none is.

    >>> truly(10, 1000, 0.05), truly(100, 1000, 0.05)
    ((0.0, 10.526315789473685), (55.55555555555556, 105.26315789473685))
    """
    low = max(0.0, (seen - placed * wrong) / (1.0 - 2.0 * wrong))
    return low, min(float(placed), seen / (1.0 - wrong))


def regions_sql() -> Query:
    """The counts by country."""
    return Query("access regions", "SELECT * FROM regions ORDER BY accounts DESC, country, hosting, through")
