"""Computes 64-bit SimHash and one-permutation MinHash over shingles of three tokens, for similarity of whole texts.

Sources: Charikar, "Similarity estimation techniques from rounding algorithms" (STOC 2002); Li, Owen and Zhang, "One
permutation hashing" (NIPS 2012); Shrivastava, "Optimal densification for fast and accurate minwise hashing" (ICML
2017); Li and König, "b-bit minwise hashing" (WWW 2010).
"""

from __future__ import annotations

import numpy as np

from stillwatch.records.compiled import compiled
from stillwatch.sketch.siphash import Octets, Words
from stillwatch.sketch.tokens import mix, pair

SHINGLE = 3
STORED_BINS = 32
STORED_BYTES = STORED_BINS // 2  # a bin has four bits
EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_PLANES = 20  # counts up to 2^20, more than the tokens of the longest document
_U1, _U60, _ZERO = np.uint64(1), np.uint64(60), np.uint64(0)


@compiled
def pair_up(words: Words, count: int, pairs: Words) -> None:
    """Fills `pairs` with `pair` of each of the first `count` words and the next."""
    for index in range(count - 1):
        pairs[index] = pair(words[index], words[index + 1])


@compiled
def make_shingles(keyed: Words, pairs: Words, count: int, shingles: Words) -> int:
    """Fills `shingles` from the first `count` keyed tokens; returns their number (1 for one or two tokens)."""
    if count < SHINGLE:
        shingles[0] = keyed[0] if count == 1 else pairs[0]
        return 1
    for index in range(count - 2):
        shingles[index] = pair(keyed[index], pairs[index + 1])
    return count - 2


@compiled
def simhash(shingles: Words, count: int) -> np.uint64:
    """Returns the SimHash: bit b is set when it is set in more than half of the first `count` shingles.

    The 64 counters are bit-sliced (plane p holds bit p of every counter), so that adding a shingle takes a few word
    operations. Eight shingles are added to each other before they are carried into the planes.
    """
    planes = np.zeros(_PLANES, np.uint64)
    ones, twos, fours = _ZERO, _ZERO, _ZERO
    eights = count // 8 * 8
    for at in range(0, eights, 8):
        ones, two_a = _add(ones, shingles[at], shingles[at + 1])
        ones, two_b = _add(ones, shingles[at + 2], shingles[at + 3])
        twos, four_a = _add(twos, two_a, two_b)
        ones, two_a = _add(ones, shingles[at + 4], shingles[at + 5])
        ones, two_b = _add(ones, shingles[at + 6], shingles[at + 7])
        twos, four_b = _add(twos, two_a, two_b)
        fours, eight = _add(fours, four_a, four_b)
        _carry(planes, 3, eight)
    planes[0], planes[1], planes[2] = ones, twos, fours
    for index in range(eights, count):
        _carry(planes, 0, shingles[index])
    return _above(planes, count // 2)


@compiled
def _add(one: np.uint64, two: np.uint64, three: np.uint64) -> tuple[np.uint64, np.uint64]:
    either = one ^ two
    return either ^ three, (one & two) | (either & three)


@compiled
def _carry(planes: Words, level: int, carry: np.uint64) -> None:
    while carry != _ZERO:
        held = planes[level] & carry
        planes[level] ^= carry
        carry = held
        level += 1


@compiled
def _above(planes: Words, threshold: int) -> np.uint64:
    above, equal = _ZERO, EMPTY
    for level in range(_PLANES - 1, -1, -1):
        wanted = EMPTY if (threshold >> level) & 1 else _ZERO
        above |= equal & planes[level] & ~wanted
        equal &= ~(planes[level] ^ wanted)
    return above


@compiled
def minhash_bins(shingles: Words, count: int, bits: int, bins: Words) -> None:
    """Writes the least shingle hash of each bin to `bins` (2^bits,); empty bins are copied from others.

    The copies are optimal densification. The share of equal bins of two texts is an unbiased estimate of the Jaccard
    similarity of their sets of shingles.
    """
    bins[:] = EMPTY
    shift = np.uint64(64 - bits)
    for index in range(count):
        shingle = shingles[index]
        place = shingle >> shift
        bins[place] = min(bins[place], shingle)
    _densify(bins, bits)


@compiled
def _densify(bins: Words, bits: int) -> None:
    empty = bins == EMPTY
    shift = np.uint64(64 - bits)
    for index in range(len(bins)):
        attempt = np.uint64(0)
        place = np.uint64(index)
        while empty[place]:
            attempt += _U1
            place = pair(np.uint64(index), attempt) >> shift
        bins[index] = bins[place]


@compiled
def pack_bins(bins: Words, out: Octets) -> None:
    """Writes four bits of every bin to `out` (STORED_BYTES,), two bins in a byte, the even bin in the low bits."""
    for index in range(STORED_BYTES):
        low = mix(bins[2 * index]) >> _U60
        high = mix(bins[2 * index + 1]) >> _U60
        out[index] = np.uint8(low | (high << np.uint64(4)))
