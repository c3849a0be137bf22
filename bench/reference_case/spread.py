"""How many units hold each of many coded things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.sketch.compiled import compiled

Int64 = NDArray[np.int64]


def holders(codes: NDArray[np.uint32], by_unit: Int64, units: Int64, things: int) -> Int64:
    """For each of `things` codes, the units in whose rows it stands.

    `codes` has shape (rows, width); `by_unit` lists rows unit by unit, and `units` (ascending) are theirs.
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
