"""What `/v1/verdict` says of accounts that are known, unknown and asked about while nothing is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.serve.asked import DAY, NOTICE, Served, publish, served


def test_a_known_account_is_described(here: Served, now: datetime) -> None:
    found = here.ask("POST", "/v1/verdict", {"account_id": "mallory", "request": {"model": "m"}}, key="verdict")
    assert found.status == 200
    said = found.json
    assert (said["account_id"], said["level"], said["network_id"], said["campaign_id"]) == (
        "mallory",
        "act",
        "n1",
        "c1",
    )
    (effect,) = said["effects"]
    assert datetime.fromisoformat(effect.pop("since")) == now - DAY
    assert datetime.fromisoformat(effect.pop("expires_at")) == now + DAY
    assert effect == {
        "effect": "suspend",
        "reason_code": "extraction",
        "decision_id": "d1",
        "appeal": "SW-d1",
        "message": NOTICE,
    }
    assert datetime.fromisoformat(said["snapshot"]["made_at"]) == now
    assert 0 <= said["snapshot"]["age_seconds"] < 600
    assert said["snapshot"]["stale"] is False


def test_a_member_without_a_level_has_its_network(here: Served) -> None:
    said = here.ask("POST", "/v1/verdict", {"account_id": "peggy"}, key="verdict").json
    assert (said["level"], said["network_id"], said["campaign_id"], said["effects"]) == (None, "n2", None, [])


@pytest.mark.parametrize("account", ["alice", "Mallory", "mallory ", "x" * 60_000, "\0", "дор"])
def test_an_unknown_account_is_no_error(here: Served, account: str) -> None:
    found = here.ask("POST", "/v1/verdict", {"account_id": account}, key="verdict")
    assert found.status == 200
    assert found.json["account_id"] == account
    assert (found.json["level"], found.json["effects"]) == (None, [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 422),
        (b'{"request":' + b'{"a":' * 9_000 + b"1" + b"}" * 9_001, 400),
        (b'{"account_id":NaN}', 422),
        (b"null", 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"account_id":""}', 422),
        (b'{"account_id":7}', 422),
        (b'{"account_id":"' + b"a" * 1_100_000 + b'"}', 413),
    ],
    ids=range(12),
)
def test_a_body_that_cannot_be_is_refused(here: Served, body: bytes, status: int) -> None:
    found = here.ask("POST", "/v1/verdict", body, key="verdict")
    assert found.status == status
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json["status"] == status


@pytest.mark.parametrize(
    "request_said",
    [
        rb'{"a":"\ud83d"}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"7" * 5_000 + b"}",
        b'{"a":"\xff\x01"}',
        b'["x"]',
        b'"' + b"x" * 500_000 + b'"',
    ],
    ids=["half a character", "no number", "infinity", "too large", "long number", "no text", "a list", "large"],
)
def test_a_clients_words_hide_nobody(here: Served, request_said: bytes) -> None:
    for body in (b'{"account_id":"mallory","request":%b}', b'{"request":%b,"account_id":"mallory"}'):
        found = here.ask("POST", "/v1/verdict", body % request_said, key="verdict")
        assert (found.status, found.json["level"]) == (200, "act")
        assert [one["effect"] for one in found.json["effects"]] == ["suspend"]


def test_half_a_character_makes_nobody_another(here: Served) -> None:
    found = here.ask("POST", "/v1/verdict", b'{"account_id":"mallory\\ud800"}', key="verdict")
    assert (found.status, found.json["level"], found.json["effects"]) == (200, None, [])


@pytest.mark.parametrize("made", [timedelta(days=-2), timedelta(days=365), timedelta(days=-365)])
def test_an_old_or_impossible_snapshot_counts_as_none(tmp_path: Path, now: datetime, made: timedelta) -> None:
    publish(tmp_path, now + made)
    one = served(tmp_path)
    said = one.ask("POST", "/v1/verdict", {"account_id": "mallory"}, key="verdict").json
    assert (said["level"], said["network_id"], said["effects"]) == (None, None, [])
    assert said["snapshot"]["stale"] is True
    assert said["snapshot"]["age_seconds"] == pytest.approx(-made.total_seconds(), abs=600)


def test_without_a_snapshot_nothing_is_known(tmp_path: Path) -> None:
    said = served(tmp_path).ask("POST", "/v1/verdict", {"account_id": "mallory"}, key="verdict").json
    assert (said["level"], said["effects"], said["snapshot"]) == (None, [], None)
