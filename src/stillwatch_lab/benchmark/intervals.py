"""Intervals of pooled scores by resampling seeds, exact intervals of counts, and intervals of expected counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, poisson

Real = NDArray[np.float64]
RESAMPLES = 2_000  # with so many, the percentiles of a 95 % interval vary by less than the last digit shown
LEVEL = 0.95
_SEED = 20260610  # a fixed number, so that the same seeds give the same intervals
_LOW, _HIGH = 100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A pooled score with its 95 % interval; None if there is no value or no interval.

    `basis` is `bootstrap` (over seeds), `exact` (Clopper and Pearson over all counts, if all seeds agree or there is
    one seed) or empty. If the score is a share of counts, it is `hits` of `trials`.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    basis: str = ""
    hits: float | None = None
    trials: float | None = None

    def scaled(self, factor: float) -> Estimate:
        """The estimate in another unit."""
        value, low, high = (None if one is None else one * factor for one in (self.value, self.low, self.high))
        return Estimate(value, low, high, self.basis, self.hits, self.trials)


NOTHING = Estimate(None)


@cache
def weights(seeds: int) -> NDArray[np.int64]:
    """The number of times that each seed is drawn in each resample, (RESAMPLES, seeds)."""
    return np.random.default_rng(_SEED).multinomial(seeds, np.full(seeds, 1 / seeds), size=RESAMPLES)


def share(hits: Sequence[float], trials: Sequence[float], counted: bool = True) -> Estimate:
    """Hits divided by trials, pooled over seeds; both have one entry a seed.

    The interval is a percentile bootstrap over seeds (Efron & Tibshirani 1993), so that it covers the variation between
    worlds. If all seeds give one value, the bootstrap has no width; a share of counts (`counted`) then has the interval
    of Clopper and Pearson (1934) over all counts. That interval takes accounts for independent, so that it is the
    narrowest possible; an interval over few seeds is never shown narrower.
    """
    over, of = np.asarray(hits, float), np.asarray(trials, float)
    if of.sum() <= 0:
        return NOTHING
    value = float(over.sum() / of.sum())
    own = over[of > 0] / of[of > 0]
    if len(own) == 1 or np.ptp(own) == 0:
        if not counted:
            return Estimate(value)
        low, high = clopper_pearson(round(over.sum()), round(of.sum()))
        return Estimate(value, low, high, "exact", float(over.sum()), float(of.sum()))
    drawn = weights(len(of))
    bottom = drawn @ of
    ratios = (drawn @ over)[bottom > 0] / bottom[bottom > 0]
    low, high = map(float, np.percentile(ratios, [_LOW, _HIGH]))
    if not counted:
        return Estimate(value, low, high, "bootstrap")
    least, most = clopper_pearson(round(over.sum()), round(of.sum()))
    return Estimate(value, min(low, least), max(high, most), "bootstrap", float(over.sum()), float(of.sum()))


def resampled(seeds: int, statistic: Callable[[NDArray[np.int64]], float | None]) -> Estimate:
    """A statistic of weighted seeds: its value with each seed once, and the percentiles of the bootstrap."""
    value = statistic(np.ones(seeds, np.int64))
    if value is None or seeds < 2:
        return Estimate(value)
    drawn = [found for row in weights(seeds) if (found := statistic(row)) is not None]
    low, high = np.percentile(drawn, [_LOW, _HIGH])
    return Estimate(value, float(low), float(high), "bootstrap")


def clopper_pearson(hits: int, trials: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper & Pearson 1934)."""
    found = binomtest(hits, trials).proportion_ci(LEVEL, "exact")
    return float(found.low), float(found.high)


def poisson_interval(expected: float) -> tuple[int, int]:
    """The counts between which a Poisson count of this mean falls in 95 % of cases."""
    low, high = poisson.ppf([_LOW / 100, _HIGH / 100], expected)
    return int(max(low, 0)), int(high)


def stated_interval(campaigns: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """The least and most innocents among campaigns' members in 95 % of cases, if the run's probabilities are right.

    A campaign is right as a whole with its stated confidence. If it is wrong, all its members are innocent; if it is
    right, each member is innocent with its own stated chance. Innocents therefore occur in clusters, and a Poisson
    interval would be too narrow. The interval comes from 10,000 draws with a fixed seed.
    """
    draws = np.random.default_rng(_SEED)
    total = np.zeros(10_000, np.int64)
    for one in campaigns:
        wrong = draws.random(len(total)) >= one["right_prob"]
        strangers = draws.poisson(one["doubt"] / 1e6, len(total))
        total += np.where(wrong, one["members"], np.minimum(strangers, one["members"]))
    low, high = np.percentile(total, [_LOW, _HIGH])
    return int(low), int(high)
