"""The quality of evidence bits: those of all evidence together on every group that a run judged, against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillwatch.calibrate.cllr import BitsCost, bits_cost
from stillwatch.engine import Engine, Query, literal
from stillwatch.records.claims import WEIGHED_TOGETHER

FILES = ("evidence", "network_members")


def cost_of_evidence(engine: Engine, run: Path) -> BitsCost | None:
    """The cost of the evidence bits over all groups that the run judged, accused or not.

    A group counts as a campaign if most of its members belong to true campaigns. The views of `tables.name_files` must
    exist. Returns None for a run without evidence or network files, and unless there are groups of both sorts.
    """
    if not all((run / f"{name}.parquet").is_file() for name in FILES):
        return None
    for name in FILES:
        engine.view(name, Query(name, f"SELECT * FROM read_parquet({literal(str(run / f'{name}.parquet'))})"))
    rows: list[dict[str, Any]] = engine.fetch(judged_sql()).to_pylist()
    return bits_cost([row["bits"] for row in rows], [bool(row["is_campaign"]) for row in rows])


def judged_sql() -> Query:
    """One row a judged group: its bits, and whether most of its members belong to true campaigns."""
    return Query(
        "judged groups",
        f"""
WITH belonging AS (
  SELECT campaign_id AS subject, account_id FROM campaign_members
  UNION
  SELECT network_id, account_id FROM network_members
),
judged AS (
  SELECT subject, count(truth.account_id) > count(*) / 2 AS is_campaign
  FROM belonging
  LEFT JOIN (SELECT DISTINCT account_id FROM pairs) AS truth USING (account_id)
  GROUP BY subject
)
SELECT evidence.subject, sum(CAST(round(evidence.bits * 1000) AS BIGINT)) / 1000.0 AS bits, judged.is_campaign
FROM evidence JOIN judged USING (subject)
WHERE evidence.claim = '{WEIGHED_TOGETHER.name}'
GROUP BY ALL
ORDER BY evidence.subject
""",
    )
