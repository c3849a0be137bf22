"""A partner hears which of its indicators were seen and what people made of them, and nothing of in what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from stix2validator import ValidationOptions, validate_string

from stillwatch.errors import UsageError
from stillwatch.ledger import Judgement, opened
from stillwatch.ledger.exchanged import Sighting
from stillwatch.ledger.ledger import Ledger
from stillwatch.ledger.retraction import revoked
from stillwatch.share.allowed import SharedSighting
from stillwatch.share.answers import answer, seen
from stillwatch.share.sharing import Partner, Provider, Sharing
from stillwatch.share.stix import Object, bundle
from tests.ledger.made import DAY, NOW, indicator
from tests.share.test_stix import WITHOUT

PARTNER = Partner(name="northwind", legal_basis="an agreement", approval="never")
SHARING = Sharing(provider=Provider(name="A provider"), partner=(PARTNER,))
FIRST, SECOND, THIRD = (indicator(number, by="Northwind") for number in "123")
SUBJECT, OTHER = "C0MARKONE", "C0MARKTWO"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path / "state") as found:
        found.received.add("northwind", [FIRST, SECOND, THIRD], NOW, 1_000)
        see(found, FIRST, SUBJECT)
        see(found, SECOND, OTHER)
        yield found


def see(ledger: Ledger, one: Object, subject: str) -> None:
    at = NOW + timedelta(minutes=34)
    ledger.received.see([Sighting("northwind", one["id"], subject, "run-MARKTHREE", at)])


def judge(ledger: Ledger, subject: str, verdict: str, at: int = 0) -> None:
    ledger.judgements.add(Judgement(subject, verdict, "MARKFOUR", NOW + timedelta(minutes=at), "MARKFIVE"))


def told(ledger: Ledger, days: int = 0) -> list[Object]:
    share = answer(PARTNER, SHARING, ledger, "bo", NOW + days * DAY)
    return ledger.shares.objects(share.share_id)


def of(objects: list[Object], kind: str) -> dict[str, Object]:
    """By the partner's indicator the objects of this type."""
    return {(one.get("sighting_of_ref") or one["object_refs"][0]): one for one in objects if one["type"] == kind}


def test_what_was_seen_is_told_to_the_hour_and_nothing_of_in_what(ledger: Ledger) -> None:
    judge(ledger, SUBJECT, "confirmed")
    objects = told(ledger)
    sightings = of(objects, "sighting")
    assert set(sightings) == {FIRST["id"], SECOND["id"]}
    assert sightings[FIRST["id"]]["first_seen"] == "2026-06-01T12:00:00.000Z"
    said = json.dumps(objects)
    assert "MARK" not in said
    options = ValidationOptions(version="2.1", strict=True, disabled=WITHOUT, enforce_refs=False)
    result = validate_string(json.dumps(bundle(objects)), options)
    assert [str(one) for one in result.errors + result.warnings] == []


def test_what_people_judged_becomes_an_opinion(ledger: Ledger) -> None:
    judge(ledger, SUBJECT, "confirmed")
    judge(ledger, OTHER, "innocent")
    opinions = {name: one["opinion"] for name, one in of(told(ledger), "opinion").items()}
    assert opinions == {FIRST["id"]: "agree", SECOND["id"]: "disagree"}


def test_of_two_judgements_that_differ_neither_is_told(ledger: Ledger) -> None:
    see(ledger, FIRST, OTHER)
    judge(ledger, SUBJECT, "confirmed")
    judge(ledger, OTHER, "innocent")
    assert {one.object_id: one.opinion for one in seen(ledger, "northwind")}[FIRST["id"]] == "neutral"


def test_what_nobody_can_say_is_no_opinion(ledger: Ledger) -> None:
    judge(ledger, SUBJECT, "unsure")
    assert of(told(ledger), "opinion") == {}


def test_the_same_is_told_once_and_what_changed_again(ledger: Ledger) -> None:
    told(ledger)
    with pytest.raises(UsageError, match="was told all of this already"):
        told(ledger, 1)
    judge(ledger, SUBJECT, "innocent")
    assert set(of(told(ledger, 2), "opinion")) == {FIRST["id"]}
    judge(ledger, SUBJECT, "confirmed", 5)
    changed = told(ledger, 3)
    assert [one["opinion"] for one in of(changed, "opinion").values()] == ["agree"]
    assert "sighting" not in {one["type"] for one in changed}


def test_what_its_partner_revoked_is_not_answered(ledger: Ledger) -> None:
    ledger.received.add("northwind", [revoked(FIRST, NOW + DAY)], NOW + DAY, 1_000)
    assert [one.object_id for one in seen(ledger, "northwind")] == [SECOND["id"]]


def test_nothing_that_was_seen_is_nothing_to_tell(ledger: Ledger) -> None:
    stranger = Partner(name="stranger", legal_basis="x", approval="never")
    with pytest.raises(UsageError):
        answer(stranger, SHARING, ledger, "bo", NOW)


@pytest.mark.parametrize(
    "stated",
    [
        ("campaign--00000000-0000-4000-8000-000000000000", NOW, None),
        ("C1", NOW, None),
        (FIRST["id"], NOW + timedelta(minutes=1), None),
        (FIRST["id"], NOW, "strongly-agree"),
    ],
)
def test_what_is_no_sighting_cannot_be_held(stated: tuple[str, object, str | None]) -> None:
    with pytest.raises(ValueError):
        SharedSighting(*stated)  # type: ignore[arg-type]
