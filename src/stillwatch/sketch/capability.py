"""What a text asks the model for: a linear model over hashed word 1-2-grams, in plain arrays shipped beside this file.

Trained by `training/train_capability.py`; what it can and cannot do is in `docs/methods/capability-model.md`.
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
LANES = 16  # scores padded to a vector register
HEAD_TOKENS, TAIL_TOKENS = 512, 128  # a request says what it wants at its start or its end

Scores = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Model(NamedTuple):
    """The shipped arrays."""

    weights: npt.NDArray[np.int8]
    """(2^BUCKET_BITS, LANES): what a 1- or 2-gram in that bucket adds to each score, in units of `scale`."""
    scale: Floats
    """(LANES,)"""
    bias: Floats
    """(LANES,)"""
    feature_weights: Octets
    """(2, 2^BUCKET_BITS): how telling a 1-gram or 2-gram is, 0 for words that everybody uses."""


@cache
def load_model() -> Model:
    """The model shipped with this version; read once a process."""
    with np.load(WEIGHTS_FILE, allow_pickle=False) as arrays:
        return Model(arrays["weights"], arrays["scale"], arrays["bias"], arrays["feature_weights"])


def model_digest(model: Model) -> str:
    """SHA-256 over the arrays in order: the identity that the model card states."""
    return sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in model)).hexdigest()


@compiled
def add_scores(codes: Words, weights: npt.NDArray[np.int8], sums: Scores) -> int:
    """Sums the weights of all 1-2-grams of the scored tokens into `sums`; returns how many grams there were."""
    sums[:] = 0
    grams = 0
    resume = max(len(codes) - TAIL_TOKENS, HEAD_TOKENS)
    for index in range(len(codes)):
        if HEAD_TOKENS <= index < resume:
            continue
        _add_bucket(weights, bucket_of(codes[index]), sums)
        grams += 1
        if index > 0 and (index != resume or resume == HEAD_TOKENS):  # no pair across the gap
            _add_bucket(weights, bucket_of(pair(codes[index - 1], codes[index])), sums)
            grams += 1
    return grams


@compiled
def _add_bucket(weights: npt.NDArray[np.int8], bucket: np.int64, sums: Scores) -> None:
    for lane in range(LANES):
        sums[lane] += weights[bucket, lane]


@compiled
def judge(model: Model, sums: Scores, grams: int, logits: Floats) -> tuple[int, int, int]:
    """Capability index, its probability and the elicitation probability in thousandths, from summed weights."""
    damping = 1.0 / np.sqrt(float(max(grams, 1)))  # long texts repeat themselves
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
