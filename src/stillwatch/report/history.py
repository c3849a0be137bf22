"""Reads from `lineage` what happened to a network or campaign over earlier runs, and which subjects fell silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from stillwatch.engine import Engine, Query, literal
from stillwatch.report.document import Event, History
from stillwatch.report.fetch import Row, Rows, grouped, rows
from stillwatch.report.sanitise import sanitise

LINES = 12  # lines of a subject's history, the one that counts what is left out among them
SILENT = 8  # silent subjects that are named


def histories(engine: Engine, subjects: Iterable[str]) -> dict[str, History]:
    """The history of each subject that has one, by its id."""
    absorbed = _absorbed(rows(engine, merges_sql()))
    families = {subject: {subject, *_descend(subject, absorbed)} for subject in subjects}
    wanted = sorted(set().union(*families.values()))
    events = grouped(engine, events_sql(wanted), "concerns")
    return {
        subject: _history([row for one in sorted(family) for row in events.get(one, ())])
        for subject, family in families.items()
        if any(one in events for one in family)
    }


def silent(engine: Engine) -> tuple[tuple[Event, ...], int]:
    """The largest subjects that the newest run, as the first, did not find again, and how many there are in all."""
    found = rows(engine, silent_sql())
    return tuple(_event(row) for row in found[:SILENT]), len(found)


def merges_sql() -> Query:
    """Every merge: the subject that ended and the other that it became part of."""
    return Query(
        "report merges",
        "SELECT subject, other FROM lineage WHERE event = 'merged_into' AND other IS NOT NULL ORDER BY subject, other",
    )


def events_sql(subjects: Iterable[str]) -> Query:
    """The events of the subjects, and the splits by which others left them; `concerns` is the subject asked for."""
    names = ", ".join(literal(one) for one in subjects) or "NULL"
    return Query(
        "report history",
        f"""SELECT subject AS concerns, run, subject, event, other, "at", accounts, overlap
FROM lineage
WHERE subject IN ({names})
UNION ALL
SELECT other AS concerns, run, subject, event, other, "at", accounts, overlap
FROM lineage
WHERE event = 'split_from' AND other IN ({names})""",
    )


def silent_sql() -> Query:
    """Subjects that the newest run of the lineage did not find again, the largest first."""
    return Query(
        "report silent subjects",
        """SELECT subject, event, other, "at", accounts, overlap
FROM lineage
WHERE event = 'silent' AND run = (SELECT max(run) FROM lineage)
ORDER BY accounts DESC, subject""",
    )


def _absorbed(merges: Rows) -> Mapping[str, list[str]]:
    by_other: dict[str, list[str]] = defaultdict(list)
    for row in merges:
        by_other[row["other"]].append(row["subject"])
    return by_other


def _descend(subject: str, absorbed: Mapping[str, list[str]]) -> set[str]:
    """Every subject that merged into this one, directly or through others."""
    found: set[str] = set()
    waiting = list(absorbed.get(subject, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(absorbed.get(one, ()))
    return found


def _history(found: Rows) -> History:
    """Distinct events, oldest first; where there are more than `LINES`, the first and the newest are listed."""
    distinct = {(row["run"], row["subject"], row["event"], row["other"]): row for row in found}
    ordered = sorted(distinct.values(), key=lambda row: (row["at"], row["run"], row["subject"], row["event"]))
    listed = ordered if len(ordered) <= LINES else [ordered[0], *ordered[2 - LINES :]]
    return History(tuple(_event(row) for row in listed), len(ordered) - len(listed))


def _event(row: Row) -> Event:
    other = None if row["other"] is None else sanitise(row["other"])
    return Event(
        sanitise(row["subject"]), sanitise(row["event"]), other, row["at"], int(row["accounts"]), row["overlap"]
    )
