"""Words that belong to templates: texts of several accounts that begin or end alike have them in common.

A sketch keeps a sample of a text's words, so that a template's word is missing from most texts made from it and looks
like something an account comes back to. Over all accounts that were given the template it shows.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.open_table import room, slot

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Features = NDArray[np.uint32]

# What a single account repeats is its frame, and not yet a template.
TEMPLATE_ACCOUNTS = 3  # accounts that use a beginning or an end before it is a template
TEMPLATE_SHARE = 0.05  # of a template's texts that hold a word of it: words of a slot are in far fewer (tuning worlds)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio


def without_templates(account_index: Int32, marks: Int64, features: Features) -> Features:
    """The features (texts, n) with 0 for those of a template of the text's.

    `account_index` (texts,) must be grouped by account; `marks` (texts, m) has what each text begins with, ends with
    and so on, 0 for nothing.
    """
    kept = features.copy()
    for mark in marks.T:
        _clear(features, *_templates(account_index, np.ascontiguousarray(mark)), kept)
    return kept


@njit(cache=True, nogil=True)
def _templates(account_index: Int32, mark: Int64) -> tuple[Int64, Int64]:
    """For each text a code of its mark, -1 where too few accounts use it; and how many texts have each code."""
    size = room(len(mark))
    keys, texts, holders = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    code, last = np.full(len(mark), -1), np.full(size, -1, np.int32)
    for i in range(len(mark)):
        if mark[i] != 0:
            at = slot(keys, mark[i])
            keys[at], code[i] = mark[i], at
            texts[at] += 1
            if last[at] != account_index[i]:
                last[at] = account_index[i]
                holders[at] += 1
    for i in range(len(mark)):
        if code[i] >= 0 and holders[code[i]] < TEMPLATE_ACCOUNTS:
            code[i] = -1
    return code, texts


@njit(cache=True, nogil=True)
def _clear(features: Features, code: Int64, texts: Int64, kept: Features) -> None:
    """Clears from `kept` the features that are in enough of the texts with their text's code."""
    marked = np.flatnonzero(code >= 0)
    size = room(len(marked) * features.shape[1])
    keys, count = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    place = np.empty((len(marked), features.shape[1]), np.int64)
    for t in range(len(marked)):
        for j in range(features.shape[1]):
            feature = features[marked[t], j]
            if feature != 0:
                mixed = (np.uint64(code[marked[t]]) << np.uint64(32) | np.uint64(feature)) * _MIX
                mixed ^= mixed >> np.uint64(32)
                at = slot(keys, mixed)
                keys[at], place[t, j] = mixed, at
                count[at] += 1
    for t in range(len(marked)):
        for j in range(features.shape[1]):
            if features[marked[t], j] != 0 and count[place[t, j]] >= TEMPLATE_SHARE * texts[code[marked[t]]]:
                kept[marked[t], j] = 0
