"""One act on many decisions: counted before it is done, bounded, with one reason and one row in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from stillwatch.console.asked import Asked, NotFoundError, given, note_view, see
from stillwatch.console.render import page
from stillwatch.console.views.decided import drop
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.decisions import Decisions
from stillwatch.serve.http import Response

ACTS: dict[str, tuple[str, Callable[[Decisions, str, str, datetime, str], object]]] = {
    "reverse": ("reversed", Decisions.reverse),
    "approve": ("approved", Decisions.approve),
    "refuse": ("refused", Decisions.refuse),
}
EXPIRES = timedelta(minutes=15)
"""How long a count may be confirmed: later, the decisions may be others'."""


def bulk(asked: Asked) -> Response:
    """Counts first, and acts once the count is confirmed."""
    what, ids, reason = given(asked.form, "what"), _ids(asked), given(asked.form, "reason")
    if what not in ACTS:
        raise UsageError([Mistake("the act", "is unknown", f"use {', '.join(ACTS)}")])
    if not reason:
        raise UsageError([Mistake("the reason", "is missing", "say in a sentence why")])
    if asked.form.get("confirmed") != str(len(ids)):
        at = round(asked.now.timestamp())
        return page(
            asked,
            "bulk.html.j2",
            title="Confirm",
            what=what,
            ids=ids,
            reason=reason,
            at=at,
            until=asked.now + EXPIRES,
            done=ACTS[what][0],
        )
    _fresh(asked)
    return _done(asked, what, ids, reason)


def cancel(asked: Asked) -> Response:
    """Takes a bulk approval back: every decision that it approved is reversed, in one row of the ledger."""
    action, reason = asked.ledger.bulk_actions.find(asked.ids[0]), given(asked.form, "reason")
    if action is None:
        raise NotFoundError("There is no such act on many decisions.")
    if action.what != "approve":
        raise UsageError(
            [Mistake("the act", f"has {ACTS[action.what][0]} decisions", "that stays: a run decides anew")]
        )
    if action.action_id in asked.ledger.judgements.withdrawals():
        raise UsageError([Mistake("the act", "was cancelled before", "look at its decisions")])
    if not reason:
        raise UsageError([Mistake("the reason", "is missing", "say in a sentence why")])
    with asked.ledger.writing():
        asked.ledger.judgements.take_back(action.action_id, "bulk action", asked.person, asked.now, reason)
        return _done(asked, "reverse", action.done, reason)


def _done(asked: Asked, what: str, ids: tuple[str, ...], reason: str) -> Response:
    done, failures, act = [], {}, ACTS[what][1]
    for one in ids:
        try:
            act(asked.ledger.decisions, one, asked.person, asked.now, reason)
            done.append(one)
        except UsageError as error:
            failures[one] = "; ".join(f"{mistake.what}; {mistake.remedy}" for mistake in error.mistakes)
    asked.ledger.bulk_actions.add(what, asked.person, asked.now, reason, done, failures)
    note_view(asked, f"bulk {what}", done)
    if what == "reverse" and done:
        drop(asked, [name for one in done for name in asked.ledger.decisions.chain(one)])
    return see("/judgements?done=bulk#bulk")


def _ids(asked: Asked) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(asked.several.get("id", ())))
    cap = asked.site.settings.console.bulk_cap
    if not ids:
        raise UsageError([Mistake("the list", "is empty", "choose at least one")])
    if len(ids) > cap:
        raise UsageError([Mistake("the list", f"has {len(ids)} entries, more than {cap}", "choose fewer")])
    return ids


def _fresh(asked: Asked) -> None:
    text = given(asked.form, "at", 12)
    at = datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdigit() else None
    if at is None or not timedelta(0) <= asked.now - at + timedelta(seconds=1) <= EXPIRES:
        raise UsageError([Mistake("the count", "is too old", "choose again")])
