"""What counts as a token, in several scripts and in bytes that are no text at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.sketch.tokens import make_tokens, tokenise

ROOM = make_tokens()


def tokens(text: str | bytes) -> list[int]:
    raw = text.encode() if isinstance(text, str) else text
    data = np.frombuffer(raw, np.uint8)
    return [int(code) for code in ROOM.hashes[: tokenise(data, 0, len(data), ROOM, 0)]]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Hello, world!", 2),
        ("snake_case and kebab-case", 4),
        ("x=1;y=22", 4),
        ("naïve Größe Привет мир", 4),
        ("Việt Nam", 2),
        ("日本語のテキスト", 8),
        ("你好，世界。", 4),
        ("สวัสดี", 6),
        ("don\u2019t \u2014 stop", 3),
        ("a\u00a0b", 2),
        ("\U0001f600", 1),
        ("", 0),
        (" \t\n.,;:!?", 0),
    ],
)
def test_texts_have_the_expected_number_of_tokens(text: str, count: int) -> None:
    assert len(tokens(text)) == count


def test_case_and_punctuation_do_not_matter() -> None:
    assert tokens("Fix THE bug.") == tokens("fix, the - BUG")


@given(st.lists(st.from_regex(r"[a-z0-9_]{1,30}", fullmatch=True), max_size=20))
def test_equal_words_have_equal_hashes_and_different_words_differ(words: list[str]) -> None:
    found = tokens(" ".join(words))
    assert len(found) == len(words)
    assert len(set(found)) == len(set(words))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_within_bounds(raw: bytes) -> None:
    count = len(tokens(raw))
    assert count <= len(raw)
    ends = ROOM.ends[:count]
    assert all(ROOM.starts[:count] < ends)
    assert all(ends <= len(raw))


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_separator_splits_a_text_into_independent_halves(left: str, right: str) -> None:
    assert tokens(f"{left} . {right}") == tokens(left) + tokens(right)


def test_a_word_of_two_letter_wide_script_depends_on_its_neighbour_only() -> None:
    shared = set(tokens("東京都立図書館")) & set(tokens("大阪市立図書館"))
    assert len(shared) == 3  # 立図, 図書 and 書館
