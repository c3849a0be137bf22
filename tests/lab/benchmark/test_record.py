"""Counts beyond the scores of one world, by hand on small runs, and identities that must hold between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.records.candidates import CANDIDATE_MEMBERS, GROUP_TESTS
from stillwatch.records.columns import Table
from stillwatch.records.outputs import NETWORK_MEMBERS, NETWORKS
from stillwatch.records.sketches import ACCOUNT_EVIDENCE
from stillwatch_lab.benchmark.record import record
from tests.lab.scores.test_score import World, at


def rows(table: Table, found: list[dict[str, Any]], folder: Path) -> None:
    """The table with only some of its columns filled, which a run would not write."""
    lenient = pa.schema([field.with_nullable(True) for field in table.schema])
    empty = dict.fromkeys(table.names)
    pq.write_table(pa.Table.from_pylist([empty | row for row in found], lenient), folder / f"{table.name}.parquet")


def recorded(
    world: World,
    folder: Path,
    networks: dict[str, list[str]] | None = None,
    evidence: list[dict[str, Any]] | None = None,
    tests: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The record of a run made by hand, as it comes back from JSON."""
    world.scores(folder)
    run = folder / "run"
    members = [{"network_id": name, "account_id": account} for name, own in (networks or {}).items() for account in own]
    rows(NETWORKS, [], run)
    rows(NETWORK_MEMBERS, members, run)
    rows(ACCOUNT_EVIDENCE, evidence or [], run)
    rows(CANDIDATE_MEMBERS, [{"candidate_id": "K", "account_id": row["account_id"]} for row in evidence or []], run)
    rows(GROUP_TESTS, tests or [], run)
    return record(run, folder / "world" / "truth", seed=1)


@pytest.fixture
def world() -> World:
    """Ten accounts of campaign X, two of Y; six people, a class of four."""
    made = World()
    made.campaign("X", 10)
    made.campaign("Y", 2)
    made.people("p1", "p2", "p3", "p4", "p5", "p6")
    made.people("s1", "s2", "s3", "s4", kind="class", group="class-1")
    return made


def test_the_area_above_the_curve_is_the_leak_share(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", *(f"X-{n}" for n in range(5))), detected=1.0)
    found = recorded(world, tmp_path)
    x = found["campaigns"][0]
    curve = np.array(found["curves"]["X"])
    assert len(curve) == 40  # no more parts than exchanges
    assert 1 - curve.mean() == pytest.approx(x["leak_share"]) == pytest.approx(25 / 40)
    assert set(found["curves"]["Y"]) == {0.0}
    # five of ten are half, and they were reached a day after the first exchange
    assert found["onset"]["X"] == {"days": 3.0, "half_at_act": 1.0}
    assert found["onset"]["Y"]["half_at_act"] is None


def test_innocents_expected_are_counted_at_the_campaigns_own_level(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", "X-0", "X-1", "p1") | at("review", "p2"), probability=0.9)
    (one,) = recorded(world, tmp_path)["expected"]
    assert (one["level"], one["members"], one["innocent"], one["expected"]) == ("act", 3, 1, 0.25)
    assert one["right_prob"] == 0.9
    assert one["doubt"] == 0  # 0.9 is all the campaign's own doubt: given that it is right, all three belong


def test_exchanges_are_parted_inside_the_campaigns_accounts(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", "X-0", "X-1"))
    stray = {"campaign_id": "C1", "exchange_id": "X-0/own", "account_id": "X-0", "probability": 0.6}
    innocent = stray | {"exchange_id": "p1/0", "account_id": "p1"}
    world.found_exchanges += [row | {"started_at": world.exchanges[0]["started_at"]} for row in (stray, innocent)]
    found = {one["campaign_id"]: one for one in recorded(world, tmp_path)["separation"]}
    # eight of X's forty and one exchange of a customer; the innocent's exchange lies outside X's accounts
    assert (found["X"]["exchanges"], found["X"]["listed"], found["X"]["hits"]) == (40, 9, 8)
    assert (found["Y"]["exchanges"], found["Y"]["listed"], found["Y"]["hits"]) == (8, 0, 0)


def test_an_exchange_that_two_found_campaigns_list_counts_once(world: World, tmp_path: Path) -> None:
    members = at("act", *(f"X-{n}" for n in range(10)))
    world.claim("C1", members)
    world.claim("C2", members)
    x = recorded(world, tmp_path)["campaigns"][0]
    assert (x["found_as"], x["exchange_recall"], x["exchange_precision"]) == (("C1", "C2"), 1.0, 1.0)


def test_networks_claims_and_glue_are_told_by_kind(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("review", "s1", "s2", "s3", "X-0"), level="review")
    networks = {"N1": ["s1", "s2", "s3"], "N2": ["s4", "p1"]}
    found = recorded(world, tmp_path, networks)
    linked = {one["kind"]: one for one in found["linked"]}
    assert (linked["class"]["accounts"], linked["class"]["linked"], linked["class"]["together"]) == (4, 4, 3)
    assert (linked["person"]["linked"], linked["person"]["together"]) == (1, None)
    (claim,) = found["claimed"]
    assert (claim["kind"], claim["level"], claim["rank"]) == ("class", "review", 1)
    assert [(one["kind"], one["groups"], one["accounts"]) for one in found["glued"]] == [
        ("class", 1, 3),
        ("letter", 1, 1),
    ]
    assert found["swept"] == {"act": [], "review": ["class"], "watch": ["class"]}


def evidence(account: str, within: float, openings: int = 12, bits: float = 1.0) -> dict[str, Any]:
    return {"account_id": account, "account_index": 0, "conversation_starts": openings, "within_similarity": within} | {
        "between_similarity": 0.1,
        "memoryless_bits": bits,
    }


def test_self_similarity_counts_only_accounts_with_enough_conversations(world: World, tmp_path: Path) -> None:
    told = [evidence(f"p{n}", 0.9, bits=-1.0) for n in range(1, 7)]
    told += [evidence("X-0", 0.1), evidence("X-1", 0.1, openings=1)]
    tests = [{"candidate_id": "K", "test": "asks_one_mix", "statistic": 0.0, "reference": 1.0, "bits": 3.0}]
    found = recorded(world, tmp_path, evidence=told, tests=tests)
    by_kind = {one["kind"]: one for one in found["self_similarity"]}
    letter = by_kind["letter"]
    assert (letter["accounts"], letter["judged"], letter["auc"], letter["positive"]) == (2, 1, 1.0, 1.0)
    assert (by_kind["person"]["auc"], by_kind["person"]["positive"]) == (0.5, 0.0)
    assert found["tests"] == [{"kind": "person", "test": "asks_one_mix", "candidates": 1, "bits": [3.0]}]
