"""A watch finds what a scan finds, tells at once who joins a network, and accuses nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import OutputError
from stillwatch.job import Inputs
from stillwatch.verdicts import Reader
from stillwatch.watch import epochs, joins
from stillwatch.watch.loop import OWN
from tests.scenarios.small_world import SmallWorld, accused, findings, rows
from tests.watch.watching import Watched


@pytest.fixture
def watched(world: SmallWorld, tmp_path: Path) -> Watched:
    """A watch of the small world, whose logs have not come yet."""
    (tmp_path / "logs").mkdir()
    own = {name: (str(world.folder / f"{name}.parquet"),) for name in ("accounts", "permits")}
    return Watched(tmp_path / "logs", tmp_path / "state", Inputs(**own), world.settings())


def arrive(watched: Watched, file: Path) -> None:
    shutil.copyfile(file, watched.logs / file.name)


def test_a_watch_finds_what_a_scan_finds(watched: Watched, plain: Path, hours: list[Path]) -> None:
    for file in hours:
        arrive(watched, file)
    watched.run()
    run = epochs.latest(watched.state)
    assert run is not None
    assert findings(run) == findings(plain)
    reader = Reader(watched.state / "verdicts")
    found = {account: reader.find(account) for account in accused(plain)}
    assert {account: verdict.level for account, verdict in found.items() if verdict} == {
        row["account_id"]: row["level"] for row in rows(plain, "campaign_members")
    }


def test_accounts_that_join_are_told_at_once(watched: Watched, world: SmallWorld, tmp_path: Path) -> None:
    """The first epoch sees the world without a quarter of a campaign's accounts, which then come in one batch."""
    whole = world.exchanges.sort_by("started_at")
    network = sorted(world.accounts_of("letter"))
    late = set(network[::4])
    inside = [name in late for name in whole["account_id"].to_pylist()]
    before = whole.filter(pa.array([not one for one in inside]))
    pq.write_table(before, watched.logs / "a.parquet")
    watched.run(lateness=timedelta(days=100))
    pq.write_table(whole.filter(pa.array(inside)), watched.logs / "b.parquet")
    watched.watch(every=timedelta(days=1000), once=False, lateness=timedelta(days=100)).run(taken(watched, 2))
    found = {row["account_id"]: row for row in joins.load(watched.state / OWN).to_pylist()}
    assert set(found) <= set(network), "nobody else joined"
    assert len(found) >= 0.5 * len(late), (len(found), len(late))


def taken(watched: Watched, parts: int) -> Callable[[], bool]:
    """Says whether the state has so many parts."""
    return lambda: len(watched.loaded().parts) >= parts


def test_a_second_watch_is_refused(watched: Watched) -> None:
    watch = watched.watch(once=False)
    tries: list[str] = []

    def stopped() -> bool:
        with pytest.raises(OutputError) as caught:
            watched.run()
        tries.append(str(caught.value))
        return True

    watch.run(stopped)
    assert "another `stillwatch watch` uses" in tries[0]


def test_a_state_without_exchanges_has_no_epoch(watched: Watched) -> None:
    watched.run()
    assert epochs.finished(watched.state) == []
