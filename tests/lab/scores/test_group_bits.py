"""The cost of a run's evidence, on groups small enough to count by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.claims import WEIGHED_TOGETHER
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.outputs import CAMPAIGN_MEMBERS, EVIDENCE, NETWORK_MEMBERS
from stillwatch_lab.scores.group_bits import cost_of_evidence

PAIRS = Table("pairs", columns(Kind.STRING, "campaign_id account_id"))


def rows(table: Table, *given: dict[str, object]) -> pa.Table:
    empty = {"examples": [], "sentence": "", "probability": 0.0, "bits": 0.0, "exchanges": 0, "level": "act"}
    blank = {column.name: empty.get(column.name, 0) for column in table.columns}
    return pa.Table.from_pylist([blank | row for row in given], schema=table.schema)


@pytest.fixture
def run(tmp_path: Path, engine: DuckDBEngine) -> Path:
    """Campaign C1 of a, b and the stranger x; networks N2 of x, y and N3 of a, y; only a and b are a campaign's."""
    engine.store(PAIRS, rows(PAIRS, *({"campaign_id": "T", "account_id": name} for name in "ab")))
    accused = ({"campaign_id": "C1", "account_id": name} for name in "abx")
    engine.store(CAMPAIGN_MEMBERS, rows(CAMPAIGN_MEMBERS, *accused))
    linked = (
        {"network_id": name, "account_id": one} for name, one in (("N2", "x"), ("N2", "y"), ("N3", "a"), ("N3", "y"))
    )
    pq.write_table(rows(NETWORK_MEMBERS, *linked), tmp_path / "network_members.parquet")
    facts = [("C1", WEIGHED_TOGETHER.name, 3.125), ("C1", "asks_one_mix", 1.0), ("C1", "same_sizes", 0.5)]
    facts += [("N2", WEIGHED_TOGETHER.name, -1.0), ("N3", WEIGHED_TOGETHER.name, 3.0), ("x", "is_a_person", 9.0)]
    said = ({"subject": subject, "claim": claim, "bits": bits} for subject, claim, bits in facts)
    pq.write_table(rows(EVIDENCE, *said), tmp_path / "evidence.parquet")
    return tmp_path


def test_the_bits_of_a_group_are_those_of_all_its_evidence_together(engine: DuckDBEngine, run: Path) -> None:
    cost = cost_of_evidence(engine, run)
    assert cost is not None
    assert (cost.trials, cost.targets) == (3, 1), "half a group is not most of it, and an account is no group"
    # those of single measures are not added
    expected = (math.log2(1 + 2**-3.125) + (math.log2(1.5) + math.log2(9)) / 2) / 2
    assert cost.cllr == pytest.approx(expected)


@pytest.mark.parametrize("absent", ["evidence", "network_members"])
def test_a_run_without_the_files_has_no_cost(engine: DuckDBEngine, run: Path, absent: str) -> None:
    (run / f"{absent}.parquet").unlink()
    assert cost_of_evidence(engine, run) is None
