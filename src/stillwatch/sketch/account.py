"""Exchange sketches summed up per account: integers only, so that windows and machines add up."""

from __future__ import annotations

from stillwatch.engine import Engine, Query
from stillwatch.records.inputs import CAPABILITIES
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES

ELICITATION_PERMILLE = 500  # an exchange counts as reasoning elicitation above even odds of the model


SUMS = (
    "exchanges",
    "input_tokens",
    "output_tokens",
    "elicitation_count",
    "classified_count",
    *(f"{name}_count" for name in CAPABILITIES),
)
"""What adds up over any parting of the exchanges."""

# kept and added of one account: the last day of the one is the first of the other
_DAY_TWICE = """CASE
    WHEN count(*) = 2 AND CAST(min(last_seen) AS DATE) = CAST(max(first_seen) AS DATE) THEN 1 ELSE 0
  END"""


def sums_sql(table: str) -> str:
    """One row an account of a table of exchange sketches."""
    counts = ",\n  ".join(
        f"count(*) FILTER (WHERE capability = {code}) AS {name}_count" for code, name in enumerate(CAPABILITIES)
    )
    return f"""
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
FROM {table}
GROUP BY account_id"""


def known_conversations_sql() -> Query:
    """How many of an account's conversations among the added exchanges had begun among the kept ones."""
    added = "SELECT DISTINCT account_id, conversation_value FROM added_sketches WHERE conversation_value IS NOT NULL"
    return Query(
        "known conversations",
        f"""
WITH added AS ({added})
SELECT added.account_id, count(*) AS conversations
FROM added
JOIN (
  SELECT DISTINCT account_id, conversation_value FROM kept_sketches
  WHERE conversation_value IN (SELECT conversation_value FROM added)
) AS kept ON kept.account_id = added.account_id AND kept.conversation_value = added.conversation_value
GROUP BY added.account_id
""",
    )


def merged_sql() -> str:
    """The sums of what is kept and of what is added, which is all later: each conversation and day counted once."""
    sums = ",\n  ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in SUMS)
    names = [*SUMS, "conversations", "active_days", "first_seen", "last_seen"]
    fresh = ", ".join(f"fresh.{name} AS {name}" for name in names)
    return f"""
SELECT
  account_id,
  CAST(sum(conversations) - sum(known_conversations) AS BIGINT) AS conversations,
  CAST(sum(active_days) - {_DAY_TWICE} AS BIGINT) AS active_days,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen,
  {sums}
FROM (
  SELECT account_id, {", ".join(names)}, 0 AS known_conversations FROM kept_accounts
  UNION ALL
  SELECT fresh.account_id, {fresh}, coalesce(known.conversations, 0) AS known_conversations
  FROM ({sums_sql("added_sketches")}
  ) AS fresh
  LEFT JOIN known_conversations AS known ON known.account_id = fresh.account_id
)
GROUP BY account_id"""


def ranked_sql(sums: str) -> Query:
    """Account sketches from their sums; `position` ranks account ids so that arrays can be indexed by it."""
    columns = ", ".join(name for name in ACCOUNT_SKETCHES.names if name not in ("account_id", "position"))
    return Query(
        "account sketches",
        f"""
SELECT account_id, CAST(row_number() OVER (ORDER BY account_id) - 1 AS INTEGER) AS position, {columns}
FROM ({sums}
)
""",
    )


def run(engine: Engine, beside_kept: bool = False) -> None:
    """Writes `account_sketches`; `beside_kept` says that the sums of all but `added_sketches` are kept already."""
    if beside_kept:
        engine.create("known_conversations", known_conversations_sql())
    engine.create(ACCOUNT_SKETCHES.name, ranked_sql(merged_sql() if beside_kept else sums_sql(EXCHANGE_SKETCHES.name)))
