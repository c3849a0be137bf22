"""What every address has in common: problems as documents, no error without words, measures without callers' words."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from stillwatch.records.watch_status import PLACE, WatchStatus
from stillwatch.serve.door import MOST_WAITING
from tests.serve.asked import Served, publish, without_keys


@pytest.mark.parametrize(
    "path", ["/", "/v2/verdict", "/v1/verdict/", "/v1//verdict", "/%00", "/v1/decisions/", "/metricsx"]
)
def test_an_unknown_address_is_not_found(here: Served, path: str) -> None:
    found = here.ask("GET", path)
    assert (found.status, found.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/verdict", "POST"),
        ("BREW", "/healthz", "GET"),
        ("DELETE", "/v1/decisions/d1", "GET"),
        ("PUT", "/v1/decisions/d1/reversal", "POST"),
        ("HEAD", "/v1/appeals", "POST"),
    ],
)
def test_another_method_is_told_which(here: Served, method: str, path: str, allowed: str) -> None:
    found = here.ask(method, path)
    assert (found.status, found.headers["allow"]) == (405, allowed)


def test_an_error_inside_is_a_document_without_details(here: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(account: str) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(here.parts.snapshots, "answer", broken)
    found = here.ask("POST", "/v1/verdict", {"account_id": "a"}, key="verdict")
    assert (found.status, found.headers["content-type"]) == (500, "application/problem+json")
    assert b"secret" not in found.body


def test_a_problem_that_cannot_be_worded_is_answered_as_it_is(here: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.serve.taxii.json.loads", lambda _: {}["secret words"])
    found = here.ask("GET", "/taxii2/")
    assert (found.status, found.headers["content-type"]) == (401, "application/problem+json")
    assert found.headers["content-length"] == str(len(found.body))
    assert b"secret" not in found.body
    monkeypatch.undo()
    assert here.ask("GET", "/taxii2/").headers["content-type"] != "application/problem+json"


def test_readiness_says_what_is_known(here: Served) -> None:
    found = here.ask("GET", "/readyz")
    assert (found.status, found.json["ready"], found.json["snapshot_usable"]) == (200, True, True)
    found = without_keys(here).ask("GET", "/readyz")
    assert (found.status, found.json["keys_known"]) == (503, False)
    assert here.ask("HEAD", "/healthz").status == 200


def test_measures_name_no_caller(here: Served, now: Any) -> None:
    here.ask("GET", "/secret-path-7")
    here.ask("POST", "/v1/verdict", {"account_id": "mallory"}, key="verdict")
    publish(here.folder, now)
    assert here.parts.snapshots.refresh()
    shown = here.ask("GET", "/metrics").body.decode()
    assert 'stillwatch_requests_total{route="none",status="404"} 1.0' in shown
    assert 'stillwatch_requests_total{route="verdict",status="200"} 1.0' in shown
    assert "stillwatch_snapshot_swaps 1.0" in shown
    assert "stillwatch_snapshot_accounts 4.0" in shown
    assert "secret-path" not in shown
    assert "mallory" not in shown


def test_a_client_that_goes_away_is_not_answered(here: Served) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    key = (b"x-api-key", here.keys["verdict"].encode())
    scope = {"type": "http", "method": "POST", "path": "/v1/verdict", "query_string": b"", "headers": [key]}
    asyncio.run(here.app(scope, receive, send))
    assert sent == []


def test_the_background_runs_while_the_server_does(here: Served) -> None:
    asked, sent = asyncio.Queue[MutableMapping[str, Any]](), []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])

    async def lasting() -> None:
        await asked.put({"type": "lifespan.startup"})
        running = asyncio.create_task(here.app({"type": "lifespan"}, asked.get, send))
        await asyncio.sleep(0)
        await asked.put({"type": "lifespan.shutdown"})
        await running
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(lasting())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_ledger_that_hangs_delays_no_verdict(here: Served) -> None:
    """All threads of the ledger wait; verdicts are answered, and further questions are refused, not queued for ever."""
    import threading

    hanging = threading.Event()

    async def both() -> tuple[list[Any], Any]:
        stuck = [asyncio.create_task(here.parts.door.call(lambda _: hanging.wait(30))) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        refused = await here.parts.door.call(lambda _: True)
        verdict = here.parts.snapshots.find("mallory")
        hanging.set()
        await asyncio.gather(*stuck)
        return [refused, verdict], await here.parts.door.call(lambda _: True)

    (refused, verdict), after = asyncio.run(both())
    assert refused.status == 503
    assert verdict.level == "act"
    assert after is True


def test_measures_say_how_the_watch_does(here: Served, now: Any) -> None:
    assert b"stillwatch_watch" not in here.ask("GET", "/metrics").body
    at = now.replace(tzinfo=None)
    noted = WatchStatus(at, at, 7, 1, 2, 3, 0, None, None, 4)
    (here.folder / PLACE).parent.mkdir()
    (here.folder / PLACE).write_text(noted.to_json(), encoding="utf-8")
    shown = here.ask("GET", "/metrics").body.decode().splitlines()
    assert 'stillwatch_watch_exchanges_total{outcome="outside"} 2.0' in shown
    assert "stillwatch_watch_epoch_failures 4.0" in shown
    (newest,) = (float(line.split()[1]) for line in shown if line.startswith("stillwatch_watch_newest_exchange"))
    assert newest == pytest.approx(now.timestamp(), abs=1e-3)
    assert not any(line.startswith("stillwatch_watch_epoch_seconds") for line in shown)
