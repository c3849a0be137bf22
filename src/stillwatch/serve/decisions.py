"""Decisions over HTTP: who reads them is noted, and what is reversed leaves the snapshot at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl

import msgspec

from stillwatch import verdicts
from stillwatch.errors import RunError, UsageError
from stillwatch.ledger import Entry, View
from stillwatch.serve.door import Door
from stillwatch.serve.http import Request, Response, json_response, problem, read_call
from stillwatch.serve.snapshots import Snapshots
from stillwatch.serve.verdict import moment

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

MOST_LISTED = 1_000
_PARAMETERS = ("account_id", "subject", "after", "limit")


class EvidenceAnswer(msgspec.Struct):
    """A claim, its bits, and a sentence that names no value."""

    claim: str
    bits: float
    sentence: str


class EventAnswer(msgspec.Struct):
    """What became of a decision: `approved`, `refused` or `reversed`."""

    event: str
    by: str
    at: str
    reason: str


class DecisionAnswer(msgspec.Struct):
    """A decision as the ledger holds it, with what became of it; `status` is what it is now."""

    decision_id: str
    status: str
    account_id: str
    subject: str
    level: str
    effect: str
    reason_code: str
    policy: str
    policy_digest: str
    run: str
    made_at: str
    made_by: str
    since: str
    expires_at: str
    appeal: str
    holder_text: str
    held_out: bool
    needs_approval: bool
    renews: str | None
    evidence: list[EvidenceAnswer]
    events: list[EventAnswer]


class DecisionsAnswer(msgspec.Struct):
    """Decisions, newest first; `next` is the value of `after` for those behind them."""

    decisions: list[DecisionAnswer]
    next: str | None


class ReversalCall(msgspec.Struct, forbid_unknown_fields=True):
    """Why a decision is undone, and who says so where that is not the key's own name."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class ReversalAnswer(msgspec.Struct):
    """The reversal; `snapshot` is the one without the effect, null where the effect ends with the next snapshot."""

    decision_id: str
    status: str
    by: str
    at: str
    reason: str
    snapshot: str | None


class DecisionRoutes:
    """The decisions of one ledger beside the snapshot in `folder`."""

    def __init__(self, door: Door, snapshots: Snapshots, folder: Path) -> None:
        self._door = door
        self._snapshots = snapshots
        self._folder = folder

    async def several(self, request: Request) -> Response:
        """Lists decisions of an account or a subject, or all."""
        asked = _parameters(request.query)
        if isinstance(asked, Response):
            return asked
        limit = asked.pop("limit", 100)

        def listed(ledger: Ledger) -> tuple[Entry, ...]:
            found = ledger.decisions.list(limit=limit + 1, **asked)
            _noted(ledger, request, "list", [one.decision.account_id for one in found[:limit]])
            return found

        found = await self._door.call(listed)
        if isinstance(found, Response):
            return found
        shown, more = found[:limit], len(found) > limit
        last = shown[-1].decision.decision_id if more else None
        return json_response(DecisionsAnswer([answer_of(one) for one in shown], last))

    async def one(self, request: Request, decision_id: str) -> Response:
        """Shows one decision."""

        def looked(ledger: Ledger) -> Entry | None:
            found = ledger.decisions.find(decision_id)
            if found is not None:
                _noted(ledger, request, "show", [found.decision.account_id])
            return found

        found = await self._door.call(looked)
        if isinstance(found, Response):
            return found
        return _no_decision() if found is None else json_response(answer_of(found))

    async def reverse(self, request: Request, decision_id: str) -> Response:
        """Undoes a decision; a second reversal changes nothing and says what the first one said."""
        call = read_call(request.body, _read_reversal)
        if isinstance(call, Response):
            return call
        name = request.key.name if request.key is not None else ""
        by = name if call.by is None else f"{call.by} (key {name})"

        def undone(ledger: Ledger) -> ReversalAnswer | None:
            if ledger.decisions.find(decision_id) is None:
                return None
            said = ledger.decisions.reverse(decision_id, by, datetime.now(UTC), call.reason)
            snapshot = self._dropped(ledger.decisions.chain(decision_id))
            return ReversalAnswer(decision_id, "reversed", said.by, moment(said.at), said.reason, snapshot)

        try:
            found = await self._door.call(undone)
        except UsageError as error:
            return problem(409, str(error))
        if isinstance(found, Response):
            return found
        return _no_decision() if found is None else json_response(found)

    def _dropped(self, decision_ids: Sequence[str]) -> str | None:
        try:
            found = verdicts.drop(self._folder, decision_ids)
        except RunError:
            return None  # the ledger has the reversal, and the next snapshot is made by it
        self._snapshots.refresh()
        return found


def answer_of(entry: Entry) -> DecisionAnswer:
    """Returns a decision as callers see it."""
    row: dict[str, Any] = asdict(entry.decision)
    row |= {name: moment(row[name]) for name in ("made_at", "since", "expires_at")}
    row["evidence"] = [EvidenceAnswer(**one) for one in row["evidence"]]
    events = [EventAnswer(one.event, one.by, moment(one.at), one.reason) for one in entry.events]
    return DecisionAnswer(status=entry.status(datetime.now(UTC)), events=events, **row)


_read_reversal = msgspec.json.Decoder(ReversalCall)


def _parameters(query: bytes) -> dict[str, Any] | Response:
    """Returns the parameters of a list by name."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except (ValueError, UnicodeDecodeError):
        return problem(422, "the query cannot be read")
    asked: dict[str, Any] = dict(pairs)
    if len(asked) < len(pairs):
        return problem(422, "a parameter stands there twice")
    for name in asked:
        if name not in _PARAMETERS:
            return problem(422, f"there is no such parameter; use {', '.join(f'`{one}`' for one in _PARAMETERS)}")
    if "limit" in asked:
        if not re.fullmatch(r"[0-9]{1,4}", asked["limit"]) or not 1 <= int(asked["limit"]) <= MOST_LISTED:
            return problem(422, f"`limit` is no number from 1 to {MOST_LISTED}")
        asked["limit"] = int(asked["limit"])
    return asked


def _noted(ledger: Ledger, request: Request, action: str, accounts: list[str]) -> None:
    """Notes who looked at which accounts; where it cannot be noted, nothing is shown."""
    by = request.key.name if request.key is not None else "nobody"
    now = datetime.now(UTC)
    ledger.views.add([View(now, by, action, account) for account in dict.fromkeys(accounts)])


def _no_decision() -> Response:
    return problem(404, "there is no such decision")
