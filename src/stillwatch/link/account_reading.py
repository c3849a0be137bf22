"""Reads the exchanges of accounts, segment by segment, into their partial results."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from stillwatch.engine import Engine, Query, prefetched
from stillwatch.engine.parquet_files import disk_error
from stillwatch.link import partials
from stillwatch.link.conversation_starts import OF_ACCOUNTS, contents_sql, partial_starts
from stillwatch.link.holdings import Log
from stillwatch.link.partials import Accounts, Chunk, Flags
from stillwatch.link.segments import segmented
from stillwatch.link.values import TIMED, USED, used_values_sql


@contextmanager
def partial_results(engine: Engine, folder: Path | None = None) -> Iterator[list[Chunk]]:
    """Yields the chunks that hold the partial result of every account, each once.

    With a `folder`, what its files hold already is not read again, and the files stay. Raises OutputError when the disk
    is full or faulty.
    """
    accounts = _accounts(engine)
    if folder is None:
        with tempfile.TemporaryDirectory(dir=engine.folder) as name:
            yield list(_read(engine, Path(name), accounts, None))
        return
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    found = partials.current(folder, accounts)
    missing = np.ones(len(accounts.exchanges), np.bool_)
    for chunk in found:
        missing[chunk.index[chunk.index >= 0]] = False
    yield [*found, *_read(engine, folder, accounts, missing)]


def _accounts(engine: Engine) -> Accounts:
    sql = "SELECT account_id, exchanges, coalesce(digest, 0) AS digest FROM account_sketches ORDER BY account_index"
    rows = engine.fetch(Query("accounts to read", sql))
    return Accounts(
        pa.concat_arrays([pa.array([], pa.string()), *rows["account_id"].chunks]),
        rows["exchanges"].to_numpy().astype(np.int64),
        rows["digest"].to_numpy().astype(np.int64),
    )


def _read(engine: Engine, folder: Path, accounts: Accounts, chosen: Flags | None) -> Iterator[Chunk]:
    """Reads the `chosen` accounts (accounts,), all of them for None, into new chunks of the folder."""
    size = len(accounts.exchanges)
    with segmented(engine, chosen) as segments:
        tables = prefetched(engine, _queries(segments))
        for contents in tables:
            starts = partial_starts(contents, size)
            del contents
            log = Log(next(tables), size)
            own = {name: one[log.accounts] for name, one in starts.items() if name in OF_ACCOUNTS}
            yield partials.write(folder, accounts, log.accounts, {**starts, **own, **log.partial(USED, TIMED)})


def _queries(segments: Sequence[str]) -> Iterator[Query]:
    for condition in segments:
        yield contents_sql(condition)
        yield used_values_sql(condition, USED)
