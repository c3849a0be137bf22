"""The sentences of the report say what the rows say, in the singular and in the plural."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from stillwatch.records.lineage import EVENTS
from stillwatch.report import sentences
from stillwatch.report.document import (
    Alternative,
    Document,
    Event,
    Evidence,
    History,
    Judgement,
    Network,
    Quarantined,
    Value,
)
from tests.report.small_document import WORDS, document_of

MOMENT = datetime(2026, 5, 3, 12)
JUDGEMENT = Judgement("judgement", "N1", "innocent", "ana", MOMENT, "", "N1", 40, ())


@pytest.fixture
def document() -> Document:
    return document_of([f"word{number}" for number in range(WORDS)])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "`ana` judged `N1` innocent on 3 May 2026. In this run it covers 40 accounts."),
        (
            {"verdict": "confirmed", "reason": "asked the holder", "accounts": 1, "applies_to": "Nab12"},
            (
                "`ana` confirmed the finding about `N1` on 3 May 2026 (asked the holder). "
                "In this run it covers 1 account of network Nab12."
            ),
        ),
        (
            {"verdict": "unsure", "decided_by": "", "through": ("grew", "merged into N2")},
            (
                "A person was unsure about `N1` on 3 May 2026. "
                "In this run it covers 40 accounts; since then: grew; merged into N2."
            ),
        ),
        (
            {"source": "permit", "verdict": "permitted", "accounts": 0},
            "A permit is held by `N1` from 3 May 2026 on. In this run it covers no account.",
        ),
        ({"verdict": "odd_word", "decided_at": None}, "`ana` judged `N1` odd word. In this run it covers 40 accounts."),
    ],
)
def test_judgements(changed: dict[str, object], sentence: str) -> None:
    assert sentences.judgement(replace(JUDGEMENT, **changed)) == sentence  # type: ignore[arg-type]


def event(name: str, subject: str = "N1", other: str | None = None, overlap: int | None = None) -> Event:
    return Event(subject, name, other, MOMENT, 12, overlap)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            event("born"),
            "3 May 2026: the evidence for it was first sufficient; the run that found it counted 12 accounts",
        ),
        (event("grew"), "3 May 2026: it grew to 12 accounts"),
        (event("merged_into", "Nab", "N1"), "3 May 2026: network Nab, with 12 accounts, merged into it"),
        (event("merged_into", "Nab", "Ncd"), "3 May 2026: network Nab merged into network Ncd, with 12 accounts"),
        (event("split_from", "Nab", "N1"), "3 May 2026: network Nab, with 12 accounts, split from it"),
        (event("split_from", "N1", "Cab"), "3 May 2026: it split from campaign Cab, with 12 accounts"),
        (
            event("replaced_accounts", overlap=9),
            "3 May 2026: it replaced accounts and now has 12 accounts, of which 9 were there before",
        ),
        (event("silent"), "3 May 2026: it was not found again; it had 12 accounts"),
    ],
)
def test_events(row: Event, line: str) -> None:
    assert sentences.history(History((row,)), "N1") == (line,)


def test_every_event_of_a_lineage_has_a_sentence_of_its_own() -> None:
    lines = {sentences.history(History((event(name),)), "N1")[0] for name in EVENTS}
    assert len(lines) == len(EVENTS)
    assert not any(f"it {name.replace('_', ' ')}, with" in line for name in EVENTS for line in lines)


def test_events_that_are_left_out_are_counted_after_the_first() -> None:
    lines = sentences.history(History((event("born"), event("grew")), 5), "N1")
    assert lines[1] == "5 events in between: see `lineage.parquet`"
    assert len(lines) == 3


def test_a_return_says_how_long_it_was_missed() -> None:
    past = (event("silent"), replace(event("returned"), at=event("silent").at + timedelta(days=12)))
    lines = sentences.history(History((*past, past[1])), "N1")
    assert lines[1] == "15 May 2026: it was found again, with 12 accounts, 12 days after it was first missed"
    assert lines[2] == "15 May 2026: it was found again, with 12 accounts"  # missed before what is listed


def test_notices_name_silent_subjects_and_unmatched_judgements(document: Document) -> None:
    lost = replace(JUDGEMENT, subject="x`y", applies_to=None)
    changed = replace(
        document,
        silent=(event("silent", "Nab"), event("silent", "Cab")),
        silent_total=9,
        judgements_unmatched=(lost, replace(lost, source="permit", verdict="permitted")),
        judgements_unmatched_total=2,
    )
    silent, unmatched = sentences.notices(changed)
    assert silent == (
        "9 findings of earlier runs were not found again: network Nab (12 accounts), campaign Cab (12 accounts) "
        "and 7 more."
    )
    assert unmatched == (
        "2 judgements and permits name subjects that exist nowhere in this log or its history: "
        "`x`y` (innocent by `ana` on 3 May 2026), `x`y` (permitted by `ana` on 3 May 2026)."
    )
    assert sentences.notices(replace(document, silent=(), judgements_unmatched=())) == ()


@pytest.mark.parametrize(
    ("feeds", "told"), [("judgements", True), ("permits", True), ("exchanges", False), ("", False)]
)
def test_decisions_that_could_not_be_used_are_told_first(document: Document, feeds: str, told: bool) -> None:
    row = Quarantined("unknown_word", 1, "said.csv", 3, "N1,inocent", feeds)
    found = sentences.notices(replace(document, quarantine=(row,)))
    text = (
        f"1 row of the {feeds} file could not be used (unknown word), first at said.csv line 3: N1,inocent; "
        "a person's decision may be missing from this run."
    )
    assert (found[0] == text) is told


def test_one_unmatched_judgement_is_told_in_the_singular(document: Document) -> None:
    changed = replace(document, silent=(), judgements_unmatched=(JUDGEMENT,), judgements_unmatched_total=1)
    assert sentences.notices(changed)[0].startswith("1 judgement names a subject that exists nowhere in this log")


def test_the_summary_counts_campaigns_by_level_and_accuses_no_network(document: Document) -> None:
    text = sentences.summary(replace(document, campaign_levels=(("act", 1),)))
    assert "1 campaign was found (1 at level act), with 2 accounts in all." in text
    assert "A network is no accusation" in text
    empty = replace(document, campaigns=(), campaigns_total=0, networks=(), networks_total=0)
    assert sentences.summary(empty).endswith(
        "No campaign was found. No network of accounts without a campaign was found."
    )


def values(document: Document, *shown: str | None) -> Network:
    made = tuple(Value(f"v{n}", f"family{n}", f"same_{n}", 3, 1, 2.0, one) for n, one in enumerate(shown))
    return replace(document.networks[0], values=made, accounts=4)


def test_a_shared_value_is_named_with_the_accounts_that_have_it(document: Document) -> None:
    network = values(document, "4242…", None)
    assert sentences.shared_value(network.values[0]) == "same 0: 4242…"
    assert sentences.shared_value(network.values[1]) == "same 1"
    setting = replace(network.values[0], claim="same_parameters_of_client", shown="temperature 0.0")
    assert sentences.shared_value(setting) == "temperature 0.0 set by one client program"
    assert sentences.sharing(network.values[0], network) == "3 of 4 accounts, 1 outside"
    assert sentences.held_together_by(network) == ("same 0: 4242…", "same 1")


def test_a_value_that_was_seen_stands_for_its_family(document: Document) -> None:
    made = values(document, None, "4242…", "198.51.100.0/24").values
    same_family = (replace(made[0], bits=99.0), replace(made[1], family=made[0].family), replace(made[2], bits=5.0))
    found = sentences.strongest(replace(document.networks[0], values=same_family), 4)
    assert [value.shown for value in found] == ["198.51.100.0/24", "4242…"]
    assert len(sentences.strongest(replace(document.networks[0], values=same_family), 1)) == 1


def test_hidden_values_are_explained_once_and_only_where_all_are_hidden(document: Document) -> None:
    assert sentences.not_shown([values(document, None, None)]) == sentences.NOT_SHOWN
    assert sentences.not_shown([values(document, None), values(document, "4242…")]) == ""
    assert sentences.not_shown([]) == ""


def test_the_best_innocent_explanation_is_the_preferred_one() -> None:
    possible, preferred = Alternative("a", "possible", ""), Alternative("b", "preferred", "")
    assert sentences.best_alternative([possible, preferred, Alternative("c", "excluded", "")]) is preferred
    assert sentences.best_alternative([possible]) is possible
    assert sentences.best_alternative([]) is None
    row = Evidence("judged_unsure", 0.0, "a person was unsure", ())
    assert sentences.judged([Evidence("same_sizes", 1.0, "", ()), row]) is row


def test_judgements_that_are_not_listed_are_counted() -> None:
    assert sentences.judgements_left_out(3, [JUDGEMENT]) == "2 more judgements in `applied_judgements.parquet`."
    assert sentences.judgements_left_out(1, [JUDGEMENT]) == ""
