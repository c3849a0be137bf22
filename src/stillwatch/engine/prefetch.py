"""Reads the rows of several queries in turn: the engine runs the next query while the caller works on one result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from stillwatch.engine.interface import Engine
from stillwatch.engine.query import Query


def prefetched(engine: Engine, queries: Iterable[Query]) -> Iterator[pa.Table]:
    """Yields all rows of each query, in the order of the queries.

    At most two tables are in memory, provided that the caller drops one before it asks for the next. Raises what
    `fetch` raises.
    """
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")
    coming: Future[pa.Table] | None = None
    try:
        for query in queries:
            after = pool.submit(engine.fetch, query)
            if coming is not None:
                yield coming.result()
            coming = after
        if coming is not None:
            yield coming.result()
    finally:
        # No wait: a caller that stops early closes the engine, and that stops the running query.
        pool.shutdown(wait=False, cancel_futures=True)
