"""Texts with what is not seen, and with letters that look like others, have the sketches of the plain text."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.key import Key
from stillwatch.records.buffers import Texts, texts_of
from stillwatch.records.confusables import without_confusables
from stillwatch.sketch.text import make_workspace, sketch_texts

PLAIN = "Explain, step by step, why the House of a Copper King has 3 Exits; show HTTP/2 code in Ecmascript_6."
UNSEEN = "\u200b\u200c\u200d\u00ad\u2060\ufeff\ufe0f\u034f\u180e\u3164\u0323\u0307\x01\x7f\U000e0041\U000e0101\u2069"
CYRILLIC = dict(zip("aceopxyiAEBKMHOPCTX", "асеорхуіАЕВКМНОРСТХ", strict=True))
GREEK = dict(zip("AEZTYXovi", "ΑΕΖΤΥΧονι", strict=True))
WORKSPACE = make_workspace(Key(b"a key of sixteen bytes"))


def read(*texts: str | bytes | None) -> list[bytes | None]:
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    found = without_confusables(texts_of(pa.array(raw, pa.binary())))
    return [
        found.data[found.offsets[place] : found.offsets[place + 1]].tobytes() if found.present[place] else None
        for place in range(len(texts))
    ]


def sketches(*texts: str) -> list[list[object]]:
    made = sketch_texts(texts_of(pa.array(texts, pa.string())), WORKSPACE)
    return [[np.asarray(column[index]).tolist() for column in made] for index in range(len(texts))]


@given(st.lists(st.sampled_from(["", "", *UNSEEN]), min_size=len(PLAIN), max_size=len(PLAIN)))
@settings(max_examples=60, deadline=None)
def test_what_nobody_sees_changes_no_sketch(hidden: list[str]) -> None:
    plain, filled = sketches(PLAIN, "".join(one + more for one, more in zip(PLAIN, hidden, strict=True)))
    assert plain == filled


@given(st.lists(st.booleans(), min_size=len(PLAIN), max_size=len(PLAIN)), st.sampled_from([CYRILLIC, GREEK]))
@settings(max_examples=60, deadline=None)
def test_letters_that_look_the_same_change_no_sketch(chosen: list[bool], doubles: dict[str, str]) -> None:
    written = "".join(doubles.get(one, one) if swap else one for one, swap in zip(PLAIN, chosen, strict=True))
    plain, swapped = sketches(PLAIN, written)
    assert plain == swapped


@pytest.mark.parametrize(("upper", "lower", "digit"), [(0xFF21, 0xFF41, 0xFF10), (0x1D400, 0x1D41A, 0x1D7CE)])
def test_styled_letters_are_plain_ones(upper: int, lower: int, digit: int) -> None:
    styled = PLAIN
    for first, base in (("A", upper), ("a", lower), ("0", digit)):
        letters = range(26 if first != "0" else 10)
        styled = styled.translate({ord(first) + place: base + place for place in letters})
    assert styled != PLAIN
    assert read(styled) == [PLAIN.encode()]


@pytest.mark.parametrize(
    "text",
    [
        "Почему хор поёт со всеми, а не у окна? Ещё о том же: 3 х 4.",
        "Γιατί το ποτάμι τρέχει;",
        "Łódź, naïve café, Đà Nẵng, Straße; x² + y₁ ≤ ½",
        "请解释一下：为什么？（第1步）「好」。안녕하세요 สวัสดี नमस्ते שלום مرحبا 🚀 e\t\r\n\f",
        "",
    ],
)
def test_other_languages_are_read_as_they_stand(text: str) -> None:
    assert read(text) == [unicodedata.normalize("NFC", text).encode()]


def test_russian_keeps_its_letters_beside_a_latin_word_and_a_mixed_word_is_latin() -> None:
    assert read("Как в Python со строкой, а не сo cписком?") == ["Как в Python со строкой, а не co cпиckoм?".encode()]


def test_neighbours_absent_texts_and_slices_keep_their_places() -> None:
    column = pa.array(["left out", "a\u200bb", None, "", "c", "\u200b"], pa.string()).slice(1)
    found = without_confusables(texts_of(column))
    assert found.offsets.tolist() == [0, 2, 2, 2, 3, 3]
    assert found.data[:3].tobytes() == b"abc"
    assert found.present.tolist() == [True, False, True, True, True]


def test_plain_texts_are_not_copied() -> None:
    texts = texts_of(pa.array([PLAIN, "é", "中文"], pa.string()))
    assert without_confusables(texts) is texts


@given(st.lists(st.binary(max_size=30), max_size=4))
@settings(max_examples=200, deadline=None)
def test_bytes_that_are_no_text_are_kept_beside_what_is_left_out(raw: list[bytes]) -> None:
    # bytes from 0xF8 are in no text, and end every sequence
    parts = [bytes(byte | 0xF8 if byte >= 0x80 else max(byte, 0x20) & 0x7E for byte in one) for one in raw]
    assert read(b"\xc2\xad".join(parts)) == [b"".join(parts)]


def test_a_sequence_cut_at_the_end_reads_no_further() -> None:
    texts = Texts(np.frombuffer(b"a\xe2\x80\x8b", np.uint8), np.array([0, 3]), np.ones(1, np.bool_))
    assert without_confusables(texts) is texts
