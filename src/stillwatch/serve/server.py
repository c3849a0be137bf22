"""The HTTP server: uvicorn, with bounds on slow and endless requests that it does not have by itself."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stillwatch.errors import Mistake, UsageError, reason_of
from stillwatch.serve import logs
from stillwatch.serve.build import FOLDER, Beside, Service, application, service
from stillwatch.settings import ServeSettings

MOST_HEADER_BYTES = 65_536
DEEPEST = 5_000
"""Levels of nesting that a JSON body may have. LiteLLM itself passes on fewer; beyond it a body cannot be read."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose requests must arrive in time, and whose headers must end."""

    def __init__(self, *words: Any, receive_seconds: float, **given: Any) -> None:
        super().__init__(*words, **given)
        self._receive_seconds = receive_seconds
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._in_headers = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Starts the time within which the first request must have arrived."""
        super().connection_made(transport)
        self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the time."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuses headers that do not end."""
        self._header_bytes = self._header_bytes + len(data) if self._in_headers else 0
        super().data_received(data)
        if self._in_headers and self._header_bytes > MOST_HEADER_BYTES and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def on_message_begin(self) -> None:
        """Starts the time of a request."""
        self._in_headers = True
        self._start()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Notes that what follows is a body."""
        self._in_headers, self._header_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Ends the time of a request, which has arrived whole."""
        self._stop()
        self._in_headers = True
        super().on_message_complete()

    def _start(self) -> None:
        self._stop()
        self._deadline = self.loop.call_later(self._receive_seconds, self._too_late)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def serve(
    state: Path,
    host: str,
    port: int,
    database: str | None,
    settings: ServeSettings,
    beside: Callable[[Service], Beside] | None = None,
) -> None:
    """Serves until it is told to end, and what is made by `beside` as well; raises UsageError for a wrong address."""
    logs.set_up()
    sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST))
    listening = _listening(host, port)
    parts = service(state, database, settings)
    parts.learn_keys()
    also = None if beside is None else beside(parts)
    server = uvicorn.Server(configuration(parts, state / FOLDER, host, port, also))
    gc.collect()
    gc.freeze()  # what lives as long as the process is not searched for garbage between requests
    found = listening.getsockname()[1]
    logs.note("serving", host=host, port=found, keys_known=parts.access.known)
    if also is not None:
        also.started(f"http://{f'[{host}]' if ':' in host else host}:{found}")
    try:
        with suppress(KeyboardInterrupt):  # a signal has ended it in order
            server.run([listening])
        logs.note("ended")
    finally:
        gc.unfreeze()  # libraries that count what they leave behind complain of what is kept
        listening.close()
        if also is not None:
            also.close()
        parts.door.close()


def configuration(parts: Service, folder: Path, host: str, port: int, beside: Beside | None = None) -> uvicorn.Config:
    """Returns how uvicorn serves the application."""
    settings = parts.settings
    return uvicorn.Config(
        application(parts, folder, beside),
        host=host,
        port=port,
        http=partial(BoundedProtocol, receive_seconds=settings.receive_seconds),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # who asks is whoever connected: a header may be anybody's words
        timeout_keep_alive=int(settings.keep_alive_seconds),
        timeout_graceful_shutdown=10,
        limit_concurrency=settings.most_connections,
    )


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (without Nagle's delay of 40 ms) only over sockets that name their protocol
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(2_048)
    except (OSError, OverflowError) as error:
        found.close()
        where, remedy = f"`--host {host} --port {port}`", "end what listens there, or name another"
        raise UsageError([Mistake(where, f"cannot be listened on ({reason_of(error)})", remedy)]) from error
    return found
