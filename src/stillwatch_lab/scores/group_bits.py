"""The evidence bits of every group a run judged, beside whether the group was a campaign: what the bits are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillwatch.assess.evidence import EvidenceItem
from stillwatch.assess.score import evidence_bits
from stillwatch.calibrate.cllr import BitsCost, bits_cost
from stillwatch.engine import Engine, Query, literal

FILES = ("evidence", "network_members")


def cost_of_evidence(engine: Engine, run: Path) -> BitsCost | None:
    """The cost of the run's evidence bits over the groups it judged, accused or not; None without both sorts of group.

    A group is a campaign when most of its members belong to true ones. The views of `score_tables.name_files` must be
    there; a run without evidence or network files has no cost.
    """
    if not all((run / f"{name}.parquet").is_file() for name in FILES):
        return None
    for name in FILES:
        engine.view(name, Query(name, f"SELECT * FROM read_parquet({literal(str(run / f'{name}.parquet'))})"))
    rows: list[dict[str, Any]] = engine.fetch(judged_sql()).to_pylist()
    items: dict[str, list[EvidenceItem]] = {}
    for row in rows:
        items.setdefault(row["subject"], []).append(EvidenceItem(row["claim"], row["bits"], row["sentence"]))
    so = {row["subject"]: bool(row["so"]) for row in rows}
    return bits_cost([evidence_bits(found) for found in items.values()], [so[subject] for subject in items])


def judged_sql() -> Query:
    """One row an item of evidence about a group, with whether most of the group's members belong to true campaigns."""
    return Query(
        "judged groups",
        """
WITH belonging AS (
  SELECT campaign_id AS subject, account_id FROM campaign_members
  UNION
  SELECT network_id, account_id FROM network_members
),
judged AS (
  SELECT subject, count(truth.account_id) > count(*) / 2 AS so
  FROM belonging
  LEFT JOIN (SELECT DISTINCT account_id FROM pairs) AS truth USING (account_id)
  GROUP BY subject
)
SELECT evidence.subject, evidence.claim, evidence.bits, evidence.sentence, judged.so
FROM evidence JOIN judged USING (subject)
ORDER BY evidence.subject, evidence.claim
""",
    )
