"""A worksheet is what people entered, weighed by what speaks against; the newest entry counts, nothing is filled in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stillwatch.ledger.records import Attribution
from stillwatch.ledger.worksheet import Worksheet, worksheet
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


NAMED = [
    entry("entity", 3, item="Relay Ltd", value="proxy_provider", text="organization"),
    entry("places", 3, item="Relay Ltd", text="NL; NL: Amsterdam"),
    entry("networks", 3, item="Relay Ltd", text="N1"),
]


def attributed(rung: str, minute: int = 4) -> Attribution:
    said = {"likelihood": "likely", "confidence": "low", "turns_over": "the invoice is forged", "text": "it fits"}
    return entry("attributed", minute, item="Relay Ltd", hypothesis="lab", value=rung, **said)


def test_an_entity_stands_as_far_as_it_was_attributed() -> None:
    assert made().entities == ()
    (bare,) = made(*NAMED).entities
    assert (bare.sort, bare.role, bare.places, bare.networks) == (
        "organization",
        "proxy_provider",
        ("NL", "NL: Amsterdam"),
        ("N1",),
    )
    assert bare.concluded is None
    (lacking,) = made(*NAMED, attributed("affiliated_with")).entities
    assert lacking.concluded is not None
    assert lacking.concluded.lacks == ("3 items that speak for it against another hypothesis (it has 2)",)
    more = [
        entry("item", 5, item="card", value="bank", text="a card of its own"),
        entry("rating", 5, item="card", hypothesis="lab", value="C"),
        entry("rating", 5, item="card", hypothesis="many", value="N"),
    ]
    (found,) = made(*NAMED, attributed("affiliated_with"), *more).entities
    assert found.concluded is not None and found.concluded.lacks == ()


def test_an_entity_falls_with_its_hypothesis_and_is_taken_back() -> None:
    (found,) = made(*NAMED, attributed("is"), entry("withdrawn", 9, hypothesis="lab")).entities
    assert found.concluded is None
    assert made(*NAMED, entry("withdrawn", 9, item="Relay Ltd")).entities == ()
    (again,) = made(*NAMED, entry("withdrawn", 8, item="Relay Ltd"), entry("entity", 9, item="Relay Ltd")).entities
    assert again.places == ()
