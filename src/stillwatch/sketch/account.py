"""Writes one row for each account: its exchanges by number, first and last time and digest, and its index in arrays."""

from __future__ import annotations

from stillwatch.engine import Engine, Query
from stillwatch.records.definitions import DIGEST, account_sums_sql, summed_again_sql
from stillwatch.records.sketches import ACCOUNT_SKETCHES, ACCOUNT_SUMS, ADDED_SKETCHES


def merged_sql() -> str:
    """Returns SQL that gives one row for each account, from a state's sums and the sketches that this run adds."""
    kept = f"SELECT {', '.join(ACCOUNT_SUMS.names)} FROM state_accounts"
    return summed_again_sql(f"{kept}\nUNION ALL{account_sums_sql(ADDED_SKETCHES.name, DIGEST)}")


def ranked_sql(sums: str) -> Query:
    """Returns the query of account sketches from their sums; `account_index` is the rank of the account id, from 0."""
    columns = ", ".join(name for name in ACCOUNT_SKETCHES.names if name not in ("account_id", "account_index"))
    return Query(
        "account sketches",
        f"""
SELECT account_id, CAST(row_number() OVER (ORDER BY account_id) - 1 AS INTEGER) AS account_index, {columns}
FROM ({sums}
)
""",
    )


def run(engine: Engine, exchanges: str = ADDED_SKETCHES.name, has_state: bool = False) -> None:
    """Writes `account_sketches` of the table `exchanges`; with `has_state`, `state_accounts` has the sums of all but
    `added_sketches`."""
    sums = merged_sql() if has_state else account_sums_sql(exchanges)
    engine.create(ACCOUNT_SKETCHES.name, ranked_sql(sums))
