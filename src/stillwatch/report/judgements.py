"""Reads from `applied_judgements` what people have decided, and places each decision in the section it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stillwatch.engine import Engine, Query, literal
from stillwatch.report.document import Judgement
from stillwatch.report.fetch import Row, rows
from stillwatch.report.history import homes_sql
from stillwatch.report.sanitise import LONGEST_SENTENCE, sanitise

LISTED = 12  # judgements listed in one place of the report
THROUGH = 12  # events listed of what has happened to a judgement's subject since
_COLUMNS = "source, subject, verdict, decided_at, decided_by, reason, applies_to, accounts, through"


@dataclass(frozen=True, slots=True)
class Listed:
    """The first judgements of one place in the report, and how many belong there in all."""

    shown: tuple[Judgement, ...] = ()
    total: int = 0


def placed(engine: Engine, subjects: Iterable[str]) -> dict[str, Listed]:
    """The judgements of each network or campaign that has any: of itself, then of its accounts."""
    sections: dict[str, Listed] = {}
    for row in rows(engine, placed_sql(subjects)):
        before = sections.get(row["section"], Listed())
        shown = before.shown if before.total >= LISTED else (*before.shown, _judgement(row))
        sections[row["section"]] = Listed(shown, before.total + 1)
    return sections


def unmatched(engine: Engine) -> Listed:
    """The judgements and permits whose subject exists neither in this log nor in its history."""
    return _listed(engine, unmatched_sql())


def elsewhere(engine: Engine) -> Listed:
    """The judgements and permits whose subject exists, but is in no campaign and no network of this run."""
    return _listed(engine, elsewhere_sql())


def placed_sql(subjects: Iterable[str]) -> Query:
    """Each judgement with the id of every section that it belongs to, those of whole subjects first.

    A judgement of a campaign that is no longer claimed belongs to the network that the campaign used.
    """
    names = ", ".join(literal(one) for one in subjects) or "NULL"
    members = "\n  UNION ALL\n".join(
        f"""  SELECT m.{subject} AS section, 1 AS place, j.*
  FROM applied_judgements AS j JOIN {table} AS m ON m.account_id = j.applies_to
  WHERE m.{subject} IN ({names})"""
        for table, subject in (("network_members", "network_id"), ("campaign_members", "campaign_id"))
    )
    return Query(
        "report judgements",
        f"""SELECT section, {_COLUMNS}
FROM (
  SELECT applies_to AS section, 0 AS place, * FROM applied_judgements WHERE applies_to IN ({names})
  UNION ALL
  SELECT h.network_id AS section, 0 AS place, j.*
  FROM applied_judgements AS j JOIN ({homes_sql()}) AS h ON h.subject = j.applies_to
  WHERE h.network_id IN ({names})
  UNION ALL
{members}
) AS found
ORDER BY section, place, decided_at DESC, source, subject, verdict, decided_by""",
    )


def unmatched_sql() -> Query:
    """The judgements that apply to nothing, the newest first."""
    return Query("report unmatched judgements", _newest_first("applies_to IS NULL"))


def elsewhere_sql() -> Query:
    """The judgements that apply to something outside all campaigns and networks, the newest first."""
    tables = (
        ("campaigns", "campaign_id"),
        ("networks", "network_id"),
        ("campaign_members", "account_id"),
        ("network_members", "account_id"),
        (f"({homes_sql()}) AS homes", "subject"),
    )
    nowhere = " AND ".join(f"applies_to NOT IN (SELECT {column} FROM {table})" for table, column in tables)
    return Query("report other judgements", _newest_first(f"applies_to IS NOT NULL AND {nowhere}"))


def _newest_first(condition: str) -> str:
    return f"""SELECT {_COLUMNS}
FROM applied_judgements
WHERE {condition}
ORDER BY decided_at DESC, source, subject, verdict, decided_by, applies_to"""


def _listed(engine: Engine, query: Query) -> Listed:
    found = rows(engine, query)
    return Listed(tuple(_judgement(row) for row in found[:LISTED]), len(found))


def _judgement(row: Row) -> Judgement:
    return Judgement(
        source=sanitise(row["source"]),
        subject=sanitise(row["subject"]),
        verdict=sanitise(row["verdict"]),
        decided_by=sanitise(row["decided_by"] or ""),
        decided_at=row["decided_at"],
        reason=sanitise(row["reason"] or "", LONGEST_SENTENCE),
        applies_to=None if row["applies_to"] is None else sanitise(row["applies_to"]),
        accounts=int(row["accounts"]),
        through=tuple(sanitise(event, LONGEST_SENTENCE) for event in row["through"][-THROUGH:]),
    )
