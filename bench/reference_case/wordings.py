"""Words of a replica's people: common words stay, less common ones are permuted, and rare ones are made anew.

A less common word is replaced by another that about as many people use. Every replica therefore has the same shares of
common, less common and rare words, and a person has other topics in each replica, but people of different replicas
have topics in common, as strangers do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws

Int64 = NDArray[np.int64]
Words = NDArray[np.uint32]

COMMON_SHARE = 0.2  # least share of units with a word for the word to be common to all people
RARE_UNITS = 3  # words of fewer units are names and numbers of single people


def word_map(vocabulary: Words, units: Int64, total: int, known: Words, key: np.uint64) -> Words:
    """The replacement of each word of the vocabulary (0 first) in the replica of this key.

    `units` is the number of units with each word, of `total` in all. Rare words among `known` (ascending) are treated
    as less common, since the campaign uses them too.
    """
    names = vocabulary.astype(np.uint64)
    result = vocabulary.copy()
    common = units >= COMMON_SHARE * total
    fresh = (units < RARE_UNITS) & ~np.isin(vocabulary, known)
    made = draws.mix(names ^ key) >> np.uint64(32)
    result[fresh] = np.maximum(made[fresh], 1).astype(np.uint32)
    traded = ~common & ~fresh & (vocabulary != 0)
    result[traded] = vocabulary[exchanged(units, traded, key)[traded]]
    result[0] = 0
    return result


def exchanged(
    units: Int64, traded: NDArray[np.bool_], key: np.uint64, width: float = 1.2, kin: Int64 | None = None
) -> Int64:
    """For each code the code of another value with about as many units; its own if not `traded`.

    The number of units differs by at most the factor `width`; only values of the same `kin` replace each other.
    """
    result = np.arange(len(units))
    drawn = draws.mix(result.astype(np.uint64) ^ key)
    band = np.where(traded, np.floor(np.log(np.maximum(units, 1)) / np.log(width)), -1).astype(np.int64)
    other = np.zeros(len(units), np.int64) if kin is None else kin
    order = np.lexsort((result, other, band))
    result[order] = np.lexsort((drawn, other, band))
    result[~traded] = np.flatnonzero(~traded)
    return result


def drawn(
    code: Int64, unit: Int64, units: Int64, traded: NDArray[np.bool_], key: np.uint64, kin: Int64 | None = None
) -> Int64:
    """For each code a traded one of its kin, drawn in proportion to its units; equal codes in a unit stay equal.

    `code` and `unit` have one entry per row; `units`, `traded` and `kin` one per code. Other codes are unchanged.
    """
    family = np.zeros(len(units), np.int64) if kin is None else kin
    others = np.flatnonzero(traded)
    if len(others) == 0:
        return code
    others = others[np.argsort(family[others], kind="stable")]
    edges = np.concatenate([[0.0], np.cumsum(units[others].astype(np.float64))])
    low, high = (np.searchsorted(family[others], family[code], side=side) for side in ("left", "right"))
    lot = draws.child(draws.child(np.full(len(code), key, dtype=np.uint64), "unit", unit), "code", code)
    at = edges[low] + draws.uniform(lot, "which") * (edges[high] - edges[low])
    found = np.minimum(np.searchsorted(edges, at, side="right") - 1, len(others) - 1)
    return np.asarray(np.where(traded[code], others[found], code), np.int64)
