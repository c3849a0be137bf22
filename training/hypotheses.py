"""Competing hypotheses of what a group is: extraction, innocent kinds of group, and an innocent kind not met before.

Each hypothesis gives every measure a distribution over a few cells; a measure that is absent is left out. With w the
weight of a measure and p its cell's probability, the support of a hypothesis is Σ w log₂ p, and Bayes' rule turns
supports and priors into probabilities. Weights below 1 allow for measures that depend on one another (a tempered naive
Bayes classifier; Zaidi et al., Journal of Machine Learning Research 14, 2013). Nothing vetoes alone.

The arrays are fitted by `training/fit_hypotheses.py`. Assessment does not use them yet: its rules still reach `act`
more often on the lab's own worlds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

PRIOR_GROUPS = 20.0  # groups' worth that the stated prior counts beside the groups of the log itself
PRIOR_ROUNDS = 50  # of expectation-maximisation for the shares of hypotheses in a log; they hardly change after ten
EXTRACTION = "extraction"
UNMET = "is_innocent_in_a_way_not_met"


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Fitted arrays: `names` (hypotheses,), extraction first, and the prior of each innocent one among innocents.

    `edges` gives each measure its inner cell borders, `bits` (hypotheses, cells) log₂ of each cell's probability times
    the measure's weight.
    """

    names: tuple[str, ...]
    prior: Float  # (hypotheses - 1,)
    edges: Mapping[str, Float]
    bits: Mapping[str, Float]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the measures of one group say.

    `probability` is that of each hypothesis; `bits` gives for each measure its log₂ likelihood of each hypothesis.
    """

    probability: Mapping[str, float]
    bits: Mapping[str, Mapping[str, float]]

    @property
    def rival(self) -> str:
        """The likeliest innocent hypothesis."""
        innocent = {name: p for name, p in self.probability.items() if name != EXTRACTION}
        return max(innocent, key=lambda name: (innocent[name], name))

    def against(self, rival: str) -> dict[str, float]:
        """Bits of each measure for extraction against one innocent hypothesis."""
        return {measure: each[EXTRACTION] - each[rival] for measure, each in self.bits.items()}


def from_json(text: str) -> Hypotheses:
    """Arrays as `training/fit_hypotheses.py` writes them."""
    stated = json.loads(text)
    measures = stated["measures"]
    return Hypotheses(
        tuple(stated["hypotheses"]),
        np.array(stated["prior"], float),
        {name: np.array(one["edges"], float) for name, one in measures.items()},
        {name: np.array(one["bits"], float) for name, one in measures.items()},
    )


def weigh(model: Hypotheses, values: Mapping[str, float], prior: Float, further: float = 0.0) -> Weighed:
    """Probabilities of all hypotheses given the measures of one group, by claim.

    `prior` (hypotheses,) is before they are seen; `further` adds bits for extraction that no measure gives. Measures
    that the arrays do not know say nothing.
    """
    each = _bits(model, values)
    support = np.log2(prior) + sum(each.values(), np.zeros(len(model.names)))
    support[0] += further
    bits = {name: dict(zip(model.names, one.tolist(), strict=True)) for name, one in each.items()}
    return Weighed(dict(zip(model.names, normalised(support).tolist(), strict=True)), bits)


def given_prior(model: Hypotheses, extraction: float) -> Float:
    """Priors (hypotheses,) of a group of which nothing is known, `extraction`'s stated."""
    return np.concatenate([[extraction], (1.0 - extraction) * model.prior])


def priors(before: Float, support: Float) -> Float:
    """Each group's prior (groups, hypotheses), given what the other groups of the same log turn out to be.

    `before` (hypotheses,) is the stated prior, `support` (groups, hypotheses) the log₂ likelihoods.
    Expectation-maximisation of the mixture's shares (empirical Bayes; Efron 2010) starts from PRIOR_GROUPS groups'
    worth of the stated prior. A group never speaks for itself.
    """
    shares = before
    found = np.zeros_like(support)
    for _ in range(PRIOR_ROUNDS):
        found = normalised(np.log2(shares) + support)
        shares = (PRIOR_GROUPS * before + found.sum(axis=0)) / (PRIOR_GROUPS + len(found))
    return np.asarray((PRIOR_GROUPS * before + found.sum(axis=0) - found) / (PRIOR_GROUPS + len(found) - 1))


def support_of(model: Hypotheses, values: Mapping[str, float]) -> Float:
    """log₂ likelihood (hypotheses,) of all measures of one group."""
    return np.asarray(sum(_bits(model, values).values(), np.zeros(len(model.names))))


def _bits(model: Hypotheses, values: Mapping[str, float]) -> dict[str, Float]:
    """log₂ likelihood (hypotheses,) of each measure that there is."""
    return {
        name: model.bits[name][:, int(np.searchsorted(edges, values[name], side="right"))]
        for name, edges in model.edges.items()
        if name in values
    }


def normalised(support: Float) -> Float:
    """Probabilities that add up to 1 over the last axis, from log₂ odds."""
    odds = 2.0 ** (support - support.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
