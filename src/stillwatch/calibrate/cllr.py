"""Cllr: what log-likelihood-ratio bits cost a reader who takes them at their word (Brümmer & du Preez 2006)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression


@dataclass(frozen=True, slots=True)
class BitsCost:
    """Cost in bits a decision: 0 is certainty and right, 1 says nothing, above 1 misleads.

    `least` is what the same bits would cost after the best monotone correction; the difference is miscalibration.
    """

    trials: int
    targets: int
    cllr: float
    least: float

    @property
    def miscalibration(self) -> float:
        """The part of the cost that recalibration would save."""
        return self.cllr - self.least


def bits_cost(bits: ArrayLike, target: ArrayLike) -> BitsCost | None:
    """The cost of `bits` (trials,), log2 likelihood ratios, whose truth is `target` (trials,), true where it was so.

    None unless both sorts of trial are there: the cost weighs them equally, whatever their numbers. Infinite bits are
    allowed; certainty that is wrong costs infinitely much.
    """
    given, so = np.asarray(bits, float), np.asarray(target, bool)
    if so.all() or not so.any():
        return None
    return BitsCost(len(given), int(so.sum()), _cllr(given, so), _cllr(best_monotone(given, so), so))


def _cllr(bits: NDArray[np.float64], target: NDArray[np.bool_]) -> float:
    # log2(1 + 1/LR) for those that are so, log2(1 + LR) for those that are not
    return float((np.logaddexp2(0.0, -bits[target]).mean() + np.logaddexp2(0.0, bits[~target]).mean()) / 2)


def best_monotone(bits: NDArray[np.float64], target: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The bits (trials,) that say most without ranking trials otherwise: pool-adjacent-violators on the labels."""
    distinct, place = np.unique(bits, return_inverse=True)
    count = np.bincount(place).astype(float)
    share = np.bincount(place, weights=target) / count
    posterior = isotonic_regression(share, weights=count).x if len(distinct) > 1 else share
    prior = np.log2(target.sum() / (~target).sum())
    with np.errstate(divide="ignore"):  # a block of one sort only is certain
        return np.asarray((np.log2(posterior) - np.log2(1.0 - posterior) - prior)[place])
