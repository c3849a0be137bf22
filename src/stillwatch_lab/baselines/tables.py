"""The logs as tables of an engine, with an integer index for each account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, literal
from stillwatch.records import Table
from stillwatch.records.inputs import ACCOUNTS
from stillwatch_lab.baselines.interface import Logs

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def name_logs(engine: Engine, logs: Logs) -> pa.Array:
    """Names `logged_exchanges`, `logged_accounts` (empty when there are none) and `logged_positions`.

    Returns the account ids of both tables, (accounts,), in the order of their bytes: the place is the account index.
    """
    engine.view("logged_exchanges", _file("exchange sketches", logs.sketches))
    if logs.accounts is None:
        engine.store(Table("logged_accounts", ACCOUNTS.columns), ACCOUNTS.schema.empty_table())
    else:
        engine.view("logged_accounts", _file("accounts", logs.accounts))
    engine.create("logged_indices", _positions_sql())
    ids = engine.fetch(Query("account ids", "SELECT account_id FROM logged_indices ORDER BY account_index"))
    return ids["account_id"].combine_chunks()


def _file(name: str, path: str) -> Query:
    return Query(name, f"SELECT * FROM read_parquet({literal(path)})")


def _positions_sql() -> Query:
    return Query(
        "account account_indices",
        """
SELECT account_id, CAST(row_number() OVER (ORDER BY account_id) - 1 AS INTEGER) AS account_index
FROM (SELECT account_id FROM logged_exchanges UNION SELECT account_id FROM logged_accounts)
""",
    )


@dataclass(frozen=True, slots=True)
class Events:
    """Every account's exchanges in order: account u's times (µs) are `at[start[u]:start[u + 1]]`."""

    start: Int64
    at: Int64


def read_events(engine: Engine, accounts: int) -> Events:
    """The times at which each account was active; needs the tables of `name_logs`."""
    rows = engine.fetch(
        Query(
            "event times",
            "SELECT account_index, started_at FROM logged_exchanges JOIN logged_indices USING (account_id)",
        )
    )
    account_index = rows["account_index"].to_numpy()
    at = microseconds(rows["started_at"])
    order = np.lexsort((at, account_index))
    start = np.concatenate([[0], np.cumsum(np.bincount(account_index, minlength=accounts))])
    return Events(start.astype(np.int64), at[order])


def microseconds(times: pa.ChunkedArray) -> Int64:
    """Timestamps as whole microseconds since 1970 (rows,)."""
    return np.asarray(times.to_numpy().astype("datetime64[us]").astype(np.int64))
