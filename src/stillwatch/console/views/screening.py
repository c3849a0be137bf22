"""Matches of holders with screening lists: each a question that a person answers, once and for good."""

from __future__ import annotations

from typing import Any

from stillwatch.console.asked import Asked, NotFoundError, given, note_view, see
from stillwatch.console.render import page
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import Judgement
from stillwatch.ledger.records import VERDICTS
from stillwatch.records.outputs import BIRTH_COHORTS
from stillwatch.records.subjects import SCREENING
from stillwatch.screening import newcomers
from stillwatch.screening.kept import kept
from stillwatch.serve.http import Response

PAGE = 50
STANDINGS = ("waiting", *VERDICTS)


def listed(asked: Asked) -> Response:
    """Lists matches that wait for a person, the highest score first, or those that were judged so."""
    chosen = asked.query.get("standing", "waiting")
    if chosen not in STANDINGS:
        raise NotFoundError(f"There is no standing of that name; use {', '.join(STANDINGS)}.")
    found = kept(asked.site.state)
    said = {one.subject: one for one in asked.ledger.judgements.list(about=SCREENING)}
    standing = {one.match_id: said[one.subject].verdict if one.subject in said else "waiting" for one in found}
    shown = [one for one in found if standing[one.match_id] == chosen]
    back = _newcomers(asked)
    note_view(asked, "screening", [one.account_id for one in shown[:PAGE]] + [one["account_id"] for one in back])
    return page(
        asked,
        "screening.html.j2",
        title="Screening",
        matches=shown[:PAGE],
        said=said,
        counts={name: sum(one == name for one in standing.values()) for name in STANDINGS},
        chosen=chosen,
        newcomers=back,
        cohorts=newcomers.load(asked.site.state, BIRTH_COHORTS).to_pylist()[:PAGE],
        done=asked.query.get("done", ""),
    )


def _newcomers(asked: Asked) -> list[dict[str, Any]]:
    """What was said last of each new account that may be an earlier operator, the likeliest first."""
    rows = sorted(newcomers.load(asked.site.state).to_pylist(), key=lambda row: int(row["exchanges"]))
    last = {row["account_id"]: row for row in rows}
    return sorted(last.values(), key=lambda row: (-row["of_any"], row["account_id"]))[:PAGE]


def judge(asked: Asked) -> Response:
    """Notes what a person says of a match; it changes nothing but what is asked of people."""
    match, verdict, reason = (given(asked.form, name) for name in ("match_id", "verdict", "reason"))
    if not any(one.match_id == match for one in kept(asked.site.state)):
        raise NotFoundError("There is no such match; the lists or the holder's name may have changed.")
    if not reason:
        raise UsageError([Mistake("`reason`", "is empty", "say how you know: it stands in the ledger")])
    asked.ledger.judgements.add(Judgement(SCREENING + match, verdict, asked.person, asked.now, reason))
    return see("/screening?done=judged")
