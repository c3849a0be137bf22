"""The check that Envoy, nginx and Traefik make before they pass a request on: 200 to pass it, 403 to refuse it.

The gateway names the account in a header, which it must take from its own authentication, after removing any that the
client sent. Where it names several accounts all the same, the hardest effect of theirs counts, so that a client cannot
escape its own by naming somebody else beside itself; and nobody's decision is told, nor anybody's allowance used, so
that it learns nothing of somebody else and takes nothing away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from stillwatch.ledger import EFFECTS
from stillwatch.serve.http import Request, Response, problem
from stillwatch.serve.snapshots import Snapshots
from stillwatch.settings import ServeSettings
from stillwatch.verdicts import Effect

MOST_ACCOUNTS = 8
"""Accounts that one request may name; a gateway names one."""
MOST_BUCKETS = 100_000
"""Accounts whose rate is remembered; where there are more, all are forgotten, and begin with a full allowance."""
SEVERAL = "The request names several accounts."
RETRY = b"x-stillwatch-retry-after"
_RANK = {effect: rank for rank, effect in enumerate(EFFECTS)}


class Rates:
    """Requests that throttled accounts may still make: so many a minute, spread evenly."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = max(1.0, per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, account: str) -> float:
        """Takes one request of an account; returns 0 where it may pass, else the seconds until one may."""
        if len(self._left) >= MOST_BUCKETS:
            self._left.clear()
        now = self._clock()
        left, at = self._left.get(account, (self._most, now))
        left = min(self._most, left + (now - at) * self._per_second)
        if left >= 1:
            self._left[account] = (left - 1, now)
            return 0.0
        self._left[account] = (left, now)
        return (1 - left) / self._per_second


class AuthorizeRoute:
    """Answers from one snapshot."""

    def __init__(self, snapshots: Snapshots, settings: ServeSettings) -> None:
        self._snapshots = snapshots
        self._header = settings.account_header.lower().encode()
        self._rates = Rates(settings.throttle_per_minute)
        self._open = settings.authorize_fails == "open"

    def __call__(self, request: Request) -> Response | str:
        """Returns the answer, or in a word why there is none."""
        if not self._snapshots.usable:
            return "no_snapshot"
        # the blanks around a value are no part of it (RFC 9110), and the server passes those behind it on
        named = (value.strip(b" \t") for value in request.every(self._header))
        accounts = list(dict.fromkeys(_text(value) for value in named if value))
        if not accounts:
            return "no_account"
        return self._answer(accounts[0]) if len(accounts) == 1 else self._of_several(accounts)

    def failed(self) -> Response:
        """Returns the answer where nothing can be said."""
        return Response(200) if self._open else problem(403, "requests cannot be checked at the moment")

    def _answer(self, account: str) -> Response:
        found = self._snapshots.find(account)
        if found is None or not found.effects:
            return Response(200)
        effect = max(found.effects, key=lambda one: _RANK.get(one.effect, -1))
        named = (
            (b"x-stillwatch-effect", header_value(effect.effect)),
            (b"x-stillwatch-decision", header_value(effect.decision_id)),
            (b"x-stillwatch-appeal", header_value(effect.appeal)),
        )
        if effect.effect == "suspend":
            seconds = effect.expires_at.timestamp() - time.time()
            return _refused(effect, seconds, named)
        if effect.effect == "throttle" and (seconds := self._rates.wait(account)):
            return _refused(effect, seconds, named)
        return Response(200, named)

    def _of_several(self, accounts: Sequence[str]) -> Response:
        """The answer where a client named accounts beside its own."""
        if len(accounts) > MOST_ACCOUNTS:
            return problem(403, SEVERAL)
        found = [self._snapshots.find(account) for account in accounts]
        effects = [effect.effect for one in found if one is not None for effect in one.effects]
        if not effects:
            return Response(200)
        hardest = max(effects, key=lambda one: _RANK.get(one, -1))
        named = (b"x-stillwatch-effect", header_value(hardest))
        return problem(403, SEVERAL, named) if hardest in ("suspend", "throttle") else Response(200, (named,))


def _refused(effect: Effect, seconds: float, named: tuple[tuple[bytes, bytes], ...]) -> Response:
    words = effect.message or f"This account is under `{effect.effect}`. To object, quote {effect.appeal}."
    return problem(403, words, *named, (RETRY, b"%d" % max(1, round(seconds))))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def header_value(text: str) -> bytes:
    """Returns a text as a header can carry it: what would end a header, or is no ASCII, becomes `?`."""
    return "".join(one if " " <= one <= "~" else "?" for one in text).encode()
