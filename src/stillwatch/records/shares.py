"""Adjusted counts: the shares of subjects and forms that explain how a campaign's exchanges were named.

Names are often wrong, and in a known way: of sources left out of training it was measured how often each true name is
decided as which. The shares p of true names and the rates M give the decided names as pM, so that p can be worked back
from the counts (Forman, Quantifying counts and costs via classification, Data Mining and Knowledge Discovery 17, 2008).
It is done by maximum likelihood for the proportions of a mixture with known parts, with expectation maximisation
(Dempster, Laird & Rubin 1977; for shares of classes Saerens, Latinne & Decaestecker 2002), which stays in the simplex.
`unclear` as a true name is always decided so: it takes up what the other names do not explain.

Errors are taken to be independent on the two axes. `training/naming_rates.py` measures the rates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillwatch.records.naming import FORMS, SUBJECTS

RATES_FILE = Path(__file__).with_name("naming_rates.json")
AXES = {"subjects": SUBJECTS, "forms": FORMS}
ROUNDS, CLOSE = 2_000, 1e-9  # of expectation maximisation: the most, and the change of a share that ends them
DRAWS, DRAW_ROUNDS = 400, 100  # of an interval, whose ends are stated in whole percent
DOUBT = 0.05  # share of an interval's first guess that is spread over all names, so that none is ruled out

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rates:
    """How often each true name of an axis is decided as which one, in sources that were left out of training."""

    names: tuple[str, ...]
    by_name: tuple[Float, ...]
    """For each true name (groups of sources, names): the share of each decided name, one row a group."""

    @property
    def mean(self) -> Float:
        """(names, names): true by decided name, equal weight a group."""
        return np.array([rows.mean(axis=0) for rows in self.by_name])

    def draw(self, chance: np.random.Generator, count: int) -> Float:
        """(count, names, names): what a campaign may meet, whose prompts are like those of one group for each name."""
        return np.stack([rows[chance.integers(0, len(rows), count)] for rows in self.by_name], axis=1)


def make_rates(names: tuple[str, ...], measured: Mapping[str, Mapping[str, list[float]]]) -> Rates:
    """Rates from shares of decided names by true name and group; a name that was not measured stands for itself."""
    itself = np.eye(len(names))
    rows = (np.array(list(measured.get(name, {}).values()) or [itself[place]]) for place, name in enumerate(names))
    return Rates(names, tuple(one / one.sum(axis=1, keepdims=True) for one in rows))


@cache
def load_rates() -> dict[str, Rates]:
    """The shipped rates of `subjects` and `forms`; a process reads them once."""
    stated = json.loads(RATES_FILE.read_text(encoding="utf-8"))
    return {axis: make_rates(names, stated[axis]) for axis, names in AXES.items()}


def explain(counts: Float, subjects: Float, forms: Float, prior: float) -> Float:
    """The shares (subjects, forms) of true names that best explain the counts (subjects, forms) of decided ones.

    `subjects` and `forms` are rates, true by decided name. `prior` exchanges that were named rightly are added to the
    likelihood, in the shares of the plain counts, so that few exchanges do not swing. ValueError without any counts.
    """
    total = counts.sum()
    if total <= 0:
        raise ValueError("there are no counts to explain")
    shares = np.full(counts.shape, 1.0 / counts.size)
    for _ in range(ROUNDS):
        expected = subjects.T @ shares @ forms
        ratio = np.divide(counts, expected, out=np.zeros_like(counts), where=expected > 0)
        better = shares * (subjects @ ratio @ forms.T) + prior * counts / total
        better /= better.sum()
        moved = np.abs(better - shares).max()
        shares = better
        if moved < CLOSE:
            break
    return shares


def intervals(shares: Float, size: int, rates: Rates) -> tuple[Float, Float]:
    """The ends (names,) of 95 % intervals of shares (names,) that were worked back from `size` independent exchanges.

    Two parametric bootstraps with a fixed seed, since a campaign's prompts are like those of one group of sources and
    its own rates are not known; the interval holds both. Names as expected are worked back with the rates of single
    groups. And names drawn with these are worked back with the mean rates, as the shares were: the errors that are made
    so are taken from the shares (the basic interval; Davison & Hinkley, Bootstrap Methods and their Application, 1997).
    """
    chance = np.random.default_rng(0)
    drawn = rates.draw(chance, DRAWS)
    mean = np.broadcast_to(rates.mean, drawn.shape)
    own = _worked_back(_named(chance, size, shares @ mean), drawn, shares)
    mistaken = 2.0 * shares - _worked_back(_named(chance, size, shares @ drawn), mean, shares)
    ends = np.array([np.quantile(found, (0.025, 0.975), axis=0) for found in (own, mistaken)]).clip(0.0, 1.0)
    return np.minimum(ends[:, 0].min(axis=0), shares), np.maximum(ends[:, 1].max(axis=0), shares)


def _named(chance: np.random.Generator, size: int, expected: Float) -> Float:
    """Shares (draws, names) of decided names among `size` exchanges, drawn anew."""
    return chance.multinomial(size, expected / expected.sum(axis=1, keepdims=True)) / size


def _worked_back(named: Float, rates: Float, first: Float) -> Float:
    """Shares (draws, names) that explain decided names (draws, names) with the rates (draws, names, names) of each.

    The `first` guess stays where rates cannot tell two names apart.
    """
    found = np.tile((1.0 - DOUBT) * first + DOUBT / len(first), (len(named), 1))
    for _ in range(DRAW_ROUNDS):
        expected = np.einsum("dt,dtn->dn", found, rates)
        ratio = np.divide(named, expected, out=np.zeros_like(named), where=expected > 0)
        found = found * np.einsum("dtn,dn->dt", rates, ratio)
        found /= found.sum(axis=1, keepdims=True)
    return found
