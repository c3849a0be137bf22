"""The records of a case: of each account in it what a customer identification programme holds, and nothing else.

The fields are those of the United States' proposal of 2024 for providers of infrastructure (89 FR 5698, proposed 15 CFR
7.302): name, address, means and source of payment, mail, telephone, addresses of access with their times, beneficial
owners. The provider holds them and hands in a file; what it does not hold is named as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stillwatch.engine import Engine, Query, literal
from stillwatch.report.fetch import rows

FIELDS = (
    "name",
    "address",
    "country",
    "payment_means",
    "payment_source",
    "email",
    "telephone",
    "ip_addresses",
    "owners",
    "reseller_id",
)
"""Columns of a file of holders that a record takes, each as it stands there."""
NEEDED = tuple(name for name in FIELDS if name not in ("owners", "reseller_id"))
"""Fields that every holder has; owners have firms alone."""
LEVELS = ("act", "review")
LONGEST = 4_000
"""Characters of a value that are kept, and entries of a list."""


def members(engine: Engine, campaign: str) -> dict[str, str]:
    """By account of a campaign its level; those at watch have no record, for they may be strangers."""
    return {row["account_id"]: row["level"] for row in rows(engine, members_sql(campaign))}


def members_sql(campaign: str) -> Query:
    """The accounts of a campaign that are worth a person's time."""
    levels = ", ".join(literal(one) for one in LEVELS)
    return Query(
        "records members",
        f"""SELECT account_id, level FROM campaign_members
WHERE campaign_id = {literal(campaign)} AND level IN ({levels}) ORDER BY account_id""",
    )


def records(campaign: str, levels: Mapping[str, str], holders: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One record for each account of a case, in the order of accounts; of several rows the first that says a thing."""
    held: dict[str, dict[str, Any]] = {account: {} for account in levels}
    for row in holders:
        mine = held.get(str(row.get("account_id") or ""))
        if mine is not None:
            for name in FIELDS:
                value = _bounded(row.get(name))
                if value and name not in mine:
                    mine[name] = value
    return [
        {"case": campaign, "account_id": account, "level": level}
        | {name: held[account].get(name) for name in FIELDS}
        | {"missing": [name for name in NEEDED if name not in held[account]]}
        for account, level in sorted(levels.items())
    ]


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()[:LONGEST]
    if isinstance(value, Mapping):
        return {str(name)[:LONGEST]: _bounded(one) for name, one in list(value.items())[:LONGEST]}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_bounded(one) for one in value[:LONGEST]]
    return value.isoformat() if hasattr(value, "isoformat") else value if isinstance(value, int | float) else None
