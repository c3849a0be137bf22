"""Partners in a world: what was matched lifts a campaign at `review`; no feed, and no word, lifts anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stillwatch import flow
from stillwatch.job import Inputs, resolve
from stillwatch.records.inputs import INDICATORS
from stillwatch.settings import AssessSettings
from tests.scenarios.small_world import SmallWorld, rows, table_of

PRIOR = 18.0
"""Campaigns among a thousand networks: so few that this world's stands at `review` by its own evidence."""
COLUMNS = {
    "same_address": "client_address",
    "same_client_fingerprint": "client_fingerprint",
    "same_user_agent": "user_agent",
    "same_device": "device_id",
}


def indicators(partner: str, weight: float, values: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"partner": partner, "claim": one, "value": value, "weight": weight} for one, value in values]


def held_by(world: SmallWorld, accounts: Sequence[str]) -> set[tuple[str, str]]:
    """Everything technical that these accounts were seen with."""
    table = pq.read_table(world.folder / "exchanges", columns=["account_id", *COLUMNS.values()])
    mine = set(accounts)
    return {
        (claim, row[column])
        for row in table.to_pylist()
        if row["account_id"] in mine
        for claim, column in COLUMNS.items()
        if row[column]
    }


def scanned(world: SmallWorld, folder: Path, told: Sequence[dict[str, Any]]) -> Path:
    """A run over the world, with what partners told."""
    given: dict[str, tuple[str, ...]] = {
        "exchanges": (str(world.folder / "exchanges"),),
        "accounts": (str(world.folder / "accounts.parquet"),),
        "permits": (str(world.folder / "permits.parquet"),),
    }
    if told:
        given["indicators"] = (str(table_of(folder / "indicators.parquet", INDICATORS.schema, told)),)
    assess = AssessSettings(prior_campaigns_per_1000_networks=PRIOR)
    settings = world.settings().model_copy(update={"assess": assess})
    return flow.scan(resolve(Inputs(**given), settings=settings), folder / "run").folder


def level_of(run: Path) -> dict[str, str]:
    return {row["account_id"]: row["level"] for row in rows(run, "campaign_members")}


@pytest.fixture(scope="module")
def campaign(world: SmallWorld) -> set[str]:
    return set(world.accounts_of("letter"))


def test_what_was_matched_lifts_a_campaign_and_no_word_lifts_anybody(
    world: SmallWorld, campaign: set[str], tmp_path: Path
) -> None:
    for name in ("plain", "told", "matched"):
        (tmp_path / name).mkdir()
    plain = level_of(scanned(world, tmp_path / "plain", []))
    assert {plain[one] for one in plain} <= {"review", "watch"}
    innocent = sorted(set(pq.read_table(world.folder / "accounts.parquet")["account_id"].to_pylist()) - campaign)
    groups = [world.accounts_of(kind) for kind in ("enterprise", "reseller", "class", "batch_job")]
    theirs, everybodys = held_by(world, sorted(campaign)), held_by(world, innocent)
    own = sorted(theirs - everybodys)
    assert len(own) > 20
    flood = [("same_subnet", f"{a}.{b}.{c}.0/24") for a in range(20, 36) for b in range(0, 256, 8) for c in range(40)]
    told = [
        # the best customers, whole groups of innocents, half the internet, and a range that is none
        *indicators("customers", 0.95, sorted(held_by(world, innocent[::7]))),
        *(
            row
            for at, group in enumerate(groups)
            for row in indicators(f"group {at}", 0.95, sorted(held_by(world, group)))
        ),
        *indicators("flood", 0.95, flood),
        *indicators("range", 0.95, [("same_subnet", "0.0.0.0/0"), ("same_subnet", "20.0.0.0/8")]),
    ]
    # a partner that was right for years, and others who say the same, lie about a group that stands at `review`: for
    # a scan the campaign is such a group, since nothing in its own evidence says that it is guilty enough
    lying = [row for at in range(5) for row in indicators(f"right before {at}", 1.0, sorted(theirs))]
    assert level_of(scanned(world, tmp_path / "told", [*told, *lying])) == plain
    honest = [row | {"matched": True} for row in indicators("honest", 0.95, own)]
    run = scanned(world, tmp_path / "matched", [*honest, *told])
    found = level_of(run)
    assert sum(level == "act" for level in found.values()) > 0.8 * len(campaign)
    above = {one for one, level in found.items() if level != "watch"}
    assert above <= campaign, "an innocent stands above `watch`"
    assert {one for one in found if one not in campaign} <= {one for one in plain if one not in campaign}
    seen = {row["partner"] for row in rows(run, "seen_indicators")}
    assert {"honest", "group 0"} <= seen
    assert "range" not in seen
