"""The ASGI application: finds the route, checks the key, reads the body, answers, and measures."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from stillwatch.serve import logs
from stillwatch.serve.access import Access
from stillwatch.serve.http import Receive, Request, Response, Scope, Send, problem, read_body
from stillwatch.serve.measures import Measures
from stillwatch.serve.routes import Answer, Route, Routes
from stillwatch.serve.telemetry import Tracing

NO_ROUTE = "none"
"""The label of requests that no route takes: what a caller asked for is no label."""
_KEYS_UNKNOWN = 503
_PROBLEMS = 400  # the first status that says that something is wrong


class App:
    """One process's answers; `background` are the tasks that run while it serves."""

    def __init__(
        self,
        routes: Routes,
        access: Access,
        measures: Measures,
        background: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (),
        tracing: Tracing | None = None,
    ) -> None:
        self._routes = routes
        self._access = access
        self._measures = measures
        self._background = background
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or runs what lasts as long as the server.

        A verdict takes as long as the code that it passes through: the fewer calls on its way, the better.
        """
        if scope["type"] == "http":
            started = time.perf_counter()
            route = self._routes.find(scope["method"], scope["path"])
            answered = self._answered if self._tracing is None else self._traced
            response = await answered(route, scope, receive)
            if response is not None:
                if response.status >= _PROBLEMS:
                    response = _dressed(route, response)
                length = (b"content-length", b"%d" % len(response.body))
                headers = [*response.headers, length]
                await send({"type": "http.response.start", "status": response.status, "headers": headers})
                await send({"type": "http.response.body", "body": response.body})
                name = NO_ROUTE if isinstance(route, Response) else route.name
                self._measures.answered(name, response.status, time.perf_counter() - started)
        elif scope["type"] == "lifespan":
            await self._last(receive, send)

    async def _traced(self, route: Route | Response, scope: Scope, receive: Receive) -> Response | None:
        assert self._tracing is not None
        with self._tracing.span(scope, NO_ROUTE if isinstance(route, Response) else route.name) as span:
            response = await self._answered(route, scope, receive)
            span.set_attribute("http.response.status_code", 0 if response is None else response.status)
            return response

    async def _answered(self, route: Route | Response, scope: Scope, receive: Receive) -> Response | None:
        if isinstance(route, Response):
            return route
        try:
            request = Request(scope, scope["path"])
            if route.scopes:
                shown = self._access.check(scope["headers"], route.credentials, route.scopes, route.basic)
                if isinstance(shown, Response):
                    return self._not_let_in(route, shown)
                request.key = shown
            if route.body_bytes:
                body = await read_body(scope, receive, route.body_bytes)
                if not isinstance(body, bytes):
                    return body if body is None else self._failed(route, "body") or body
                request.body = body
            answer = route.answer(request)
            return answer if isinstance(answer, Response) else await self._waited(route, answer)
        except Exception as error:  # noqa: BLE001  a caller is answered whatever fails inside
            logs.note("failed", logging.ERROR, route=route.name, **logs.where(error))
            return self._failed(route, "internal") or problem(500, "this is our fault; it is written in the log")

    async def _waited(self, route: Route, answer: str | Awaitable[Answer]) -> Response:
        if not isinstance(answer, str):
            found = await answer
            if isinstance(found, Response):
                return found
            answer = found
        return self._failed(route, answer) or problem(503, "nothing can be said at the moment")

    def _not_let_in(self, route: Route, response: Response) -> Response:
        reason = "keys_unknown" if response.status == _KEYS_UNKNOWN else "key"
        logs.note("key refused", logging.WARNING, route=route.name, status=response.status)
        if reason == "keys_unknown" or route.passes_unknown_keys:
            return self._failed(route, reason) or response
        return response

    def _failed(self, route: Route, reason: str) -> Response | None:
        """Returns the answer that the settings give where nothing can be said; None where they give none."""
        if route.failed is None:
            return None
        self._measures.failed(route.name, reason)
        return route.failed()

    async def _last(self, receive: Receive, send: Send) -> None:
        tasks = []
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                tasks = [asyncio.create_task(one()) for one in self._background]
                await send({"type": "lifespan.startup.complete"})
            else:
                for task in tasks:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task
                if self._tracing is not None:
                    await asyncio.to_thread(self._tracing.close)
                await send({"type": "lifespan.shutdown.complete"})
                return


def _dressed(route: Route | Response, response: Response) -> Response:
    """Returns a problem as the standard of its route words it, or as it is where it cannot be worded."""
    if isinstance(route, Response) or route.dressed is None:
        return response
    try:
        return route.dressed(response)
    except Exception as error:  # noqa: BLE001  a caller is answered whatever fails inside
        logs.note("failed", logging.ERROR, route=route.name, **logs.where(error))
        return response
