"""The page of matches: who is shown, who may judge, and that a clearing holds."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.records.outputs import BIRTH_COHORTS, NEWCOMERS
from stillwatch.records.subjects import INNOCENT_RETURNS, REENTRY, SCREENING
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
    assert f'href="/screening"><code>{SCREENING}{ID}</code>' in matched.get("/judgements").text


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


def test_of_networks_that_nothing_tells_apart_all_are_shown(here: Console, state: Path) -> None:
    rows = said(("acct_1", 10, 0.9)).to_pylist()
    rows[0]["candidates"] = [("N1", 0.5), ("N<2>", 0.3), ("N3", 0.1)]
    newcomers.keep(state, pa.Table.from_pylist(rows, schema=NEWCOMERS.schema))
    for path in ("/screening", "/account?id=acct_1"):
        text = " ".join(re.sub(r"</?a\b[^>]*>", "", here.get(path, "analyst").text).split())
        assert "0.50 that of network N1, 0.30 that of network N&lt;2&gt; or 0.10 that of network N3" in text


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


def test_an_account_says_that_it_may_be_back(here: Console, state: Path) -> None:
    newcomers.keep(state, said(("acct_<b>", 0, 0.2), ("acct_<b>", 10, 0.97)))
    text = here.get("/account?id=acct_%3Cb%3E", "analyst").text
    assert "After 10 exchanges" in text and "0.97 that it is the operator of any earlier network" in text
    assert "what it asks for: 13.0 bits" in text
    assert all(words.split(",")[0].split("'")[0] in text for words in INNOCENT_RETURNS.values())
    assert "acct_<b>" not in text
    assert "Say who it is" not in here.get("/account?id=acct_%3Cb%3E", "viewer").text
    assert "Perhaps back" not in here.get("/account?id=somebody", "analyst").text


def test_a_cleared_return_stays_cleared_and_can_be_withdrawn(here: Console, state: Path) -> None:
    newcomers.keep(state, said(("acct_7", 10, 0.97)))
    form = {"account_id": "acct_7", "verdict": "innocent", "reason": "the <b>school</b> wrote"}
    assert here.post("/screening/return", "analyst", **form).status == 303
    newcomers.keep(state, said(("acct_7", 50, 0.99)))
    assert "acct_7" not in here.get("/screening").text
    text = here.get("/account?id=acct_7").text
    assert "<strong>Cleared</strong> by analyst" in text and "&lt;b&gt;school" in text
    (one,) = here.ledger.judgements.list(REENTRY + "acct_7")
    assert here.post(f"/judgements/{one.judgement_id}/withdrawal", "analyst", reason="another school").status == 303
    assert "acct_7" in here.get("/screening").text
    assert "Cleared" not in here.get("/account?id=acct_7").text


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"account_id": "acct_8"}, 404), ({"reason": " "}, 409), ({"verdict": "guilty"}, 409), ({"account_id": ""}, 404)],
)
def test_a_return_that_nobody_said_cannot_be_judged(
    here: Console, state: Path, changed: dict[str, str], status: int
) -> None:
    newcomers.keep(state, said(("acct_7", 10, 0.97)))
    form = {"account_id": "acct_7", "verdict": "innocent", "reason": "x", **changed}
    assert here.post("/screening/return", "analyst", **form).status == status
    assert here.ledger.judgements.list(about=REENTRY) == ()
