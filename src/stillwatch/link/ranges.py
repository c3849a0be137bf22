"""Large logs are read in ranges, one after the other, so that memory stays bounded whatever their length.

Ranges of accounts hold whole accounts, ranges of keyed values hold all holders of each: what is computed on one range
needs no other, and the results one after the other are the same as of one reading.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Engine, Query

ROWS = 8_000_000  # exchanges whose features are read at once: some 2 GB
PAIRS = 96_000_000  # exchanges whose values are grouped at once: some 4 GB if all of them differ
_LOWEST, _COUNT = -(2**63), 2**64


def account_ranges(engine: Engine) -> list[str]:
    """SQL conditions on `sketches.position`, each true of whole accounts with some ROWS exchanges together."""
    query = Query("exchanges by account", "SELECT exchanges FROM account_sketches ORDER BY position")
    total = np.cumsum(engine.fetch(query)["exchanges"].to_numpy())
    turns = range(1, parts(int(total[-1]) if len(total) else 0, ROWS))
    ends = {int(np.searchsorted(total, turn * ROWS, side="right")) for turn in turns}
    return between("sketches.position", sorted(end for end in ends if 0 < end < len(total)))


def value_ranges(engine: Engine, column: str) -> list[str]:
    """SQL conditions on a column of keyed values, which are spread evenly over 64 bits, ascending."""
    query = Query("exchanges", "SELECT CAST(sum(exchanges) AS BIGINT) AS n FROM account_sketches")
    count = parts(int(engine.fetch(query)["n"][0].as_py() or 0), PAIRS)
    return between(column, [_LOWEST + _COUNT * turn // count for turn in range(1, count)])


def parts(count: int, rows: int) -> int:
    """How many ranges of `rows` hold `count`; at least one."""
    return max(1, -(-count // rows))


def between(column: str, edges: list[int]) -> list[str]:
    """Conditions that part a column's values at ascending edges; one that is always true where there are none."""
    lower = ["TRUE", *(f"{column} >= {edge}" for edge in edges)]
    upper = [*(f"{column} < {edge}" for edge in edges), "TRUE"]
    return [f"{low} AND {high}" for low, high in zip(lower, upper, strict=True)]
