"""Reads from `lineage` what happened to a network or campaign over earlier runs, and which subjects fell silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stillwatch.engine import Engine, Query, literal
from stillwatch.report.document import Cleared, Event, History
from stillwatch.report.fetch import Row, Rows, grouped, rows
from stillwatch.report.sanitise import sanitise

LINES = 12  # lines of a subject's history, the one that counts what is left out among them
SILENT = 8  # silent subjects that are named


@dataclass(frozen=True, slots=True)
class Gone:
    """Subjects of earlier runs that this run did not find: the largest, and how many there are in all."""

    silent: tuple[Event, ...] = ()
    silent_total: int = 0
    cleared: tuple[Cleared, ...] = ()
    cleared_total: int = 0


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


def gone(engine: Engine) -> Gone:
    """The largest subjects that the newest run, as the first, did not find again, apart from those judged innocent."""
    found = rows(engine, gone_sql())
    lost = [row for row in found if row["decided_at"] is None]
    judged = [row for row in found if row["decided_at"] is not None]
    cleared = tuple(Cleared(_event(row), sanitise(row["decided_by"] or ""), row["decided_at"]) for row in judged)
    return Gone(tuple(_event(row) for row in lost[:SILENT]), len(lost), cleared[:SILENT], len(cleared))


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


def homes_sql() -> str:
    """For each earlier subject that is no longer found, the network of this run that has most of its accounts.

    A subject without recorded accounts is at home in the network of its own digits, from which it was named.
    """
    return """SELECT subject, network_id FROM (
  SELECT l.subject, n.network_id, count(*) AS held, max(l.accounts) AS accounts,
         row_number() OVER (PARTITION BY l.subject ORDER BY count(*) DESC, n.network_id) AS nth
  FROM (
    SELECT subject, account_id, count(*) OVER (PARTITION BY subject) AS accounts
    FROM lineage_members WHERE left_at IS NULL
  ) AS l
  JOIN network_members AS n ON n.account_id = l.account_id
  WHERE l.subject NOT IN (SELECT campaign_id FROM campaigns) AND l.subject NOT IN (SELECT network_id FROM networks)
  GROUP BY l.subject, n.network_id
) AS shared
WHERE nth = 1 AND 2 * held > accounts
UNION ALL
SELECT DISTINCT j.applies_to AS subject, n.network_id
FROM applied_judgements AS j JOIN networks AS n
  ON right(n.network_id, length(n.network_id) - 1) = right(j.applies_to, length(j.applies_to) - 1)
WHERE left(j.applies_to, 1) = 'C' AND j.applies_to NOT IN (SELECT campaign_id FROM campaigns)
  AND j.applies_to NOT IN (SELECT subject FROM lineage_members)"""


def gone_sql() -> Query:
    """Subjects that the newest run of the lineage did not find again, the largest first.

    `decided_by` and `decided_at` are of the newest judgement that holds them, or the network they are in, innocent;
    null where there is none.
    """
    return Query(
        "report silent subjects",
        f"""SELECT s.subject, s.event, s.other, s."at", s.accounts, s.overlap, j.decided_by, j.decided_at
FROM lineage AS s
LEFT JOIN (
  SELECT lost, decided_by, decided_at,
         row_number() OVER (PARTITION BY lost ORDER BY decided_at DESC, decided_by) AS nth
  FROM (
    SELECT subject AS lost, decided_by, decided_at FROM applied_judgements
    WHERE source = 'judgement' AND verdict = 'innocent' AND accounts > 0
    UNION ALL
    SELECT h.subject, a.decided_by, a.decided_at
    FROM applied_judgements AS a JOIN ({homes_sql()}) AS h ON a.applies_to IN (h.subject, h.network_id)
    WHERE a.source = 'judgement' AND a.verdict = 'innocent' AND a.accounts > 0
  ) AS cleared
) AS j ON j.lost = s.subject AND j.nth = 1
WHERE s.event = 'silent' AND s.run = (SELECT max(run) FROM lineage)
ORDER BY s.accounts DESC, s.subject""",
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
