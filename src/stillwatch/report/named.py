"""Finds the campaign or network that a person named, or says why this run has none of that id."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engine import Engine, Query, literal
from stillwatch.errors import Mistake, UsageError
from stillwatch.report import queries
from stillwatch.report.fetch import Rows, rows
from stillwatch.report.history import homes_sql
from stillwatch.report.sanitise import sanitise
from stillwatch.report.wording import day

NAMED = 20  # known ids that a message lists


@dataclass(frozen=True, slots=True)
class Ids:
    """Which sort of subject is named, `campaign` or `network`, and the run's rows of both."""

    sort: str
    campaigns: Rows
    networks: Rows

    def of(self, sort: str) -> dict[str, Rows]:
        """The rows of that sort by id."""
        found = self.campaigns if sort == "campaign" else self.networks
        return {row[f"{sort}_id"]: [row] for row in found}


def check(engine: Engine, campaign: str | None, network: str | None) -> None:
    """Raises UsageError when the run has no such campaign or network."""
    every, networks = rows(engine, queries.campaigns_sql()), rows(engine, queries.networks_sql())
    for sort, name in (("campaign", campaign), ("network", network)):
        if name is not None:
            only(engine, Ids(sort, every, networks), name)


def only(engine: Engine, ids: Ids, name: str) -> Rows:
    """The one row of that id; raises UsageError, which says what became of it or lists the known ids, without one."""
    mine = ids.of(ids.sort)
    if name in mine:
        return mine[name]
    where = f"`--{ids.sort} {sanitise(name)}`"
    other = "network" if ids.sort == "campaign" else "campaign"
    if name in ids.of(other):
        raise UsageError([Mistake(where, f"is a {other}", f"use `--{other} {sanitise(name)}`")])
    cleared = rows(engine, cleared_sql(name))
    if cleared:
        raise UsageError([_cleared(where, cleared)])
    known = ", ".join(f"`{sanitise(one)}`" for one in list(mine)[:NAMED])
    more = f" and {len(mine) - NAMED} more" if len(mine) > NAMED else ""
    remedy = f"name one of its {ids.sort}s: {known}{more}" if mine else f"this run found no {ids.sort}"
    raise UsageError([Mistake(where, "is not in this run", remedy)])


def cleared_sql(subject: str) -> Query:
    """The judgements that hold a subject innocent, the newest first, with the network in which its accounts are now."""
    return Query(
        "report why a subject is gone",
        f"""SELECT j.decided_by, j.decided_at, h.network_id
FROM applied_judgements AS j LEFT JOIN ({homes_sql()}) AS h ON h.subject = j.applies_to
WHERE j.source = 'judgement' AND j.verdict = 'innocent' AND j.accounts > 0
  AND (j.subject = {literal(subject)} OR j.applies_to = {literal(subject)})
ORDER BY j.decided_at DESC, j.decided_by, h.network_id""",
    )


def _cleared(where: str, found: Rows) -> Mistake:
    who, when = sanitise(found[0]["decided_by"] or "a person"), day(found[0]["decided_at"], True)
    home = next((sanitise(row["network_id"]) for row in found if row["network_id"] is not None), None)
    remedy = f"its accounts are in `--network {home}`" if home else "its accounts are accused of nothing"
    return Mistake(where, f"is no campaign any more: `{who}` judged it innocent on {when}", remedy)
