"""The hash table of a snapshot, laid out for all accounts at once."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from stillwatch.verdicts.layout import PLACE_BITS


def laid_out(hashes: array[int], places: array[int]) -> tuple[int, NDArray[np.uint64]]:
    """Returns the mask of home slots and the table of slots (64 bits each).

    A hash's home is its lower bits. Records are laid in the order of their homes, each into the first free slot from
    its home on, so that a search goes on until an empty slot. The table ends with an empty slot; it does not wrap.
    """
    size = 1 << max(1, 2 * len(hashes) - 1).bit_length()
    mask = size - 1
    found = np.frombuffer(hashes, dtype=np.uint64) if hashes else np.empty(0, np.uint64)
    homes = (found & np.uint64(mask)).astype(np.int64)
    order = np.argsort(homes, kind="stable")
    steps = np.arange(len(order), dtype=np.int64)
    # the first free slot: the home, or the slot after the record before
    slots = np.maximum.accumulate(homes[order] - steps) + steps
    table = np.zeros(max(size, int(slots[-1]) + 2 if len(slots) else 0) + 1, dtype=np.uint64)
    marks = found >> np.uint64(PLACE_BITS) << np.uint64(PLACE_BITS)
    at = np.frombuffer(places, dtype=np.uint64) if places else np.empty(0, np.uint64)
    table[slots] = (marks | at)[order]
    return mask, table


def repeated(hashes: array[int], places: array[int]) -> list[tuple[int, int]]:
    """Returns the places of neighbouring records with one and the same hash: the same account, but for a miracle."""
    found = np.frombuffer(hashes, dtype=np.uint64) if hashes else np.empty(0, np.uint64)
    order = np.argsort(found, kind="stable")
    same = np.flatnonzero(np.diff(found[order]) == 0)
    return [(places[int(order[one])], places[int(order[one + 1])]) for one in same]
