"""TAXII 2.1 as the standard's text and its own client have it; each partner meets its own collections only."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import taxii2client.v21 as oasis

from stillwatch.ledger import opened
from stillwatch.ledger.exchanged import inbox, outgoing
from stillwatch.serve.taxii import MEDIA
from tests.ledger.made import NOW, identity, indicator, told
from tests.serve.asked import Answered, Served, served
from tests.serve.live import Live, live

API = "/taxii2/api/"


def share_key(folder: Path, name: str) -> str:
    with opened(folder) as ledger:
        return ledger.keys.create(name, "share", datetime.now(UTC))[1]


@pytest.fixture
def taxii(tmp_path: Path) -> Iterator[Served]:
    """A server with 25 objects for northwind; `keys` has a key for each of two partners."""
    with opened(tmp_path) as ledger:
        ledger.shares.add(told(), [identity(), *(indicator(str(number)) for number in range(24))])
    keys = {name: share_key(tmp_path, name) for name in ("northwind", "south")}
    found = served(tmp_path)
    yield Served(found.folder, found.parts, found.app, {**found.keys, **keys})
    found.parts.door.close()


def get(taxii: Served, path: str, key: str = "northwind", **given: Any) -> Answered:
    return taxii.ask("GET", path, key=key, **given)


def collection(name: str = "northwind", part: str = "objects/", query: str = "") -> str:
    return f"{API}collections/{outgoing(name)}/{part}{query}"


def send(taxii: Served, body: object, name: str = "northwind", key: str = "northwind", **given: Any) -> Answered:
    return taxii.ask("POST", f"{API}collections/{inbox(name)}/objects/", body, key=key, **given)


class TestResources:
    def test_discovery_leads_to_the_collections(self, taxii: Served) -> None:
        found = get(taxii, "/taxii2/")
        assert found.headers["content-type"] == MEDIA
        root = get(taxii, found.json["api_roots"][0]).json
        assert root["versions"] == [MEDIA]
        assert root["max_content_length"] == 10_000_000
        listed = get(taxii, API + "collections/").json["collections"]
        assert [(one["id"], one["can_read"], one["can_write"]) for one in listed] == [
            (outgoing("northwind"), True, False),
            (inbox("northwind"), False, True),
        ]
        assert get(taxii, f"{API}collections/{outgoing('northwind')}/").json == listed[0]

    def test_objects_carry_their_times_of_addition(self, taxii: Served) -> None:
        found = get(taxii, collection())
        assert [one["type"] for one in found.json["objects"]] == ["identity"] + ["indicator"] * 24
        assert "more" not in found.json
        first, last = (found.headers[f"x-taxii-date-added-{end}"] for end in ("first", "last"))
        assert (first, last) == ("2026-06-01T12:00:00.000000Z", "2026-06-01T12:00:00.000024Z")
        entries = get(taxii, collection(part="manifest/")).json["objects"]
        assert (entries[0]["date_added"], entries[-1]["date_added"]) == (first, last)
        assert entries[0]["version"] == "2026-06-01T12:00:00.000Z"

    def test_one_object_and_its_versions(self, taxii: Served) -> None:
        one = indicator("3")
        assert get(taxii, collection(part=f"objects/{one['id']}/")).json == {"objects": [one]}
        assert get(taxii, collection(part=f"objects/{one['id']}/versions/")).json == {
            "versions": ["2026-06-01T12:00:00.000Z"]
        }
        assert get(taxii, collection(part="objects/indicator--0/")).status == 404

    def test_a_filter_that_nothing_fits_gives_an_empty_envelope(self, taxii: Served) -> None:
        for query in ("?match[type]=malware", "?match[spec_version]=2.0", "?added_after=2030-01-01T00:00:00Z"):
            found = get(taxii, collection(query=query))
            assert (found.status, found.json) == (200, {})

    def test_filters_narrow(self, taxii: Served) -> None:
        for query, count in (
            ("?match[type]=identity", 1),
            ("?match[type]=identity,indicator", 25),
            (f"?match[id]={indicator('3')['id']},{indicator('4')['id']}", 2),
            ("?match[version]=all&match[type]=indicator", 24),
            ("?match[version]=2026-06-01T12:00:00.000Z", 25),
            ("?added_after=2026-06-01T12:00:00.000004Z", 20),
            ("?added_after=2026-06-01T12:00:00.000004123Z", 20),
            ("?unknown=1", 25),
        ):
            assert len(get(taxii, collection(query=query)).json["objects"]) == count, query

    @pytest.mark.parametrize("part", ["objects/", "manifest/"])
    def test_pages_end_and_repeat_nothing(self, taxii: Served, part: str) -> None:
        seen, query = [], "?limit=7"
        for _ in range(4):
            found = get(taxii, collection(part=part, query=query)).json
            seen += [one["id"] for one in found["objects"]]
            query = f"?limit=7&next={found.get('next')}"
        assert "more" not in found
        assert len(seen) == len(set(seen)) == 25

    def test_a_client_that_sends_both_cursors_is_led_on(self, taxii: Served) -> None:
        first = get(taxii, collection(query="?limit=10"))
        after = "&added_after=2020-01-01T00:00:00Z"
        second = get(taxii, collection(query=f"?limit=10&next={first.json['next']}{after}"))
        assert {one["id"] for one in first.json["objects"]}.isdisjoint(one["id"] for one in second.json["objects"])
        on = get(taxii, collection(query=f"?added_after={first.headers['x-taxii-date-added-last']}"))
        assert len(on.json["objects"]) == 15


class TestAccess:
    def test_a_partner_meets_its_own_collections(self, taxii: Served) -> None:
        for part in ("", "objects/", "manifest/", f"objects/{indicator('3')['id']}/"):
            assert get(taxii, collection("northwind", part), key="south").status == 404
        assert get(taxii, collection("south"), key="south").json == {}
        assert send(taxii, {"objects": [indicator(by="N")]}, "northwind", "south").status == 404

    def test_a_direction_has_its_own_collection(self, taxii: Served) -> None:
        assert get(taxii, f"{API}collections/{inbox('northwind')}/objects/").status == 403
        assert taxii.ask("POST", collection(), {"objects": [indicator(by="N")]}, key="northwind").status == 403
        assert taxii.ask("DELETE", collection(part="objects/indicator--1/"), key="northwind").status == 405

    @pytest.mark.parametrize("key", ["verdict", "read", "analyst", "ingest", "wrong", None])
    def test_another_key_is_not_let_in(self, taxii: Served, key: str | None) -> None:
        found = taxii.ask("GET", "/taxii2/", key=key)
        assert found.status in (401, 403)
        assert set(found.json) == {"title", "description", "http_status"}
        assert found.headers["content-type"] == MEDIA
        assert "northwind" not in found.body.decode()
        if found.status == 401:
            assert found.headers["www-authenticate"].startswith("Basic")

    def test_keys_are_shown_as_clients_show_them(self, taxii: Served) -> None:
        secret = taxii.keys["northwind"]
        coded = base64.b64encode(f"anybody:{secret}".encode()).decode()
        for shown in (f"Basic {coded}", f"basic {coded}", f"Bearer {secret}", f"Basic {secret}"):
            assert taxii.ask("GET", "/taxii2/", headers=[("authorization", shown)]).status == 200
        for shown in ("Basic", "Basic ", "Basic %%%", f"Digest {coded}", f"Basic {coded[:-9]}"):
            assert taxii.ask("GET", "/taxii2/", headers=[("authorization", shown)]).status == 401

    def test_basic_opens_nothing_else(self, taxii: Served) -> None:
        coded = base64.b64encode(f"x:{taxii.keys['verdict']}".encode()).decode()
        found = taxii.ask("POST", "/v1/verdict", {"account_id": "a"}, headers=[("authorization", f"Basic {coded}")])
        assert found.status == 401

    def test_what_was_read_is_logged(self, taxii: Served) -> None:
        get(taxii, collection(query="?limit=2"))
        with opened(taxii.folder) as ledger:
            (view,) = [one for one in ledger.views.list() if one.action == "taxii"]
        assert view.by == "northwind"
        assert view.subject.startswith(outgoing("northwind"))


class TestSending:
    def test_what_is_sent_is_kept_with_a_status(self, taxii: Served) -> None:
        found = send(taxii, {"objects": [indicator(by="N")]}, headers=[("content-type", MEDIA)])
        assert (found.status, found.json["status"], found.json["success_count"]) == (202, "complete", 1)
        assert get(taxii, f"{API}status/{found.json['id']}/").json == found.json
        assert get(taxii, f"{API}status/{found.json['id']}/", key="south").status == 404

    def test_a_refusal_names_each_object(self, taxii: Served) -> None:
        found = send(taxii, {"objects": [indicator(by="N"), indicator("3")]})
        assert (found.status, found.json["success_count"], found.json["failure_count"]) == (202, 0, 2)
        assert "one of ours" in json.dumps(found.json)

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400),
            (b"{", 400),
            (b"\xff\xfe", 400),
            (b"[" * 100_000, 400),
            ({}, 422),
            ([1], 422),
            ({"objects": []}, 422),
            (b'{"objects":["' + b"x" * 10_000_001 + b'"]}', 413),
        ],
        ids=["empty", "cut", "no text", "deep", "bare", "list", "none", "huge"],
    )
    def test_what_is_no_envelope_is_refused(self, taxii: Served, body: object, status: int) -> None:
        found = send(taxii, body)
        assert found.status == status
        assert found.json["http_status"] == str(status)

    def test_a_quota_is_kept(self, tmp_path: Path) -> None:
        key = share_key(tmp_path, "northwind")
        found = served(tmp_path, taxii_objects_per_day=2)
        taxii = Served(found.folder, found.parts, found.app, {"northwind": key})
        refused = send(taxii, {"objects": [indicator(str(one), by="N") for one in range(3)]})
        assert (refused.status, refused.headers["retry-after"]) == (429, "3600")
        assert send(taxii, {"objects": [indicator(str(one), by="N") for one in range(2)]}).status == 202
        found.parts.door.close()

    @pytest.mark.parametrize(("header", "status"), [("application/taxii+json;version=2.0", 415), ("text/plain", 415)])
    def test_another_media_type_is_refused(self, taxii: Served, header: str, status: int) -> None:
        assert send(taxii, {"objects": [1]}, headers=[("content-type", header)]).status == status


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?limit=0", "limit"),
        ("?limit=-1", "limit"),
        ("?limit=x", "limit"),
        ("?next=x", "next"),
        ("?next=999999999999999999", "next"),
        ("?next=-1", "next"),
        ("?added_after=yesterday", "added_after"),
        ("?match[version]=newest", "match"),
        ("?limit=1&limit=2", "twice"),
        ("?match[id]=" + ",".join(str(one) for one in range(1_001)), "at most"),
        ("?match[id]=%ff", "cannot be read"),
    ],
)
def test_a_bad_question_is_said(taxii: Served, query: str, said: str) -> None:
    found = get(taxii, collection(query=query))
    assert found.status == 400
    assert said in found.json["description"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MEDIA, 200),
        ("application/taxii+json; version=2.1", 200),
        ("application/taxii+json", 200),
        ("*/*", 200),
        ("text/html, application/json;q=0.5", 200),
        ("application/taxii+json;version=2.0", 406),
        ("text/html", 406),
    ],
)
def test_accept_is_heeded(taxii: Served, accept: str, status: int) -> None:
    assert get(taxii, "/taxii2/", headers=[("accept", accept)]).status == status


@pytest.mark.parametrize(
    "path", ["/taxii2x", "/taxii2/api/x/", "/taxii2/api/collections/..%2f/", "/taxii2/api/status/"]
)
def test_other_addresses_are_nothing(taxii: Served, path: str) -> None:
    assert get(taxii, path).status == 404


class TestTheClientOfOasis:
    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[tuple[Live, str]]:
        with opened(tmp_path) as ledger:
            ledger.shares.add(told(), [identity(), *(indicator(str(number)) for number in range(24))])
        key = share_key(tmp_path, "northwind")
        with live(tmp_path, "") as found:
            yield found, key

    def test_finds_reads_and_pages(self, server: tuple[Live, str]) -> None:
        found, key = server
        client = oasis.Server(f"http://127.0.0.1:{found.port}/taxii2/", user="northwind", password=key)
        (root,) = client.api_roots
        readable, writable = root.collections
        assert (readable.can_read, writable.can_write) == (True, True)
        pages = list(oasis.as_pages(readable.get_objects, per_request=10))
        assert [len(one["objects"]) for one in pages] == [10, 10, 5]
        assert len(readable.get_manifest()["objects"]) == 25
        assert readable.get_object(identity()["id"])["objects"] == [identity()]
        assert readable.object_versions(identity()["id"])["versions"] == ["2026-06-01T12:00:00.000Z"]
        assert len(readable.get_objects(type="indicator", added_after=NOW + timedelta(microseconds=4))["objects"]) == 20

    def test_sends_and_asks_what_became_of_it(self, server: tuple[Live, str]) -> None:
        found, key = server
        client = oasis.Server(f"http://127.0.0.1:{found.port}/taxii2/", user="northwind", password=key)
        writable = client.api_roots[0].collections[1]
        status = writable.add_objects({"objects": [indicator(by="N")]})
        assert (status.status, status.success_count) == ("complete", 1)
        status.refresh()
        assert status.success_count == 1
