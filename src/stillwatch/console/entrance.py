"""The two addresses of a company's sign-in: one sends a browser to the provider, the other takes it back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, quote, unquote

from stillwatch.console.asked import NOT_KEPT, SECURE, own_address, see
from stillwatch.console.gate import OIDC, Gate, ShutOut, cookie, cookie_of
from stillwatch.console.render import plain
from stillwatch.console.sign_in import BACK, BEGIN, LASTS, RefusedError, Signed, SignIn, begun
from stillwatch.serve import logs
from stillwatch.serve.door import Door
from stillwatch.serve.http import Request, Response

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

COOKIE = "stillwatch_sign_in"
LONGEST_COOKIE = 2_048
THREADS, MOST_WAITING = 4, 32
"""Browsers for which the provider is asked at once, and those that may wait for that."""
Found = TypeVar("Found")


class Entrance:
    """Answers at `/sign-in` and `/signed-in`; the provider is asked in threads of its own."""

    def __init__(self, sign_in: SignIn, gate: Gate, door: Door) -> None:
        self._sign_in, self._gate, self._door = sign_in, gate, door
        self._threads = ThreadPoolExecutor(THREADS, "sign-in")
        self._waiting = 0

    async def answer(self, request: Request, path: str) -> Response | None:
        """Returns the answer at one of the two addresses; None at every other."""
        if path not in (BEGIN, BACK) or request.method != "GET":
            return None
        try:
            return await (self._begin(request) if path == BEGIN else self._back(request))
        except RefusedError as error:
            logs.note("not signed in", logging.WARNING, why=error.why)
            return plain("not_signed_in.html.j2", error.status, title="Not signed in", message=str(error), begin=BEGIN)

    def close(self) -> None:
        """Ends the threads and connections."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._sign_in.close()

    async def _begin(self, request: Request) -> Response:
        secret = begun(time.time())
        to = quote(own_address(_stated(request).get("to", ""), "/"), safe="")[: LONGEST_COOKIE // 2]
        address = await self._in_thread(lambda: self._sign_in.address(secret))
        kept = cookie(COOKIE, f"{secret}:{to}", LASTS, self._sign_in.encrypted)
        return Response(303, ((b"location", address.encode("ascii", "ignore")), NOT_KEPT, *SECURE, kept))

    async def _back(self, request: Request) -> Response:
        secret, _, to = cookie_of(request, COOKIE, LONGEST_COOKIE).partition(":")
        query = _stated(request)
        signed = await self._in_thread(lambda: self._sign_in.signed(query, secret, time.time()))
        found = await self._door.call(lambda ledger: self._enter(request, signed, unquote(to), ledger))
        if isinstance(found, Response):
            return found
        raise RefusedError("ledger", "The ledger does not answer at the moment. Try again.", 503)

    def _enter(self, request: Request, signed: Signed, to: str, ledger: Ledger) -> Response:
        now, before = datetime.now(UTC), cookie_of(request)
        known = self._gate.enter(signed.person, OIDC, ledger, now, signed.role)
        if isinstance(known, ShutOut):
            return plain("shut_out.html.j2", 403, title="No role", person=known.person)
        if before and ledger.sessions.find(before, now) is not None:
            ledger.sessions.end(before, known.person, now)  # one browser has one session
        logs.note("entered", logging.INFO, how=OIDC)
        over = cookie(COOKIE, "", 0, self._sign_in.encrypted)
        return see(own_address(to, "/"), self._gate.cookie(known, request, self._sign_in.encrypted), over)

    async def _in_thread(self, work: Callable[[], Found]) -> Found:
        if self._waiting >= MOST_WAITING:
            raise RefusedError("busy", "Too many people sign in at once. Try again in a minute.", 503)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _stated(request: Request) -> Mapping[str, str]:
    """The parameters of the address; of one that stands there twice nothing counts."""
    try:
        pairs = parse_qsl(request.query.decode("ascii"), keep_blank_values=True, max_num_fields=40)
    except ValueError:
        return {}
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}
