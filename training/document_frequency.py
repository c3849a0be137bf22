"""The shipped feature weights: the specificity of each hashed word and word pair."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.records.buffers import texts_of
from stillwatch.records.confusables import without_confusables
from stillwatch.sketch.features import BUCKET_BITS
from stillwatch.sketch.shingles import pair_up
from stillwatch.sketch.text import read_document
from stillwatch.sketch.tokens import make_tokens

BUCKETS = 1 << BUCKET_BITS
COMMON_SHARE = 0.04  # a word in a larger share of all prompts is not specific to an account and has weight 0
UNSEEN = 0.5  # documents assumed for a gram that is in no document
PAIR_FACTOR = 0.5  # a rare pair mostly has the information of its rarer word, and recurs less often


def feature_weights(prompts: list[str]) -> npt.NDArray[np.uint8]:
    """Weights of shape (2, BUCKETS), 0 to 255: squared, shifted inverse document frequency of 1-grams and 2-grams.

    A bucket of 1-grams counts the documents of all its words. A bucket of 2-grams counts those of its most frequent
    pair, because the many pairs that occur once would otherwise add up to common ones.
    """
    words, pairs = Counter[int](), Counter[int]()
    tokens = make_tokens()
    texts = without_confusables(texts_of(pa.array(prompts, pa.large_string())))
    for index in range(len(prompts)):
        run = tokens.hashes[: read_document(texts, index, tokens)].copy()
        joined = np.zeros(max(len(run) - 1, 0), np.uint64)
        pair_up(run, len(run), joined)
        words.update(set(run.tolist()))
        pairs.update(set(joined.tolist()))
    return np.stack([_levels(_summed(words), len(prompts), 1.0), _levels(_largest(pairs), len(prompts), PAIR_FACTOR)])


def _summed(counts: Counter[int]) -> npt.NDArray[np.float64]:
    out = np.zeros(BUCKETS)
    for code, count in counts.items():
        out[_bucket(code)] += count
    return out


def _largest(counts: Counter[int]) -> npt.NDArray[np.float64]:
    out = np.zeros(BUCKETS)
    for code, count in counts.items():
        out[_bucket(code)] = max(out[_bucket(code)], count)
    return out


def _bucket(code: int) -> int:
    return code * BUCKETS >> 64


def _levels(found: npt.NDArray[np.float64], documents: int, factor: float) -> npt.NDArray[np.uint8]:
    rarity = np.log(COMMON_SHARE * documents / np.maximum(found, UNSEEN))
    relative = np.clip(rarity / np.log(COMMON_SHARE * documents / UNSEEN), 0.0, 1.0)
    levels: npt.NDArray[np.uint8] = np.rint(255 * factor * relative**2).astype(np.uint8)
    return levels
