"""Resellers: what came in through each, which duties its permit names, and what share of the findings is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stillwatch.engine import Engine, Query
from stillwatch.report.fetch import rows

DUTIES = {
    "name_customers": "names each of its customers to us",
    "identify_customers": "identifies its customers, and the owners of those that are firms",
    "keep_records": "keeps those records, and hands them over where the law asks for it",
    "screen_customers": "holds its customers' names against screening lists",
    "answer_findings": "looks into what we tell it, and answers",
}
"""What a permit for resale can ask, after `The reseller`."""


@dataclass(frozen=True, slots=True)
class Reseller:
    """One reseller of a run."""

    reseller_id: str
    accounts: int  # customers that it names, with requests
    exchanges: int
    act: int
    review: int
    watch: int
    campaign_exchanges: int
    permit_id: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    duties: tuple[str, ...]

    @property
    def found(self) -> int:
        """Its customers' accounts in campaigns."""
        return self.act + self.review + self.watch


def resellers(engine: Engine) -> tuple[Reseller, ...]:
    """Every reseller, those with most findings first."""
    found = [Reseller(**{**row, "duties": tuple(row["duties"] or ())}) for row in rows(engine, resellers_sql())]
    return tuple(sorted(found, key=lambda one: (-one.found, -one.accounts, one.reseller_id)))


def resellers_sql() -> Query:
    """Every reseller."""
    return Query("access resellers", "SELECT * FROM resellers ORDER BY reseller_id")
