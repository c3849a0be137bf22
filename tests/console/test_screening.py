"""The page of matches: who is shown, who may judge, and that a clearing holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.records.subjects import SCREENING
from stillwatch.screening.kept import write_batch
from tests.console.asked import MATCH, Console

ID = MATCH["match_id"]


@pytest.fixture
def matched(here: Console, state: Path) -> Console:
    write_batch(state, [MATCH])
    return here


def test_a_match_is_shown_with_its_reasons(matched: Console) -> None:
    shown = matched.get("/screening").text
    assert "Iwan &lt;b&gt;Joukov&lt;/b&gt;" in shown
    assert "Agreement 0.91" in shown
    assert "is like" in shown
    assert "nothing follows from a match" in shown


def test_who_looked_is_noted(matched: Console) -> None:
    matched.get("/screening")
    assert any(one.action == "console: screening" for one in matched.ledger.views.list())


def test_a_clearing_holds(matched: Console, state: Path) -> None:
    said = {"match_id": ID, "verdict": "innocent", "reason": "another birthday"}
    assert matched.post("/screening/judge", **said).status == 303
    write_batch(state, [MATCH])
    assert ID not in matched.get("/screening").text
    assert "another birthday" in matched.get("/screening?standing=innocent").text
    (one,) = matched.ledger.judgements.list(SCREENING + ID)
    assert one.verdict == "innocent"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"match_id": "cd" * 16, "verdict": "innocent", "reason": "x"}, 404),
        ({"match_id": ID, "verdict": "innocent", "reason": " "}, 409),
        ({"match_id": ID, "verdict": "guilty", "reason": "x"}, 409),
        ({}, 404),
    ],
)
def test_what_cannot_be_said_is_refused(said: dict[str, str], status: int, matched: Console) -> None:
    assert matched.post("/screening/judge", **said).status == status
    assert matched.ledger.judgements.list(about=SCREENING) == ()


def test_without_matches_it_says_where_they_come_from(here: Console, state: Path) -> None:
    write_batch(state, [])
    assert "stillwatch screen" in here.get("/screening").text
    assert here.get("/screening?standing=nonsense").status == 404
