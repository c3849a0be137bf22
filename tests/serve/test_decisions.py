"""Decisions are listed and shown with who looked; a reversal ends the effect at once, and only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stillwatch.ledger import View, opened
from tests.ledger.made import decision
from tests.serve.asked import DAY, Served


def recent(name: str, **changed: Any) -> Any:
    """A decision whose effect holds now."""
    now = datetime.now(UTC)
    given = {"made_at": now - DAY, "since": now - DAY, "expires_at": now + DAY, "effect": "suspend"}
    return decision(name, **{**given, **changed})


@pytest.fixture
def kept(here: Served, now: datetime) -> Served:
    with opened(here.folder) as ledger:
        ledger.decisions.add(
            [recent("1", account_id="mallory", made_at=now - timedelta(hours=1))]
            + [recent(str(number), made_at=now - timedelta(hours=number)) for number in range(2, 8)]
        )
    return here


def views(here: Served) -> list[View]:
    with opened(here.folder) as ledger:
        return list(ledger.views.list())


def test_a_decision_is_shown_and_the_view_is_noted(kept: Served) -> None:
    found = kept.ask("GET", "/v1/decisions/d1", key="read")
    assert found.status == 200
    assert (found.json["account_id"], found.json["status"], found.json["effect"]) == ("mallory", "active", "suspend")
    assert found.json["evidence"] == [{"claim": "same_address", "bits": 12.5, "sentence": "They share IP address."}]
    assert [(one.by, one.action, one.subject) for one in views(kept)] == [("read 0", "show", "mallory")]


def test_decisions_are_listed_in_pages(kept: Served) -> None:
    ids, after = [], ""
    for _ in range(4):
        page = kept.ask("GET", f"/v1/decisions?limit=2{after}", key="analyst").json
        ids.append([one["decision_id"] for one in page["decisions"]])
        after = f"&after={page['next']}"
    assert ids == [["d1", "d2"], ["d3", "d4"], ["d5", "d6"], ["d7"]]
    assert page["next"] is None
    assert {one.subject for one in views(kept)} == {"mallory", *(f"account-{number}" for number in range(2, 8))}


def test_decisions_are_chosen(kept: Served) -> None:
    assert len(kept.ask("GET", "/v1/decisions?account_id=mallory", key="read").json["decisions"]) == 1
    assert len(kept.ask("GET", "/v1/decisions?subject=c1", key="read").json["decisions"]) == 7
    assert kept.ask("GET", "/v1/decisions?account_id=%00", key="read").json["decisions"] == []


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1&limit=2", "colour=red", "limit=%FF"),
        *("limit=²", "limit=" + "9" * 5_000, "limit=000000001" + "9" * 5_000, "limit=1%0A"),
        "&".join(f"a{number}=1" for number in range(50)),
    ],
)
def test_a_query_that_cannot_be_is_refused(kept: Served, query: str) -> None:
    assert kept.ask("GET", f"/v1/decisions?{query}", key="read").status == 422


@pytest.mark.parametrize("one", ["d9", "%00", "d1%00", "x" * 513, "..", "d1/x"])
def test_what_is_not_there_is_not_found(kept: Served, one: str) -> None:
    assert kept.ask("GET", f"/v1/decisions/{one}", key="read").status == 404
    assert kept.ask("POST", f"/v1/decisions/{one}/reversal", {"reason": "x"}, key="analyst").status == 404


def test_a_reversal_ends_the_effect_at_once_and_counts_once(kept: Served) -> None:
    asked = {"account_id": "mallory"}
    assert kept.ask("POST", "/v1/verdict", asked, key="verdict").json["effects"]
    first = kept.ask("POST", "/v1/decisions/d1/reversal", {"reason": "our mistake", "by": "Ada"}, key="analyst")
    assert first.status == 200
    assert (first.json["by"], first.json["reason"]) == ("Ada (key analyst 0)", "our mistake")
    said = kept.ask("POST", "/v1/verdict", asked, key="verdict").json
    assert said["effects"] == []
    assert said["level"] == "act", "what was found stays; only the effect is undone"
    assert said["snapshot"]["id"] == first.json["snapshot"]
    again = kept.ask("POST", "/v1/decisions/d1/reversal", {"reason": "another"}, key="analyst")
    assert (again.status, again.json["reason"]) == (200, "our mistake")
    assert kept.ask("GET", "/v1/decisions/d1", key="read").json["status"] == "reversed"


def test_a_reversal_beside_a_damaged_snapshot_is_kept(kept: Served) -> None:
    for path in (kept.folder / "verdicts").glob("*.verdicts"):
        path.write_bytes(b"damaged")
    found = kept.ask("POST", "/v1/decisions/d1/reversal", {"reason": "x"}, key="analyst")
    assert (found.status, found.json["snapshot"]) == (200, None)


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": 7}, {"reason": "x", "by": ""}, {"reason": "x" * 5_000}]
)
def test_a_reversal_needs_a_reason(kept: Served, body: dict[str, object]) -> None:
    assert kept.ask("POST", "/v1/decisions/d1/reversal", body, key="analyst").status == 422
    assert kept.ask("GET", "/v1/decisions/d1", key="read").json["status"] == "active"


def test_a_refused_decision_cannot_be_reversed(kept: Served, now: datetime) -> None:
    with opened(kept.folder) as ledger:
        ledger.decisions.add([recent("w", needs_approval=True)])
        ledger.decisions.refuse("dw", "Bo", now, "no")
    assert kept.ask("POST", "/v1/decisions/dw/reversal", {"reason": "x"}, key="analyst").status == 409
