"""Rows of several queries in turn, the next ones read while those at hand are worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from stillwatch.engine.interface import Engine
from stillwatch.engine.query import Query


def fetched_ahead(engine: Engine, queries: Iterable[Query]) -> Iterator[pa.Table]:
    """All rows of each query, in order: while a caller works on one table, the engine is at the next.

    Two tables are in memory at most, if the caller gives one up before it asks for another. Raises what `fetch` raises.
    """
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
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
        # not waited for: whoever gives up here closes the engine, which stops what it runs
        pool.shutdown(wait=False, cancel_futures=True)
