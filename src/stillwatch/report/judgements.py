"""Reads from `judgements_applied` what people have decided, and places each decision in the section it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stillwatch.engine import Engine, Query, literal
from stillwatch.report.document import Judgement
from stillwatch.report.fetch import Row, rows
from stillwatch.report.sanitise import LONGEST_SENTENCE, sanitise

LISTED = 12  # judgements listed for a subject, and of those without a subject
APPLIED = "judgements_applied"


@dataclass(frozen=True, slots=True)
class Listed:
    """The first judgements of a section, and how many it has in all."""

    shown: tuple[Judgement, ...] = ()
    total: int = 0


def placed(engine: Engine, subjects: Iterable[str]) -> dict[str, Listed]:
    """The judgements of each network or campaign that has any: of itself, then of its accounts."""
    if not engine.columns(APPLIED):
        return {}
    sections: dict[str, Listed] = {}
    for row in rows(engine, placed_sql(subjects)):
        before = sections.get(row["section"], Listed())
        shown = before.shown if before.total >= LISTED else (*before.shown, _judgement(row))
        sections[row["section"]] = Listed(shown, before.total + 1)
    return sections


def unmatched(engine: Engine) -> Listed:
    """The judgements and permits whose subject exists neither in this log nor in its history."""
    if not engine.columns(APPLIED):
        return Listed()
    found = rows(engine, unmatched_sql())
    return Listed(tuple(_judgement(row) for row in found[:LISTED]), len(found))


def placed_sql(subjects: Iterable[str]) -> Query:
    """Each judgement with the id of every section that it belongs to, those of whole subjects first."""
    names = ", ".join(literal(one) for one in subjects) or "NULL"
    return Query(
        "report judgements",
        f"""SELECT section, subject, verdict, decided_by, decided_at, reason, applies_to, accounts, through
FROM (
  SELECT applies_to AS section, 0 AS place, * FROM judgements_applied WHERE applies_to IN ({names})
  UNION ALL
  SELECT m.network_id AS section, 1 AS place, j.*
  FROM judgements_applied AS j JOIN network_members AS m ON m.account_id = j.applies_to
  WHERE m.network_id IN ({names})
  UNION ALL
  SELECT m.campaign_id AS section, 1 AS place, j.*
  FROM judgements_applied AS j JOIN campaign_members AS m ON m.account_id = j.applies_to
  WHERE m.campaign_id IN ({names})
) AS found
ORDER BY section, place, decided_at DESC, subject, verdict, decided_by""",
    )


def unmatched_sql() -> Query:
    """The judgements that apply to nothing, the newest first."""
    return Query(
        "report unmatched judgements",
        """SELECT subject, verdict, decided_by, decided_at, reason, applies_to, accounts, through
FROM judgements_applied
WHERE applies_to IS NULL
ORDER BY decided_at DESC, subject, verdict, decided_by""",
    )


def _judgement(row: Row) -> Judgement:
    return Judgement(
        subject=sanitise(row["subject"]),
        verdict=sanitise(row["verdict"]),
        decided_by=sanitise(row["decided_by"] or ""),
        decided_at=row["decided_at"],
        reason=sanitise(row["reason"] or "", LONGEST_SENTENCE),
        applies_to=None if row["applies_to"] is None else sanitise(row["applies_to"]),
        accounts=int(row["accounts"]),
        through=sanitise(row["through"] or "", LONGEST_SENTENCE),
    )
