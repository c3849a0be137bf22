"""The doubt about accounts is split into that about all of them at once and that about each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stillwatch.report import digest
from stillwatch.report.document import Campaign, Evidence
from stillwatch.report.dossier import doubts
from stillwatch.report.dossier.shipped import table
from tests.report.small_document import WORDS, document_of


def campaign(accounts: int, confidence: float, innocents: float) -> Campaign:
    (one,) = document_of([f"word {place}" for place in range(WORDS)]).campaigns
    return replace(one, levels=((one.level, accounts),), confidence=confidence, expected_innocent_accounts=innocents)


@pytest.mark.parametrize(
    ("own", "whole"),
    [(1.0, "100 %"), (0.99, "67 %"), (0.5, "4 %")],  # an account's probability is its own times the campaign's
)
def test_how_much_of_the_doubt_is_about_all_accounts_at_once(own: float, whole: str) -> None:
    said = doubts._innocents(campaign(50, 98.0, 50 * (1 - own * 0.98)))
    assert f"Of this doubt {whole} is about the campaign as a whole" in said


def test_no_doubt_about_the_whole_is_told_where_a_person_confirmed_it() -> None:
    assert "Of this doubt" not in doubts._innocents(campaign(50, 100.0, 3.0))
    assert "Of this doubt" not in doubts._innocents(campaign(50, 100.0, 0.0))


def test_the_measured_row_about_counted_requests_is_shipped() -> None:
    assert [row[0] for row in table("measured")["rows"]].count(doubts._INSIDE) == 1


@pytest.mark.parametrize(
    ("sorts", "said"),
    [
        (0, None),
        (1, "Without this sort of evidence nothing would be left."),
        (2, "None of these 2 sorts is mistaken: without any one of them 1 would be left"),
        (4, "None of these 4 sorts is mistaken: without any one of them 3 would be left"),
    ],
)
def test_what_is_left_without_a_sort_of_evidence(sorts: int, said: str | None) -> None:
    claims = list({sort: claim for claim, sort in digest.SORT_OF.items() if sort in digest.SORTS}.values())[:sorts]
    facts = tuple(Evidence(claim, 9.0 - place, f"seen {place}", ()) for place, claim in enumerate(claims))
    found = tuple(doubts._sorts(replace(campaign(50, 98.0, 1.0), evidence=facts)))
    assert len(claims) == sorts
    assert len(found) == (sorts + 1 if sorts else 0)
    assert said is None or found[-1].startswith(said)
    assert all(text.endswith(f"seen {place}.") for place, text in enumerate(found[:-1]))
