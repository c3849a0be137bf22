"""Competing hypotheses of what a group is: extraction, innocent kinds of group, and an innocent kind not met before.

Each measure says in bits how much likelier its value is with the facet that it shows than without: so much for each
hypothesis that has the facet, and 0 for others. Bits are fitted at a few knots of the measure and interpolated between
them, so that no small step decides; a measure that is absent says nothing.
Their sum is the support of a hypothesis, and Bayes' rule turns supports and priors into probabilities. Bits are fitted
jointly, so that measures that depend on one another are not counted twice (a weighted naive Bayes classifier; Zaidi et
al., Journal of Machine Learning Research 14, 2013). Nothing vetoes alone.

The arrays are fitted by `training/fit_hypotheses.py` and stand in `hypotheses.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

ARRAYS = Path(__file__).with_name("hypotheses.json")
EXTRACTION = "extraction"
UNMET = "is_innocent_in_a_way_not_met"


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Fitted arrays: `names` (hypotheses,), extraction first, and the prior of each innocent one among innocents.

    `knots` gives each measure its knots, ascending, `bits` (hypotheses, knots) what each knot says.
    """

    names: tuple[str, ...]
    prior: Float  # (hypotheses - 1,)
    knots: Mapping[str, Float]
    bits: Mapping[str, Float]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the measures of one group say.

    `probability` is that of each hypothesis; `bits` gives for each measure its log₂ likelihood of each hypothesis.
    `alone` gives for each measure the bits for extraction beside all innocent hypotheses, as if it alone were known,
    and `together` those of all measures. They are no sum, since explanations that one measure leaves another excludes.
    """

    probability: Mapping[str, float]
    bits: Mapping[str, Mapping[str, float]]
    alone: Mapping[str, float]
    together: float

    @property
    def rival(self) -> str:
        """The likeliest innocent hypothesis."""
        innocent = {name: p for name, p in self.probability.items() if name != EXTRACTION}
        return max(innocent, key=lambda name: (innocent[name], name))

    def against(self, rival: str) -> dict[str, float]:
        """Bits of each measure for extraction against one innocent hypothesis."""
        return {measure: each[EXTRACTION] - each[rival] for measure, each in self.bits.items()}


@cache
def shipped() -> Hypotheses:
    """The arrays that come with the package."""
    return from_json(ARRAYS.read_text(encoding="utf-8"))


def from_json(text: str) -> Hypotheses:
    """Arrays as `training/fit_hypotheses.py` writes them."""
    stated = json.loads(text)
    measures = stated["measures"]
    return Hypotheses(
        tuple(stated["hypotheses"]),
        np.array(stated["prior"], float),
        {name: np.array(one["knots"], float) for name, one in measures.items()},
        {name: np.array(one["bits"], float) for name, one in measures.items()},
    )


def weigh(model: Hypotheses, values: Mapping[str, float], prior: Float, further: float = 0.0) -> Weighed:
    """Probabilities of all hypotheses given the measures of one group, by claim.

    `prior` (hypotheses,) is before they are seen; `further` adds bits for extraction that no measure gives. Measures
    that the arrays do not know say nothing.
    """
    each = _bits(model, values)
    found = sum(each.values(), np.zeros(len(model.names)))
    found[0] += further
    probability = normalised(np.log2(prior) + found)
    return Weighed(
        dict(zip(model.names, probability.tolist(), strict=True)),
        {name: dict(zip(model.names, one.tolist(), strict=True)) for name, one in each.items()},
        {name: _beside(one, model.prior) for name, one in each.items()},
        _beside(found, prior[1:] / prior[1:].sum()),
    )


def _beside(support: Float, innocent: Float) -> float:
    """Bits for extraction beside all innocent hypotheses, weighed by their priors (hypotheses - 1,)."""
    highest = support[1:].max()
    return float(support[0] - highest - np.log2((innocent * 2.0 ** (support[1:] - highest)).sum()))


def given_prior(model: Hypotheses, extraction: float) -> Float:
    """Priors (hypotheses,) of a group of which nothing is known, `extraction`'s stated.

    They are the same in every log: if the groups found beside it moved a group's prior, whoever runs many could make
    all others suspect, or hide one among many that look innocent.
    """
    return np.concatenate([[extraction], (1.0 - extraction) * model.prior])


def support_of(model: Hypotheses, values: Mapping[str, float]) -> Float:
    """log₂ likelihood (hypotheses,) of all measures of one group."""
    return np.asarray(sum(_bits(model, values).values(), np.zeros(len(model.names))))


def _bits(model: Hypotheses, values: Mapping[str, float]) -> dict[str, Float]:
    """log₂ likelihood (hypotheses,) of each measure that there is."""
    return {
        name: np.array([np.interp(values[name], knots, one) for one in model.bits[name]])
        for name, knots in model.knots.items()
        if name in values
    }


def normalised(support: Float) -> Float:
    """Probabilities that add up to 1 over the last axis, from log₂ odds."""
    odds = 2.0 ** (support - support.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
