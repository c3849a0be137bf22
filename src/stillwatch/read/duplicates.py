"""A second row with the same key: found by a pass over the keys alone, and settled by content, never by order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stillwatch.engine import Engine, Query, identifier
from stillwatch.read.partitions import rows_sql
from stillwatch.read.tables import Taken
from stillwatch.records import Table
from stillwatch.records.inputs import JUDGEMENTS

_TWICE = "read_twice"


def set_repeats_aside(engine: Engine, name: str, taken: Sequence[Taken]) -> Counter[int]:
    """Makes a table `name` of the places of repeated rows; gives how many each source number has.

    Parts given earlier win over later ones; within the same table the row whose content has the smallest digest is
    kept, so that neither the order of rows nor that of files decides. Judgements repeat only when all columns do.
    """
    hashes = "\nUNION ALL\n".join(_hashes_sql(one) for one in taken)
    # the engine's own hash only narrows down candidates; keys themselves are compared below
    engine.duplicate_hashes(_TWICE, Query("keys met twice", hashes), "key_hash")
    candidates = "\nUNION ALL\n".join(_candidates_sql(one, taken) for one in taken)
    order = "row_number() OVER (PARTITION BY key ORDER BY rank, content, place)"
    engine.create(
        name,
        Query(
            "repeated rows",
            f"SELECT number, place FROM (SELECT *, {order} AS turn FROM (\n{candidates}\n)) WHERE turn > 1",
        ),
    )
    counted = engine.fetch(Query("repeats", f"SELECT number, count(*) AS n FROM {identifier(name)} GROUP BY number"))
    return Counter({row["number"]: row["n"] for row in counted.to_pylist()})


def _hashes_sql(taken: Taken) -> str:
    return f"SELECT hash({_key(taken.part.table)}) AS key_hash FROM (\n{_narrow(taken)}\n)"


def _candidates_sql(taken: Taken, every: Sequence[Taken]) -> str:
    tables = list(dict.fromkeys(one.part.table.name for one in every))
    table = taken.part.table
    content = f"sha256(CAST({_row(table)} AS VARCHAR))"
    return (
        f"SELECT {_key(table)} AS key, {tables.index(table.name)} AS rank, {content} AS content, number, place "
        f"FROM (\n{_narrow(taken)}\n) WHERE hash({_key(table)}) IN (SELECT key_hash FROM {_TWICE})"
    )


def _narrow(taken: Taken) -> str:
    part = taken.part
    rows = rows_sql(part, f"{part.number} AS number, {part.place} AS place")
    if taken.faulty is None:
        return rows
    return f"{rows}\nWHERE ({part.place}) NOT IN (SELECT place FROM {identifier(taken.faulty)})"


def _key(table: Table) -> str:
    return f"CAST({_row(table)} AS VARCHAR)" if table.name == JUDGEMENTS.name else identifier(table.columns[0].name)


def _row(table: Table) -> str:
    return f"row({', '.join(identifier(name) for name in table.names)})"
