"""Opaque identifiers: hexadecimal texts, made from keys, whose format is the same for all accounts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draws import Keys

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def identifiers(keys: Keys, length: int, prefix: str = "") -> pa.Array:
    """Strings of `length` hexadecimal digits (at most 32) behind a prefix, one a key; equal keys, equal strings."""
    first, second = draws.child(keys, "mark"), draws.child(keys, "mark more")
    octets = np.stack([first, second], axis=1).view(np.uint8).reshape(len(keys), 16)
    digits = np.empty((len(keys), 32), dtype=np.uint8)
    digits[:, 0::2] = _HEX[octets >> 4]
    digits[:, 1::2] = _HEX[octets & 15]
    head = np.broadcast_to(np.frombuffer(prefix.encode(), dtype=np.uint8), (len(keys), len(prefix)))
    text = np.concatenate([head, digits[:, :length]], axis=1)
    width = length + len(prefix)
    offsets = np.arange(len(keys) + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(len(keys), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))
