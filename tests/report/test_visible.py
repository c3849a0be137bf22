"""Outside text: whatever it is, it stays on one line, in sight and bounded."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.report.render.markdown import escape
from stillwatch.report.sanitise import visible

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ANY = st.text(st.characters(exclude_categories=()))  # lone surrogates and unassigned code points too


@given(ANY)
def test_nothing_hidden_is_left(text: str) -> None:
    shown = visible(text)
    assert not any(unicodedata.category(character) in HIDDEN for character in shown)
    shown.encode("utf-8")


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=120))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(ANY, st.integers(1, 50))
def test_length_is_bounded(text: str, longest: int) -> None:
    assert len(visible(text, longest)) <= 10 * longest + 40


def test_long_texts_say_how_long_they_were() -> None:
    assert visible("x" * 1_000_000, 5) == "xxxxx… (1,000,000 characters)"
    assert visible("xy" + "x" * 9, 2) != visible("xy" + "x" * 8, 2)


def test_marks_do_not_pile_up() -> None:
    assert visible("e\u0301") == "e\u0301"
    assert visible("e" + "\u0301" * 5) == "e" + "\u0301" * 3 + "⟨U+0301⟩" * 2


def test_markdown_cannot_be_injected() -> None:
    assert escape("a|b <b> **x** [l](https://evil.example) `c`") == (
        "a\\|b \\<b\\> \\*\\*x\\*\\* \\[l\\](https&#58;&#47;&#47;evil.example) \\`c\\`"
    )
    assert escape("www.evil.example me@evil.example &lt;") == "www&#46;evil.example me&#64;evil.example &amp;lt;"


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))))
def test_markdown_special_characters_never_stand_alone(text: str) -> None:
    rest = escape(text).replace("\\\\", "")
    for index, character in enumerate(rest):
        if character in "`*_{}[]<>|~$":
            assert rest[index - 1] == "\\"
    assert "://" not in rest
