"""Fits the linear model over segments and packs it into the arrays that are shipped.

A text's probability of a name is the sum of exponentials of its segments' scores for that name, over the sum for all
names of the axis (multiple-instance learning with a log-sum-exp). Only features that at least two independent groups of
sources have are used, because a word of one source tells that source and not what it asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack

from stillwatch.records.naming import FORMS, SUBJECTS
from stillwatch.sketch.features import BUCKET_BITS
from stillwatch.sketch.naming import DAMPING, FORM_GROWTH, LANES, NAMED_SUBJECTS, SCORES, SUBJECT_GROWTH, Model
from training.examples import Featured, Group, features

BUCKETS = 1 << BUCKET_BITS
STRENGTH = 8e-6  # L2 penalty of a weight, against a mean loss
ORDINARY_WEIGHTS = (1.5, 4.0)  # of the ordinary subject and of the ordinary form: most traffic is ordinary
FITTED_FORM_GROWTH = 0.8  # below FORM_GROWTH, so that texts are named with a margin that the fit does not use up
LEAST_TEXTS = 2  # texts of a group that have a feature, so that the group counts as having it
ROUNDS = 40  # of L-BFGS

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Csr = tuple[Float, Int, Int]  # values, columns and first entries of a sparse matrix's rows
DEFAULTS = [NAMED_SUBJECTS - 1, NAMED_SUBJECTS]  # lanes of `knowledge` and `answer`, for which nothing speaks
AXES = ((0, NAMED_SUBJECTS), (NAMED_SUBJECTS, SCORES))  # the lanes of each axis


@dataclass(frozen=True, slots=True)
class Prepared:
    """A group with its features: the segments' matrix (segments, BUCKETS), and the first segment of each text."""

    group: Group
    matrix: csr_matrix
    text_starts: Int

    def __len__(self) -> int:
        return len(self.text_starts) - 1

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which buckets at least LEAST_TEXTS segments have: (BUCKETS,)."""
        return np.bincount(self.matrix.indices, minlength=BUCKETS) >= LEAST_TEXTS


@dataclass(frozen=True, slots=True)
class Fitted:
    """Float weights of shape (SCORES, BUCKETS) and biases of shape (SCORES,)."""

    weights: Float
    bias: Float

    def totals(self, prepared: Prepared) -> Float:
        """Summed exponentials of every text: shape (n, SCORES)."""
        scores = np.asarray(prepared.matrix @ self.weights.T) + self.bias
        totals = np.add.reduceat(np.exp(scores), prepared.text_starts[:-1], axis=0)
        totals[:, DEFAULTS] = usual(np.diff(prepared.text_starts))
        return np.asarray(totals)


def prepare(groups: Sequence[Group]) -> list[Prepared]:
    """The features of every group."""
    return [_prepared(group, features(group.prompts)) for group in groups]


def _prepared(group: Group, found: Featured) -> Prepared:
    sizes = np.diff(found.segment_starts)
    values = np.repeat(1.0 / np.sqrt(sizes + DAMPING), sizes)
    matrix = csr_matrix((values, found.buckets, found.segment_starts), (len(sizes), BUCKETS))
    matrix.sum_duplicates()
    return Prepared(group, matrix.astype(np.float32), found.text_starts)


def shared_buckets(prepared: Sequence[Prepared]) -> Int:
    """Buckets that two independent groups of sources or one of our grammars have, ascending."""
    seen: dict[str, npt.NDArray[np.bool_]] = {}
    for one in prepared:
        name = one.group.left_out_with or "own"
        seen[name] = one.present | seen.get(name, np.zeros(BUCKETS, np.bool_))
    several = np.sum(list(seen.values()), axis=0) >= 2
    return np.flatnonzero(several | seen.get("own", np.zeros(BUCKETS, np.bool_)))


def fit(prepared: Sequence[Prepared]) -> Fitted:
    """Fits both axes to the labelled texts with L-BFGS; groups weigh alike, whatever their size."""
    kept = shared_buckets(prepared)
    place = np.zeros(BUCKETS, np.int64)
    place[kept] = np.arange(len(kept)) + 1  # row 0 has the biases
    matrix = vstack([one.matrix for one in prepared]).tocsr()
    shifts = np.cumsum([0, *(one.matrix.shape[0] for one in prepared)])
    starts = np.concatenate([one.text_starts[:-1] + shift for one, shift in zip(prepared, shifts, strict=False)])
    texts = np.append(starts, matrix.shape[0])
    data = (matrix.data.astype(np.float64), place[matrix.indices], matrix.indptr.astype(np.int64))
    targets = _labels(prepared)

    def loss(flat: Float) -> tuple[float, Float]:
        both = flat.reshape(len(kept) + 1, SCORES)
        gradient = np.zeros_like(both)
        value = _loss(data, texts, targets, both, gradient)
        gradient[1:] += STRENGTH * both[1:]
        return value + 0.5 * STRENGTH * float((both[1:] ** 2).sum()), gradient.ravel()

    begin = np.zeros((len(kept) + 1, SCORES))
    found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    both = found.x.reshape(begin.shape)
    result = np.zeros((SCORES, BUCKETS))
    result[:, kept] = both[1:].T
    return Fitted(result, both[0].copy())


@njit
def _loss(data: Csr, texts: Int, targets: tuple[Int, Float], both: Float, gradient: Float) -> float:
    """The weighted log loss over all texts; adds its gradient by biases (row 0) and weights (the other rows)."""
    labels, weights = targets
    value = 0.0
    for text in range(len(texts) - 1):
        begin, end = texts[text], texts[text + 1]
        scores = np.empty((end - begin, both.shape[1]))
        _score(data, begin, both, scores)
        powers, slope = np.exp(np.minimum(scores, 30.0)), np.zeros_like(scores)
        for axis in range(2):
            if labels[text, axis] >= 0:
                value += _add_slope(powers, axis, labels[text, axis], weights[text, axis], slope)
        _add_gradient(data, begin, slope, gradient)
    return value


@njit
def _score(data: Csr, begin: int, both: Float, scores: Float) -> None:
    values, columns, firsts = data
    for segment in range(len(scores)):
        scores[segment] = both[0]
        for at in range(firsts[begin + segment], firsts[begin + segment + 1]):
            if columns[at] > 0:
                for lane in range(both.shape[1]):
                    scores[segment, lane] += values[at] * both[columns[at], lane]


@njit
def _add_slope(powers: Float, axis: int, right: int, weight: float, slope: Float) -> float:
    """The weighted log loss of a text on one axis; adds its slope by the score of each segment: (segments, SCORES)."""
    first, last = (0, NAMED_SUBJECTS) if axis == 0 else (NAMED_SUBJECTS, SCORES)
    default = last - 1 if axis == 0 else first
    totals = powers[:, first:last].sum(axis=0)
    totals[default - first] = float(len(powers)) ** (SUBJECT_GROWTH if axis == 0 else FITTED_FORM_GROWTH)
    whole, mine = totals.sum(), totals[right - first]
    for lane in range(first, last):
        if lane != default:
            slope[:, lane] += weight * powers[:, lane] * (1.0 / whole - (1.0 / mine if lane == right else 0.0))
    return float(weight * np.log(whole / mine))


@njit
def _add_gradient(data: Csr, begin: int, slope: Float, gradient: Float) -> None:
    values, columns, firsts = data
    for segment in range(len(slope)):
        gradient[0] += slope[segment]
        for at in range(firsts[begin + segment], firsts[begin + segment + 1]):
            if columns[at] > 0:
                for lane in range(slope.shape[1]):
                    gradient[columns[at], lane] += values[at] * slope[segment, lane]


def _labels(prepared: Sequence[Prepared]) -> tuple[Int, Float]:
    """The lane of each text's label on each axis, -1 where unknown, and its weight: (n, 2) both; weights sum to 1."""
    labels = [[_lane(one.group.subject, 0), _lane(one.group.form, 1)] for one in prepared]
    lanes = np.array(labels)
    weights = np.zeros(lanes.shape)
    for axis in range(2):
        for lane in np.unique(lanes[lanes[:, axis] >= 0, axis]):
            mine = np.flatnonzero(lanes[:, axis] == lane)
            share = ORDINARY_WEIGHTS[axis] if lane == DEFAULTS[axis] else 1.0
            sizes = np.array([len(prepared[one]) for one in mine], float)
            # between equal weights of groups and equal weights of texts
            weights[mine, axis] = share * np.sqrt(sizes) / np.sqrt(sizes).sum() / sizes
    counts = [len(one) for one in prepared]
    every = np.repeat(weights, counts, axis=0)
    return np.repeat(lanes, counts, axis=0), every / every.sum(axis=0)


def _lane(name: str, axis: int) -> int:
    return -1 if not name else AXES[axis][0] + (SUBJECTS, FORMS)[axis].index(name)


def usual(segments: Int) -> Float:
    """What stands for the default of each axis in texts of so many segments, (n, 2): chance must not add up."""
    return np.asarray(segments[:, None] ** np.array([SUBJECT_GROWTH, FORM_GROWTH]), np.float64)


def pack(fitted: Fitted, feature_weights: npt.NDArray[np.uint8]) -> Model:
    """The arrays of the shipped file: weights rounded to int8, with one scale per score."""
    weights, scale, bias = np.zeros((BUCKETS, LANES), np.int8), np.zeros(LANES), np.zeros(LANES)
    for lane in range(SCORES):
        step = np.abs(fitted.weights[lane]).max() / 127 or 1.0
        weights[:, lane] = np.rint(fitted.weights[lane] / step)
        scale[lane], bias[lane] = step, fitted.bias[lane]
    return Model(weights, scale, bias, feature_weights)
