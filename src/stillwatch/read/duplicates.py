"""Finds rows that repeat a key: one pass over the keys finds them, and their content decides which row is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stillwatch.engine import Engine, Query, identifier
from stillwatch.read.partitions import no_rows_sql, rows_sql
from stillwatch.read.tables import CheckedPart
from stillwatch.records import Kind, Table
from stillwatch.records.columns import columns
from stillwatch.records.inputs import INDICATORS, JUDGEMENTS

_REPEATED_HASHES = "repeated_key_hashes"
_MEASURED = ("input", "output")  # texts whose lengths a sketch keeps
_AMOUNTS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "max_tokens", "status_code")
REPEATED = Table(
    "repeated_rows",
    (*columns(Kind.INT64, "number place line turn"), *columns(Kind.STRING, "key content")),
)
"""The columns of a table of rows that share a key."""


def find_repeats(engine: Engine, name: str, parts: Sequence[CheckedPart]) -> Counter[int]:
    """Creates the table `name` of rows that share a key; returns the number of repeated rows by source number.

    The rows of one key have a `turn`, from 1 for the row that is kept, with their `number`, `place`, `line`, `key` and
    the digest of their `content`.

    Of several rows with one key, one row is kept and the others are repeated: the row whose content has the smallest
    digest, so that neither the order of rows nor the order of files decides. Exchanges, judgements and indicators are
    repeated only when all columns are equal: clients can choose the id that some gateways log, and clocks can be
    coarse, and no client may remove with them its own exchanges or those of others.

    Of an exchange that is in two tables, raw and as a sketch, the row of the table that is given earlier is kept. As
    the two cannot be compared in full, each row of the later table is repeated by one of the earlier with equal
    account, time and amounts, as long as there are any.
    """
    hashes = "\nUNION ALL\n".join(_hashes_sql(one) for one in parts)
    # The engine's own hash may collide, so it selects only candidates; the keys themselves are compared below.
    engine.duplicate_hashes(_REPEATED_HASHES, Query("keys of several rows", hashes), "key_hash")
    if not engine.sizes([_REPEATED_HASHES])[_REPEATED_HASHES]:  # looking for them would read all texts
        engine.create(name, Query("no repeated rows", no_rows_sql(REPEATED)))
        return Counter()
    candidates = "\nUNION ALL\n".join(_candidates_sql(one, parts) for one in parts)
    order = "row_number() OVER (PARTITION BY key, sent, variant ORDER BY rank, content, place) AS turn"
    found = f"SELECT *, {order} FROM (\n{_variants_sql(candidates, parts[0].part.table)}\n)"
    engine.create(name, Query("repeated rows", f"SELECT number, place, key, content, turn, line FROM (\n{found}\n)"))
    repeats = f"SELECT number, count(*) AS n FROM {identifier(name)} WHERE turn > 1 GROUP BY number"
    counted = engine.fetch(Query("repeats", repeats))
    return Counter({row["number"]: row["n"] for row in counted.to_pylist()})


def _hashes_sql(checked: CheckedPart) -> str:
    return f"SELECT hash({_key(checked.part.table)}) AS key_hash FROM (\n{_keyed_rows_sql(checked)}\n)"


def _candidates_sql(checked: CheckedPart, every: Sequence[CheckedPart]) -> str:
    tables = list(dict.fromkeys(one.part.table.name for one in every))
    table = checked.part.table
    content = f"sha256(CAST({_row(table)} AS VARCHAR)) AS content"
    key = f"{_key(table)} AS key, {_sent(table)} AS sent, {tables.index(table.name)} AS rank"
    return (
        f"SELECT {key}, {content}, number, place, line "
        f"FROM (\n{_keyed_rows_sql(checked)}\n) WHERE hash({_key(table)}) IN (SELECT key_hash FROM {_REPEATED_HASHES})"
    )


def _variants_sql(candidates: str, table: Table) -> str:
    """Numbers the different contents of one key that are rows of their own; of other tables a key is one row."""
    ranked = "dense_rank() OVER (PARTITION BY key, sent, rank ORDER BY content)"
    return f"SELECT *, {ranked if 'started_at' in table.names else '1'} AS variant FROM (\n{candidates}\n)"


def _keyed_rows_sql(checked: CheckedPart) -> str:
    part = checked.part
    rows = rows_sql(part, f"{part.number} AS number, {part.place} AS place, {part.line} AS line")
    if checked.faulty is None:
        return rows
    return f"{rows}\nWHERE ({part.place}) NOT IN (SELECT place FROM {identifier(checked.faulty)})"


def _key(table: Table) -> str:
    return f"CAST({_row(table)} AS VARCHAR)" if table in (JUDGEMENTS, INDICATORS) else identifier(table.columns[0].name)


def _sent(table: Table) -> str:
    """What an exchange and its sketch have in common besides the key, as text."""
    if "started_at" not in table.names:
        return "CAST(NULL AS VARCHAR)"
    sizes = (f"{name}_chars" if f"{name}_chars" in table.names else f"length({name}_text)" for name in _MEASURED)
    return f"CAST(row(account_id, started_at, {', '.join((*sizes, *_AMOUNTS))}) AS VARCHAR)"


def _row(table: Table) -> str:
    return f"row({', '.join(identifier(name) for name in table.names)})"
