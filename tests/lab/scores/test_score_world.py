"""A run written from a world's own truth scores perfectly: builder and scorer mean the same by every column."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.records.inputs import CAPABILITIES
from stillwatch.records.outputs import CAMPAIGN_EXCHANGES, CAMPAIGN_MEMBERS, CAMPAIGNS
from stillwatch_lab.scores.score import score
from stillwatch_lab.worlds.build import build


def write_oracle(world: Path, run: Path) -> None:
    """A run that says exactly what the truth says, each account detected before its first exchange."""
    truth = pq.read_table(world / "truth" / "campaigns.parquet")
    exchanges = pq.read_table(world / "truth" / "exchanges.parquet").combine_chunks()
    times = pq.read_table(world / "exchanges", columns=["exchange_id", "started_at"])
    exchanges = exchanges.join(times, "exchange_id")
    counts = exchanges.group_by(["campaign_id", "account_id"]).aggregate(
        [("started_at", "min"), ("started_at", "count")]
    )

    def constant(value: object, rows: int) -> pa.Array:
        return pa.array([value] * rows)

    campaigns = truth.drop_columns(["rung"])
    for name, value in {"expected_innocent_accounts": 0.0, "confidence": 99.0, "q_value": 0.0, "level": "act"}.items():
        campaigns = campaigns.append_column(name, constant(value, len(truth)))
    members = counts.rename_columns({"started_at_min": "detected_at", "started_at_count": "exchanges"})
    members = members.append_column("probability", constant(1.0, len(counts)))
    members = members.append_column("level", constant("act", len(counts)))
    listed = exchanges.append_column("probability", constant(1.0, len(exchanges)))
    run.mkdir()
    for table, rows in ((CAMPAIGNS, campaigns), (CAMPAIGN_MEMBERS, members), (CAMPAIGN_EXCHANGES, listed)):
        for column in table.columns:
            if column.name not in rows.column_names:
                empty: object = [] if column.name in ("networks", "subjects", "forms") else None
                rows = rows.append_column(column.name, pa.array([empty] * len(rows), column.kind.arrow))
        pq.write_table(rows.select(list(table.names)).cast(table.schema), run / f"{table.name}.parquet")


def test_the_truth_itself_scores_perfectly(tmp_path: Path) -> None:
    world, run = tmp_path / "world", tmp_path / "run"
    build("demo", 3, 500, 8_000, None, world)
    write_oracle(world, run)
    scores = score(run, world / "truth")
    assert scores.accounts == pq.read_metadata(world / "accounts.parquet").num_rows
    assert scores.accounts == scores.innocent_accounts + sum(one.accounts for one in scores.campaigns)
    assert scores.campaigns
    for one in scores.campaigns:
        assert one.exchanges > 0
        assert set(one.recall.values()) == {1.0}
        assert (one.leak_share, one.accounts_error, one.exchanges_error, one.targets_distance) == (0.0, 0.0, 0.0, 0.0)
        assert (one.exchange_precision, one.exchange_recall, one.purity) == (1.0, 1.0, 1.0)
        assert (one.first_day_error, one.last_day_error) == (0.0, 0.0)
    assert scores.innocents["watch"].accounts == 0
    targets = pq.read_table(world / "truth" / "campaigns.parquet")["targets"]
    assert {name for row in targets.to_pylist() for name, _ in row} <= set(CAPABILITIES)
    assert pc.all(pc.is_valid(targets)).as_py()
