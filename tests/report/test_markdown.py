"""Nothing from outside becomes Markdown markup or a link."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.report.render import markdown
from stillwatch.report.render.markdown import escape
from tests.report.small_document import WORDS, document_of


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


def test_examples_judgements_and_history_are_printed() -> None:
    words = [f"word{number}" for number in range(WORDS)]
    text = markdown.render(document_of(words))
    assert "For example: word5" in text
    assert text.count("**Judgement.**") == 2 and "word27" in text
    assert "### History" in text
