"""`POST /v1/verdict`: what is known of one account, and which effects hold now."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from stillwatch.serve.http import Request, Response, json_response, read_call
from stillwatch.serve.snapshots import SnapshotAnswer, Snapshots
from stillwatch.verdicts import Effect


class VerdictCall(msgspec.Struct):
    """Asks about one account. Nothing else in the body is looked at, such as a `request` that describes the exchange.

    A client's words may stand there, which must not decide whether an answer comes. Only the body's size bounds the
    id: a client may choose a long one, and an unknown account is no error.
    """

    account_id: Annotated[str, msgspec.Meta(min_length=1)]


class EffectAnswer(msgspec.Struct):
    """An effect that holds now; `message` is what may be shown to the holder."""

    effect: str
    reason_code: str
    since: str
    expires_at: str
    decision_id: str
    appeal: str
    message: str


class VerdictAnswer(msgspec.Struct):
    """What is known of the account; an unknown account, or one asked about while nothing is known, has no level."""

    account_id: str
    level: str | None
    network_id: str | None
    campaign_id: str | None
    effects: list[EffectAnswer]
    snapshot: SnapshotAnswer | None


_read = msgspec.json.Decoder(VerdictCall)


class VerdictRoute:
    """Answers from one snapshot."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def __call__(self, request: Request) -> Response:
        """Returns the verdict on the account that the body names."""
        call = read_call(request.body, _read)
        if isinstance(call, Response):
            return call
        found, described = self._snapshots.answer(call.account_id)
        if found is None:
            return json_response(VerdictAnswer(call.account_id, None, None, None, [], described))
        account, level, network, campaign, held = found
        effects = [_effect(one) for one in held] if held else []
        return json_response(VerdictAnswer(account, level, network, campaign, effects, described))


def _effect(one: Effect) -> EffectAnswer:
    effect, reason, since, until, decision, appeal, message = one
    return EffectAnswer(effect, reason, moment(since), moment(until), decision, appeal, message)


def moment(at: Any) -> str:
    """Returns a time in UTC as RFC 3339 writes it."""
    text: str = at.isoformat()
    return text.replace("+00:00", "Z")
