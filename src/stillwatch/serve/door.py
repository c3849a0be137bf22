"""The way to the ledger: its questions run in other threads, so that a slow or absent ledger delays no verdict."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from stillwatch import ledger
from stillwatch.errors import RunError
from stillwatch.serve.http import Response, problem

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

THREADS = 4
MOST_WAITING = 64
"""Questions that wait or run at once; more are answered 503."""
PATIENCE = 15.0
"""Seconds after which a question is answered 503."""
Found = TypeVar("Found")


class Door:
    """A ledger that is opened when it is first asked, and again after it could not be."""

    def __init__(self, where: Path | str) -> None:
        self._where = where
        self._threads = ThreadPoolExecutor(THREADS, "ledger")
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._opened: Ledger | None = None
        self._waiting = 0

    def ask(self, question: Callable[[Ledger], Found]) -> Found:
        """Returns the answer, in this thread; raises StillwatchError when the ledger cannot answer."""
        with self._lock:
            if self._opened is None:
                self._opened = self._stack.enter_context(ledger.opened(self._where))
            opened = self._opened
        return question(opened)

    async def call(self, question: Callable[[Ledger], Found]) -> Found | Response:
        """Returns the answer, or the problem where the ledger cannot answer in time; raises UsageError as it does."""
        if self._waiting >= MOST_WAITING:
            return _away("too many questions to the ledger wait")
        self._waiting += 1
        try:
            running = asyncio.get_running_loop().run_in_executor(self._threads, self.ask, question)
            running.add_done_callback(self._done)
            return await asyncio.wait_for(asyncio.shield(running), PATIENCE)
        except TimeoutError:
            return _away("the ledger does not answer")
        except RunError:  # its words name paths and servers, which are not for callers
            return _away("the ledger cannot be read or written")

    def close(self) -> None:
        """Ends the threads and closes the ledger."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._stack.close()

    def _done(self, running: asyncio.Future[Found]) -> None:
        self._waiting -= 1
        if not running.cancelled():
            running.exception()  # it is told to the caller, or nobody waits for it any more


def _away(detail: str) -> Response:
    return problem(503, f"{detail}; try again", (b"retry-after", b"5"))
