"""Open-addressing tables of keyed values in compiled loops: the low bits of a value, evenly spread, are its place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def room(items: int) -> int:
    """The size of a table, a power of two, that so many items fill by half at most."""
    size = 4
    while size < 2 * items:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def slot(keys: NDArray[Any], key: Any) -> Any:
    """The place of a key (not 0) in a table of keys, or the free place (0) where it belongs."""
    at = np.int64(key) & (len(keys) - 1)
    while keys[at] != 0 and keys[at] != key:
        at = (at + 1) & (len(keys) - 1)
    return at
