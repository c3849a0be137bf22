"""Content features between their stored form (64 bytes a row) and arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.records.sketches import FEATURES


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
