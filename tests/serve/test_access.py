"""Only a known key for the right thing opens an address; keys are known while the ledger is away."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillwatch.ledger import SCOPES, opened
from stillwatch.serve.access import Access
from stillwatch.serve.build import FOLDER, application
from stillwatch.serve.door import Door
from tests.serve.asked import Served, publish, served, without_keys

ADDRESSES = [
    ("POST", "/v1/verdict", {"verdict"}),
    ("POST", "/beta/litellm_basic_guardrail_api", {"verdict"}),
    ("GET", "/v1/decisions", {"read", "analyst"}),
    ("GET", "/v1/decisions/d1", {"read", "analyst"}),
    ("POST", "/v1/decisions/d1/reversal", {"analyst"}),
    ("POST", "/v1/appeals", {"appeal", "ingest"}),
    ("GET", "/v1/appeals/a1", {"appeal", "ingest", "read", "analyst"}),
]
WRONG = ["", " ", "wrong", "Bearer", "stillwatch_verdict_", "x" * 100_000, "é\u4e00", "\0"]


@pytest.mark.parametrize(("method", "path", "scopes"), ADDRESSES, ids=[path for _, path, _ in ADDRESSES])
def test_each_address_needs_a_key_of_its_scope(here: Served, method: str, path: str, scopes: set[str]) -> None:
    assert here.ask(method, path).status == 401
    for wrong in WRONG:
        found = here.ask(method, path, headers=[("x-api-key", wrong)])
        assert (found.status, found.headers["content-type"]) == (401, "application/problem+json")
        assert found.headers["www-authenticate"] == "Bearer"
    for scope in SCOPES:
        assert (here.ask(method, path, {}, key=scope).status == 403) == (scope not in scopes)


def test_a_key_may_come_as_bearer(here: Served) -> None:
    for form in ("Bearer {}", "bearer {}", "BEARER  {}"):
        headers = [("authorization", form.format(here.keys["verdict"]))]
        assert here.ask("POST", "/v1/verdict", {"account_id": "a"}, headers=headers).status == 200
    for form in ("{}", "Basic {}"):
        headers = [("authorization", form.format(here.keys["verdict"]))]
        assert here.ask("POST", "/v1/verdict", {"account_id": "a"}, headers=headers).status == 401


def test_a_revoked_key_is_refused_once_the_keys_are_read_again(here: Served) -> None:
    with opened(here.folder) as ledger:
        (key,) = [one for one in ledger.keys.list() if one.scope == "verdict"]
        ledger.keys.revoke(key.key_id, "Bo", datetime.now(UTC))
    here.parts.learn_keys()
    assert here.ask("POST", "/v1/verdict", {"account_id": "a"}, key="verdict").status == 401


def test_a_hash_opens_nothing(here: Served) -> None:
    digests = here.parts.door.ask(lambda ledger: ledger.keys.by_digest())
    assert len(digests) == len(SCOPES)
    for digest in digests:
        assert here.ask("POST", "/v1/verdict", {"account_id": "a"}, headers=[("x-api-key", digest)]).status == 401


def test_keys_are_known_while_the_ledger_is_away(tmp_path: Path, now: datetime) -> None:
    publish(tmp_path, now)
    one = served(tmp_path)
    one.parts.door.close()
    shutil.rmtree(tmp_path / FOLDER)
    (tmp_path / "ledger.db").unlink()
    away = replace(one.parts, door=Door("postgresql://nobody@127.0.0.1:1/none"))
    away.learn_keys()
    app = replace(one, parts=away, app=application(away, tmp_path / FOLDER))
    assert app.ask("POST", "/v1/verdict", {"account_id": "mallory"}, key="verdict").json["level"] == "act"
    assert app.ask("POST", "/v1/verdict", {"account_id": "mallory"}, key="wrong").status == 401
    found = app.ask("GET", "/v1/decisions", key="read")
    assert (found.status, found.headers["retry-after"]) == (503, "5")
    assert "127.0.0.1" not in found.body.decode()
    assert b"stillwatch_ledger_failures_total 1.0" in app.ask("GET", "/metrics").body


def test_before_the_ledger_answered_no_key_is_right_or_wrong(here: Served) -> None:
    assert without_keys(here).ask("POST", "/v1/verdict", {"account_id": "a"}, key="verdict").status == 503
    assert not Access().known
