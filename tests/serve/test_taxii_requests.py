"""Requests that a server of TAXII 2.1 must answer, as the tests of the reference server of OASIS make them.

Which requests, and their statuses, are those of `medallion/test/test_backends.py` in the repository
oasis-open/cti-taxii-server (BSD-3-Clause); the objects are ours. Where this server answers otherwise, the reason stands
beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ledger import opened
from stillwatch.ledger.exchanged import inbox, outgoing
from stillwatch.serve.taxii import MEDIA
from tests.ledger.made import DAY, NOW, identity, indicator, told
from tests.serve.asked import Answered, Served, served
from tests.serve.test_taxii import API, share_key

ROOT = f"{API}collections/{outgoing('northwind')}/"
ONE = indicator("7")["id"]


def version(day: int) -> dict[str, Any]:
    """A version of the indicator; the first is made at NOW."""
    return indicator("7", NOW + day * DAY, name=f"on day {day}")


@pytest.fixture
def taxii(tmp_path: Path) -> Iterator[Served]:
    """Five objects, one of them in three versions."""
    with opened(tmp_path) as ledger:
        ledger.shares.add(told(), [identity(), *(indicator(str(one)) for one in range(3)), version(0)])
        for day in (1, 2):
            ledger.shares.add(told(made_at=NOW + timedelta(days=day)), [version(day)])
    key = share_key(tmp_path, "northwind")
    found = served(tmp_path)
    yield Served(found.folder, found.parts, found.app, {**found.keys, "northwind": key})
    found.parts.door.close()


def get(taxii: Served, path: str, key: str | None = "northwind") -> Answered:
    return taxii.ask("GET", path, key=key)


@pytest.mark.parametrize(
    ("path", "objects"),
    [
        ("objects/", 5),
        ("objects/?match[version]=first", 5),
        ("objects/?match[version]=last", 5),
        ("objects/?match[version]=all", 7),
        (f"objects/?match[id]={ONE}&match[version]=all", 3),
        (f"objects/?match[version]={version(1)['modified']}", 1),
        ("objects/?match[spec_version]=2.0,2.1", 5),
        ("objects/?match[type]=indicator&match[version]=all", 6),
        (f"objects/{ONE}/", 1),
        (f"objects/{ONE}/?match[version]=all", 3),
        (f"objects/{ONE}/?match[version]=first", 1),
        (f"objects/{ONE}/?added_after=2016-11-03T12:30:59Z", 1),
        ("manifest/", 5),
        ("manifest/?match[version]=all", 7),
        (f"manifest/?match[id]={ONE}&match[version]=first", 1),
    ],
)
def test_filters_combine_as_the_standard_says(taxii: Served, path: str, objects: int) -> None:
    found = get(taxii, ROOT + path)
    assert (found.status, found.headers["content-type"]) == (200, MEDIA)
    assert len(found.json["objects"]) == objects
    assert not found.json.get("more", False)
    assert found.headers["x-taxii-date-added-first"] <= found.headers["x-taxii-date-added-last"]


def test_first_and_last_are_versions_of_an_object(taxii: Served) -> None:
    names = {which: get(taxii, f"{ROOT}objects/{ONE}/?match[version]={which}").json for which in ("first", "last")}
    assert [one["objects"][0]["name"] for one in names.values()] == ["on day 0", "on day 2"]
    listed = get(taxii, f"{ROOT}objects/{ONE}/versions/").json["versions"]
    assert sorted(listed) == [version(day)["modified"] for day in range(3)]


@pytest.mark.parametrize("part", ["objects/", "manifest/", f"objects/{ONE}/", f"objects/{ONE}/versions/"])
def test_nothing_after_a_time_is_an_empty_envelope(taxii: Served, part: str) -> None:
    found = get(taxii, f"{ROOT}{part}?added_after=2038-01-27T13:49:59.997000Z")
    assert (found.status, found.json) == (200, {})


@pytest.mark.parametrize("part", ["objects/", "manifest/", f"objects/{ONE}/"])
def test_a_page_of_versions_leads_to_the_next(taxii: Served, part: str) -> None:
    first = get(taxii, f"{ROOT}{part}?match[version]=all&limit=2")
    assert first.json["more"] is True
    second = get(taxii, f"{ROOT}{part}?match[version]=all&limit=2&next={first.json['next']}")
    assert second.headers["x-taxii-date-added-first"] > first.headers["x-taxii-date-added-last"]


def test_what_was_added_is_found_by_its_status(taxii: Served) -> None:
    body = {"objects": [indicator("9", NOW + day * DAY, "N") for day in (0, 1)]}
    sent = taxii.ask("POST", f"{API}collections/{inbox('northwind')}/objects/", body, key="northwind")
    assert (sent.status, sent.headers["content-type"]) == (202, MEDIA)
    assert (
        sent.json["total_count"] == sent.json["success_count"] + sent.json["failure_count"] + sent.json["pending_count"]
    )
    read = get(taxii, f"{API}status/{sent.json['id']}/").json
    assert (read["status"], read["success_count"]) == ("complete", 2)
    assert {one["id"] for one in read["successes"]} == {body["objects"][0]["id"]}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/taxii2/trustgroup2/", 404),
        ("/taxii2/carbon1/collections/", 404),
        (f"{API}collections/12345678-1234-1234-1234-123456789012/", 404),
        (f"{API}collections/24042009/manifest/", 404),
        (f"{API}status/22101993/", 404),
        (f"{ROOT}objects/malware--cee60c30-a68c-11e3-b0c1-a01aac20d000/", 404),
        (f"{ROOT}objects/?limit=-20", 400),
        # the reference server refuses a cursor under another filter; ours is a time, which holds under any
        (f"{ROOT}objects/?match[version]=first&limit=2&next=0", 200),
    ],
)
def test_refusals_are_error_messages(taxii: Served, path: str, status: int) -> None:
    found = get(taxii, path)
    assert (found.status, found.headers["content-type"]) == (status, MEDIA)
    assert status == 200 or {"title", "http_status"} <= set(found.json)
    assert get(taxii, path, key=None).status == 401


def test_an_object_without_an_envelope_is_422(taxii: Served) -> None:
    found = taxii.ask(
        "POST", f"{API}collections/{inbox('northwind')}/objects/", indicator("9", by="N"), key="northwind"
    )
    assert (found.status, found.json["http_status"]) == (422, "422")


def test_nothing_is_deleted(taxii: Served) -> None:
    """The reference server deletes; the standard lets a server have no such address (405 here), and ours revokes."""
    assert taxii.ask("DELETE", f"{ROOT}objects/{ONE}/", key="northwind").status == 405
    assert get(taxii, f"{ROOT}objects/{ONE}/").status == 200
