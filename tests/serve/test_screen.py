"""`POST /v1/screen`: matches as questions, judgements that hold, lists that change, and bodies of every kind."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger import Judgement, opened
from stillwatch.screening.kept import kept
from stillwatch.serve.screen import LONGEST_NAME, MOST_NAMES
from tests.serve.asked import Served, served

LIST = "source,entity_number,name,alt_names,programs\nSDN,7,Ivan Zhukov,Иван Жуков,IRGC\n"
CALL = {"account_id": "a1", "name": "Iwan Joukov"}


@pytest.fixture
def screening(tmp_path: Path) -> Served:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    one = served(tmp_path, screening_lists=(path,))
    one.parts.screening.refresh()
    return one


def test_a_match_is_answered_with_its_reasons_and_no_effect(screening: Served) -> None:
    found = screening.ask("POST", "/v1/screen", CALL, key="screen")
    assert found.status == 200
    (match,) = found.json["matches"]
    assert (match["listed"], match["source"], match["programs"], match["judged"]) == (
        "Ivan Zhukov",
        "SDN",
        ["IRGC"],
        None,
    )
    assert match["score"] > 0.66
    assert match["reasons"]
    assert found.json["lists"][0]["entries"] == 1
    assert "effect" not in found.json


def test_owners_and_parents_are_held_against_it_too(screening: Served) -> None:
    asked = {"account_id": "a1", "name": "Nobody AG", "owners": ["Ivan Zhukov"], "parents": ["Zhukov, Ivan"]}
    found = screening.ask("POST", "/v1/screen", asked, key="screen").json["matches"]
    assert sorted(one["role"] for one in found) == ["owner", "parent"]


def test_a_clearing_holds_and_the_match_waits_no_more(screening: Served) -> None:
    (match,) = screening.ask("POST", "/v1/screen", CALL, key="screen").json["matches"]
    waiting = wait_for(screening.folder)
    assert [one.match_id for one in waiting] == [match["match_id"]]
    with opened(screening.folder) as ledger:
        said = Judgement(waiting[0].subject, "innocent", "Ada", datetime.now(UTC), "another birthday")
        ledger.judgements.add(said)
    screening.parts.screening.learn(screening.parts.door)
    again = screening.ask("POST", "/v1/screen", CALL, key="screen").json["matches"]
    assert [one["judged"] for one in again] == ["innocent"]
    other = screening.ask("POST", "/v1/screen", {**CALL, "account_id": "a2"}, key="screen").json["matches"]
    assert [one["judged"] for one in other] == [None]


def wait_for(folder: Path) -> list:
    for _ in range(500):
        if found := kept(folder):
            return found
        time.sleep(0.01)
    raise AssertionError("nothing was kept")


def test_a_changed_list_is_read_and_a_broken_one_leaves_the_former(screening: Served) -> None:
    path = screening.folder / "list.csv"
    path.write_text(LIST + "SDN,8,Anna Jones,,\n", encoding="utf-8")
    screening.parts.screening.refresh()
    asked = {"account_id": "a1", "name": "Anna Jones"}
    assert len(screening.ask("POST", "/v1/screen", asked, key="screen").json["matches"]) == 1
    path.write_text("nonsense", encoding="utf-8")
    assert not screening.parts.screening.refresh()
    assert len(screening.ask("POST", "/v1/screen", asked, key="screen").json["matches"]) == 1


def test_lists_that_were_replaced_are_given_up_without_a_search_for_garbage(screening: Served) -> None:
    found = screening.parts.screening
    former = weakref.ref(found._screener)
    (screening.folder / "list.csv").write_text(LIST + "SDN,8,Anna Jones,,\n", encoding="utf-8")
    gc.disable()  # the server lets nothing search what it keeps for long
    try:
        assert found.refresh()
        assert former() is None
    finally:
        gc.enable()
    assert not found.refresh()


def test_before_the_lists_are_read_it_says_so(tmp_path: Path) -> None:
    one = served(tmp_path, screening_lists=(tmp_path / "gone.csv",))
    one.parts.screening.refresh()
    assert one.ask("POST", "/v1/screen", CALL, key="screen").status == 503


def test_without_lists_there_is_nothing(tmp_path: Path) -> None:
    assert served(tmp_path).ask("POST", "/v1/screen", CALL, key="screen").status == 404


@pytest.mark.parametrize("key", ["verdict", "ingest", "read", None])
def test_another_key_is_refused(screening: Served, key: str | None) -> None:
    assert screening.ask("POST", "/v1/screen", CALL, key=key).status in (401, 403)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"nonsense", 400),
        ({}, 422),
        ({"account_id": "a1"}, 422),
        ({"account_id": "", "name": "x"}, 422),
        ({"account_id": "a1", "name": ""}, 422),
        ({"account_id": "a1", "name": "x" * (LONGEST_NAME + 1)}, 422),
        ({"account_id": "a1", "name": "x", "owners": ["y"] * MOST_NAMES, "parents": ["z"] * MOST_NAMES}, 200),
        ({"account_id": "a1", "name": "x", "owners": ["y"] * (MOST_NAMES + 1)}, 422),
        ({"account_id": "a1", "name": "x", "birth_year": 1}, 422),
        ({"account_id": "a1", "name": "x", "owner": ["y"]}, 422),
        (b'{"account_id": "a1", "name": "\\ud800"}', 200),
        ({"account_id": "a1", "name": "‮\0?"}, 200),
        ({"account_id": "a1", "name": "I", "aliases": ["Mr"]}, 200),
    ],
)
def test_bodies_of_every_kind(screening: Served, body: object, status: int) -> None:
    found = screening.ask("POST", "/v1/screen", body, key="screen")
    assert found.status == status or (status == 200 and found.status == 400)
    if found.status == 200:
        assert found.json["matches"] == []


def test_a_server_that_cannot_screen_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stillwatch.screening.lists", None)
    with pytest.raises(UsageError, match=r"serve.screening_lists.*stillwatch\[screen\]"):
        served(tmp_path, screening_lists=(tmp_path / "list.csv",))
    served(tmp_path)  # without lists nothing is missing
