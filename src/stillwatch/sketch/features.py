"""Computes content features: a consistent weighted sample of sixteen word 1-2-grams of a text.

Every feature f of a text has an arrival time E(f)/w(f), where E(f) = -log(1 - U(f)) is an exponential variate that
depends only on the keyed hash of f, and w(f) is the model's weight of f. The sample is the sixteen features that arrive
first. A feature has the same arrival time in every text, so the samples of two texts agree on common features, and the
probability that two texts have the same first arrival equals their weighted Jaccard similarity.

Source: Cohen and Kaplan, "Summarizing data using bottom-k sketches" (PODC 2007), with exponential ranks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.records.compiled import compiled
from stillwatch.records.sketches import FEATURES
from stillwatch.sketch.siphash import Octets, Words
from stillwatch.sketch.tokens import pair

BUCKET_BITS = 15
_STEPS = 1024
_BUCKET_SHIFT = np.uint64(64 - BUCKET_BITS)
_U32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_UNIT = 1 / 4294967296.0


def _exponentials() -> npt.NDArray[np.float64]:
    uniform = np.arange(_STEPS + 1) / _STEPS
    uniform[-1] = 1 - 0.25 / _STEPS  # the logarithm of 0 is infinite
    table: npt.NDArray[np.float64] = -np.log1p(-uniform)
    return table


EXPONENTIALS = _exponentials()


Arrivals = npt.NDArray[np.float64]
Features = npt.NDArray[np.uint32]


class Sample(NamedTuple):
    """A sample: the arrival times (FEATURES,), ascending, and the features that arrived then (FEATURES,)."""

    arrivals: Arrivals
    features: Features


def make_sample() -> Sample:
    """Returns an empty sample."""
    return Sample(np.full(FEATURES, np.inf), np.zeros(FEATURES, np.uint32))


@compiled
def bucket_of(code: np.uint64) -> np.int64:
    """Returns the model's bucket of an unkeyed 1- or 2-gram hash."""
    return np.int64(code >> _BUCKET_SHIFT)


@compiled
def exponential(code: np.uint64) -> float:
    """Returns a standard exponential variate from a hash's low 32 bits, exact to 0.05 % but in the last thousandth.

    It is interpolated from a table, because the last bit of the C library's logarithm differs between platforms.
    """
    scaled = np.float64(code & _LOW) * (_STEPS / 4294967296.0)
    step = int(scaled)
    return float(EXPONENTIALS[step] + (EXPONENTIALS[step + 1] - EXPONENTIALS[step]) * (scaled - step))


@compiled
def offer(sample: Sample, code: np.uint64, weight: int) -> None:
    """Adds a keyed feature hash to the sample; weight 0 never enters, and adding a feature twice changes nothing."""
    _offer(sample.arrivals, sample.features, code, weight)


@compiled
def _offer(arrivals: Arrivals, features: Features, code: np.uint64, weight: int) -> None:
    # -log(1 - u) is more than u, so most features are rejected without a look-up and a division. While the sample has
    # free places, its last arrival is infinite; 0 times infinity is NaN, and no number is less than NaN.
    place = FEATURES - 1
    if not np.float64(code & _LOW) * _UNIT < arrivals[place] * weight:
        return
    arrival = exponential(code) / weight
    feature = np.uint32(max(code >> _U32, np.uint64(1)))  # 0 stands for no feature
    if not _precedes(arrival, feature, arrivals[place], features[place]):
        return
    known = False
    for kept in range(FEATURES):  # all sixteen comparisons together cost less than one mispredicted branch
        known |= features[kept] == feature
    if known:
        return
    while place > 0 and _precedes(arrival, feature, arrivals[place - 1], features[place - 1]):
        arrivals[place] = arrivals[place - 1]
        features[place] = features[place - 1]
        place -= 1
    arrivals[place] = arrival
    features[place] = feature


@compiled
def _precedes(arrival: float, feature: np.uint32, other: float, held: np.uint32) -> bool:
    # Of equal arrivals the smaller feature comes first, so that the order of words has no influence.
    return bool(arrival < other or (arrival == other and feature < held))


@compiled
def sample_grams(codes: Words, keyed: Words, pairs: Words, weights: Octets, sample: Sample) -> None:
    """Writes the sample of the 1-2-grams of n tokens to `sample`.

    `codes` (n,) are the unkeyed hashes, which select weights; `keyed` (n,) are the keyed hashes, and `pairs` (n - 1,)
    has `pair` of each keyed hash and the next. `weights` (2, 2^BUCKET_BITS) are those of 1-grams, then of 2-grams.
    """
    # Each access to the tuple counts references, so it is accessed only once.
    arrivals, features = sample.arrivals, sample.features
    arrivals[:] = np.inf
    features[:] = 0
    for index in range(len(codes)):
        _offer(arrivals, features, keyed[index], weights[0, bucket_of(codes[index])])
        if index > 0:
            weight = weights[1, bucket_of(pair(codes[index - 1], codes[index]))]
            _offer(arrivals, features, pairs[index - 1], weight)


@compiled
def write_sample(sample: Sample, out: Octets) -> None:
    """Writes sixteen little-endian uint32 to `out` (4 * FEATURES,), the earliest arrival first."""
    for index in range(FEATURES):
        feature = sample.features[index]
        for byte in range(4):
            out[4 * index + byte] = (feature >> (8 * byte)) & 0xFF
