"""Large logs are read in ranges, one after the other, so that memory stays bounded whatever their length.

Ranges of accounts hold whole accounts, ranges of keyed values hold all holders of each: what is computed on one range
needs no other, and the results one after the other are the same as of one reading.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Engine, Query, literal

ROWS = 8_000_000  # exchanges whose features are read at once: some 2 GB
PAIRS = 96_000_000  # exchanges whose values are grouped at once: some 4 GB if all of them differ
_LOWEST, _COUNT = -(2**63), 2**64


def account_ranges(engine: Engine) -> list[str]:
    """SQL conditions on `sketches.position`, each true of whole accounts with some ROWS exchanges together.

    Positions follow account ids. The same edges are said of `exchanges.account_id`, so that of files in order of
    accounts only the row groups of a range are read: without it every range read every file.
    """
    query = Query("exchanges by account", "SELECT exchanges FROM account_sketches ORDER BY position")
    total = np.cumsum(engine.fetch(query)["exchanges"].to_numpy())
    turns = range(1, parts(int(total[-1]) if len(total) else 0, ROWS))
    ends = {int(np.searchsorted(total, turn * ROWS, side="right")) for turn in turns}
    edges = sorted(end for end in ends if 0 < end < len(total))
    places = between("sketches.position", [str(edge) for edge in edges])
    names = between("exchanges.account_id", [literal(name) for name in _names(engine, edges)])
    return [f"{place} AND {name}" for place, name in zip(places, names, strict=True)]


def _names(engine: Engine, positions: list[int]) -> list[str]:
    """The account ids at ascending positions."""
    if not positions:
        return []
    wanted = ", ".join(str(position) for position in positions)
    query = f"SELECT account_id FROM account_sketches WHERE position IN ({wanted}) ORDER BY position"
    return [str(name) for name in engine.fetch(Query("accounts at edges", query))["account_id"].to_pylist()]


def value_ranges(engine: Engine, column: str) -> list[str]:
    """SQL conditions on a column of keyed values, which are spread evenly over 64 bits, ascending."""
    query = Query("exchanges", "SELECT CAST(sum(exchanges) AS BIGINT) AS n FROM account_sketches")
    count = parts(int(engine.fetch(query)["n"][0].as_py() or 0), PAIRS)
    return between(column, [str(_LOWEST + _COUNT * turn // count) for turn in range(1, count)])


def parts(count: int, rows: int) -> int:
    """How many ranges of `rows` hold `count`; at least one."""
    return max(1, -(-count // rows))


def between(column: str, edges: list[str]) -> list[str]:
    """Conditions that part a column at ascending edges, as SQL writes them; one that is always true for no edges."""
    lower = ["TRUE", *(f"{column} >= {edge}" for edge in edges)]
    upper = [*(f"{column} < {edge}" for edge in edges), "TRUE"]
    return [f"{low} AND {high}" for low, high in zip(lower, upper, strict=True)]
