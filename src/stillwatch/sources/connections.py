"""The receiver's HTTP server: uvicorn, with a bound on requests whose headers do not end."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEEP_ALIVE = 75  # seconds, more than collectors keep an idle connection for
_MOST_CONNECTIONS = 1_000
HEADER_SECONDS = 10.0


class BoundedProtocol(H11Protocol):
    """A connection that is closed when a request's headers take too long; the app bounds bodies itself."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Starts the time within which the first headers must have come."""
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        """Ends that time with the headers, and starts it with the next ones."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._deadline is None:
            self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the time."""
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._too_late)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def server(app: Any) -> uvicorn.Server:
    """Returns a server for an ASGI app; it prints nothing."""
    logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())  # else it prints, for want of another handler
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
