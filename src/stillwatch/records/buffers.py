"""Gives access to Arrow string columns as NumPy arrays, without Python strings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Octets = npt.NDArray[np.uint8]


class Texts(NamedTuple):
    """n texts: the bytes of all, n + 1 offsets into the bytes, and whether each text is present (n,)."""

    data: Octets
    offsets: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]


def texts_of(column: pa.Array) -> Texts:
    """Returns the texts of a string, large_string or binary column, sliced or not; UTF-8 is not validated."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        width: np.dtype[np.signedinteger] = np.dtype(np.int32)
    else:
        width = np.dtype(np.int64)
        if not (pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)):
            column = column.cast(pa.large_string())
    _, offsets, data = column.buffers()
    count = len(column)
    present = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    if offsets is None or offsets.size == 0:
        return Texts(np.zeros(0, np.uint8), np.zeros(count + 1, np.int64), present)
    places = np.frombuffer(offsets, width, count + 1, column.offset * width.itemsize).astype(np.int64)
    octets = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return Texts(octets, places, present)
