"""The first hours of a large world are a world that can be played."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from bench.watch import beginning

from bench.reference_case import world
from stillwatch_lab.live import batches


def test_it_holds_what_was_logged_in_these_hours_and_its_truth(tiny: world.Plan, tmp_path: Path) -> None:
    into = tmp_path / "world"
    (said,) = beginning.lines(Namespace(world=tiny.folder, into=into, hours=100))
    every = ds.dataset(tiny.exchanges).to_table(columns=["exchange_id", "started_at"])
    early = pc.less(every["started_at"], pc.add(pc.min(every["started_at"]), timedelta(hours=100)))
    wanted = set(every.filter(early)["exchange_id"].to_pylist())
    played = [one for _, rows in batches(into, *[timedelta(hours=10)] * 2) for one in rows["exchange_id"].to_pylist()]
    assert sorted(played) == sorted(wanted) and 0 < len(wanted) < len(every)
    truth = pq.read_table(tiny.folder / "truth" / "exchanges.parquet").to_pylist()
    of_campaigns = {row["exchange_id"] for row in truth if row["campaign_id"] is not None}
    found = pq.read_table(into / "truth" / "exchanges.parquet")["exchange_id"].to_pylist()
    assert set(found) == of_campaigns & wanted
    assert f"{len(found):,} of the {len(of_campaigns):,} exchanges" in said
    assert pq.read_table(into / "accounts.parquet").num_rows == pq.read_table(into / "truth/accounts.parquet").num_rows
