"""The client is bounded: a partner's server makes it neither loop, nor fill memory, nor tell the secret elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from stillwatch.errors import InputError, UsageError
from stillwatch.share import taxii_client
from stillwatch.share.taxii_client import TaxiiCollection, secret_in

ADDRESS = "https://partner.example/taxii2/api/collections/c/"
Handler = Callable[[httpx.Request], httpx.Response]


def collection(handler: Handler) -> TaxiiCollection:
    return TaxiiCollection(ADDRESS, "we", "secret-of-ours", httpx.MockTransport(handler))


def answer(found: object, status: int = 200, **headers: str) -> Handler:
    return lambda _: httpx.Response(status, json=found, headers=headers)


def pages(*found: dict[str, Any]) -> Handler:
    """A server that answers with these, one after another, and with the last one for ever."""
    left = list(found)
    return lambda _: httpx.Response(200, json=left.pop(0) if len(left) > 1 else left[0])


def test_pages_are_read_to_their_end() -> None:
    one = {"more": True, "next": "1", "objects": [1]}
    found = collection(pages(one, {**one, "next": "2"}, {"objects": [2]})).pull(None, 10)
    assert found.objects == (1, 1, 2)


def test_the_time_of_addition_is_remembered() -> None:
    header = {"x-taxii-date-added-last": "2026-06-01T12:00:00.000004Z"}
    found = collection(answer({"objects": [1]}, **header)).pull(None, 10)
    assert found.until == datetime(2026, 6, 1, 12, 0, 0, 4, UTC)
    asked = []
    collection(lambda request: asked.append(request.url) or httpx.Response(200, json={})).pull(found.until, 10)
    assert asked[0].params["added_after"] == "2026-06-01T12:00:00.000004Z"


@pytest.mark.parametrize(
    "found",
    [
        {"more": True, "next": "1", "objects": [1]},
        {"more": True, "next": "1"},
        {"more": True, "objects": [1]},
        {"more": True, "next": 7, "objects": [1]},
    ],
)
def test_pages_that_do_not_end_are_left(found: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="do not end"):
        collection(pages(found)).pull(None, 1_000)


def test_more_than_the_quota_is_not_taken() -> None:
    with pytest.raises(InputError, match="more than 3 new objects"):
        collection(answer({"objects": [1, 2, 3, 4]})).pull(None, 3)


def test_an_endless_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii_client, "MOST_BYTES", 1_000)
    with pytest.raises(InputError, match="more than 1,000 bytes"):
        collection(answer({"objects": ["x" * 2_000]})).pull(None, 10)


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (answer([1]), "no JSON object"),
        (answer({"objects": {}}), "no envelope"),
        (lambda _: httpx.Response(200, content=b"{"), "no JSON object"),
        (lambda _: httpx.Response(200, content=b"[" * 100_000), "no JSON object"),
        (answer({"title": "t", "description": "ask later", "http_status": "503"}, 503), "503, ask later"),
        (answer({}, 404), "404"),
        (lambda _: httpx.Response(302, headers={"location": "https://elsewhere.example/"}), "302"),
    ],
)
def test_what_is_no_answer_is_said(handler: Handler, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        collection(handler).pull(None, 10)
    assert "secret-of-ours" not in str(caught.value)


def test_a_server_that_is_away_is_said() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(InputError, match="cannot be reached"):
        collection(away).pull(None, 10)


def test_objects_go_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii_client, "AT_ONCE", 3)
    monkeypatch.setattr(taxii_client, "BYTES_AT_ONCE", 100)
    sent: list[list[Any]] = []

    def take(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Basic ")
        sent.append(json.loads(request.content)["objects"])
        return httpx.Response(202, json={"status": "complete", "failure_count": 0})

    objects = [{"id": str(one)} for one in range(7)] + [{"id": "x" * 90}]
    collection(take).push(objects)
    assert [len(one) for one in sent] == [3, 3, 1, 1]
    assert [each for one in sent for each in one] == objects


@pytest.mark.parametrize(
    "said",
    [
        {"status": "complete", "failure_count": 1, "failures": [{"id": "x", "message": "is one of ours"}]},
        {"status": "complete", "failure_count": 1, "failures": "x"},
        {"status": "complete", "failure_count": 1, "failures": ["x"]},
        {"status": "lost"},
    ],
)
def test_what_is_not_taken_is_said(said: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="did not take"):
        collection(answer(said, 202)).push([{}])


@pytest.mark.parametrize("text", ["", "two words", "x" * 600, "secret\nmore"])
def test_a_file_without_a_key_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(UsageError, match="holds no key"):
        secret_in(tmp_path / "key")


def test_a_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("stillwatch_share_x\n")
    assert secret_in(tmp_path / "key") == "stillwatch_share_x"
    with pytest.raises(UsageError, match="cannot be read"):
        secret_in(tmp_path / "none")
