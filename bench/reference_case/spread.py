"""The number of units with each of many codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.records.compiled import compiled

Int64 = NDArray[np.int64]


def holders(codes: NDArray[np.uint32], by_unit: Int64, units: Int64, things: int) -> Int64:
    """The number of units with each code from 0 to `things` - 1, (things,).

    `codes` has shape (rows, width); `by_unit` lists rows in order of unit, and `units` (ascending) are their units.
    """
    count = np.zeros(things, np.int64)
    _count(codes, by_unit, units, np.full(things, -1, np.int64), count)
    return count


@compiled
def _count(codes: NDArray[np.uint32], by_unit: Int64, units: Int64, last: Int64, count: Int64) -> None:
    for place in range(len(by_unit)):
        row, unit = by_unit[place], units[place]
        for slot in range(codes.shape[1]):
            code = codes[row, slot]
            if last[code] != unit:
                last[code] = unit
                count[code] += 1
