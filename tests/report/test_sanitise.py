"""Whatever text comes from outside, it stays on one line, visible and bounded."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.report.sanitise import sanitise

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ANY = st.text(st.characters(exclude_categories=()))  # lone surrogates and unassigned code points too


@given(ANY)
def test_nothing_hidden_is_left(text: str) -> None:
    shown = sanitise(text)
    assert not any(unicodedata.category(character) in HIDDEN for character in shown)
    shown.encode("utf-8")


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=120))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert sanitise(text) == text


@given(ANY, st.integers(1, 50))
def test_length_is_bounded(text: str, longest: int) -> None:
    assert len(sanitise(text, longest)) <= 10 * longest + 40


def test_long_texts_say_how_long_they_were() -> None:
    assert sanitise("x" * 1_000_000, 5) == "xxxxx… (1,000,000 characters)"
    assert sanitise("xy" + "x" * 9, 2) != sanitise("xy" + "x" * 8, 2)


def test_marks_do_not_pile_up() -> None:
    assert sanitise("e\u0301") == "e\u0301"
    assert sanitise("e" + "\u0301" * 5) == "e" + "\u0301" * 3 + "⟨U+0301⟩" * 2
