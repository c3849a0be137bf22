"""The tables of values that were not used as they stand, summed up from what reading noted."""

from __future__ import annotations

from collections.abc import Mapping

from stillwatch.engine import Query, identifier
from stillwatch.read.partitions import no_rows_sql
from stillwatch.records import Kind, Table
from stillwatch.records.columns import columns
from stillwatch.records.inputs import CONFLICTING_ROWS

SOURCE_NAMES = Table(
    "source_names",
    (
        *columns(Kind.INT64, "number", required=True),
        *columns(Kind.STRING, "source feeds", required=True),
    ),
)
"""The paths of sources by their numbers."""


def altered_values_sql() -> Query:
    """The rows of `altered_values`: one for each file, column and reason, with the first value at fault."""
    return Query(
        "altered values",
        """
SELECT
  source, feeds, column_name, reason,
  CAST(sum(rows) AS BIGINT) AS rows,
  min(line) AS line,
  min(example) FILTER (WHERE turn = 1) AS example
FROM (
  SELECT
    *, row_number() OVER (PARTITION BY number, column_name, reason ORDER BY line) AS turn
  FROM unused_by_column
) AS counted
JOIN source_names USING (number)
GROUP BY source, feeds, column_name, reason
""",
    )


def conflicting_rows_sql(repeated: Mapping[str, str]) -> Query:
    """The rows of `conflicting_rows`; `repeated` gives, by table, the name of the table of rows that share a key."""
    parts = [
        f"""
SELECT feeds, key, rows, source, line
FROM (
  SELECT
    feeds, key,
    count(*) AS rows, count(DISTINCT content) AS contents,
    min(source) FILTER (WHERE turn = 1) AS source, min(line) FILTER (WHERE turn = 1) AS line
  FROM {identifier(name)} JOIN source_names USING (number)
  GROUP BY feeds, key
) AS counted
WHERE contents > 1
"""
        for name in repeated.values()
    ]
    return Query("conflicting rows", "UNION ALL".join(parts) if parts else no_rows_sql(CONFLICTING_ROWS))


def altered_accounts_sql() -> Query:
    """The rows of `altered_accounts`."""
    return Query(
        "altered accounts",
        """
SELECT account_id, column_name, CAST(sum(rows) AS BIGINT) AS rows
FROM altered_by_account
GROUP BY account_id, column_name
""",
    )
