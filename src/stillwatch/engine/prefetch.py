"""Reads the rows of several queries in turn: the engine runs the next query while the caller works on one result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from stillwatch.engine.interface import Engine
from stillwatch.engine.query import Query


def prefetched(engine: Engine, queries: Iterable[Query]) -> Iterator[pa.Table]:
    """Yields all rows of each query, in the order of the queries.

    At most two tables are in memory if the caller drops each table before it asks for the next. Raises the errors of
    `Engine.fetch`.
    """
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")
    running: Future[pa.Table] | None = None
    try:
        for query in queries:
            following = pool.submit(engine.fetch, query)
            if running is not None:
                yield running.result()
            running = following
        if running is not None:
            yield running.result()
    finally:
        # This does not wait: a caller that stops early closes the engine, which stops the running query.
        pool.shutdown(wait=False, cancel_futures=True)
