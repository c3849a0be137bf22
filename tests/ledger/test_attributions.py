"""Attribution rows are only added, once each, and come back in the order in which they build on one another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger import Attribution
from stillwatch.ledger.ledger import Ledger
from tests.ledger.made import NOW


def entry(kind: Any, minute: int = 0, by: str = "Bo", **said: str) -> Attribution:
    return Attribution("C1", kind, by, NOW + timedelta(minutes=minute), **said)


def test_the_same_entry_twice_is_one(ledger: Ledger) -> None:
    rows = [
        entry("rating", hypothesis="lab", item="hours", value="C"),
        entry("item", item="hours", value="log", text="nine to five"),
        entry("hypothesis", hypothesis="lab", text="one laboratory"),
    ]
    assert len(ledger.attributions.add(rows)) == 3
    assert ledger.attributions.add([entry(one.kind, 5, **named(one)) for one in rows]) == ()
    assert [one.kind for one in ledger.attributions.list("C1")] == ["hypothesis", "item", "rating"]
    assert ledger.attributions.list("C2") == ledger.attributions.list("\0") == ()


def named(one: Attribution) -> dict[str, str]:
    return {"hypothesis": one.hypothesis, "item": one.item, "value": one.value, "text": one.text}


def test_a_change_and_a_return_are_rows_of_their_own(ledger: Ledger) -> None:
    first = {"hypothesis": "lab", "item": "hours"}
    for minute, value in enumerate(("C", "I", "C")):
        assert len(ledger.attributions.add([entry("rating", minute, value=value, **first)])) == 1
    ledger.attributions.add([entry("hypothesis", 3, hypothesis="lab", text="one laboratory")])
    ledger.attributions.add([entry("withdrawn", 4, hypothesis="lab", text="wrong")])
    assert len(ledger.attributions.add([entry("hypothesis", 5, hypothesis="lab", text="one laboratory")])) == 1
    assert [one.value for one in ledger.attributions.list("C1") if one.kind == "rating"] == ["C", "I", "C"]


def test_another_person_who_says_the_same_is_another_entry(ledger: Ledger) -> None:
    for by in ("Bo", "Cy"):
        assert len(ledger.attributions.add([entry("hypothesis", by=by, hypothesis="lab", text="one")])) == 1


def test_entries_need_a_person_and_hide_nothing(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="`--by`: is empty"):
        ledger.attributions.add([entry("hypothesis", by=" ", hypothesis="lab", text="one")])
    ledger.attributions.add([entry("hypothesis", hypothesis="lab", text="one\u202e\0 lab")])
    assert ledger.attributions.list("C1")[0].text == "one   lab"
