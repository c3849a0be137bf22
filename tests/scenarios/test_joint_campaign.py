"""One campaign over two providers: each part stands at `review`, and after private matching both stand at `act`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

pytest.importorskip("private_set_intersection", reason="openmined-psi not installed: the extra `match` is missing")

from stillwatch import flow
from stillwatch.job import Inputs, resolve
from stillwatch.ledger import Judgement, opened
from stillwatch.ledger.exchanged import Sighting
from stillwatch.ledger.ledger import Ledger
from stillwatch.records.addresses import client_address, range_around
from stillwatch.records.definitions import SUBNET_BITS
from stillwatch.settings import AssessSettings
from stillwatch.share import intake, sessions
from stillwatch.share.patterns import value_in
from stillwatch.share.sessions import Side
from stillwatch.share.sharing import Partner
from tests.scenarios.small_world import SmallWorld, rows, table_of

PRIOR = 27.0
"""Campaigns among a thousand networks: so few that neither part stands at `act` by its own evidence."""
RIGHT_BEFORE = 90
"""Campaigns in which a partner's values were seen, and which people confirmed."""
COLUMNS = ("client_address", "client_fingerprint", "user_agent", "device_id")


class Provider:
    """One provider: its logs, its ledger, and whether it scans with what a partner told."""

    def __init__(self, folder: Path, name: str, world: SmallWorld, accounts: set[str]) -> None:
        self.folder, self.name, self.world, self.accounts = folder, name, world, accounts
        folder.mkdir()
        mine = pa.array(sorted(accounts))
        for table, rows_ in (("exchanges", world.exchanges), ("accounts", world.accounts)):
            pq.write_table(rows_.filter(pc.is_in(rows_["account_id"], mine)), folder / f"{table}.parquet")

    @property
    def newest(self) -> datetime:
        """The time of its newest exchange, UTC."""
        return pc.max(pq.read_table(self.folder / "exchanges.parquet")["started_at"]).as_py().replace(tzinfo=UTC)

    def scan(self, name: str, indicators: pa.Table | None = None) -> Path:
        given = {table: (str(self.folder / f"{table}.parquet"),) for table in ("exchanges", "accounts")}
        if indicators is not None:
            path = table_of(self.folder / "told.parquet", indicators.schema, indicators.to_pylist())
            given["indicators"] = (str(path),)
        assess = AssessSettings(prior_campaigns_per_1000_networks=PRIOR)
        settings = self.world.settings().model_copy(update={"assess": assess})
        return flow.scan(resolve(Inputs(**given), settings=settings), self.folder / name).folder

    def values(self, accounts: set[str]) -> set[str]:
        """Everything technical that some of its accounts were seen with."""
        table = pq.read_table(self.folder / "exchanges.parquet", columns=["account_id", *COLUMNS])
        own = table.filter(pc.is_in(table["account_id"], pa.array(sorted(accounts))))
        return {text for name in COLUMNS for text in own[name].to_pylist() if text}


def trusted(ledger: Ledger, partner: str, now: datetime) -> None:
    """Makes a partner one that was right before."""
    subjects = [f"C{one:012}" for one in range(RIGHT_BEFORE)]
    ledger.received.see([Sighting(partner, f"indicator--{one}", one, "before", now) for one in subjects])
    for one in subjects:
        ledger.judgements.add(Judgement(one, "confirmed", "Ana", now))


def standing(run: Path, campaign: set[str]) -> str:
    """The level at which the campaign's accounts mostly stand."""
    levels = [row["level"] for row in rows(run, "campaign_members") if row["account_id"] in campaign]
    return max(set(levels), key=levels.count)


def leaked(run: Path, provider: Provider, campaign: set[str]) -> float:
    """The share of the provider's part of a campaign that was answered before its account stood at `act`."""
    found = {row["account_id"]: row["detected_at"] for row in rows(run, "campaign_members") if row["level"] == "act"}
    table = pq.read_table(provider.folder / "exchanges.parquet", columns=["account_id", "started_at"])
    own = table.filter(pc.is_in(table["account_id"], pa.array(sorted(campaign)))).to_pylist()
    gone = [one for one in own if one["account_id"] not in found or one["started_at"] < found[one["account_id"]]]
    return len(gone) / len(own)


@pytest.fixture
def providers(world: SmallWorld, tmp_path: Path) -> Iterator[tuple[Provider, Provider]]:
    campaign = world.accounts_of("letter")
    others = sorted(set(world.accounts["account_id"].to_pylist()) - set(campaign))
    north = Provider(tmp_path / "north", "North", world, {*campaign[::2], *others[::2]})
    south = Provider(tmp_path / "south", "South", world, {*campaign[1::2], *others[1::2]})
    yield north, south


def test_two_parts_reach_act_together_and_nothing_else_is_learned(
    providers: tuple[Provider, Provider], world: SmallWorld, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lines = []
    campaign = set(world.accounts_of("letter"))
    (tmp_path / "secret").write_bytes(b"a secret of two sides, long enough")
    before = {one.name: one.scan("before") for one in providers}
    assert {standing(run, campaign) for run in before.values()} == {"review"}
    with ExitStack() as stack:
        sides = {}
        for one, other in (providers, providers[::-1]):
            ledger = stack.enter_context(opened(one.folder))
            trusted(ledger, other.name.lower(), one.newest)
            partner = Partner(name=other.name.lower(), legal_basis="an agreement", match_key_file=tmp_path / "secret")
            now = max(each.newest for each in providers)
            sides[one.name] = Side(one.name, partner, ledger, one.folder, now)
        for one, other in (providers, providers[::-1]):
            ours, theirs = sides[one.name], sides[other.name]
            sessions.offer(ours, before[one.name], tmp_path / "offer.json", True)
            sessions.answer(theirs, tmp_path / "offer.json", before[other.name], tmp_path / "answer.json", True)
            count, _ = sessions.read(ours, tmp_path / "answer.json")
            assert count > 0
        for one, other in (providers, providers[::-1]):
            side = sides[one.name]
            told = intake.indicators(side.ledger, side.now)
            learned = set(told["value"].to_pylist())
            # a value that is not common is learned by nobody, and of the other's innocents nothing at all
            assert learned <= one.values(campaign & one.accounts) | ranges(one.values(campaign & one.accounts))
            assert learned.isdisjoint(other.values(other.accounts - campaign) - one.values(one.accounts))
            kept = side.ledger.received.indicators(other.name.lower())
            stored = [value_in(json.loads(row.body)["pattern"]) for row in kept]
            assert {value for pair in stored if pair for value in pair[1:]} == learned
            after = one.scan("after", told)
            assert standing(after, campaign) == "act"
            above = {row["account_id"] for row in rows(after, "campaign_members") if row["level"] != "watch"}
            assert above <= campaign
            alone, together = (leaked(run, one, campaign) for run in (before[one.name], after))
            lines.append(f"{one.name}: {alone:.1%} of its part had leaked before `act` alone, {together:.1%} together")
            assert together < alone
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("\n" + "\n".join(lines))


def ranges(values: set[str]) -> set[str]:
    """The ranges of the addresses among the values."""
    found = (client_address(one, 0) for one in values)
    return {range_around(one, SUBNET_BITS) for one in found if one is not None}
