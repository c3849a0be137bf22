"""What a reader meets first: little is hidden, nothing of weight is, and every status and span is in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.console.render import MOST_WEAK, WEAK_BITS, lasting, standing, subject_address, weaker
from stillwatch.console.review import Item
from stillwatch.console.views.accounts import by_sort
from stillwatch.console.views.decided import MEANINGS
from stillwatch.console.views.overview import alike
from stillwatch.ledger.records import Status
from stillwatch.report.document import Evidence, Value
from tests.console.asked import HOLDER, WAITING, Console
from tests.report.synthetic_run import SyntheticRun


@given(st.lists(st.floats(-20, 20), max_size=30))
def test_only_many_observations_of_little_weight_are_folded(bits: list[float]) -> None:
    facts = [Evidence("claim", weight, "A sentence.", ()) for weight in bits]
    hidden = weaker(facts)
    assert all(abs(one.bits) < WEAK_BITS for one in hidden)
    assert len(hidden) == 0 or len(hidden) > MOST_WEAK
    assert len(hidden) == 0 or len(hidden) == sum(abs(weight) < WEAK_BITS for weight in bits)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=6), "6 hours"),
        (timedelta(days=30), "30 days"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(0), "0 seconds"),
    ],
)
def test_spans_are_in_words(span: timedelta, words: str) -> None:
    assert lasting(span) == words


@pytest.mark.parametrize(
    ("subject", "address"),
    [
        ("Cade", "/account?id=Cade"),
        ("N", "/account?id=N"),
        ("C00112233445g", "/account?id=C00112233445g"),
        ("account:C00112233445a", "/account?id=C00112233445a"),
        ("reentry:Cade", "/account?id=Cade"),
        ("screening:Cade", "/screening"),
        ("C00112233445a", "/campaigns/C00112233445a"),
        ("Nfedcba987654", "/networks/Nfedcba987654"),
    ],
)
def test_a_subject_leads_to_the_page_of_what_it_names(subject: str, address: str) -> None:
    """An account's id may begin as a campaign's does; with a campaign's whole form it is told from one expressly."""
    assert subject_address(subject) == address


def test_every_status_has_its_words_and_its_meaning() -> None:
    assert set(MEANINGS) == set(get_args(Status))
    assert all("_" not in standing(one) for one in get_args(Status))


def test_items_that_say_the_same_are_one_line_with_their_number() -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    items = [Item("decision", str(k), about, 1, at, "/", "approver") for k, about in enumerate("abacab")]
    assert [(one.subject, more) for one, more in alike(items)] == [("0", 2), ("1", 1), ("3", 0)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([None, "x", "y"])), max_size=20))
def test_shared_values_of_one_sort_are_counted_once(drawn: list[tuple[str, str | None]]) -> None:
    values = [Value(str(k), "family", claim, 2, 0, 20.0 - k, shown) for k, (claim, shown) in enumerate(drawn)]
    rows = by_sort(values)
    assert sum(1 + more for _, more in rows) == len(values)
    assert [(one.claim, one.shown) for one, _ in rows] == list(dict.fromkeys(drawn))
    assert all(
        one.bits == max(v.bits for v in values if (v.claim, v.shown) == (one.claim, one.shown)) for one, _ in rows
    )


def test_a_campaign_leads_to_its_parts_and_to_the_form(shared: Console) -> None:
    for path, role in (("/review/campaign/C1", "analyst"), ("/campaigns/C1", "analyst"), ("/campaigns/C1", "viewer")):
        text = shared.get(path, role).text
        menu = text.partition('aria-label="On this page"')[2].partition("</nav>")[0]
        anchors = [one.partition('"')[0] for one in menu.split('href="#')[1:]]
        assert ("judging" in anchors) == (role == "analyst")
        assert all(f'id="{one}"' in text for one in anchors)
        assert text.index("What ties its accounts together") < text.index("The strongest evidence for it")


def test_the_list_names_the_two_capabilities_that_each_campaign_asks_for_most(
    shared: Console, full: SyntheticRun
) -> None:
    text = shared.get("/campaigns").text
    rows = {row["campaign_id"]: dict(row["targets"]) for row in full.rows["campaigns"]}
    assert list(rows["C1"]) == sorted(rows["C1"])  # a run's order, and not that of the shares
    for name, shares in rows.items():
        (row,) = (part for part in text.split("<tr>") if f'href="/campaigns/{name}"' in part)
        most = sorted(shares, key=lambda one: (-shares[one], one))[:2]
        assert f"<td>{', '.join(one.replace('_', ' ') for one in most)}</td>" in row


def test_a_decision_says_what_it_does_now(shared: Console) -> None:
    assert "It has no effect until a second person approves it." in shared.get(f"/decisions/{WAITING}").text
    assert "Gateways are told of its effect." in shared.get(f"/decisions/{HOLDER}").text
    text = shared.get(f"/decisions/{WAITING}").text
    assert text.index("What it rests on") < text.index("A second person is needed")


def test_the_form_says_that_a_judgement_blocks_nobody(shared: Console) -> None:
    text = shared.get("/review/campaign/C2", "analyst").text
    assert "It blocks nobody" in text
    assert 'href="/decisions?subject=C2"' in text
