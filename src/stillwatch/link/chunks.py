"""Accounts in stripes that threads work on at once: what is found of an account is the same whoever finds it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")

STRIPES = 4  # a thread: no stripe is much more work than another, and none has to be waited for long
LITTLE = 100_000  # holdings looked at, a millisecond's work: for less no other thread is asked


class Stripes:
    """All accounts in as many stripes as keep these threads busy; one stripe where there is one thread."""

    def __init__(self, accounts: int, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        stripes = STRIPES * threads
        edges = [accounts * stripe // stripes for stripe in range(stripes + 1)]
        self._accounts, self._stripes = accounts, list(itertools.pairwise(edges))

    def each(self, work: Callable[[int, int], Found], size: int) -> list[Found]:
        """What `work` finds from each stripe's first account to before its last, in order; of little in one piece."""
        if self._pool is None or size < LITTLE:
            return [work(0, self._accounts)]
        return list(self._pool.map(lambda stripe: work(*stripe), self._stripes))
