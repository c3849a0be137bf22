"""An operator whom the logs have forgotten comes back under new accounts: they join at once, under the old id."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.runs.tables import table_of
from stillwatch.watch import epochs
from stillwatch_lab.live import Live
from stillwatch_lab.worlds.build import build

RECIPE = """
[world]
days = 50
volume_sigma = 1.4

[[population]]
kind = "letter"
count = 60
groups = 1
set = { campaigns = ["returning"], relay = "stork", first_day = 0.04, banned_at = 0.3 }

[[population]]
kind = "letter"
count = 60
groups = 1
set = { campaigns = ["returning"], relay = "stork", first_day = 0.7 }

[[population]]
kind = "enterprise"
count = 30
groups = 1
"""
DAY, ALWAYS, NEVER = timedelta(days=1), timedelta(0), timedelta(days=10_000)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("returning")
    (folder / "recipe.toml").write_text(RECIPE)
    build(folder / "recipe.toml", 5, 700, 24_000, None, folder / "world")
    return folder / "world"


def waves(world: Path, rows: pa.Table) -> tuple[set[str], set[str], datetime]:
    """The accounts of both waves, and the first exchange of the second."""
    accounts = pq.read_table(world / "truth" / "accounts.parquet").filter(pc.field("campaign_id").is_valid())
    group = dict(zip(accounts["account_id"].to_pylist(), accounts["group_id"].to_pylist(), strict=True))
    first: dict[str, datetime] = {}
    for account, at in zip(rows["account_id"].to_pylist(), rows["started_at"].to_pylist(), strict=True):
        if account in group:
            first.setdefault(group[account], at)
    one, two = sorted(first, key=lambda name: first[name])
    return {a for a in group if group[a] == one}, {a for a in group if group[a] == two}, first[two]


def between(rows: pa.Table, since: datetime, until: datetime) -> pa.Table:
    at = rows["started_at"]
    return rows.filter(pc.and_(pc.greater_equal(at, pa.scalar(since)), pc.less(at, pa.scalar(until))))


def latest(live: Live) -> Path:
    run = epochs.latest(live.state)
    assert run is not None
    return run


def standings(live: Live) -> dict[str, bool]:
    """The networks that stand, and whether they are remembered only."""
    rows = table_of(latest(live), "network_standings").to_pylist()
    return {row["network_id"]: row["remembered"] for row in rows if row["act"] >= 0.9 * row["accounts"]}


def test_a_known_operator_is_answered_for_as_it_returns(world: Path, tmp_path: Path) -> None:
    rows = pq.read_table(world / "exchanges").sort_by("started_at")
    first, second, back = waves(world, rows)
    begin = rows["started_at"][0].as_py()
    live = Live(world, tmp_path / "live", ALWAYS, keep=12 * DAY)
    for since, until in ((begin, begin + 16 * DAY), (begin + 16 * DAY, begin + 24 * DAY), (begin + 24 * DAY, back)):
        live.feed(between(rows, since, until), until)
        if since == begin:
            (known,) = standings(live)
            (campaign,) = {row["campaign_id"] for row in table_of(latest(live), "campaigns").to_pylist()}
            assert {account for account, level in live.levels().items() if level == "act"} <= first
    assert standings(live) == {known: True}, "the logs have forgotten it, the watch has not"
    assert live.levels() == {}

    live.pace(NEVER)
    live.feed(between(rows, back, back + DAY), back + DAY)
    joined = {row["account_id"]: row for row in live.watch.joined.to_pylist() if row["level"] == "act"}
    seen = second & set(between(rows, back, back + DAY)["account_id"].to_pylist())
    assert {row["network_id"] for row in joined.values()} == {known}
    assert set(joined) <= second
    assert len(joined) >= 0.9 * len(seen), (len(joined), len(seen))

    live.pace(ALWAYS)
    live.feed(between(rows, back + DAY, back + 5 * DAY), back + 5 * DAY)
    run = latest(live)
    events = [(row["subject"], row["event"]) for row in table_of(run, "lineage").to_pylist()]
    assert (known, "returned") in events
    assert known in table_of(run, "networks")["network_id"].to_pylist()
    assert {row["campaign_id"] for row in table_of(run, "campaigns").to_pylist()} <= {campaign}
    seen = second & set(between(rows, back, back + 5 * DAY)["account_id"].to_pylist())
    act = {account for account, level in live.levels().items() if level == "act"}
    assert act <= second
    assert len(act) >= 0.9 * len(seen), (len(act), len(seen))
