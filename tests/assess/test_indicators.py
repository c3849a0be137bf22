"""What partners have in common lifts what stands at `review` by its own evidence; their word alone lifts nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.indicators import bits_of
from stillwatch.assess.thresholds import INDICATOR_BITS_CAP, MOST_TRUSTED
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.sketches import EXCHANGE_SKETCHES, INDICATOR_SKETCHES
from stillwatch.settings import EngineSettings
from tests.assess.tables import MEMBERS, STRANGERS, assessed, day, fill, levels, nearer_to_people, stored

THEIRS, OTHERS = 7, 8
"""Keyed addresses: of the network, and of people outside."""
PLAIN = nearer_to_people(0.2)
SHARE = st.floats(0.0, 1.0)


@pytest.fixture
def engine(tmp_path: Any) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as opened:
        yield opened


def report(keyed: int, weight: float = 0.95, partner: str = "northwind", **changed: Any) -> dict[str, Any]:
    """A value that a partner can hardly guess, and that private matching found common."""
    row = {"partner": partner, "claim": "same_address", "value": f"203.0.113.{keyed}", "weight": weight, "keyed": keyed}
    return {**row, "matched": True, **changed}


def found_with(engine: DuckDBEngine, indicators: Sequence[Mapping[str, Any]], prior: float, **given: Any) -> Any:
    """What assessment finds where the network's accounts use one address, and some people another."""
    fill(engine, tests=given.pop("tests", PLAIN))
    column = given.pop("column", "address_value")
    uses = [(account, THEIRS) for account in MEMBERS] + [(f"s{one}", OTHERS) for one in range(STRANGERS // 2)]
    rows = [{"account_id": account, column: value, "started_at": day(1)} for account, value in uses]
    stored(engine, EXCHANGE_SKETCHES, rows)
    stored(engine, INDICATOR_SKETCHES, indicators)
    return assessed(engine, prior_campaigns_per_1000_networks=prior)


@pytest.fixture
def prior(engine: DuckDBEngine) -> float:
    """A prior under which the network stands at `review` by its own evidence."""
    for candidate in (100.0, 70.0, 50.0, 35.0, 25.0, 18.0, 12.0, 8.0, 5.0, 3.0, 2.0, 1.0):
        if levels(found_with(engine, [], candidate)) == {"C1": "review"}:
            return candidate
    pytest.fail("no prior gives `review`")


def evidence(found: Any) -> list[float]:
    return [row["bits"] for row in found["evidence"] if row["claim"] == "reported_by_partners"]


def test_partners_who_were_right_lift_review_to_act(engine: DuckDBEngine, prior: float) -> None:
    indicators = [report(THEIRS), report(THEIRS, partner="south")]
    found = found_with(engine, indicators, prior)
    assert levels(found) == {"C1": "act"}
    assert evidence(found) == [INDICATOR_BITS_CAP]
    assert [(row["partner"], row["accounts"]) for row in found["seen_indicators"]] == [("northwind", 40), ("south", 40)]


@pytest.mark.parametrize(
    "indicators",
    [
        [],
        [report(THEIRS, 0.1)],
        [report(THEIRS, 0.1, partner=f"p{one}") for one in range(3)],
        [report(THEIRS), report(OTHERS)],
        [report(OTHERS)],
        [report(THEIRS, valid_from=day(2))],
        [report(THEIRS, valid_until=day(1))],
        [report(THEIRS, claim="same_subnet")],
        [report(THEIRS, -5.0)],
        [report(THEIRS, float("nan"))],
        [report(THEIRS, 1.0, partner=f"p{one}", matched=False) for one in range(50)],
        [report(THEIRS, 1.0, matched=None)],
        [report(THEIRS, matched=False), report(OTHERS + 1)],
    ],
    ids=[
        "none",
        "without a record",
        "three without a record",
        "of half the customers as well",
        "of others",
        "not yet valid",
        "out of date",
        "of another claim",
        "of a negative weight",
        "of no weight",
        "by the word of fifty who were right for years",
        "of nothing known",
        "told, beside another value that was matched",
    ],
)
def test_other_reports_leave_it_where_it_is(engine: DuckDBEngine, prior: float, indicators: list[Any]) -> None:
    assert levels(found_with(engine, indicators, prior)) == {"C1": "review"}


@pytest.mark.parametrize(
    ("claim", "column", "level"),
    [
        ("same_device", "device_value", "act"),
        ("same_subnet", "address_subnet_value", "review"),
        ("same_user_agent", "user_agent_value", "review"),
        ("same_client_fingerprint", "fingerprint_value", "act"),
    ],
)
def test_what_can_be_guessed_lifts_nobody_though_it_was_matched(
    engine: DuckDBEngine, prior: float, claim: str, column: str, level: str
) -> None:
    found = found_with(engine, [report(THEIRS, claim=claim)], prior, column=column)
    assert levels(found) == {"C1": level}
    assert len(evidence(found)) == 1


def test_what_partners_tell_is_shown_with_what_it_weighs(engine: DuckDBEngine, prior: float) -> None:
    found = found_with(engine, [report(THEIRS, 0.9, matched=False)], prior)
    assert levels(found) == {"C1": "review"}
    assert evidence(found) == pytest.approx([3.3], abs=0.1)
    assert [(row["partner"], row["accounts"]) for row in found["seen_indicators"]] == [("northwind", 40)]


@pytest.mark.parametrize("share", [0.6, 0.8])
def test_nobody_comes_above_watch_by_reports(engine: DuckDBEngine, share: float) -> None:
    """Whatever is reported of a group that its own evidence does not bring to `review`."""
    indicators = [report(THEIRS, 1.0, partner=f"p{one}", matched=one % 2 == 0) for one in range(20)]
    tests = nearer_to_people(share)
    plain = levels(found_with(engine, [], 100.0, tests=tests))
    assert levels(found_with(engine, indicators, 100.0, tests=tests)) == plain
    assert set(plain.values()) <= {"watch"}


def test_what_stands_at_act_stays_as_it_is(engine: DuckDBEngine) -> None:
    plain = found_with(engine, [], 100.0, tests=nearer_to_people(0.0))
    told = found_with(engine, [report(THEIRS)], 100.0, tests=nearer_to_people(0.0))
    assert levels(plain) == levels(told) == {"C1": "act"}
    assert [row["confidence"] for row in plain["campaigns"]] == [row["confidence"] for row in told["campaigns"]]
    assert [row["q_value"] for row in plain["campaigns"]] == [row["q_value"] for row in told["campaigns"]]


@given(st.floats(-1.0, 2.0), SHARE, SHARE)
def test_bits_are_bounded_by_the_record(weight: float, share: float, among_people: float) -> None:
    assert 0.0 <= bits_of(weight, share, among_people) <= -log2(1.0 - MOST_TRUSTED) + 1e-9


@given(SHARE, SHARE, SHARE, SHARE)
def test_bits_grow_with_record_and_share_and_fall_with_people(
    one: float, two: float, share: float, other: float
) -> None:
    low, high = sorted((one, two))
    assert bits_of(low, share, other) <= bits_of(high, share, other) + 1e-12
    assert bits_of(other, low, share) <= bits_of(other, high, share) + 1e-12
    assert bits_of(other, share, high) <= bits_of(other, share, low) + 1e-12
