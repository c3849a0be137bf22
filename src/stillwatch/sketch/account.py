"""Exchange sketches summed up per account: integers only, so that windows and machines add up."""

from __future__ import annotations

from stillwatch.engine import Engine, Query
from stillwatch.records.inputs import CAPABILITIES

ELICITATION_PERMILLE = 500  # an exchange counts as reasoning elicitation above even odds of the model


def account_sketches_sql() -> Query:
    """One row an account seen in the exchanges; `position` ranks account ids so that arrays can be indexed by it."""
    counts = ",\n    ".join(
        f"count(*) FILTER (WHERE capability = {code}) AS {name}_count" for code, name in enumerate(CAPABILITIES)
    )
    return Query(
        "account sketches",
        f"""
WITH sums AS (
  SELECT
    account_id,
    count(*) AS exchanges,
    count(DISTINCT conversation_value) AS conversations,
    count(DISTINCT CAST(started_at AS DATE)) AS active_days,
    min(started_at) AS first_seen,
    max(started_at) AS last_seen,
    CAST(coalesce(sum(input_tokens), 0) AS BIGINT) AS input_tokens,
    CAST(coalesce(sum(output_tokens), 0) AS BIGINT) AS output_tokens,
    count(*) FILTER (WHERE elicitation_permille > {ELICITATION_PERMILLE}) AS elicitation_count,
    count(capability) AS classified_count,
    {counts}
  FROM exchange_sketches
  GROUP BY account_id
)
SELECT
  account_id,
  CAST(row_number() OVER (ORDER BY account_id) - 1 AS INTEGER) AS position,
  * EXCLUDE (account_id)
FROM sums
""",
    )


def run(engine: Engine) -> None:
    """Writes `account_sketches` from `exchange_sketches`."""
    engine.create("account_sketches", account_sketches_sql())
