"""What one provider's scan finds is seen in the other's: over a real server, from ledger to ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc

from stillwatch import flow
from stillwatch.job import Inputs, resolve
from stillwatch.ledger import opened
from stillwatch.ledger.exchanged import outgoing
from stillwatch.share import intake
from stillwatch.share.sharing import Partner, Provider, Sharing
from stillwatch.share.tell import hear, tell
from tests.scenarios.small_world import SmallWorld, rows, table_of
from tests.serve.live import live


def test_a_scan_is_seen_in_the_partners_scan(plain: Path, world: SmallWorld, tmp_path: Path) -> None:
    (campaign,) = [row for row in rows(plain, "campaigns") if row["level"] == "act"]
    now = pc.max(world.exchanges["started_at"]).as_py().replace(tzinfo=UTC)
    south = Partner(name="south", legal_basis="an agreement", approval="never")
    ours = Sharing(provider=Provider(name="North"), partner=(south,))
    with opened(tmp_path / "north") as ledger:
        tell(plain, campaign["campaign_id"], south, ours, ledger, "Ana", now)
        key = ledger.keys.create("south", "share", now)[1]
    (tmp_path / "key").write_text(key)
    with live(tmp_path / "north", "") as server, opened(tmp_path / "south") as ledger:
        address = f"http://127.0.0.1:{server.port}/taxii2/api/collections/{outgoing('south')}/"
        north = Partner(name="north", legal_basis="x", pull_from=address, key_file=tmp_path / "key")
        assert hear(north, Sharing(provider=Provider(name="South"), partner=(north,)), ledger, datetime.now(UTC)) > 10
        told = intake.indicators(ledger, now)
        given = {"indicators": str(table_of(tmp_path / "told.parquet", told.schema, told.to_pylist()))}
        for name in ("exchanges", "accounts.parquet", "permits.parquet"):
            given[name.removesuffix(".parquet")] = str(world.folder / name)
        inputs = Inputs(**{name: (path,) for name, path in given.items()})
        run = flow.scan(resolve(inputs, settings=world.settings()), tmp_path / "run").folder
        assert intake.see(run, ledger, now) > 0
        (seen,) = {one.subject for one in ledger.received.sightings("north") if one.subject.startswith("C")}
    assert set(campaign["networks"]) == {row["network_id"] for row in rows(run, "seen_indicators")}
    assert seen == campaign["campaign_id"]
    assert {row["level"] for row in rows(run, "campaigns")} == {row["level"] for row in rows(plain, "campaigns")}
