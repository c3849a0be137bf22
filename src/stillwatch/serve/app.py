"""The ASGI application: finds the route, checks the key, reads the body, answers, and measures."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from stillwatch.serve import logs
from stillwatch.serve.access import Access
from stillwatch.serve.http import Receive, Request, Response, Scope, Send, problem, read_body
from stillwatch.serve.measures import Measures
from stillwatch.serve.routes import Route, Routes
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
        """Answers one request, or runs what lasts as long as the server."""
        if scope["type"] == "http":
            started = time.perf_counter()
            route = self._routes.find(scope["method"], scope["path"])
            name = NO_ROUTE if isinstance(route, Response) else route.name
            if self._tracing is None:
                response = await self._answered(route, scope, receive)
            else:
                response = await self._traced(self._tracing, route, scope, receive)
            if response is not None:
                await _send(send, response)
                self._measures.answered(name, response.status, time.perf_counter() - started)
        elif scope["type"] == "lifespan":
            await self._last(receive, send)

    async def _traced(
        self, tracing: Tracing, route: Route | Response, scope: Scope, receive: Receive
    ) -> Response | None:
        with tracing.span(scope, NO_ROUTE if isinstance(route, Response) else route.name) as span:
            response = await self._answered(route, scope, receive)
            span.set_attribute("http.response.status_code", 0 if response is None else response.status)
            return response

    async def _answered(self, route: Route | Response, scope: Scope, receive: Receive) -> Response | None:
        if isinstance(route, Response):
            return route
        try:
            response = await self._answer(route, Request(scope), receive)
        except Exception as error:  # noqa: BLE001  a caller is answered whatever fails inside
            logs.note("failed", logging.ERROR, route=route.name, **logs.where(error))
            response = self._failed(route, "internal") or problem(500, "this is our fault; it is written in the log")
        if route.dressed is not None and response is not None and response.status >= _PROBLEMS:
            return route.dressed(response)
        return response

    async def _answer(self, route: Route, request: Request, receive: Receive) -> Response | None:
        if route.scopes:
            shown = self._access.check(request.headers, route.credentials, route.scopes, route.basic)
            if isinstance(shown, Response):
                return self._not_let_in(route, shown)
            request.key = shown
        if route.body_bytes:
            body = await read_body(request.scope, receive, route.body_bytes)
            if not isinstance(body, bytes):
                return body if body is None else self._failed(route, "body") or body
            request.body = body
        answer = route.answer(request)
        if not isinstance(answer, Response | str):
            answer = await answer
        if isinstance(answer, str):
            return self._failed(route, answer) or problem(503, "nothing can be said at the moment")
        return answer

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


async def _send(send: Send, response: Response) -> None:
    length = (b"content-length", b"%d" % len(response.body))
    await send({"type": "http.response.start", "status": response.status, "headers": [*response.headers, length]})
    await send({"type": "http.response.body", "body": response.body})
