"""Outside text in tables: short, on one line, and with nothing in it that a reader would not see."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.printable import (
    HIDDEN_CATEGORIES,
    LONGEST,
    MARK_CATEGORIES,
    MARKS_IN_A_ROW,
    printable,
)


@given(st.text(max_size=200))
def test_what_is_shown_is_short_and_hides_nothing(text: str) -> None:
    shown = printable(text)
    assert len(shown) <= LONGEST
    assert not HIDDEN_CATEGORIES & {unicodedata.category(character) for character in shown}
    runs = "".join("m" if unicodedata.category(character) in MARK_CATEGORIES else " " for character in shown)
    assert max(map(len, runs.split(" "))) <= MARKS_IN_A_ROW


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=LONGEST))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a" * 64, "a" * 64),
        ("a" * 10_000, "a" * 63 + "…"),
        ("safe\u202egpj.exe", "safe\ufffdgpj.exe"),
        ("one\r\ntwo\x00", "one\ufffd\ufffdtwo\ufffd"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * 3 + "\ufffd" * 6),
    ],
)
def test_hostile_text(text: str, shown: str) -> None:
    assert printable(text) == shown
