"""Keyed random numbers: every draw is a pure function of a key and a name, so no order of work can change a world."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Keys = NDArray[np.uint64]
Reals = NDArray[np.float64]
Wholes = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@lru_cache(maxsize=4096)
def key_of(*names: str | int) -> int:
    """A 64-bit key from names; the same names give the same key on every machine."""
    return int.from_bytes(blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest(), "little")


def mix(keys: Keys) -> Keys:
    """The splitmix64 finaliser (Steele, Lea, Flood 2014): it maps neighbouring keys to unrelated numbers."""
    x = keys + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def child(keys: Keys, name: str, numbers: Wholes | Keys | int = 0) -> Keys:
    """New keys for the things called `name` and numbered `numbers` under each key."""
    stepped = mix(keys ^ np.uint64(key_of(name)))
    if isinstance(numbers, int):
        return mix(stepped + np.uint64(numbers))
    return mix(stepped + numbers.astype(np.uint64))


def uniform(keys: Keys, name: str) -> Reals:
    """Draws in (0, 1), one a key."""
    bits = child(keys, name) >> np.uint64(11)
    return (bits.astype(np.float64) + 0.5) * 2.0**-53


def whole(keys: Keys, name: str, below: int | Wholes) -> Wholes:
    """Draws in 0 … below - 1, one a key; `below` may differ by key."""
    drawn: Wholes = np.minimum((uniform(keys, name) * below).astype(np.int64), np.asarray(below) - 1)
    return drawn


def normal(keys: Keys, name: str) -> Reals:
    """Standard normal draws, one a key."""
    return np.asarray(ndtri(uniform(keys, name)), dtype=np.float64)


def lognormal(keys: Keys, name: str, median: float | Reals, sigma: float | Reals) -> Reals:
    """Lognormal draws of this median and log standard deviation, one a key."""
    return np.asarray(median * np.exp(sigma * normal(keys, name)), dtype=np.float64)


def pick(keys: Keys, name: str, weights: Sequence[float] | Reals) -> Wholes:
    """Indices drawn with these weights, one a key."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    found = np.searchsorted(edges, uniform(keys, name) * edges[-1], side="right")
    drawn: Wholes = np.minimum(found, len(edges) - 1).astype(np.int64)
    return drawn


def zipf_weights(size: int, exponent: float) -> Reals:
    """Weights 1, 2^-s, 3^-s …: the usual shape of the popularity of tools, issuers and domains."""
    return np.arange(1, size + 1, dtype=np.float64) ** -exponent


def shuffled(rows: Wholes, key: int) -> Wholes:
    """The rows in an order that depends only on the key."""
    order = np.argsort(child(rows.astype(np.uint64) + np.uint64(key % (1 << 62)), "dealt"), kind="stable")
    return rows[order]
