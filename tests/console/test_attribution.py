"""The worksheet's page: what people enter by its forms is what a file would enter, and the machine adds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stillwatch.ledger import Attribution
from stillwatch.ledger.records import RUNGS
from stillwatch.ledger.worksheet import NEEDS, worksheet
from stillwatch.report.dossier.worksheet_file import checked, entries
from tests.console.asked import WORKSHEET, Console

PAGE = "/campaigns/C2/attribution"
CONCLUDE = PAGE + "/conclusion"


def rows(here: Console) -> tuple[Attribution, ...]:
    return here.ledger.attributions.list("C2")


def begun(here: Console) -> None:
    """Enters the worksheet's hypotheses, facts and ratings by its forms."""
    for one in WORKSHEET["hypothesis"]:
        assert here.post(PAGE, "analyst", kind="hypothesis", **one).status == 303
    for one in WORKSHEET["item"]:
        assert here.post(PAGE, "analyst", kind="item", **{k: one[k] for k in ("name", "text", "source")}).status == 303
        for hypothesis, value in one["ratings"].items():
            form = {"kind": "rating", "item": one["name"], "hypothesis": hypothesis, "value": value}
            assert here.post(PAGE, "analyst", **form).status == 303


def conclusion(here: Console, **changed: Any) -> dict[str, Any]:
    return {"kind": "conclusion", "seen": len(rows(here)), **WORKSHEET["conclusion"], **changed}


def entity(here: Console, **changed: Any) -> dict[str, Any]:
    one = dict(WORKSHEET["entity"][0])
    lists = {name: "; ".join(one.pop(name)) for name in ("places", "networks")}
    return {"kind": "entity", "seen": len(rows(here)), **one, **lists, **changed}


def test_forms_enter_what_a_file_would_enter(here: Console) -> None:
    begun(here)
    assert here.post(CONCLUDE, "approver", **conclusion(here)).status == 303
    assert here.post(CONCLUDE, "approver", **entity(here)).status == 303
    stated = entries(checked({**WORKSHEET, "campaign": "C2"}, "a test"), (), "analyst", datetime.now(UTC))
    by_file = worksheet(replace(one, by="approver" if one.turns_over else "analyst") for one in stated)
    assert worksheet(rows(here)) == by_file
    assert {one.by for one in rows(here)} == {"analyst", "approver"}


def test_nothing_stands_that_nobody_entered(here: Console) -> None:
    for role in ("viewer", "admin"):
        text = here.get(PAGE, role).text
        assert "Nobody has entered a hypothesis" in text
        assert "What the log shows to look at" in text and "hours: " in text
    assert rows(here) == ()


def test_each_rung_says_what_each_hypothesis_lacks(here: Console) -> None:
    begun(here)
    text = here.get(PAGE, "viewer").text
    for rung, (wanted, _) in NEEDS.items():
        assert RUNGS[rung] in text
        lacking = "“one”: nothing" if wanted <= 1 else f"“one”: {wanted} items that speak for it against another"
        assert lacking in text
    assert "“many”: 1 items that speak for it" in text  # no fact favours it


def test_analysts_enter_and_approvers_conclude(here: Console) -> None:
    begun(here)
    before = rows(here)
    assert here.post(PAGE, "viewer", kind="hypothesis", name="x", text="y").status == 403
    for form in (conclusion(here), entity(here)):
        assert here.post(CONCLUDE, "analyst", **form).status == 403
    for kind in ("conclusion", "entity", "attributed", "places", ""):  # by the analysts' form
        assert here.post(PAGE, "analyst", **{**conclusion(here), "kind": kind}).status == 409
    assert rows(here) == before
    text = here.get(PAGE, "analyst").text
    assert "An approver concludes" in text and CONCLUDE not in text
    assert CONCLUDE in here.get(PAGE, "approver").text


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"seen": 0}, "has changed since you read it"),
        ({"likelihood": "surely"}, "is no word of ICD 203"),
        ({"confidence": "total"}, "is no degree"),
        ({"hypothesis": "none"}, "that nobody has entered"),
        ({"rung": "is_certainly"}, "must be &#39;"),
        ({"turns_over": " "}, "is empty"),
        ({"reason": ""}, "is empty"),
        ({"reason": "x" * 9_000}, "is longer than"),
    ],
)
def test_what_the_file_refuses_the_form_refuses(here: Console, changed: dict[str, Any], why: str) -> None:
    begun(here)
    before = rows(here)
    for form in (conclusion(here, **changed), entity(here, **changed)):
        seen = here.post(CONCLUDE, "approver", **form)
        assert seen.status == 409 and why in seen.text
    assert rows(here) == before


