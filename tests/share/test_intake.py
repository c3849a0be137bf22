"""What partners told is weighed by their record, ends, is revoked, and does not come back to us as an echo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stillwatch.ledger import Judgement, opened
from stillwatch.ledger.ledger import Ledger
from stillwatch.records.identifiers import stamp
from stillwatch.records.outputs import SEEN_INDICATORS
from stillwatch.share import intake
from tests.ledger.made import DAY, NOW, indicator, told
from tests.share.runs import CAMPAIGN, NETWORK, tables, written


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path / "state") as found:
        yield found


def hear(ledger: Ledger, *objects: dict[str, Any], partner: str = "northwind", at: datetime = NOW) -> None:
    assert ledger.received.add(partner, objects, at, 1_000_000).failures == ()


def theirs(number: str = "1", **changed: Any) -> dict[str, Any]:
    return indicator(number, by="Northwind", **changed)


def values(ledger: Ledger, now: datetime = NOW) -> list[tuple[str, str]]:
    rows = intake.indicators(ledger, now).to_pylist()
    return [(row["partner"], row["value"]) for row in rows]


def test_an_indicator_becomes_a_report(ledger: Ledger) -> None:
    hear(ledger, theirs(), theirs("2", pattern="[ipv4-addr:value ISSUBSET '198.51.100.0/24']"))
    rows = intake.indicators(ledger, NOW + DAY).to_pylist()
    assert [(row["claim"], row["value"]) for row in rows] == [
        ("same_address", "203.0.113.1"),
        ("same_subnet", "198.51.100.0/24"),
    ]
    assert {row["weight"] for row in rows} == {0.1}
    assert rows[0]["valid_from"] == NOW.replace(tzinfo=None)
    assert rows[0]["valid_until"] == (NOW + 60 * DAY).replace(tzinfo=None)


@pytest.mark.parametrize(
    "changed",
    [
        {"pattern": "[ipv4-addr:value ISSUBSET '203.0.0.0/8']"},
        {"pattern": "[email-addr:value = 'bo@firm.example']"},
        {"pattern": 7},
        {"pattern_type": "sigma"},
        {"valid_until": stamp(NOW)},
        {"valid_from": stamp(NOW + 2 * DAY)},
        {"valid_from": None},
        {"confidence": 10},
        {"revoked": True},
    ],
    ids=str,
)
def test_what_says_nothing_is_no_report(ledger: Ledger, changed: dict[str, Any]) -> None:
    hear(ledger, theirs(**changed))
    assert values(ledger, NOW + DAY) == []


def test_nothing_holds_for_ever(ledger: Ledger) -> None:
    hear(ledger, theirs(valid_until=stamp(NOW + 9_000 * DAY)))
    assert values(ledger, NOW + 59 * DAY) != []
    assert values(ledger, NOW + 61 * DAY) == []


@pytest.mark.parametrize("began", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_no_year_keeps_out_what_others_tell(ledger: Ledger, began: str) -> None:
    hear(ledger, theirs("1"))
    odd = theirs("2", pattern="[ipv4-addr:value = '203.0.113.2']", valid_from=began, valid_until=began)
    hear(ledger, odd, theirs("3", valid_from=began), partner="southwind")
    assert ("northwind", "203.0.113.1") in values(ledger, NOW + DAY)
    assert ("southwind", "203.0.113.2") not in values(ledger, NOW + DAY)


def test_what_is_revoked_is_gone_at_the_next_scan(ledger: Ledger) -> None:
    hear(ledger, theirs())
    assert values(ledger) == [("northwind", "203.0.113.1")]
    hear(ledger, theirs(at=NOW + timedelta(hours=1), revoked=True), at=NOW + timedelta(hours=1))
    assert values(ledger, NOW + DAY) == []


def test_an_echo_is_no_report(ledger: Ledger) -> None:
    hear(ledger, theirs("1"))
    ledger.shares.add(told(made_at=NOW + DAY), [indicator("1", by="We"), indicator("2", by="We")])
    hear(ledger, theirs("2"), at=NOW + 2 * DAY)
    hear(ledger, indicator("2", by="South"), partner="south", at=NOW + 2 * DAY)
    assert values(ledger, NOW + 3 * DAY) == [("northwind", "203.0.113.1"), ("south", "203.0.113.2")]


def judged(ledger: Ledger, subject: str, verdict: str) -> None:
    ledger.judgements.add(Judgement(subject, verdict, "Ana", NOW))


def test_trust_is_earned_and_lost(ledger: Ledger, tmp_path: Path) -> None:
    hear(ledger, theirs(), theirs("2"))
    before = intake.weight(ledger, "northwind")
    run = seen(tmp_path / "run")
    assert intake.see(run, ledger, NOW) == 2
    assert intake.weight(ledger, "northwind") == before == 0.1
    judged(ledger, CAMPAIGN, "confirmed")
    assert intake.weight(ledger, "northwind") == pytest.approx(2 / 11)
    judged(ledger, NETWORK, "innocent")
    assert intake.weight(ledger, "northwind") == pytest.approx(2 / 12)
    assert intake.weight(ledger, "south") == 0.1
    assert {one.subject for one in ledger.received.sightings("northwind")} == {CAMPAIGN, NETWORK}


def seen(folder: Path) -> Path:
    """A run in whose network a value of northwind was met, and one that nobody told."""
    row = {"network_id": NETWORK, "claim": "same_address", "accounts": 4}
    both = [
        {**row, "partner": "northwind", "value": "203.0.113.1"},
        {**row, "partner": "south", "value": "203.0.113.9"},
    ]
    return written(folder, {**tables(), "seen_indicators": both})


def test_a_sighting_names_what_was_told(ledger: Ledger, tmp_path: Path) -> None:
    hear(ledger, theirs())
    run = seen(tmp_path / "run")
    for _ in range(2):
        intake.see(run, ledger, NOW)
    (one, other) = ledger.received.sightings()
    assert {one.object_id, other.object_id} == {theirs()["id"]}


def test_a_run_of_an_earlier_version_has_none(ledger: Ledger, tmp_path: Path) -> None:
    run = written(tmp_path / "run")
    (run / f"{SEEN_INDICATORS.name}.parquet").unlink()
    assert intake.see(run, ledger, NOW) == 0
    assert pq.read_table(written(tmp_path / "other") / "seen_indicators.parquet").num_rows == 0
    assert intake.see(tmp_path / "other", ledger, NOW) == 0
