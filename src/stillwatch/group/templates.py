"""Removes the words of templates: the words common to texts of several accounts with an equal beginning or end.

A sketch keeps only a sample of a text's words. A template's word is therefore missing from most texts that were made
from it, and within one account it looks like a subject to which the account returns. Over all accounts that use the
template, it appears in a large share of the texts.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.open_table import room, slot

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Features = NDArray[np.uint32]

TEMPLATE_ACCOUNTS = 3  # least number of accounts that use a beginning or an end, for it to be a template
# Least share of a template's texts that contain a word, for it to be the template's; words in its slots are far rarer
# (tuning worlds).
TEMPLATE_SHARE = 0.05
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio


def without_templates(account_index: Int32, marks: Int64, features: Features) -> Features:
    """Returns the features (texts, n), with 0 in place of each word of a template of the text.

    `account_index` (texts,) must be grouped by account; `marks` (texts, m) has hashes of each text's beginning, its end
    and so on, 0 where absent.
    """
    kept = features.copy()
    for mark in marks.T:
        _clear(features, *_templates(account_index, np.ascontiguousarray(mark)), kept)
    return kept


@njit(cache=True, nogil=True)
def _templates(account_index: Int32, mark: Int64) -> tuple[Int64, Int64]:
    """Returns a code of each text's mark, -1 where too few accounts use it, and the number of texts of each code."""
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
    """Sets to 0 in `kept` each feature that TEMPLATE_SHARE of the texts with its text's code have."""
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
