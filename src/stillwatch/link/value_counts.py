"""A table of two-bit counters that says of most values whether one account or several hold them."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

FIBONACCI = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: the high bits of its product spread any key


@njit(cache=True, nogil=True)
def note(value: Int64, count: NDArray[np.uint8]) -> None:
    """Adds each value (values,) to its counter, up to 2. `count` (bytes, a power of two) has four counters a byte."""
    shift = np.uint64(62 - _bits(len(count)))
    for i in range(len(value)):
        cell = (np.uint64(value[i]) * FIBONACCI) >> shift
        byte, place = cell >> np.uint64(2), np.uint8(2) * np.uint8(cell & np.uint64(3))
        if (count[byte] >> place) & 3 < 2:
            count[byte] += np.uint8(1) << place


@njit(cache=True, nogil=True)
def met_again(value: Int64, count: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Marks every value (values,) that was added at least twice, and the few others that share its counter."""
    shift = np.uint64(62 - _bits(len(count)))
    result = np.empty(len(value), np.bool_)
    for i in range(len(value)):
        cell = (np.uint64(value[i]) * FIBONACCI) >> shift
        result[i] = (count[cell >> np.uint64(2)] >> (np.uint8(2) * np.uint8(cell & np.uint64(3)))) & 3 == 2
    return result


@njit(cache=True, nogil=True)
def _bits(size: int) -> int:
    bits = 0
    while 1 << bits < size:
        bits += 1
    return bits
