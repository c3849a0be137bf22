"""What partners tell: well formed, their own, within a quota, and taken whole or not at all."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.ledger import received
from stillwatch.ledger.exchanged import Heard, Sighting, Wanted
from stillwatch.ledger.ledger import Ledger
from stillwatch.ledger.received import LARGEST, QuotaError, objects_in
from stillwatch.ledger.tables import RECEIPTS
from stillwatch.records.identifiers import MATCHED
from stillwatch.records.markings import marking_object
from tests.ledger.made import DAY, NOW, identity, indicator, told

THEIRS = "Northwind"


def theirs(number: str = "1", **changed: Any) -> dict[str, Any]:
    return indicator(number, by=THEIRS, **changed)


def names(ledger: Ledger, partner: str = "northwind") -> list[str]:
    return [one.object_id for one in ledger.received.page(partner, Wanted(versions=("all",)))]


def nested(levels: int) -> object:
    found: object = "x"
    for _ in range(levels):
        found = [found]
    return found


def receipts(ledger: Ledger) -> int:
    """Bytes that receipts take."""
    with ledger.reading() as connection:
        return sum(len(row[0]) for row in connection.execute(sa.select(RECEIPTS.c.outcome)))


def test_objects_are_kept_as_they_came(ledger: Ledger) -> None:
    receipt = ledger.received.add("northwind", [identity(THEIRS), theirs()], NOW, 10)
    said = json.loads(receipt.outcome)
    assert (said["success_count"], said["failure_count"], receipt.failures) == (2, 0, ())
    assert names(ledger) == [identity(THEIRS)["id"], theirs()["id"]]
    assert ledger.received.receipt(receipt.receipt_id, "northwind") == receipt
    assert ledger.received.receipt(receipt.receipt_id, "south") is None
    assert ledger.received.receipt("a\0", "northwind") is None
    assert ledger.received.partners() == ("northwind",)


def test_a_replay_changes_nothing(ledger: Ledger) -> None:
    for _ in range(3):
        assert ledger.received.add("northwind", [theirs(), theirs()], NOW, 1).failures == ()
    assert names(ledger) == [theirs()["id"]]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        ("no object", "no id"),
        ({}, "no id"),
        ({**theirs(), "id": "indicator--1"}, "no id"),
        ({**theirs(), "id": "../../etc--0f8fad5b-d9cb-469f-a165-70867728950e"}, "no id"),
        ({**theirs(), "type": "campaign"}, "no id of its type"),
        ({**theirs(), "modified": "yesterday"}, "a time that is none"),
        ({**theirs(), "modified": 7}, "a time that is none"),
        (theirs(at=NOW + 2 * DAY), "a time to come"),
        ({**theirs(), "spec_version": "2.0"}, "not STIX 2.1"),
        ({**theirs(), "name": "x" * LARGEST}, "larger than"),
        ({**theirs(), "name": "\ud800"}, "characters that are none"),
        ({**theirs(), "name": nested(30)}, "nested deeper"),
        ({**theirs(), "name": nested(5_000)}, "nested deeper"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_one_bad_object_keeps_all_others_out(ledger: Ledger, one: Any, said: str) -> None:
    receipt = ledger.received.add("northwind", [theirs("2"), one, theirs("3")], NOW, 10)
    assert [reason for _, reason in receipt.failures if said in reason] != []
    assert len(receipt.failures) == 1
    assert json.loads(receipt.outcome)["failure_count"] == 3
    assert names(ledger) == []


def test_nobody_changes_what_is_ours(ledger: Ledger) -> None:
    ledger.shares.add(told(), [identity(), indicator(), marking_object("amber")])
    later = indicator(at=NOW + timedelta(hours=1), revoked=True)
    for one in (later, identity(), {**theirs(), "created_by_ref": identity()["id"]}):
        receipt = ledger.received.add("south", [one], NOW, 10)
        assert [reason for _, reason in receipt.failures] == ["is one of ours: only we change it"]
    assert ledger.received.add("south", [marking_object("amber")], NOW, 10).failures == ()


def test_nobody_changes_or_keeps_out_what_another_partner_says(ledger: Ledger) -> None:
    later = NOW + timedelta(hours=1)
    first = theirs(at=later, name="claimed first", revoked=True)
    ledger.received.add("south", [identity(THEIRS), first], NOW, 10)
    receipt = ledger.received.add("northwind", [identity(THEIRS), theirs(), theirs("2")], NOW, 10)
    assert receipt.failures == ()
    assert ledger.received.add("northwind", [theirs(at=later)], NOW, 10).failures == ()
    ledger.received.see([Sighting(one, theirs()["id"], "N1", "r", NOW) for one in ("south", "northwind")])
    said = {one: [json.loads(each.body) for each in ledger.received.indicators(one)] for one in ("south", "northwind")}
    assert said == {"south": [first], "northwind": [theirs("2"), theirs(at=later)]}
    assert ledger.received.seen_in() == {"south": {"N1": 1}, "northwind": {"N1": 1}}


def test_a_version_says_one_thing(ledger: Ledger) -> None:
    ledger.received.add("northwind", [theirs()], NOW, 10)
    for several in ([theirs(name="changed")], [theirs("2"), theirs("2", name="changed")]):
        receipt = ledger.received.add("northwind", several, NOW, 10)
        assert [reason for _, reason in receipt.failures] == ["says something else under the same version"]


def test_what_was_revoked_does_not_return(ledger: Ledger) -> None:
    hours = [NOW + timedelta(hours=one) for one in range(3)]
    ledger.received.add("northwind", [theirs(at=hours[0]), theirs(at=hours[1], revoked=True)], NOW, 10)
    receipt = ledger.received.add("northwind", [theirs(at=hours[2])], NOW, 10)
    assert "was revoked" in receipt.failures[0][1]
    assert [json.loads(one.body)["revoked"] for one in ledger.received.indicators("northwind")] == [True]


def test_a_quota_refuses_a_request_whole(ledger: Ledger) -> None:
    ledger.received.add("northwind", [theirs(str(one)) for one in range(8)], NOW, 10)
    with pytest.raises(QuotaError, match="within a day"):
        ledger.received.add("northwind", [theirs(str(one)) for one in range(20, 23)], NOW, 10)
    assert len(names(ledger)) == 8
    ledger.received.add("northwind", [theirs(str(one)) for one in range(8)], NOW, 8)  # nothing of it is new
    ledger.received.add("south", [indicator("1", by="South")], NOW, 1)
    ledger.received.add("northwind", [theirs(str(one)) for one in range(20, 23)], NOW + 2 * DAY, 10)
    assert len(names(ledger)) == 11


def test_more_than_a_quota_at_once_leaves_nothing_behind(ledger: Ledger) -> None:
    before = receipts(ledger)
    with pytest.raises(QuotaError, match="more than 10,000 objects at once"):
        ledger.received.add("northwind", [{}] * 10_001, NOW, 10)
    assert (names(ledger), receipts(ledger)) == ([], before)


@pytest.mark.parametrize("objects", [[theirs()], [{}] * 10, [theirs(), "no object"]])
def test_replays_and_refusals_do_not_fill_the_disk(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, objects: list[Any]
) -> None:
    monkeypatch.setattr(received, "RECEIPTS_BYTES", 1_000)

    def often() -> None:
        for _ in range(200):
            ledger.received.add("northwind", objects, NOW, 10)

    with pytest.raises(QuotaError, match="known or was refused"):
        often()
    assert receipts(ledger) < 15_000
    ledger.received.add("south", [{}], NOW, 10)
    ledger.received.add("northwind", objects, NOW + 2 * DAY, 10)


def test_how_far_a_server_was_read_is_remembered(ledger: Ledger) -> None:
    assert ledger.received.read_until("northwind") is None
    ledger.received.add("northwind", [theirs()], NOW, 10, NOW - DAY)
    ledger.received.add("northwind", ["bad"], NOW, 10, NOW)
    assert ledger.received.read_until("northwind") == NOW - DAY


def test_a_sighting_is_noted_once(ledger: Ledger) -> None:
    one = Sighting("northwind", theirs()["id"], "N1", "7", NOW)
    ledger.received.see([one])
    ledger.received.see([Sighting("northwind", theirs()["id"], "N1", "8", NOW + DAY)])
    assert ledger.received.sightings() == (one,)
    assert ledger.received.sightings("south") == ()


def test_what_partners_told_and_where_it_was_seen_is_counted_for_all_at_once(ledger: Ledger) -> None:
    then = NOW + 2 * DAY
    ledger.received.add("northwind", [identity(THEIRS), theirs("1"), theirs("2")], NOW, 10)
    ledger.received.add("south", [indicator("4", by="South")], NOW + DAY, 10)
    ledger.received.add("northwind", [theirs("3")], then, 10)
    for place, partner, subject in (("1", "northwind", "N1"), ("2", "northwind", "N1"), ("2", "northwind", "C1")):
        ledger.received.see([Sighting(partner, theirs(place)["id"], subject, "7", NOW)])
    heard = ledger.received.heard(then)
    assert heard == {"northwind": Heard(4, 3, 1, then), "south": Heard(1, 1, 0, NOW + DAY)}
    assert ledger.received.heard(then, "south") == {"south": heard["south"]}
    assert ledger.received.seen_in() == ledger.received.seen_in("northwind") == {"northwind": {"N1": 2, "C1": 1}}
    for nobody in ("south", "a\0"):
        assert not ledger.received.seen_in(nobody)
    assert not ledger.received.heard(NOW, "a\0")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(JSON | st.fixed_dictionaries({"id": JSON, "type": JSON, "modified": JSON}), min_size=1, max_size=4))
def test_anything_is_answered(ledger: Ledger, objects: list[Any]) -> None:
    receipt = ledger.received.add("anybody", objects, NOW, 1_000)
    assert json.loads(receipt.outcome)["total_count"] == len(objects)


@pytest.mark.parametrize("envelope", [None, [], "x", {}, {"objects": []}, {"objects": {}}, {"objects": "x"}])
def test_what_is_no_envelope_has_no_objects(envelope: object) -> None:
    assert objects_in(envelope) is None
    assert objects_in({"type": "bundle", "objects": [1]}) == [1]


def test_no_partner_says_that_we_matched_what_it_tells(ledger: Ledger) -> None:
    """Only what our own matching found can raise a level, so that nobody else may say so of an object."""
    for said in (True, False, None, "yes"):
        receipt = ledger.received.add("northwind", [indicator(by="Northwind", **{MATCHED: said})], NOW, 1_000)
        assert "matched" in receipt.failures[0][1]
    assert ledger.received.indicators("northwind") == []
    assert ledger.received.add("northwind", [indicator(by="Northwind", **{MATCHED: True})], NOW, 1_000, matched=True)
    assert len(ledger.received.indicators("northwind")) == 1
