"""Tokens become the text they came from; under a key, words change the same way every time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch_lab.worlds.text.corpus import Corpus, CorpusBuilder
from stillwatch_lab.worlds.text.detokenise import (
    NOTHING,
    PARAGRAPH,
    Spans,
    detokenise,
)

WORDS = " ".join(f"{a}{b}{c}ing" for a in "bcdfgh" for b in "aeiou" for c in "lmnprst")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(lambda text: text[0] != " ")


def written(
    corpus: Corpus, spans: list[tuple[int, int]], key: int = 1, share: float = 0.0, digits: bool = False
) -> str | None:
    count = len(spans)
    rows = Spans(
        np.array([span[0] for span in spans], dtype=np.int64),
        np.array([span[1] for span in spans], dtype=np.int64),
        np.full(count, key, dtype=np.uint64),
        np.full(count, int(share * 65535), dtype=np.uint16),
        np.zeros(count, dtype=np.int32),
        np.full(count, digits),
        np.array([NOTHING] + [PARAGRAPH] * (count - 1), dtype=np.uint8),
    )
    text = detokenise(corpus.lexicon, corpus.tokens, rows, np.array([0, count], dtype=np.int64), 10_000)
    text.validate(full=True)
    value: str | None = text[0].as_py()
    return value


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_without_exchange_text_comes_back_whole(texts: list[str]) -> None:
    builder = CorpusBuilder()
    spans = [builder.phrase(text) for text in texts]
    assert written(builder.frozen(), spans) == "\n\n".join(texts)


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_a_key_exchanges_words_consistently(one: int, other: int) -> None:
    builder = CorpusBuilder()
    first, again = builder.phrase(WORDS), builder.phrase(f"{WORDS} again")
    corpus = builder.frozen()
    mine, mine_again = written(corpus, [first], one, 0.5), written(corpus, [again], one, 0.5)
    assert mine is not None
    assert mine_again is not None
    assert mine_again.split()[: len(mine.split())] == mine.split()
    changed = np.mean([a != b for a, b in zip(mine.split(), WORDS.split(), strict=True)])
    assert 0.3 < changed < 0.7
    if one != other:
        assert written(corpus, [first], other, 0.5) != mine


def test_numbers_keep_their_length_and_case_survives() -> None:
    builder = CorpusBuilder()
    span = builder.phrase("In 2024 Alpha paid 5 of 120 THOUSAND")
    corpus = builder.frozen()
    text = written(corpus, [span], 7, 1.0, digits=True)
    assert text is not None
    words = text.split()
    assert [len(word) for word in words if word.isdigit()] == [4, 1, 3]
    assert words[2][0].isupper()
    assert words[-1].isupper()
    assert text != "In 2024 Alpha paid 5 of 120 THOUSAND"


def test_rows_are_cut_and_empty_rows_are_null() -> None:
    builder = CorpusBuilder()
    start, end = builder.phrase(WORDS)
    corpus = builder.frozen()
    spans = Spans(
        np.array([start, start]), np.array([end, start]), np.zeros(2, dtype=np.uint64), np.zeros(2, dtype=np.uint16),
        np.zeros(2, dtype=np.int32), np.zeros(2, dtype=np.bool_), np.zeros(2, dtype=np.uint8),
    )  # fmt: skip
    texts = detokenise(corpus.lexicon, corpus.tokens, spans, np.array([0, 1, 2]), 50)
    assert 30 < len(texts[0].as_py()) <= 50
    assert texts[1].as_py() is None
