"""Numbers, dates and names are written as people read them."""

from __future__ import annotations

from datetime import date

import pytest

from stillwatch.report import wording
from stillwatch.report.document import Share


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1_000, "1.00 k"), (412_880, "413 k"), (28_800_000, "28.8 M"), (10**13, "10.0 tn")],
)
def test_abbreviated(number: int, text: str) -> None:
    assert wording.abbreviated(number) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.0001, "<1 %"), (0.46, "46 %"), (0.9999, ">99 %"), (1, "100 %")]
)
def test_percent_never_rounds_to_nothing_or_all(share: float, text: str) -> None:
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("innocents", "text"), [(0, "0"), (0.0003, "<0.01"), (0.012, "0.01"), (2.31, "2.31"), (11.4, "11"), (1e4, "10,000")]
)
def test_expected(innocents: float, text: str) -> None:
    assert wording.expected(innocents) == text


@pytest.mark.parametrize(
    ("innocents", "text"), [(0, "0"), (0.00006, "0.00006"), (0.0012, "0.0012"), (1e-9, "<0.00001"), (2.31, "2.31")]
)
def test_expected_beside_a_limit(innocents: float, text: str) -> None:
    assert wording.expected_closely(innocents) == text


@pytest.mark.parametrize(("amount", "text"), [(12.44, "+12.4"), (-3.1, "−3.1"), (0.01, "0.0"), (-0.01, "0.0")])
def test_bits(amount: float, text: str) -> None:
    assert wording.bits(amount) == text


def test_spans() -> None:
    assert wording.span(date(2026, 4, 22), date(2026, 6, 5)) == "22 Apr – 5 Jun"
    assert wording.span(date(2026, 4, 22), date(2026, 6, 5), True) == "22 Apr – 5 Jun 2026"
    assert wording.span(date(2025, 12, 31), date(2026, 1, 1)) == "31 Dec 2025 – 1 Jan 2026"
    assert wording.span(date(2026, 4, 22), date(2026, 4, 22)) == "22 Apr"


def test_targets_name_the_largest_and_at_least_one() -> None:
    assert wording.targets((Share("a_b", 0.5), Share("c", 0.3), Share("d", 0.15), Share("e", 0.05))) == (
        "a b 50 %, c 30 %, d 15 % (estimated from wording)"
    )
    assert wording.targets((Share("a", 0.04), Share("b", 0.03))) == "a 4 % (estimated from wording)"
    assert wording.targets(()) == ""


def test_counts_agree_with_their_noun() -> None:
    assert wording.count(1, "account") == "1 account"
    assert wording.count(1_204, "account") == "1,204 accounts"


def test_confidence_never_claims_certainty() -> None:
    assert [wording.confidence(amount) for amount in (0.0, 96.6, 99.4, 99.5, 100.0)] == ["0", "97", "99", ">99", ">99"]


def test_explanations_and_sentences() -> None:
    assert wording.explanation("is_batch_job") == "a firm's own batch job"
    assert wording.explanation("is_unheard_of") == "unheard of"
    assert wording.explanation("island_traffic") == "island traffic"
    assert wording.capitalised("") == "" and wording.capitalised("accounts differ") == "Accounts differ"
    assert [wording.stopped(text) for text in ("", "it is", "it is.", "is it?")] == ["", "it is.", "it is.", "is it?"]


def test_shared_values_and_families_have_the_words_of_their_claims() -> None:
    assert wording.shared("same_payment_issuer") == "card issuer"
    assert wording.shared("same_shoe_size") == "same shoe size"
    assert wording.family("infrastructure") == "addresses or client software"
    assert wording.family("other_family") == "other family"
