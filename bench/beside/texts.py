"""Texts of a world, their shingles of words, and pairs of texts with exactly known similarity."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.sketch.shingles import SHINGLE

TOKEN = re.compile(r"\w+")
HOLDERS = (
    20  # most texts with a shingle from which pairs are made; commoner shingles give mostly pairs of little similarity
)
TENTHS = 10
LEAST = 1  # least tenth of Jaccard similarity of a pair; lower similarities are too small to estimate


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of different texts, as indices of texts, and the true Jaccard similarity of their shingles."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.similarity)


def draw_texts(exchanges: Path, wanted: int, seed: int) -> pa.Array:
    """Draws `wanted` user texts of a world's exchanges without replacement, or all if there are fewer.

    Each file gives texts in proportion to its rows. Equal texts may occur, as in any log.
    """
    rng = np.random.default_rng(seed)
    files = [pq.ParquetFile(path) for path in sorted(exchanges.glob("*.parquet"))]
    total = sum(file.metadata.num_rows for file in files)
    drawn = []
    for file in files:
        column = file.read(columns=["input_text"])["input_text"].combine_chunks().drop_null()
        share = min(len(column), round(wanted * file.metadata.num_rows / max(1, total)))
        drawn.append(column.take(pa.array(np.sort(rng.choice(len(column), share, replace=False)))))
    return pa.concat_arrays(drawn)


def shingles_of(text: str) -> list[str]:
    """The distinct shingles of three words of a text, each as one string; a shorter text is one shingle."""
    words = TOKEN.findall(text.lower())
    if len(words) < SHINGLE:
        return [" ".join(words)] if words else []
    return list(dict.fromkeys(map(" ".join, zip(words, words[1:], words[2:], strict=False))))


def near_pairs(shingles: Sequence[Sequence[str]], wanted: int, seed: int) -> Pairs:
    """At most `wanted` pairs that share a rare shingle, as evenly as possible from each tenth of similarity.

    Texts with the same shingles are used once, and pairs with a similarity below a tenth are left out.
    """
    sets = [frozenset(one) for one in shingles]
    tenths: list[list[tuple[int, int, float]]] = [[] for _ in range(TENTHS)]
    for left, right in sorted(_candidates(sets)):
        common = len(sets[left] & sets[right])
        similarity = common / (len(sets[left]) + len(sets[right]) - common)
        tenths[min(TENTHS - 1, int(similarity * TENTHS))].append((left, right, similarity))
    rng = np.random.default_rng(seed)
    kept = [pair for tenth in tenths[LEAST:] for pair in _some(tenth, wanted // (TENTHS - LEAST), rng)]
    places = np.array([pair[:2] for pair in kept], np.int64).reshape(-1, 2)
    return Pairs(places[:, 0], places[:, 1], np.array([pair[2] for pair in kept], np.float64))


def _candidates(sets: Sequence[frozenset[str]]) -> set[tuple[int, int]]:
    """Indices of pairs of different sets that share a shingle which at most HOLDERS sets have."""
    holders: dict[str, list[int]] = defaultdict(list)
    for shingles, place in {one: place for place, one in reversed(list(enumerate(sets)))}.items():
        for shingle in shingles:
            holders[shingle].append(place)
    few = (sorted(places) for places in holders.values() if 1 < len(places) <= HOLDERS)
    return {pair for places in few for pair in combinations(places, 2)}


def _some(pairs: list[tuple[int, int, float]], wanted: int, rng: np.random.Generator) -> list[tuple[int, int, float]]:
    if len(pairs) <= wanted:
        return pairs
    return [pairs[place] for place in np.sort(rng.choice(len(pairs), wanted, replace=False))]
