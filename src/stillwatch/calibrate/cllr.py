"""Cllr: the cost of log-likelihood-ratio bits to a reader who believes them (Brümmer & du Preez 2006)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression


@dataclass(frozen=True, slots=True)
class BitsCost:
    """Cost in bits per decision: 0 if the bits are certain and right, 1 if they say nothing, above 1 if they mislead.

    `least` is the cost of the same bits after the best monotone correction; the difference is miscalibration.
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
    """Returns the cost of `bits` (trials,), log2 likelihood ratios of claims of which `target` (trials,) are true.

    None unless there are both true and false claims: the cost weighs both sorts equally, whatever their numbers.
    Infinite bits are allowed; wrong certainty costs infinitely much.
    """
    given, true = np.asarray(bits, float), np.asarray(target, bool)
    if true.all() or not true.any():
        return None
    return BitsCost(len(given), int(true.sum()), _cllr(given, true), _cllr(best_monotone(given, true), true))


def _cllr(bits: NDArray[np.float64], target: NDArray[np.bool_]) -> float:
    # log2(1 + 1/LR) for true claims, log2(1 + LR) for false ones
    return float((np.logaddexp2(0.0, -bits[target]).mean() + np.logaddexp2(0.0, bits[~target]).mean()) / 2)


def best_monotone(bits: NDArray[np.float64], target: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The least costly bits (trials,) that rank the trials as `bits` does: pool-adjacent-violators on the labels."""
    distinct, place = np.unique(bits, return_inverse=True)
    count = np.bincount(place).astype(float)
    share = np.bincount(place, weights=target) / count
    posterior = isotonic_regression(share, weights=count).x if len(distinct) > 1 else share
    prior = np.log2(target.sum() / (~target).sum())
    with np.errstate(divide="ignore"):  # a block of only true or only false claims has infinite bits
        return np.asarray((np.log2(posterior) - np.log2(1.0 - posterior) - prior)[place])
