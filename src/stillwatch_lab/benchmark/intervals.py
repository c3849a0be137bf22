"""Intervals of pooled scores: by resampling seeds, exact ones for counts that never vary, and of expected counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, poisson

Real = NDArray[np.float64]
RESAMPLES = 2_000  # percentiles of a 95 % interval then vary by less than its last shown digit
LEVEL = 0.95
_SEED = 20260610  # any fixed number: the same seeds give the same intervals
_LOW, _HIGH = 100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A pooled score with its 95 % interval; None where nothing can be said.

    `basis` is `bootstrap` (over seeds), `exact` (Clopper and Pearson over the counted things, where all seeds agree or
    there is one) or empty. `hits` of `trials` were counted where the score is a share of counts.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    basis: str = ""
    hits: float | None = None
    trials: float | None = None

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit."""
        value, low, high = (None if one is None else one * factor for one in (self.value, self.low, self.high))
        return Estimate(value, low, high, self.basis, self.hits, self.trials)


NOTHING = Estimate(None)


@cache
def weights(seeds: int) -> NDArray[np.int64]:
    """How often each seed is drawn in each resample: (2,000, seeds)."""
    return np.random.default_rng(_SEED).multinomial(seeds, np.full(seeds, 1 / seeds), size=RESAMPLES)


def share(hits: Sequence[float], trials: Sequence[float], counted: bool = True) -> Estimate:
    """Hits over trials, pooled over seeds (one entry a seed).

    Seeds are resampled, so that what varies between worlds varies in the interval (percentiles; Efron & Tibshirani
    1993). When all seeds give one value that tells nothing; a share of counts then has the interval of Clopper and
    Pearson (1934) over everything counted, which takes accounts for independent and so is the least to allow for; an
    interval over few seeds is never shown narrower.
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
    """Any statistic of weighted seeds: its value with every seed once, and the bootstrap's percentiles."""
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
    """The innocents among campaigns' members in 95 % of cases, if the run's own probabilities are right.

    A campaign is right or wrong as a whole, with its stated confidence, and when it is wrong all its members are
    innocent; when it is right each member is a stranger by its own stated chance. Innocents therefore come in lumps,
    and a Poisson interval would be too narrow. 10,000 draws with a fixed seed.
    """
    draws = np.random.default_rng(_SEED)
    total = np.zeros(10_000, np.int64)
    for one in campaigns:
        wrong = draws.random(len(total)) >= one["right_prob"]
        strangers = draws.poisson(one["doubt"] / 1e6, len(total))
        total += np.where(wrong, one["members"], np.minimum(strangers, one["members"]))
    low, high = np.percentile(total, [_LOW, _HIGH])
    return int(low), int(high)
