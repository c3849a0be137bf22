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
        (b'{"account_id":"\\ud800"}', 400),
        (b'{"account_id":NaN}', 400),
        (b"null", 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"account_id":""}', 422),
        (b'{"account_id":7}', 422),
        (b'{"account_id":"a","request":[]}', 422),
        (b'{"account_id":"' + b"a" * 70_000 + b'"}', 413),
    ],
    ids=range(14),
)
def test_a_body_that_cannot_be_is_refused(here: Served, body: bytes, status: int) -> None:
    found = here.ask("POST", "/v1/verdict", body, key="verdict")
    assert found.status == status
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json["status"] == status


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
