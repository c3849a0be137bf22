"""The page of matches: who is shown, who may judge, and that a clearing holds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.records.outputs import BIRTH_COHORTS
from stillwatch.records.subjects import SCREENING
from stillwatch.screening import newcomers
from stillwatch.screening.kept import write_batch
from tests.console.asked import MATCH, Console
from tests.screening.test_newcomers import said

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


def test_who_may_be_back_is_shown(here: Console, state: Path) -> None:
    newcomers.keep(state, said(("acct_<b>", 0, 0.2), ("acct_<b>", 10, 0.97)))
    shown = here.get("/screening").text
    assert "0.97 any earlier operator" in shown
    assert "after 10 exchanges" in shown
    assert "0.20" not in shown, "what was said last counts"
    assert "what it asks for: 13.0 bits" in shown
    assert "acct_&lt;b&gt;" in shown


def test_who_signed_up_together_is_shown(here: Console, state: Path) -> None:
    row = {
        "cohort_id": "B1",
        "hour": datetime(2026, 6, 1, 9),
        "accounts": ["acct_1", "acct_2"],
        "claims": ["same_email_shape"],
        "expected": 0.02,
        "probability": 1e-9,
        "said_at": datetime(2026, 6, 1, 10),
    }
    newcomers.keep(state, pa.Table.from_pylist([row], schema=BIRTH_COHORTS.schema), BIRTH_COHORTS)
    shown = here.get("/screening").text
    assert "Signed up together" in shown
    assert "acct_2" in shown
    assert "0.02 were to be expected" in shown
