"""Segments of a log: large logs are read one segment after the other, so that memory stays bounded.

A segment holds whole accounts. Computation on one needs no other, and the results put together are those of one
reading.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import (
    Engine,
    Query,
    identifier,
    literal,
)
from stillwatch.records import Table
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES

ROWS = 8_000_000  # exchanges of one segment, whose features take some 2 GB of memory
OVERLAP = 3.0  # readings of all files that one pass over the segments may take; rewriting the log costs about six
SKETCHES = "sketches_by_account"
CHOSEN = "accounts_to_read"
_ACCOUNTS = Table(
    CHOSEN,
    tuple(column for column in ACCOUNT_SKETCHES.columns if column.name in ("account_id", "account_index", "exchanges")),
    ("account_index",),
)

_KEPT = ("exchange_id", "started_at", "content_features")
_COLUMNS = (*_KEPT, *(name for name in EXCHANGE_SKETCHES.names if name.endswith("_value")))


@contextmanager
def segmented(engine: Engine, chosen: NDArray[np.bool_] | None = None) -> Iterator[list[str]]:
    """Makes the table SKETCHES, the columns of exchanges that linking reads with `account_index`, for the block: of the
    `chosen` accounts (accounts,), of all for None.

    Yields SQL conditions on that table, each true of whole accounts with about ROWS exchanges together, by ascending
    account index. A log that is not in order of accounts is rewritten once: each segment would read all of it.
    """
    if chosen is not None and not chosen.any():
        yield []
        return
    _choose(engine, chosen)
    edges = _edges(engine)
    if not edges or not scattered(engine, edges):
        engine.view(SKETCHES, _sketches_sql("0", ("account_id", *_COLUMNS)))
        places = between("account_index", [str(edge) for edge in edges])
        # the condition names account ids as well, since files state which of them they hold
        names = between("account_id", [literal(name) for name in _names(engine, edges)])
        conditions = [f"{place} AND {name}" for place, name in zip(places, names, strict=True)]
    else:
        cases = " ".join(f"WHEN account_index < {edge} THEN {number}" for number, edge in enumerate(edges))
        # the join brings accounts in random order, in which every access to an account's data would miss the cache
        engine.partition(
            SKETCHES, _sketches_sql(f"CASE {cases} ELSE {len(edges)} END", _COLUMNS), "part", "account_index"
        )
        conditions = [f"part = {number}" for number in range(len(edges) + 1)]
    try:
        yield conditions
    finally:
        engine.drop(SKETCHES)
        engine.drop(CHOSEN)


def _choose(engine: Engine, chosen: NDArray[np.bool_] | None) -> None:
    """Makes the table CHOSEN, of the account sketches of the chosen accounts (accounts,)."""
    names = ", ".join(_ACCOUNTS.names)
    if chosen is None:
        engine.view(CHOSEN, Query("accounts to read", f"SELECT {names} FROM account_sketches"))
        return
    query = Query("accounts to read", f"SELECT {names} FROM account_sketches ORDER BY account_index")
    engine.store(_ACCOUNTS, engine.fetch(query).filter(pa.array(chosen)))


def scattered(engine: Engine, edges: list[int]) -> bool:
    """Would segments that begin at the account indices `edges` together read the files more than OVERLAP times?"""
    groups = engine.fetch(Query("row groups", "SELECT first_account, last_account, rows FROM received_groups"))
    rows = groups["rows"].to_numpy()
    if int(rows.sum()) < _exchanges(engine):
        return True  # some exchanges were sketched in this run, in order of time
    names = _names(engine, edges)
    ends = zip(groups["first_account"].to_pylist(), groups["last_account"].to_pylist(), strict=True)
    met = [
        len(names) + 1 if first is None or last is None else bisect_right(names, last) - bisect_right(names, first) + 1
        for first, last in ends
    ]
    return float(np.dot(rows, met)) > OVERLAP * float(rows.sum())


def segment_count(count: int, rows: int) -> int:
    """How many segments of `rows` exchanges hold `count` exchanges; at least one."""
    return max(1, -(-count // rows))


def between(column: str, edges: list[str]) -> list[str]:
    """SQL conditions that part a column at ascending `edges`; without edges one condition that is always true."""
    lower = ["TRUE", *(f"{column} >= {edge}" for edge in edges)]
    upper = [*(f"{column} < {edge}" for edge in edges), "TRUE"]
    return [f"{low} AND {high}" for low, high in zip(lower, upper, strict=True)]


def _edges(engine: Engine) -> list[int]:
    """Account indices at which a new segment begins, ascending; they are in the order of account ids."""
    sql = f"SELECT account_index, exchanges FROM {CHOSEN} ORDER BY account_index"
    rows = engine.fetch(Query("exchanges by account", sql))
    total = np.cumsum(rows["exchanges"].to_numpy())
    turns = range(1, segment_count(int(total[-1]) if len(total) else 0, ROWS))
    ends = {int(np.searchsorted(total, turn * ROWS, side="right")) for turn in turns}
    return sorted(int(rows["account_index"][end].as_py()) for end in ends if 0 < end < len(total))


def _names(engine: Engine, account_indices: list[int]) -> list[str]:
    """The account ids at ascending account indices."""
    if not account_indices:
        return []
    wanted = ", ".join(str(account_index) for account_index in account_indices)
    query = f"SELECT account_id FROM account_sketches WHERE account_index IN ({wanted}) ORDER BY account_index"
    return [str(name) for name in engine.fetch(Query("accounts at edges", query))["account_id"].to_pylist()]


def _exchanges(engine: Engine) -> int:
    query = Query("exchanges", "SELECT CAST(sum(exchanges) AS BIGINT) AS n FROM account_sketches")
    return int(engine.fetch(query)["n"][0].as_py() or 0)


def _sketches_sql(part: str, names: Sequence[str]) -> Query:
    columns = ", ".join(f"exchanges.{identifier(name)}" for name in names)
    return Query(
        "sketches by account",
        f"""
SELECT {part} AS part, sketches.account_index, {columns}
FROM exchange_sketches AS exchanges
JOIN {CHOSEN} AS sketches USING (account_id)
""",
    )
