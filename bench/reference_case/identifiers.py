"""Ids and keys of replicas, which depend only on seed, replica and number, and are otherwise unrelated."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draws import Keys
from stillwatch_lab.worlds.identity.identifiers import identifiers

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_PREFIX = np.frombuffer(b"req_", dtype=np.uint8)
_DIGITS = 16


def counted_ids(numbers: NDArray[np.int64]) -> pa.Array:
    """Exchange ids from numbers; they have the usual length and the order of the numbers."""
    shifts = np.arange(4 * (_DIGITS - 1), -1, -4, dtype=np.int64)
    digits = _HEX[(numbers[:, None] >> shifts) & 15]
    text = np.concatenate([np.broadcast_to(_PREFIX, (len(numbers), len(_PREFIX))), digits], axis=1)
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * np.int32(text.shape[1])
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))


def replica_key(seed: int, replica: int) -> np.uint64:
    """The key of one replica, from which all its keys are derived."""
    return np.uint64(draws.key_of("letter", seed, replica))


def purpose_key(key: np.uint64, purpose: str) -> np.uint64:
    """The key of one purpose under this key."""
    return np.uint64(draws.key_of(int(key), purpose))


def keys(key: np.uint64, count: int) -> Keys:
    """The keys of the numbers 0 to `count` - 1 under one key."""
    return draws.child(np.full(count, key, dtype=np.uint64), "copied", np.arange(count))


def named(key: np.uint64, count: int, length: int, prefix: str = "") -> pa.Array:
    """Opaque texts for the numbers 0 to `count` - 1 under one key."""
    return identifiers(keys(key, count), length, prefix)


def rekeyed(values: NDArray[np.int64], key: np.uint64) -> NDArray[np.int64]:
    """Other values under a key; equal values stay equal."""
    return draws.mix(values.view(np.uint64) ^ key).view(np.int64)
