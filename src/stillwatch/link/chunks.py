"""Accounts in chunks on which threads work at once; the results of an account are the same whatever the chunks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")

CHUNKS_A_THREAD = 4  # enough that a thread with little work takes over another chunk instead of waiting
SMALL_WORK = 100_000  # holdings, about a millisecond's work: less is done by the calling thread alone


class Chunks:
    """All account indices in as many chunks as keep these threads busy; one chunk for one thread."""

    def __init__(self, accounts: int, threads: int = 1) -> None:
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        chunks = CHUNKS_A_THREAD * threads
        edges = [accounts * chunk // chunks for chunk in range(chunks + 1)]
        self._accounts, self._chunks = accounts, list(itertools.pairwise(edges))

    def each(self, work: Callable[[int, int], Found], size: int) -> list[Found]:
        """The results of `work(first, last)` on each chunk of account indices, half-open, in order; of small work in
        one piece.

        `size` is the number of holdings that the work looks at.
        """
        if self._pool is None or size < SMALL_WORK:
            return [work(0, self._accounts)]
        return list(self._pool.map(lambda chunk: work(*chunk), self._chunks))