def test_entities_have_the_files_rules(here: Console) -> None:
    begun(here)
    for changed in ({"rung": "same_operator"}, {"places": "Amsterdam"}, {"networks": "N1 or 2"}, {"role": "spy"}):
        assert here.post(CONCLUDE, "approver", **entity(here, **changed)).status == 409
    for changed in ({"name": "hours"}, {"sort": "person"}):  # a fact has that name; people are not entered
        seen = here.post(CONCLUDE, "approver", **entity(here, **changed))
        assert seen.status == 409, changed
    assert not any(one.kind == "entity" for one in rows(here))


def test_what_is_withdrawn_no_longer_counts_and_stays_in_the_ledger(here: Console) -> None:
    begun(here)
    assert here.post(CONCLUDE, "approver", **conclusion(here)).status == 303
    before = rows(here)
    for form in ({"hypothesis": "one"}, {"hypothesis": "one", "item": "hours", "reason": "x"}, {"reason": "x"}):
        assert here.post(PAGE, "analyst", kind="withdrawn", **form).status == 409
    assert here.post(PAGE, "analyst", kind="withdrawn", hypothesis="gone", reason="x").status == 409
    assert here.post(PAGE, "analyst", kind="withdrawn", hypothesis="one", reason="a mistake").status == 303
    found = worksheet(rows(here))
    assert found is not None and [one.name for one in found.hypotheses] == ["many"] and found.conclusion is None
    assert set(before) < set(rows(here))
    # a rating of what is gone is refused
    form = {"kind": "rating", "item": "hours", "hypothesis": "one", "value": "C"}
    assert here.post(PAGE, "analyst", **form).status == 409
    assert here.post(CONCLUDE, "approver", **conclusion(here)).status == 409


def test_a_campaign_that_is_none_has_no_worksheet(here: Console) -> None:
    path = "/campaigns/C99/attribution"
    assert here.get(path).status == 404
    assert here.post(path, "admin", kind="hypothesis", name="x", text="y").status == 404
    assert here.ledger.attributions.list("C99") == ()


def test_names_are_looked_for_and_nothing_becomes_markup(here: Console) -> None:
    hostile = "</code><script>alert(1)</script>"
    begun(here)
    assert here.post(PAGE, "analyst", kind="hypothesis", name=hostile, text=hostile).status == 303
    assert here.post(PAGE, "analyst", kind="item", name=f"{hostile}2", text="\u202egnp", source=hostile).status == 303
    seen = here.get(f"{PAGE}?names={'%3Cscript%3E'},bank%204242", "admin")
    assert seen.status == 200 and "<script>alert" not in seen.text and "\u202e" not in seen.text
    assert "name `" not in seen.text and "bank 4242" in seen.text


def test_a_fact_and_an_entity_have_names_of_their_own(here: Console) -> None:
    begun(here)
    assert here.post(CONCLUDE, "approver", **entity(here)).status == 303
    name = WORKSHEET["entity"][0]["name"]
    seen = here.post(PAGE, "analyst", kind="item", name=name, text="x", source="log")
    assert seen.status == 409 and "names an item and an entity" in seen.text
