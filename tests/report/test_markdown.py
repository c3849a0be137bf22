"""Nothing from outside becomes Markdown markup or a link."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.report.render import markdown
from stillwatch.report.render.markdown import escape, with_addresses
from tests.report.small_document import WORDS, document_of


def test_markdown_cannot_be_injected() -> None:
    assert escape("a|b <b> **x** [l](https://evil.example) `c`") == (
        "a\\|b \\<b\\> \\*\\*x\\*\\* \\[l\\](https&#58;&#47;&#47;evil.example) \\`c\\`"
    )
    assert escape("www.evil.example me@evil.example &lt;") == "www&#46;evil.example me&#64;evil.example &amp;lt;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "The rule: https://a.example/use#auto_mated. It *holds*.",
            "The rule: <https://a.example/use#auto_mated>. It \\*holds\\*.",
        ),
        ("object at http://a.example/x?y=1&z=2 with it", "object at <http://a.example/x?y=1&z=2> with it"),
        (
            "or (https://a.example/appeals), or appeals@a.example.",
            "or (<https://a.example/appeals>), or <appeals@a.example>.",
        ),
        ("see https://a.example/<b>`c`|d", "see <https://a.example/>\\<b\\>\\`c\\`\\|d"),
        ("javascript://x and ftp://y", "javascript&#58;&#47;&#47;x and ftp&#58;&#47;&#47;y"),
    ],
)
def test_addresses_of_our_own_stand_as_they_are(text: str, shown: str) -> None:
    assert with_addresses(text) == shown


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))))
def test_an_address_lets_no_markup_out(text: str) -> None:
    """Outside of the angle brackets all is as `escape` writes it, and nothing ends them within."""
    shown = with_addresses(text + " https://a.example/" + text)
    for address in re.findall(r"(?<!\\)<[^<>]*>", shown):
        assert re.fullmatch(r"<(https?://|[\w.+-]+@)[^\s<>`|\\]+>", address)
    rest = re.sub(r"(?<!\\)<[^<>]*>", "", shown).replace("\\\\", "")
    assert not re.search(r"(?<!\\)[`*_{}\[\]<>|~$]", rest)


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
