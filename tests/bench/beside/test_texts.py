"""Texts drawn from a world, their shingles, and pairs whose similarity is exact."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.beside.texts import draw_texts, near_pairs, shingles_of


def test_shingles_are_three_words_each_once_and_a_short_text_is_one() -> None:
    assert shingles_of("One two, THREE four!") == ["one two three", "two three four"]
    assert shingles_of("a b c a b c a") == ["a b c", "b c a", "c a b"]
    assert shingles_of("Yes please") == ["yes please"]
    assert shingles_of("…") == []


def test_pairs_are_the_near_ones_with_their_exact_similarity() -> None:
    texts = ["a b c d e f", "a b c d e g", "a b c d e f", "p q r s t u", "p q r x y z", "lonely words here now"]
    pairs = near_pairs([shingles_of(text) for text in texts], 90, 1)
    found = dict(zip(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True), pairs.similarity, strict=True))
    assert found == {(0, 1): pytest.approx(3 / 5), (3, 4): pytest.approx(1 / 7)}


def test_at_most_so_many_pairs_of_each_tenth_are_kept() -> None:
    texts = [f"one two three four five {number}" for number in range(12)]
    assert len(near_pairs([shingles_of(text) for text in texts], 45, 1)) == 5
    assert len(near_pairs([], 45, 1)) == 0


def test_texts_come_from_every_file_and_absent_ones_from_none(tmp_path: Path) -> None:
    for number, rows in enumerate((30, 10)):
        texts = [None if row % 5 == 0 else f"file {number} row {row}" for row in range(rows)]
        pq.write_table(pa.table({"input_text": pa.array(texts, pa.string())}), tmp_path / f"part-{number}.parquet")
    drawn = draw_texts(tmp_path, 20, 1).to_pylist()
    assert [sum(text.startswith(f"file {number}") for text in drawn) for number in range(2)] == [15, 5]
    assert len(set(drawn)) == 20
    assert draw_texts(tmp_path, 20, 1).to_pylist() == drawn
    assert len(draw_texts(tmp_path, 1_000, 1)) == 32
