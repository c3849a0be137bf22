"""The provider's form posts appeals; the same words are one appeal, and its state can be asked for."""

from __future__ import annotations

from datetime import datetime

import pytest

from stillwatch.ledger import opened
from tests.ledger.made import decision
from tests.serve.asked import Served

TEXT = "I am a teacher and these are my pupils."


@pytest.fixture
def kept(here: Served) -> Served:
    with opened(here.folder) as ledger:
        ledger.decisions.add([decision("1")])
    return here


def test_an_appeal_is_received_once(kept: Served) -> None:
    sent = {"decision_id": "d1", "text": TEXT, "contact": "ada@example.org"}
    first, second = (kept.ask("POST", "/v1/appeals", sent, key="appeal") for _ in range(2))
    assert (first.status, first.json["status"]) == (201, "received")
    assert second.json == first.json
    found = kept.ask("GET", f"/v1/appeals/{first.json['appeal_id']}", key="appeal")
    assert (found.status, found.json) == (200, first.json)
    with opened(kept.folder) as ledger:
        (appeal,) = ledger.appeals.list()
    assert (appeal.text, appeal.contact) == (TEXT, "ada@example.org")


@pytest.mark.parametrize("typed", ["WC5QP-G77VV", " wc5qp-g77vv\n"])
def test_the_reference_of_the_holders_text_names_the_decision(here: Served, typed: str) -> None:
    with opened(here.folder) as ledger:
        ledger.decisions.add([decision("1"), decision("2", appeal="WC5QP-G77VV")])
    found = here.ask("POST", "/v1/appeals", {"decision_id": typed, "text": TEXT}, key="appeal")
    assert (found.status, found.json["decision_id"]) == (201, "d2")
    again = here.ask("POST", "/v1/appeals", {"decision_id": "d2", "text": TEXT}, key="appeal")
    assert again.json == found.json


def test_an_objection_cut_within_a_character_is_heard(kept: Served) -> None:
    body = b'{"decision_id":"d1","text":"I teach a class \\ud83d"}'
    assert kept.ask("POST", "/v1/appeals", body, key="appeal").status == 201
    with opened(kept.folder) as ledger:
        (appeal,) = ledger.appeals.list()
    assert appeal.text.rstrip("\ufffd") == "I teach a class "


def test_its_state_is_told_without_names(kept: Served, now: datetime) -> None:
    one = kept.ask("POST", "/v1/appeals", {"decision_id": "d1", "text": TEXT}, key="appeal").json["appeal_id"]
    with opened(kept.folder) as ledger:
        ledger.appeals.decide(one, "overturned", "Bo", now, "a school")
    found = kept.ask("GET", f"/v1/appeals/{one}", key="appeal")
    assert found.json["status"] == "overturned"
    assert "Bo" not in found.body.decode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"decision_id": "d9", "text": "x"}, 404),
        ({"decision_id": "\0", "text": "x"}, 404),
        ({"decision_id": "d1", "text": "\u200b"}, 409),
        ({"decision_id": "d1", "text": ""}, 422),
        ({"decision_id": "d1", "text": "x" * 8_001}, 422),
        ({"decision_id": "d1"}, 422),
        ({"text": "x"}, 422),
        ({"decision_id": "d1", "text": "x", "contact": 7}, 422),
        ({"decision_id": "d1", "text": "x", "contakt": "ada@example.org"}, 422),
    ],
)
def test_an_appeal_that_cannot_be_is_refused(kept: Served, body: dict[str, object], status: int) -> None:
    found = kept.ask("POST", "/v1/appeals", body, key="appeal")
    assert (found.status, found.headers["content-type"]) == (status, "application/problem+json")


def test_too_many_appeals_against_one_decision_wait(kept: Served) -> None:
    statuses = [
        kept.ask("POST", "/v1/appeals", {"decision_id": "d1", "text": f"no {number}"}, key="appeal").status
        for number in range(21)
    ]
    assert statuses == [201] * 20 + [409]


def test_an_unknown_appeal_is_not_found(kept: Served) -> None:
    assert kept.ask("GET", "/v1/appeals/a9", key="appeal").status == 404
