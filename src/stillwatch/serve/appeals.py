"""Appeals over HTTP: the provider's own form posts them, and asks later what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from stillwatch.errors import UsageError
from stillwatch.ledger import Appeal
from stillwatch.serve.door import Door
from stillwatch.serve.http import Request, Response, json_response, problem, read_call
from stillwatch.serve.verdict import moment

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger


class AppealCall(msgspec.Struct, forbid_unknown_fields=True):
    """A holder objects to a decision, whose id or the reference in its text is given; `contact` reaches the holder."""

    decision_id: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=8_000)]
    contact: Annotated[str, msgspec.Meta(max_length=512)] | None = None


class AppealAnswer(msgspec.Struct):
    """Where an appeal stands: `received`, `assigned`, `upheld` (the decision stays) or `overturned`."""

    appeal_id: str
    decision_id: str
    received_at: str
    status: str


_read = msgspec.json.Decoder(AppealCall)


class AppealRoutes:
    """The appeals of one ledger."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def receive(self, request: Request) -> Response:
        """Adds an appeal; the same words about the same decision are one."""
        call = read_call(request.body, _read)
        if isinstance(call, Response):
            return call

        def received(ledger: Ledger) -> Appeal | None:
            # a holder has the reference only, and that is what the provider's form can send
            entry = ledger.decisions.find(call.decision_id) or ledger.decisions.by_appeal(call.decision_id)
            if entry is None:
                return None
            return ledger.appeals.receive(entry.decision.decision_id, call.text, datetime.now(UTC), call.contact)

        try:
            found = await self._door.call(received)
        except UsageError as error:
            return problem(409, str(error))
        if isinstance(found, Response):
            return found
        return problem(404, "no decision has this id or reference") if found is None else _answer(found, 201)

    async def one(self, _request: Request, appeal_id: str) -> Response:
        """Says where an appeal stands."""

        def looked(ledger: Ledger) -> Appeal | None:
            return ledger.appeals.find(appeal_id)

        found = await self._door.call(looked)
        if isinstance(found, Response):
            return found
        return problem(404, "there is no such appeal") if found is None else _answer(found, 200)


def _answer(one: Appeal, status: int) -> Response:
    return json_response(AppealAnswer(one.appeal_id, one.decision_id, moment(one.received_at), one.status), status)
