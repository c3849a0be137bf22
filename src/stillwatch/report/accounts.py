"""The accounts of a run's campaigns, or of one campaign or network, whole: as CSV or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from stillwatch.disk import replaced
from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.records import Table
from stillwatch.records.columns import Kind, columns
from stillwatch.report.queries import gravest_level_sql

OPTION = "--accounts-out"
ROWS = 65_536  # rows written at once

CAMPAIGN_ACCOUNTS = Table(
    "campaign_accounts",
    (
        *columns(Kind.STRING, "campaign_id account_id level", required=True),
        *columns(Kind.FLOAT64, "probability", required=True),
        *columns(Kind.INT64, "exchanges", required=True),
        *columns(Kind.TIMESTAMP, "detected_at", required=True),
    ),
    ("campaign_id", "account_id"),
)
NETWORK_ACCOUNTS = Table(
    "network_accounts",
    (
        *columns(Kind.STRING, "network_id account_id", required=True),
        *columns(Kind.FLOAT64, "probability bits", required=True),
        *columns(Kind.TIMESTAMP, "linked_at", required=True),
        *columns(Kind.STRING, "level"),  # the gravest in any campaign
    ),
    ("network_id", "account_id"),
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def campaign_accounts_sql(campaign: str | None) -> Query:
    """Every account of one campaign, or of all."""
    chosen = "" if campaign is None else f" WHERE campaign_id = {literal(campaign)}"
    names = ", ".join(identifier(name) for name in CAMPAIGN_ACCOUNTS.names)
    return Query("accounts of campaigns", f"SELECT {names} FROM campaign_members{chosen}")


def network_accounts_sql(network: str) -> Query:
    """Every account of a network."""
    return Query(
        "accounts of a network",
        f"""SELECT m.network_id, m.account_id, m.probability, m.bits, m.linked_at, c.level
FROM network_members AS m LEFT JOIN ({gravest_level_sql()}) AS c ON c.account_id = m.account_id
WHERE m.network_id = {literal(network)}""",
    )


def write_accounts(engine: Engine, path: Path, campaign: str | None, network: str | None) -> int:
    """Writes every account to `path`, as Parquet where it is called so and else as CSV; returns how many there are.

    A run's engine must be open, and the campaign or network must be in it. Raises OutputError.
    """
    table = CAMPAIGN_ACCOUNTS if network is None else NETWORK_ACCOUNTS
    engine.create(table.name, campaign_accounts_sql(campaign) if network is None else network_accounts_sql(network))
    with replaced(path, OPTION) as staged:
        if path.suffix == ".parquet":
            return engine.export(table, staged)
        return _write_csv(engine, table, staged)


def _write_csv(engine: Engine, table: Table, path: Path) -> int:
    order = ", ".join(identifier(name) for name in table.order)
    query = Query(f"{table.name} in order", f"SELECT * FROM {identifier(table.name)} ORDER BY {order}")
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(table.names)
        for batch in engine.batches(query, ROWS):
            lines.writerows(_cells(batch.to_pylist(), table.names))
            written += batch.num_rows
    return written


def _cells(rows: list[dict[str, object]], names: tuple[str, ...]) -> Iterator[list[str]]:
    for row in rows:
        yield [cell(row[name]) for name in names]


def cell(value: object) -> str:
    """A value as a cell: a text that a spreadsheet would run as a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.lstrip(" \xa0").startswith(_FORMULA) else text
