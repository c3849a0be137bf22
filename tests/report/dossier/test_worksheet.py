"""A worksheet is what people entered, weighed by what speaks against; the newest entry counts, nothing is filled in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stillwatch.ledger.records import Attribution
from stillwatch.report.dossier.worksheet import Worksheet, worksheet
from tests.ledger.made import NOW


def entry(kind: Any, minute: int = 0, **said: str) -> Attribution:
    return Attribution("C1", kind, "Bo", NOW + timedelta(minutes=minute), **said)


ENTERED = [
    entry("hypothesis", hypothesis="lab", text="one laboratory"),
    entry("hypothesis", hypothesis="many", text="many resellers"),
    entry("item", item="hours", value="log", text="works from nine to five"),
    entry("item", item="invoice", value="court file", text="an invoice names it"),
    entry("item", item="volume", value="log", text="there is much of it"),
    entry("rating", item="hours", hypothesis="lab", value="C"),
    entry("rating", item="hours", hypothesis="many", value="I"),
    entry("rating", item="invoice", hypothesis="lab", value="CC"),
    entry("rating", item="invoice", hypothesis="many", value="II"),
]


def made(*more: Attribution) -> Worksheet:
    found = worksheet([*ENTERED, *more])
    assert found is not None
    return found


def conclusion(rung: str) -> Attribution:
    said = {"likelihood": "likely", "confidence": "low", "turns_over": "the invoice is forged", "text": "it fits"}
    return entry("conclusion", 1, hypothesis="lab", value=rung, **said)


def test_nothing_entered_is_no_worksheet() -> None:
    assert worksheet([]) is None


def test_the_least_contradicted_hypothesis_comes_first() -> None:
    found = made()
    assert [(one.name, one.against) for one in found.hypotheses] == [("lab", 0.0), ("many", 3.0)]
    assert {one.name: one.diagnostic for one in found.items} == {"hours": True, "invoice": True, "volume": False}
    assert found.conclusion is None


def test_the_newest_rating_counts() -> None:
    found = made(entry("rating", 5, item="hours", hypothesis="many", value="N"))
    assert {one.name: one.against for one in found.hypotheses} == {"lab": 0.0, "many": 2.0}


def test_what_was_withdrawn_is_gone_with_its_conclusion() -> None:
    found = made(conclusion("same_operator"), entry("withdrawn", 2, hypothesis="lab"))
    assert [one.name for one in found.hypotheses] == ["many"]
    assert found.conclusion is None
    assert [one.name for one in made(entry("withdrawn", 2, item="hours")).items] == ["invoice", "volume"]


def test_a_rung_says_what_it_lacks() -> None:
    concluded = made(conclusion("same_network")).conclusion
    assert concluded is not None
    assert (concluded.lacks, concluded.by, concluded.turns_over) == ((), "Bo", "the invoice is forged")
    lacking = made(conclusion("is")).conclusion
    assert lacking is not None
    assert lacking.lacks == (
        "4 items that speak for it against another hypothesis (it has 2)",
        "2 of them from outside the log (it has 1)",
    )
