"""`POST /v1/verdict`: what is known of one account, and which effects hold now."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from stillwatch.serve.http import Request, Response, json_response, problem
from stillwatch.serve.snapshots import SnapshotAnswer, Snapshots
from stillwatch.verdicts import Effect


class VerdictCall(msgspec.Struct):
    """Asks about one account; `request` may describe the exchange that is under way, and is not kept.

    Only the body's size bounds the id: a client may choose a long one, and an unknown account is no error.
    """

    account_id: Annotated[str, msgspec.Meta(min_length=1)]
    request: dict[str, Any] | None = None


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


_read = msgspec.json.Decoder(VerdictCall).decode


class VerdictRoute:
    """Answers from one snapshot."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    def __call__(self, request: Request) -> Response:
        """Returns the verdict on the account that the body names."""
        try:
            call = _read(request.body)
        except msgspec.ValidationError as error:
            return problem(422, f"{error}; see `/openapi.json`")
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return problem(400, 'the body is no JSON; send `{"account_id": "…"}`')
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
