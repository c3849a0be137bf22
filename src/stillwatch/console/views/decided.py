"""Decisions: all of them, one with what became of it, its reversal, and the second person's word."""

from __future__ import annotations

from collections.abc import Sequence

from stillwatch import verdicts
from stillwatch.console.asked import Asked, NotFoundError, given, note_view, see
from stillwatch.console.render import page
from stillwatch.errors import Mistake, RunError, UsageError
from stillwatch.ledger import Entry
from stillwatch.ledger.records import same_person
from stillwatch.serve.build import FOLDER
from stillwatch.serve.http import Response

PAGE = 100
SHOWN_FIRST = 8
MEANINGS = {
    "waiting": "It has no effect until a second person approves it.",
    "to_begin": "Its effect begins later, at the moment below.",
    "active": "Gateways are told of its effect.",
    "held_out": "It has no effect: its account is one of those left alone to measure use and harm.",
    "expired": "Its time is over.",
    "reversed": "It was undone and has no effect.",
    "refused": "It was refused and never had an effect.",
}


def listed(asked: Asked) -> Response:
    """Lists decisions, newest first: of an account, of a subject, or those that wait."""
    chosen = {name: asked.query.get(name, "") for name in ("account_id", "subject", "status")}
    if chosen["status"] == "waiting":
        found: tuple[Entry, ...] = tuple(
            one for one in asked.ledger.decisions.living(asked.now) if one.status(asked.now) == "waiting"
        )
    else:
        found = asked.ledger.decisions.list(
            account_id=chosen["account_id"] or None,
            subject=chosen["subject"] or None,
            after=asked.query.get("after") or None,
            limit=PAGE + 1,
        )
    rows = found[:PAGE]
    note_view(asked, "decisions", [one.decision.account_id for one in rows])
    return page(
        asked,
        "decisions.html.j2",
        title="Decisions",
        entries=rows,
        chosen=chosen,
        more=rows[-1].decision.decision_id if len(found) > PAGE and chosen["status"] != "waiting" else None,
        bulk_cap=asked.site.settings.console.bulk_cap,
    )


def one(asked: Asked) -> Response:
    """Shows one decision."""
    entry = found(asked)
    note_view(asked, "decision", [entry.decision.account_id])
    chain = [
        one for one in asked.ledger.decisions.chain(entry.decision.decision_id) if one != entry.decision.decision_id
    ]
    return page(
        asked,
        "decision.html.j2",
        title=f"Decision {entry.decision.decision_id}",
        entry=entry,
        stands=entry.status(asked.now),
        meaning=MEANINGS[entry.status(asked.now)],
        evidence=sorted(entry.decision.evidence, key=lambda fact: -abs(fact.bits)),
        shown_first=SHOWN_FIRST,
        chain=chain,
        appeals=[one for one in asked.ledger.appeals.list() if one.decision_id == entry.decision.decision_id],
        own=same_person(entry.decision.made_by, asked.person),
    )


def found(asked: Asked) -> Entry:
    """The decision that the address names; raises NotFoundError."""
    entry = asked.ledger.decisions.find(asked.ids[0])
    if entry is None:
        raise NotFoundError(f"There is no decision {asked.ids[0]}.")
    return entry


def reverse(asked: Asked) -> Response:
    """Undoes a decision; its effect leaves the snapshot at once."""
    entry = found(asked)
    asked.ledger.decisions.reverse(entry.decision.decision_id, asked.person, asked.now, _reason(asked))
    drop(asked, asked.ledger.decisions.chain(entry.decision.decision_id))
    return see(f"/decisions/{entry.decision.decision_id}?done=reversed")


def drop(asked: Asked, decision_ids: Sequence[str]) -> None:
    """Takes effects out of the snapshot; where that fails, the next snapshot is without them."""
    try:
        verdicts.drop(asked.site.state / FOLDER, decision_ids)
    except RunError:
        return
    asked.site.snapshots.refresh()


def second(asked: Asked) -> Response:
    """Takes what a second person says of a decision that waits."""
    entry, answer = found(asked), given(asked.form, "answer")
    name = entry.decision.decision_id
    if answer == "approve":
        asked.ledger.decisions.approve(name, asked.person, asked.now, given(asked.form, "reason"))
    elif answer == "refuse":
        asked.ledger.decisions.refuse(name, asked.person, asked.now, _reason(asked))
    else:
        raise UsageError([Mistake("the answer", "is missing", "approve or refuse")])
    asked.ledger.claims.release(name, asked.person, asked.now)
    return see(f"/decisions/{name}?done={answer}d")


def _reason(asked: Asked) -> str:
    reason = given(asked.form, "reason")
    if not reason:
        raise UsageError([Mistake("the reason", "is missing", "say in a sentence why")])
    return reason
