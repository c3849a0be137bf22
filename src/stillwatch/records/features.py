"""Content features between their stored form (64 bytes a row) and arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.sketches import FEATURES

FRAME_TEXTS = 3  # texts of an account that begin or end alike, from which on what they share is their frame
FRAME_SHARE = 0.6  # of those texts that hold a feature of the frame


def decode_features(column: pa.ChunkedArray) -> NDArray[np.uint32]:
    """`content_features` as uint32 (rows, 16); zeros where null.

    Raises ValueError when a row that is not null is not 64 bytes long.
    """
    parts = [_decode(chunk) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros((0, FEATURES), np.uint32)


def _decode(chunk: pa.Array) -> NDArray[np.uint32]:
    rows = chunk.cast(pa.binary())
    result = np.zeros((len(rows), FEATURES), np.uint32)
    present = rows.is_valid().to_numpy(zero_copy_only=False)
    packed = rows.drop_null()
    if len(packed) == 0:
        return result
    offsets = np.frombuffer(packed.buffers()[1], np.int32)[packed.offset : packed.offset + len(packed) + 1]
    body = np.frombuffer(packed.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    if (np.diff(offsets) != 4 * FEATURES).any():
        raise ValueError(f"content_features must be {4 * FEATURES} bytes a row")
    result[present] = body.view("<u4").reshape(-1, FEATURES)
    return result


def without_frames(
    position: NDArray[np.int32], marks: NDArray[np.int64], features: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """`features` (rows, 16) with 0 in place of those that belong to a frame their account wraps its texts in.

    `position` (rows,) must be grouped by account; `marks` (rows, m) are keyed openings or endings of the texts, 0 for
    none. Where an account's texts carry one mark again and again, what most of them share is the frame and not what
    they are about: a template worded anew for each account would otherwise look like a person's own words.
    """
    return _without_frames(position, marks, features.copy())


@njit(cache=True, nogil=True)
def _without_frames(
    position: NDArray[np.int32], marks: NDArray[np.int64], features: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    rows = len(features)
    begin = 0
    for end in range(1, rows + 1):
        if end < rows and position[end] == position[begin]:
            continue
        if end - begin >= FRAME_TEXTS:
            for m in range(marks.shape[1]):
                order = begin + np.argsort(marks[begin:end, m], kind="mergesort")
                first = 0
                for last in range(1, len(order) + 1):
                    mark = marks[order[first], m]
                    if last < len(order) and marks[order[last], m] == mark:
                        continue
                    if mark != 0 and last - first >= FRAME_TEXTS:
                        _clear_frame(features, order[first:last])
                    first = last
        begin = end
    return features


@njit(cache=True, nogil=True)
def _clear_frame(features: NDArray[np.uint32], rows: NDArray[np.int64]) -> None:
    held = np.sort(features[rows].reshape(-1))
    least = max(float(FRAME_TEXTS), FRAME_SHARE * len(rows))
    frame = np.empty(len(held), np.uint32)
    size, first = 0, 0
    for last in range(1, len(held) + 1):
        if last < len(held) and held[last] == held[first]:
            continue
        if last - first >= least and held[first] != 0:
            frame[size] = held[first]
            size += 1
        first = last
    for row in rows:
        for j in range(features.shape[1]):
            at = np.searchsorted(frame[:size], features[row, j])
            if at < size and frame[at] == features[row, j]:
                features[row, j] = 0
