"""Predicts the capability that a text requests, with a linear model over hashed word 1-2-grams.

`training/train_capability.py` trains the model, whose arrays are in a file beside this one.
`docs/methods/capability-model.md` describes its quality and its limits.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from math import exp
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.records.inputs import CAPABILITIES
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.features import bucket_of
from stillwatch.sketch.siphash import Octets, Words
from stillwatch.sketch.tokens import pair

WEIGHTS_FILE = Path(__file__).with_name("weights.npz")
SCORES = len(CAPABILITIES) + 1  # the capabilities, then elicitation
LANES = 16  # scores, with padding up to the width of a vector register
HEAD_TOKENS, TAIL_TOKENS = 512, 128  # tokens that are scored, since a request states its task at its start or end

_TOKENS_HELD = (
    128  # tokens summed in one register: two grams each are 256 bytes of at most 255, whose sum is below 2^16
)
_SIGNS, _EVEN = np.uint64(0x8080808080808080), np.uint64(0x00FF00FF00FF00FF)
_U8, _QUARTER = np.uint64(8), np.uint64(0xFFFF)

Scores = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Model(NamedTuple):
    """The arrays of the shipped model."""

    weights: npt.NDArray[np.int8]
    """(2^BUCKET_BITS, LANES): the amount that a 1- or 2-gram in a bucket adds to each score, in units of `scale`."""
    scale: Floats
    """(LANES,): the unit of the weights of each score."""
    bias: Floats
    """(LANES,): the score of a text without grams."""
    feature_weights: Octets
    """(2, 2^BUCKET_BITS): the weight of a 1-gram or 2-gram in content features, 0 for common words."""


@cache
def load_model() -> Model:
    """Returns the model of this version; a process reads it once."""
    with np.load(WEIGHTS_FILE, allow_pickle=False) as arrays:
        return Model(arrays["weights"], arrays["scale"], arrays["bias"], arrays["feature_weights"])


def model_digest(model: Model) -> str:
    """Returns the SHA-256 digest over the arrays in order; the model card states it."""
    return sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in model)).hexdigest()


@compiled
def add_scores(codes: Words, weights: npt.NDArray[np.int8], sums: Scores) -> int:
    """Writes the sums of the weights of all 1-2-grams of the scored tokens to `sums` (LANES,); returns the grams."""
    sums[:] = 0
    rows = weights.view(np.uint64)
    count = len(codes)
    if count <= HEAD_TOKENS + TAIL_TOKENS:
        _add_run(codes, 0, count, rows, sums)
        return max(2 * count - 1, 0)
    _add_run(codes, 0, HEAD_TOKENS, rows, sums)
    _add_run(codes, count - TAIL_TOKENS, count, rows, sums)  # no 2-gram spans the gap between the two runs
    return 2 * (HEAD_TOKENS + TAIL_TOKENS - 1)


@compiled
def _add_run(codes: Words, start: int, stop: int, rows: Words, sums: Scores) -> None:
    # Sixteen weights are two 64-bit words. Each weight is made positive by adding 128. The even and the odd bytes of a
    # word are summed four at a time in one register, in fields of 16 bits, each of which can hold the sum of 257 bytes.
    for first in range(start, stop, _TOKENS_HELD):
        low_even, low_odd, high_even, high_odd = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
        last = min(first + _TOKENS_HELD, stop)
        grams = 0
        for index in range(first, last):
            row = bucket_of(codes[index])
            low, high = rows[row, 0] ^ _SIGNS, rows[row, 1] ^ _SIGNS
            low_even, low_odd = low_even + (low & _EVEN), low_odd + ((low >> _U8) & _EVEN)
            high_even, high_odd = high_even + (high & _EVEN), high_odd + ((high >> _U8) & _EVEN)
            if index > start:
                row = bucket_of(pair(codes[index - 1], codes[index]))
                low, high = rows[row, 0] ^ _SIGNS, rows[row, 1] ^ _SIGNS
                low_even, low_odd = low_even + (low & _EVEN), low_odd + ((low >> _U8) & _EVEN)
                high_even, high_odd = high_even + (high & _EVEN), high_odd + ((high >> _U8) & _EVEN)
                grams += 1
            grams += 1
        for place, word in enumerate((low_even, low_odd, high_even, high_odd)):
            _spread(word, grams, place, sums)


@compiled
def _spread(word: np.uint64, grams: int, place: int, sums: Scores) -> None:
    for quarter in range(4):
        lane = 8 * (place // 2) + 2 * quarter + place % 2
        sums[lane] += np.int64((word >> np.uint64(16 * quarter)) & _QUARTER) - 128 * grams


@compiled
def judge(model: Model, sums: Scores, grams: int, logits: Floats) -> tuple[int, int, int]:
    """Returns the capability index, and its probability and the elicitation probability in thousandths.

    `sums` and `grams` come from `add_scores`; `logits` (LANES,) is overwritten.
    """
    # The grams of a long text depend on one another, so their sum is divided by the root of their number.
    damping = 1.0 / np.sqrt(float(max(grams, 1)))
    best = 0
    for lane in range(SCORES):
        logits[lane] = model.bias[lane] + model.scale[lane] * sums[lane] * damping
        if lane < SCORES - 1 and logits[lane] > logits[best]:
            best = lane
    total = 0.0
    for lane in range(SCORES - 1):
        total += exp(logits[lane] - logits[best])
    elicitation = 1.0 / (1.0 + exp(-logits[SCORES - 1]))
    return best, round(1000.0 / total), round(1000.0 * elicitation)
