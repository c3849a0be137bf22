"""Content features: sixteen words that a text is about, a consistent weighted sample of its word 1-2-grams.

Every feature f of a text has an arrival time E(f)/w(f), where E(f) = -log(1 - U(f)) is an exponential drawn by the
keyed hash of f alone and w(f) its shipped weight; the sixteen earliest are kept. The same feature has the same arrival
in every text, so samples of two texts agree on what both hold, and the chance that the first arrival of two texts is
shared equals their weighted Jaccard similarity. Source: Cohen and Kaplan, "Summarizing data using bottom-k sketches"
(PODC 2007), with exponential ranks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.records.sketches import FEATURES
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.siphash import Octets, Words
from stillwatch.sketch.tokens import pair

BUCKET_BITS = 15
_STEPS = 1024
_BUCKET_SHIFT = np.uint64(64 - BUCKET_BITS)
_U32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_UNIT = 1 / 4294967296.0


def _exponentials() -> npt.NDArray[np.float64]:
    uniform = np.arange(_STEPS + 1) / _STEPS
    uniform[-1] = 1 - 0.25 / _STEPS  # the last step would reach infinity
    table: npt.NDArray[np.float64] = -np.log1p(-uniform)
    return table


EXPONENTIALS = _exponentials()


Arrivals = npt.NDArray[np.float64]
Features = npt.NDArray[np.uint32]


class Sample(NamedTuple):
    """The sample being built: arrivals in rising order and the features that arrived."""

    arrivals: Arrivals
    features: Features


def make_sample() -> Sample:
    """An empty sample."""
    return Sample(np.full(FEATURES, np.inf), np.zeros(FEATURES, np.uint32))


@compiled
def bucket_of(code: np.uint64) -> np.int64:
    """The model bucket of an unkeyed 1- or 2-gram hash."""
    return np.int64(code >> _BUCKET_SHIFT)


@compiled
def exponential(code: np.uint64) -> float:
    """A standard exponential from the low 32 bits of a hash, exact to 0.05 % except in the last thousandth.

    Interpolated from a table: the C library's log differs between platforms in its last bit.
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
    # -log(1 - u) is more than u, so that most features are rejected without look-up and division; while the sample is
    # not full its last arrival is infinite, and 0 times infinity is NaN, which no number is less than
    place = FEATURES - 1
    if not np.float64(code & _LOW) * _UNIT < arrivals[place] * weight:
        return
    arrival = exponential(code) / weight
    feature = np.uint32(max(code >> _U32, np.uint64(1)))  # 0 means "no feature"
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
    # arrivals can be equal; the order of words must not decide between them
    return bool(arrival < other or (arrival == other and feature < held))


@compiled
def sample_grams(codes: Words, keyed: Words, pairs: Words, weights: Octets, sample: Sample) -> None:
    """Samples the 1-2-grams of a token run given unkeyed codes (for weights) and keyed hashes (for everything else).

    pairs holds `pair` of each keyed hash and the next; weights has shape (2, 2^BUCKET_BITS): first 1-grams, then
    2-grams.
    """
    arrivals, features = (
        sample.arrivals,
        sample.features,
    )  # taken out of the tuple once, since each access counts references
    arrivals[:] = np.inf
    features[:] = 0
    for index in range(len(codes)):
        _offer(arrivals, features, keyed[index], weights[0, bucket_of(codes[index])])
        if index > 0:
            weight = weights[1, bucket_of(pair(codes[index - 1], codes[index]))]
            _offer(arrivals, features, pairs[index - 1], weight)


@compiled
def write_sample(sample: Sample, out: Octets) -> None:
    """Sixteen little-endian uint32, earliest arrival first; out has shape (4 * FEATURES,)."""
    for index in range(FEATURES):
        feature = sample.features[index]
        for byte in range(4):
            out[4 * index + byte] = (feature >> (8 * byte)) & 0xFF
