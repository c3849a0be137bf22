"""Appeals: who waits how long for an answer, and the answer of somebody who had no part in the decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, cast

from stillwatch.console.asked import Asked, NotFoundError, given, note_view, see
from stillwatch.console.render import page
from stillwatch.console.views.decided import drop
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import Appeal, Entry
from stillwatch.ledger.records import same_person
from stillwatch.serve.http import Response

LISTED = 500


def listed(asked: Asked) -> Response:
    """Lists the appeals that wait in the order in which they are to be heard, or all by age."""
    waiting = tuple(one for one, _ in asked.ledger.appeals.waiting())
    every = asked.ledger.appeals.list() if asked.query.get("all") else waiting
    entries = {one.decision_id: asked.ledger.decisions.find(one.decision_id) for one in every[:LISTED]}
    note_view(asked, "appeals", [one.decision.account_id for one in entries.values() if one is not None])
    return page(
        asked,
        "appeals.html.j2",
        title="Appeals",
        appeals=every[:LISTED],
        total=len(every),
        waiting=len(waiting),
        entries=entries,
        days=timedelta(days=asked.site.settings.console.appeal_days),
    )


def one(asked: Asked) -> Response:
    """Shows an appeal beside the decision that it is against."""
    appeal, entry = _found(asked)
    note_view(asked, "appeal", [entry.decision.account_id])
    concerned = [entry.decision.made_by, *(event.by for event in entry.events)]
    return page(
        asked,
        "appeal.html.j2",
        title="Appeal",
        appeal=appeal,
        entry=entry,
        stands=entry.status(asked.now),
        due=appeal.received_at + timedelta(days=asked.site.settings.console.appeal_days),
        concerned=any(same_person(one, asked.person) for one in concerned),
    )


def assign(asked: Asked) -> Response:
    """Gives an appeal to a person."""
    appeal, _ = _found(asked)
    to = given(asked.form, "to", 512) or asked.person
    asked.ledger.appeals.assign(appeal.appeal_id, to, asked.person, asked.now, given(asked.form, "reason"))
    return see(f"/appeals/{appeal.appeal_id}?done=assigned")


def decide(asked: Asked) -> Response:
    """Answers an appeal: the decision stays, or all effects on the account end and it is judged innocent."""
    appeal, entry = _found(asked)
    outcome, reason = given(asked.form, "outcome"), given(asked.form, "reason")
    if not reason:
        raise UsageError([Mistake("the reason", "is missing", "say what the holder is to be told")])
    chosen = cast(Literal["upheld", "overturned"], outcome)
    asked.ledger.appeals.decide(appeal.appeal_id, chosen, asked.person, asked.now, reason)
    if outcome == "overturned":
        ended = asked.ledger.decisions.list(account_id=entry.decision.account_id, limit=1_000)
        drop(asked, [one.decision.decision_id for one in ended])
    asked.ledger.claims.release(appeal.appeal_id, asked.person, asked.now)
    return see(f"/appeals/{appeal.appeal_id}?done={outcome}")


def _found(asked: Asked) -> tuple[Appeal, Entry]:
    appeal = asked.ledger.appeals.find(asked.ids[0])
    entry = asked.ledger.decisions.find(appeal.decision_id) if appeal is not None else None
    if appeal is None or entry is None:
        raise NotFoundError("There is no such appeal.")
    return appeal, entry
