"""Matches of holders with screening lists: each a question that a person answers, once and for good."""

from __future__ import annotations

from typing import Any

from stillwatch.console.asked import Asked, NotFoundError, given, note_view, see
from stillwatch.console.render import account_address, page
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import Judgement
from stillwatch.ledger.records import VERDICTS
from stillwatch.records.outputs import BIRTH_COHORTS
from stillwatch.records.subjects import REENTRY, SCREENING
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
    said = {one.subject: one.verdict for one in asked.ledger.judgements.list(about=REENTRY)}
    waiting = [row for row in last.values() if said.get(REENTRY + row["account_id"]) != "innocent"]
    return sorted(waiting, key=lambda row: (-row["of_any"], row["account_id"]))[:PAGE]


def returned(asked: Asked, account: str) -> dict[str, Any] | None:
    """What was said last of whether an account is an earlier operator's, and what people said of that; None for
    nothing. It is said at sign-up and after some exchanges, of which the most count."""
    rows = [row for row in newcomers.load(asked.site.state).to_pylist() if row["account_id"] == account]
    if not rows:
        return None
    judged = asked.ledger.judgements.list(REENTRY + account)
    return {**max(rows, key=lambda row: int(row["exchanges"])), "judged": judged[-1] if judged else None}


def judge_return(asked: Asked) -> Response:
    """Notes what a person says of a likeness with an earlier operator; it holds however often it is compared anew."""
    account, verdict, reason = (given(asked.form, name, 100_000) for name in ("account_id", "verdict", "reason"))
    if returned(asked, account) is None:
        raise NotFoundError("Nothing is said of this account's return; what was said may have gone.")
    if not reason:
        raise UsageError([Mistake("`reason`", "is empty", "say how you know: it stands in the ledger")])
    asked.ledger.judgements.add(Judgement(REENTRY + account, verdict, asked.person, asked.now, reason))
    return see(f"{account_address(account)}&done=returned")


def judge(asked: Asked) -> Response:
    """Notes what a person says of a match; it changes nothing but what is asked of people."""
    match, verdict, reason = (given(asked.form, name) for name in ("match_id", "verdict", "reason"))
    if not any(one.match_id == match for one in kept(asked.site.state)):
        raise NotFoundError("There is no such match; the lists or the holder's name may have changed.")
    if not reason:
        raise UsageError([Mistake("`reason`", "is empty", "say how you know: it stands in the ledger")])
    asked.ledger.judgements.add(Judgement(SCREENING + match, verdict, asked.person, asked.now, reason))
    return see("/screening?done=judged")
