"""LiteLLM's guardrail: whether an exchange may go on, and the words for a client whose account is suspended.

LiteLLM posts the whole conversation. Only the field that names the account is looked at; nothing is kept or logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from stillwatch.serve.http import JSON, Request, Response, loosely
from stillwatch.serve.snapshots import Snapshots
from stillwatch.settings import ServeSettings
from stillwatch.verdicts import Effect

BLOCKING = "suspend"
"""The only effect that a guardrail can express: it blocks or it does not."""
ALLOWED = Response(200, (JSON,), b'{"action":"NONE"}')
UNAVAILABLE = "Requests cannot be checked at the moment. Please try again later."


class GuardrailCall(msgspec.Struct):
    """What LiteLLM posts, but for what is not looked at."""

    request_data: dict[str, Any] | None = None


_read = msgspec.json.Decoder(GuardrailCall).decode


class GuardrailRoute:
    """Answers from one snapshot."""

    def __init__(self, snapshots: Snapshots, settings: ServeSettings) -> None:
        self._snapshots = snapshots
        self._fields = settings.litellm_account
        self._failed = ALLOWED if settings.litellm_fails == "open" else blocked(UNAVAILABLE)

    def __call__(self, request: Request) -> Response | str:
        """Returns the answer, or in a word why there is none."""
        if not self._snapshots.usable:
            return "no_snapshot"
        data = request_data(request.body)
        account = None if data is None else account_of(data, self._fields)
        if account is None:
            return "unreadable" if data is None else "no_account"
        found = self._snapshots.find(account)
        effect = None if found is None else next((one for one in found.effects if one.effect == BLOCKING), None)
        return ALLOWED if effect is None else blocked(words_for(effect))

    def failed(self) -> Response:
        """Returns the answer where nothing can be said: LiteLLM takes any status but 200 for a reason to fail."""
        return self._failed


def request_data(body: bytes) -> dict[str, Any] | None:
    """Returns LiteLLM's own words about the caller, or None where the body cannot be read."""
    try:
        return _read(body).request_data or {}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    try:
        found = loosely(body)  # a whole conversation is not written anew for its client's words, as `lenient` does
    except (msgspec.DecodeError, RecursionError):
        return None
    data = found.get("request_data") if isinstance(found, dict) else None
    return data if isinstance(data, dict) else None


def account_of(data: dict[str, Any], fields: Sequence[str]) -> str | None:
    """Returns the first of the fields that says something."""
    return next((value for name in fields if isinstance(value := data.get(name), str) and value), None)


def blocked(reason: str) -> Response:
    """Returns LiteLLM's word for no; the client sees the reason as it stands."""
    return Response(200, (JSON,), msgspec.json.encode({"action": "BLOCKED", "blocked_reason": reason}))


def words_for(effect: Effect) -> str:
    """Returns the words that the holder is shown."""
    return effect.message or f"This account is suspended. To object, quote {effect.appeal}."
