"""Words that belong to templates: texts of several accounts that begin or end alike have them in common.

A sketch keeps a sample of a text's words, so that a template's word is missing from most texts made from it and looks
like something an account comes back to. Over all accounts that were given the template it shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

HOLDERS = 3  # accounts that use a beginning or an end before it is a template; what one account repeats is its frame
SHARE = 0.05  # of a template's texts that hold a word of it: sampled words of a slot are in far fewer (tuning worlds)


def without_templates(position: NDArray[np.int32], marks: Int64, features: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The features (texts, n) with 0 for those of a template of the text's.

    `position` (texts,); `marks` (texts, m) has what each text begins with, ends with and so on, 0 for nothing.
    """
    kept = features
    for mark in marks.T:
        kept = np.where(_of_template(position, mark, features), np.uint32(0), kept)
    return kept


def _of_template(position: NDArray[np.int32], mark: Int64, features: NDArray[np.uint32]) -> NDArray[np.bool_]:
    result = np.zeros(features.shape, bool)
    shared = np.flatnonzero(_shared(position, mark))
    if len(shared) == 0:
        return result
    _, code, texts = np.unique(mark[shared], return_inverse=True, return_counts=True)
    cell = code.astype(np.int64)[:, None] << np.int64(32) | features[shared]
    _, which, count = np.unique(cell, return_inverse=True, return_counts=True)
    often = count[which].reshape(cell.shape) >= SHARE * texts[code][:, None]
    result[shared] = often & (features[shared] != 0)
    return result


def _shared(position: NDArray[np.int32], mark: Int64) -> NDArray[np.bool_]:
    """Marks texts with something that HOLDERS accounts use."""
    _, code = np.unique(mark, return_inverse=True)
    pairs = np.unique(code.astype(np.int64) << np.int64(32) | position)
    holders = np.bincount(pairs >> np.int64(32))
    return np.asarray((holders[code] >= HOLDERS) & (mark != 0))
