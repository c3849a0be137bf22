"""MinHash and SimHash against exact similarity, theory and another library."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import rensa

from stillwatch.sketch.shingles import (
    STORED_BYTES,
    minhash_bins,
    pack_bins,
    simhash,
)

Words = npt.NDArray[np.uint64]


def pairs(seed: int, count: int, size: int = 200) -> list[tuple[Words, Words, float]]:
    """Pairs of random sets with Jaccard similarity spread over 0…1, and that similarity."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        shared = int(chance.integers(0, size))
        everything = chance.integers(1, 2**63, 2 * size - shared, dtype=np.uint64) * np.uint64(2)
        left, right = everything[:size], everything[size - shared :]
        made.append((left, right, shared / len(everything)))
    return made


def bins_of(shingles: Words, bits: int) -> Words:
    bins = np.zeros(1 << bits, np.uint64)
    minhash_bins(shingles, len(shingles), bits, bins)
    return bins


def packed(shingles: Words) -> npt.NDArray[np.int64]:
    out = np.zeros(STORED_BYTES, np.uint8)
    pack_bins(bins_of(shingles, 5), out)
    return np.stack([out & 15, out >> 4], axis=1).ravel().astype(np.int64)


def minhash_error(seed: int) -> float:
    return float(np.mean([abs(np.mean(bins_of(a, 7) == bins_of(b, 7)) - j) for a, b, j in pairs(seed, 200, size=800)]))


def rensa_error(seed: int) -> float:
    errors = []
    for left, right, exact in pairs(seed, 200, size=800):
        one, other = rensa.RMinHash(128, 1), rensa.RMinHash(128, 1)
        one.update([str(n) for n in left.tolist()])
        other.update([str(n) for n in right.tolist()])
        errors.append(abs(one.jaccard(other) - exact))
    return float(np.mean(errors))


def test_minhash_error_is_what_theory_allows() -> None:
    # mean |error| of 128 independent bins is sqrt(2/pi) * sqrt(J(1-J)/128) <= 0.0353; averaged over J it is smaller
    assert 0.01 < minhash_error(1) < 0.0353


def test_minhash_is_as_accurate_as_rensa_on_the_same_pairs() -> None:
    assert minhash_error(2) < 1.15 * rensa_error(2)


@pytest.mark.parametrize("size", [1, 3, 20])
def test_few_shingles_still_fill_every_bin(size: int) -> None:
    chance = np.random.default_rng(size)
    shingles = chance.integers(1, 2**63, size, dtype=np.uint64)
    assert set(bins_of(shingles, 7).tolist()) <= set(shingles.tolist())


def test_small_sets_are_estimated_without_bias() -> None:
    found = [np.mean(bins_of(a, 7) == bins_of(b, 7)) - j for a, b, j in pairs(3, 400, size=24)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))


def test_stored_bins_estimate_jaccard_after_correcting_for_chance() -> None:
    errors = [(np.mean(packed(a) == packed(b)) - 1 / 16) / (15 / 16) - j for a, b, j in pairs(4, 400)]
    assert abs(np.mean(errors)) < 0.02
    assert np.mean(np.abs(errors)) < 0.08  # sqrt(2/pi) * sqrt(0.25/32) * 16/15 = 0.075 at the worst J


def test_simhash_is_the_majority_of_every_bit() -> None:
    shingles = np.random.default_rng(5).integers(0, 2**63, 37, dtype=np.uint64)
    counts = (shingles[:, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)).sum(axis=0)
    expected = sum(1 << bit for bit in range(64) if counts[bit] > 37 // 2)
    assert int(simhash(shingles, 37)) == expected


def test_simhash_distance_falls_as_similarity_rises() -> None:
    near, far = [], []
    for left, right, exact in pairs(6, 300):
        distance = int(simhash(left, len(left)) ^ simhash(right, len(right))).bit_count()
        (near if exact > 0.6 else far if exact < 0.2 else []).append(distance)
    assert np.mean(near) + 8 < np.mean(far)
