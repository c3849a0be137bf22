"""Hashes columns that a client or account holder supplied to keyed 64-bit values; equal inputs have equal values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.key import Key
from stillwatch.records.buffers import Texts, texts_of
from stillwatch.records.compiled import compiled
from stillwatch.sketch.siphash import Words, sip_bytes, sip_words

Present = npt.NDArray[np.bool_]


def column_values(column: pa.Array, key: Key, purpose: str) -> pa.Int64Array:
    """Returns SipHash-2-4 of every text under the sub-key of `purpose`; null for null and for empty texts."""
    texts = texts_of(column)
    values = np.zeros(len(column), np.uint64)
    _hash_texts(texts, key.subkey(purpose), values)
    return value_array(values, texts.present & (np.diff(texts.offsets) > 0))


def value_array(values: Words, present: Present) -> pa.Int64Array:
    """Returns the words (n,) as signed 64-bit Arrow values, null where not present."""
    return pa.array(values.view(np.int64), mask=~present)


def word_values(words: Words, present: Present, key: Key, purpose: str) -> pa.Int64Array:
    """Returns SipHash-2-4 of every row of `words` (n, m) under the sub-key of `purpose`, null where not present."""
    values = np.zeros(len(words), np.uint64)
    _hash_rows(np.ascontiguousarray(words), key.subkey(purpose), values)
    return value_array(values, present)


def set_values(lists: pa.ListArray, key: Key, purpose: str) -> pa.Int64Array:
    """Returns a value of the set of texts in each list, independent of order and repetition; null for no texts."""
    members = column_values(lists.values, key, f"{purpose} member")
    hashes = members.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
    offsets = lists.offsets.to_numpy().astype(np.int64)
    values = np.zeros(len(lists), np.uint64)
    _hash_sets(hashes, offsets, key.subkey(purpose), values)
    present = lists.is_valid().to_numpy(zero_copy_only=False)
    return value_array(values, present & (np.diff(offsets) > 0))


def parameter_values(columns: list[pa.Array], key: Key) -> pa.Int64Array:
    """Returns a value of the tuple of sampling parameters (numbers or null) in each row; null where all are null."""
    words = np.zeros((len(columns[0]), 2 * len(columns)), np.uint64)
    for place, column in enumerate(columns):
        given = column.is_valid().to_numpy(zero_copy_only=False)
        numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0  # -0.0 becomes 0.0
        words[:, 2 * place] = given
        words[:, 2 * place + 1] = np.where(given, numbers, 0.0).view(np.uint64)
    return word_values(words, np.any(words[:, ::2], axis=1), key, "parameters")


@compiled
def _hash_texts(texts: Texts, key: Words, values: Words) -> None:
    for index in range(len(values)):
        if texts.present[index]:
            values[index] = sip_bytes(key, texts.data, texts.offsets[index], texts.offsets[index + 1])


@compiled
def _hash_rows(words: Words, key: Words, values: Words) -> None:
    for index in range(len(values)):
        values[index] = sip_words(key, words[index])


@compiled
def _hash_sets(hashes: Words, offsets: npt.NDArray[np.int64], key: Words, values: Words) -> None:
    for index in range(len(values)):
        start, stop = offsets[index], offsets[index + 1]
        if stop > start:
            values[index] = sip_words(key, np.unique(hashes[start:stop]))
