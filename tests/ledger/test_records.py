"""Texts of people are cleaned alike on every way, names are compared as people read them, digests have frames."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.ledger.records import LONGEST_TEXT, cleaned, digest, in_utc, same_person, storable

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=60) | st.text(max_size=60)


@given(ANY_TEXT)
def test_a_cleaned_text_hides_nothing_and_stays_as_it_is(text: str) -> None:
    found = cleaned(text)
    assert storable(found)
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn") for one in found if one not in "\n\t")
    assert cleaned(found) == found


def test_a_long_text_is_cut() -> None:
    assert len(cleaned("x" * 99_999)) == LONGEST_TEXT
    assert len(cleaned("x\0" * 99_999)) <= LONGEST_TEXT


@pytest.mark.parametrize(
    ("text", "fine"), [("", True), ("Ω\n", True), ("a\0", False), ("\ud800", False), ("\udfff", False)]
)
def test_what_both_databases_can_hold(text: str, fine: bool) -> None:
    assert storable(text) == fine


def test_one_person_has_one_name_however_it_is_written() -> None:
    for other in ("Ann Lee", " ann  lee", "ANN\u200b LEE", "Ａｎｎ Lee", "\u0430nn lee", "Ann L\u0435\u0435"):
        assert same_person("ann lee", other)
    assert not same_person("ann lee", "ann lees")
    assert not same_person("Анна Ли", "Anna Li")


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_digests_are_those_of_the_parts(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_times_are_in_utc() -> None:
    plain = datetime(2026, 6, 1, 12)
    assert in_utc(plain) == plain.replace(tzinfo=UTC)
    assert in_utc(plain.replace(tzinfo=timezone(timedelta(hours=2)))) == datetime(2026, 6, 1, 10, tzinfo=UTC)
