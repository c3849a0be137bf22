"""What a name stands for in the newest run: a campaign, a network, an account, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillwatch.console import queries
from stillwatch.console.findings import Run
from stillwatch.ledger import Judged
from stillwatch.ledger.records import LEVELS, in_utc
from stillwatch.records.subjects import account_of
from stillwatch.report import queries as report_queries
from stillwatch.report.fetch import Rows

CLAIMS = 24
"""Claims of a subject that are noted beside its judgement, the weightiest first."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A campaign, network or account of a run; `level` is `none` for what is accused of nothing."""

    name: str
    sort: str  # `campaign`, `network` or `account`
    level: str
    accounts: int
    since: datetime | None  # when it was first found, by event time


def campaigns(run: Run) -> Rows:
    """All campaigns, the gravest first."""
    return run.rows(report_queries.campaigns_sql())


def networks(run: Run) -> Rows:
    """All networks, the largest first."""
    return run.rows(report_queries.networks_sql())


def campaign(run: Run, name: str) -> dict[str, Any] | None:
    """The row of a campaign, or None."""
    return next((row for row in campaigns(run) if row["campaign_id"] == name), None)


def network(run: Run, name: str) -> dict[str, Any] | None:
    """The row of a network, or None."""
    return next((row for row in networks(run) if row["network_id"] == name), None)


def campaigns_of(run: Run, network_id: str) -> list[str]:
    """The campaigns that use a network."""
    return [row["campaign_id"] for row in campaigns(run) if network_id in row["networks"]]


def found(run: Run, name: str) -> Subject | None:
    """What the name stands for, or None."""
    born = {row["subject"]: row["since"] for row in run.rows(queries.born_sql())}
    account = account_of(name)
    row = campaign(run, name) if account is None else None
    if row is not None:
        return Subject(name, "campaign", row["level"], row["accounts"], born.get(name, row["first_seen"]))
    row = network(run, name) if account is None else None
    if row is not None:
        return Subject(name, "network", "none", row["accounts"], born.get(name, row["formed_at"]))
    places = run.rows(queries.account_sql(account or name))
    if not places:
        return None
    levels = [place["level"] for place in places if place["level"] in LEVELS]
    gravest = max(levels, key=LEVELS.index, default="none")
    return Subject(name, "account", gravest, 1, min(place["since"] for place in places))


def judged(run: Run, subject: Subject, judgement_id: str) -> Judged:
    """What the run says of a subject while it is judged."""
    rows = run.rows(report_queries.evidence_sql([subject.name]))
    strongest = sorted(rows, key=lambda row: -abs(row["bits"]))[:CLAIMS]
    claims = tuple((row["claim"], round(row["bits"], 3)) for row in strongest)
    return Judged(judgement_id, run.name, subject.level, subject.accounts, claims)


def first_found(run: Run, name: str, otherwise: datetime) -> datetime:
    """When a subject was first found, in UTC."""
    born = {row["subject"]: row["since"] for row in run.rows(queries.born_sql())}
    return in_utc(born.get(name) or otherwise)


def levels_of(run: Run, accounts: list[str], among: list[str]) -> dict[str, str]:
    """By account the gravest level in some campaigns."""
    best: dict[str, str] = {}
    for row in run.rows(queries.levels_sql(among, accounts)):
        if row["level"] in LEVELS and LEVELS.index(row["level"]) > LEVELS.index(best.get(row["account_id"], "none")):
            best[row["account_id"]] = row["level"]
    return best
