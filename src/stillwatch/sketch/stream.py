"""Streams exchanges from the engine through the kernels and back, in batches of bounded rows and bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import pyarrow as pa

from stillwatch.engine import Engine, Query, identifier
from stillwatch.key import Key
from stillwatch.progress import progress
from stillwatch.records.addresses import LONGEST
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.sketch.exchange import sketch_batch
from stillwatch.sketch.text import Workspace, make_workspace

RECEIVED, STATE = "received_sketches", "state_sketches"
FETCH_ROWS = 2_048  # rows fetched at once, since texts may be long
BATCH_BYTES = 64_000_000  # bytes of a batch
MAXIMUM_THREADS = (
    16  # a thread needs 7 MB for its workspace and up to 64 MB for its batch: more exceed the memory limit
)


NAMES = ("channel", "request_model", "operation", "finish_reason")
CLAIMS = ("conversation_id", "user_agent", "client_fingerprint", "device_id", "session_id")
NAME_LETTERS, CLAIM_BYTES = 256, 4_096
HEAD_LETTERS, TAIL_LETTERS = 49_152, 16_384  # at most 256 KiB in UTF-8, which bounds the time for one text
HEAD_OF_INSTRUCTIONS, TAIL_OF_INSTRUCTIONS = 2_048, 1_920  # a program's own are long; features look at 4,096 bytes


def exchanges_sql() -> str:
    """Returns SQL of the columns that sketching needs.

    The engine digests instructions, which are long and have few distinct values. In a text longer than `HEAD_LETTERS` +
    `TAIL_LETTERS`, a digest of the whole text replaces the middle, so that different texts stay different; so it is
    with instructions, by lengths of their own. Of a list of addresses the right end is kept, and one character more,
    which shows that it was cut.
    """
    names = ", ".join(f"left({name}, {NAME_LETTERS}) AS {name}" for name in NAMES)
    claims = ", ".join(_claim_sql(name) for name in CLAIMS)
    return f"""SELECT
    exchange_id, account_id, started_at, tool_names,
    {names},
    {claims},
    right(client_address, {LONGEST + 1}) AS client_address,
    CASE WHEN system_instructions <> '' THEN sha256(system_instructions) END AS instructions_digest,
    temperature, top_p, max_tokens, choice_count, status_code,
    input_tokens, output_tokens, cached_tokens, reasoning_tokens,
    length(input_text) AS input_chars,
    length(output_text) AS output_chars,
    {_bounded_sql("system_instructions", HEAD_OF_INSTRUCTIONS, TAIL_OF_INSTRUCTIONS)},
    {_bounded_sql("input_text", HEAD_LETTERS, TAIL_LETTERS)}
FROM exchanges"""


def _bounded_sql(text: str, head: int, tail: int) -> str:
    return f"""CASE WHEN length({text}) > {head + tail}
        THEN left({text}, {head}) || ' ' || sha256({text}) || ' ' || right({text}, {tail})
        ELSE {text} END AS {text}"""


def _claim_sql(name: str) -> str:
    # A client may send values of any length; a long value is replaced by its digest, which differs from all others.
    return f"CASE WHEN strlen({name}) > {CLAIM_BYTES} THEN sha256({name}) ELSE {name} END AS {name}"


def joined_sql(tables: Sequence[str]) -> str:
    """Returns SQL of the rows of several tables of exchange sketches."""
    names = ", ".join(identifier(name) for name in EXCHANGE_SKETCHES.names)
    return "\nUNION ALL\n".join(f"SELECT {names} FROM {identifier(table)}" for table in tables)


def with_rows(engine: Engine, table: str) -> tuple[str, ...]:
    """Returns the table's name if the table exists and has rows, else an empty tuple."""
    if not engine.columns(table):
        return ()
    rows = engine.fetch(Query(f"count {table}", f"SELECT count(*) AS rows FROM {identifier(table)}"))
    return (table,) if rows.column("rows")[0].as_py() else ()


@dataclass(frozen=True, slots=True)
class Sketcher:
    """A kernel for the engine; it turns batches of `exchanges_sql` rows into batches of sketches, in the same order."""

    key: Key
    rows: int  # the most exchanges in one batch
    trusted_hops: int  # as in `records.addresses`

    def __call__(self, batches: Iterator[pa.RecordBatch], threads: int) -> Iterator[pa.RecordBatch]:
        with progress("sketching") as advance:
            ready = regrouped(batches, self.rows)
            for batch in sketched(ready, self.key, min(threads, MAXIMUM_THREADS), self.trusted_hops):
                advance(batch.num_rows)
                yield batch


def sketched(
    batches: Iterable[pa.RecordBatch], key: Key, threads: int, trusted_hops: int = 0
) -> Iterator[pa.RecordBatch]:
    """Sketches batches on several threads and yields them in order; at most `threads` + 1 batches are pending."""
    workspaces: SimpleQueue[Workspace] = SimpleQueue()
    for _ in range(threads):
        workspaces.put(make_workspace(key))

    def work(batch: pa.RecordBatch) -> pa.RecordBatch:
        workspace = workspaces.get()
        try:
            return sketch_batch(batch, key, workspace, trusted_hops)
        finally:
            workspaces.put(workspace)

    pending: deque[Future[pa.RecordBatch]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="sketch") as pool:
        for batch in batches:
            pending.append(pool.submit(work, batch))
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def regrouped(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yields joined batches of at most `rows` rows and BATCH_BYTES bytes; a larger input batch stays as it is."""
    held: list[pa.RecordBatch] = []
    size = count = 0
    for batch in batches:
        if held and (count + batch.num_rows > rows or size + batch.nbytes > BATCH_BYTES):
            yield pa.concat_batches(held)
            held, size, count = [], 0, 0
        held.append(batch)
        size += batch.nbytes
        count += batch.num_rows
    if held:
        yield pa.concat_batches(held)
