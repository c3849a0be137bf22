"""Every sketcher estimates the similarity it says it does, and ours alone is ours among the others."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from bench.beside.sketchers import OURS, sketchers
from bench.beside.sketching import timed
from bench.beside.texts import near_pairs, shingles_of


def drawn_texts(count: int) -> list[str]:
    """Texts in pairs: the second repeats a drawn part of the first's words and goes on with others."""
    rng = np.random.default_rng(1)
    texts = []
    for _ in range(count // 2):
        words = [f"w{word}" for word in rng.integers(0, 10**6, 160)]
        kept = int(rng.integers(20, 80))
        texts += [" ".join(words[:80]), " ".join(words[:kept] + words[80 : 160 - kept])]
    return texts


def test_every_sketcher_estimates_the_jaccard_similarity_of_shingles() -> None:
    texts = drawn_texts(200)
    shingled = [shingles_of(text) for text in texts]
    pairs = near_pairs(shingled, 900, 1)
    assert len(pairs) > 80
    for one in sketchers():
        signatures = one.signatures(one.sketch(pa.array(texts)))
        off = one.similarity(signatures, pairs.left, pairs.right) - pairs.similarity
        assert np.abs(off).mean() < 0.1, one.name
        assert abs(off.mean()) < 0.04, one.name
        if one.given is not None:
            assert (one.signatures(one.given(shingled)) == signatures).all(), one.name


def test_our_minhash_alone_is_the_one_among_all_our_sketches() -> None:
    every, alone = sketchers()[:2]
    texts = pa.array([*drawn_texts(20), "", "two words", "日本語の文章です", None])
    assert every.library == alone.library == OURS
    assert (every.sketch(texts) == alone.sketch(texts)).all()


def test_only_libraries_that_take_shingles_are_timed_with_them_ready() -> None:
    texts = drawn_texts(4)
    chosen = sketchers()
    whole, given = timed(chosen, pa.array(texts), [shingles_of(text) for text in texts], 1)
    assert len(whole) == len(given) == len(chosen)
    assert [seconds is None for seconds in given] == [one.library == OURS for one in chosen]
