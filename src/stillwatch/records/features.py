"""Content features between their stored form (64 bytes a row) and arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.open_table import room, slot
from stillwatch.records.sketches import FEATURES

Rows = NDArray[np.int64]

FRAME_TEXTS = 3  # texts of an account that begin or end alike, from which the features they share are a frame
FRAME_SHARE = 0.6  # share of those texts that hold a feature of the frame


def decode_features(column: pa.ChunkedArray, rows: Rows | None = None) -> NDArray[np.uint32]:
    """`content_features` as uint32 (rows, 16), zeros where null; of `rows` alone, each once, in their order.

    Raises ValueError when a row that is not null is not 64 bytes long.
    """
    place = np.arange(len(column))
    if rows is not None:
        place[:] = -1
        place[rows] = np.arange(len(rows))
    result = np.zeros((len(column) if rows is None else len(rows), FEATURES), np.uint32)
    begin = 0
    for chunk in column.chunks:
        _decode(chunk, place[begin : begin + len(chunk)], result)
        begin += len(chunk)
    return result


def _decode(chunk: pa.Array, place: Rows, result: NDArray[np.uint32]) -> None:
    packed = chunk.cast(pa.binary())
    if packed.null_count:
        place = place[packed.is_valid().to_numpy(zero_copy_only=False)]
        packed = packed.drop_null()
    if len(packed) == 0:
        return
    offsets = np.frombuffer(packed.buffers()[1], np.int32)[packed.offset : packed.offset + len(packed) + 1]
    body = np.frombuffer(packed.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    if (np.diff(offsets) != 4 * FEATURES).any():
        raise ValueError(f"content_features must be {4 * FEATURES} bytes a row")
    # rows are read in the order of the file and each written once, to its place
    put(body.view("<u4").reshape(-1, FEATURES), place, result)


@njit(cache=True, nogil=True)
def put(body: NDArray[np.uint32], place: Rows, result: NDArray[np.uint32]) -> None:
    """Writes each row of `body` to its place among the rows of `result`, those with place -1 nowhere."""
    for i in range(len(place)):
        if place[i] >= 0:
            for j in range(result.shape[1]):
                result[place[i], j] = body[i, j]


def without_frames(
    account_index: NDArray[np.int32], marks: NDArray[np.int64], features: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """`features` (rows, 16) with 0 in place of those that belong to a frame their account wraps its texts in.

    `account_index` (rows,) must be grouped by account; `marks` (rows, m) are keyed openings or endings of the texts, 0
    for none. Where several texts of an account carry one mark, the features that most of them share are the frame and
    not their subject: a template worded anew for each account would otherwise look like a person's own words.
    """
    everyone = np.ones(len(account_index), np.bool_)
    return chosen_without_frames(account_index, marks, features, np.arange(len(account_index)), everyone)


def chosen_without_frames(
    account_index: NDArray[np.int32],
    marks: NDArray[np.int64],
    features: NDArray[np.uint32],
    rows: Rows,
    chosen: NDArray[np.bool_],
) -> NDArray[np.uint32]:
    """`without_frames` of texts whose features are the `rows` (texts,) of `features`; returns the texts that `chosen`
    (texts,) marks."""
    result = np.empty((int(chosen.sum()), features.shape[1]), np.uint32)
    _without_frames(account_index, marks, features, rows, chosen, result)
    return result


@njit(cache=True, nogil=True)
def _without_frames(
    account_index: NDArray[np.int32],
    marks: NDArray[np.int64],
    features: NDArray[np.uint32],
    rows: Rows,
    chosen: NDArray[np.bool_],
    result: NDArray[np.uint32],
) -> None:
    width = features.shape[1]
    own = np.empty((0, width), np.uint32)  # one account's texts, few enough to stay in the cache
    following = np.empty(0, np.int64)
    filled, begin = 0, 0
    for end in range(1, len(account_index) + 1):
        if end < len(account_index) and account_index[end] == account_index[begin]:
            continue
        texts = rows[begin:end]
        if len(texts) > len(own):
            own, following = np.empty((2 * len(texts), width), np.uint32), np.empty(2 * len(texts), np.int64)
        for i in range(len(texts)):
            _copy(features[texts[i]], own[i])
        if len(texts) >= FRAME_TEXTS:
            for m in range(marks.shape[1]):
                _clear_frames(own, marks[begin:end, m], following)
        filled += _keep(own, chosen[begin:end], result[filled:])
        begin = end


@njit(cache=True, nogil=True)
def _copy(source: NDArray[np.uint32], target: NDArray[np.uint32]) -> None:
    for j in range(len(source)):  # an inlined loop copies so few numbers faster than a call does
        target[j] = source[j]


@njit(cache=True, nogil=True)
def _keep(features: NDArray[np.uint32], chosen: NDArray[np.bool_], result: NDArray[np.uint32]) -> int:
    """Writes the chosen rows; returns how many they are."""
    kept = 0
    for i in range(len(chosen)):
        if chosen[i]:
            _copy(features[i], result[kept])
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _clear_frames(features: NDArray[np.uint32], mark: NDArray[np.int64], following: Rows) -> None:
    """Clears the frames of one account's texts; `following` (rows,) receives the next text of each mark."""
    size = room(len(mark))
    keys, first, count = np.zeros(size, np.int64), np.full(size, -1), np.zeros(size, np.int64)
    for i in range(len(mark)):
        if mark[i] != 0:
            at = slot(keys, mark[i])
            keys[at], following[i], first[at] = mark[i], first[at], i
            count[at] += 1
    for at in range(size):
        if count[at] >= FRAME_TEXTS:
            alike = np.empty(count[at], np.int64)
            text = first[at]
            for k in range(count[at]):
                alike[k] = text
                text = following[text]
            _clear_frame(features, alike)


@njit(cache=True, nogil=True)
def _clear_frame(features: NDArray[np.uint32], rows: Rows) -> None:
    size = room(len(rows) * features.shape[1])
    keys, count = np.zeros(size, np.uint32), np.zeros(size, np.int64)
    for row in rows:
        for feature in features[row]:
            if feature != 0:
                at = slot(keys, feature)
                keys[at] = feature
                count[at] += 1
    least = max(float(FRAME_TEXTS), FRAME_SHARE * len(rows))
    if np.max(count) < least:
        return
    for row in rows:
        for j in range(features.shape[1]):
            if features[row, j] != 0 and count[slot(keys, features[row, j])] >= least:
                features[row, j] = 0
