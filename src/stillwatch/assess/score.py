"""From a candidate's measures to a probability, a level, and how many innocents are expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.assess.alternatives import Alternative
from stillwatch.assess.hypotheses import EXTRACTION, Weighed
from stillwatch.assess.thresholds import (
    ACT_PROBABILITY,
    CERTAIN,
    PURPOSE_BITS_CAP,
    REVIEW_PROBABILITY,
    WATCH_PROBABILITY,
)
from stillwatch.settings import AssessSettings

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate's verdict: posterior bits, probability, e-value in bits, and the highest level it may have."""

    bits: float
    probability: float
    evidence_bits: float
    level: str | None


def prior(settings: AssessSettings) -> float:
    """The probability that a network serves extraction, before anything is known of it."""
    return settings.prior_campaigns_per_1000_networks / 1000.0


def judge(weighed: Weighed, alternatives: Sequence[Alternative]) -> Judged:
    """The posterior of extraction and the level it allows; None when it is not even worth watching."""
    probability = min(weighed.probability[EXTRACTION], CERTAIN)
    bits = math.log2(max(probability, 1e-18) / (1.0 - probability))
    verdicts = {alternative.verdict for alternative in alternatives}
    if "preferred" in verdicts or probability < WATCH_PROBABILITY:
        level = None
    elif probability >= ACT_PROBABILITY and verdicts == {"excluded"}:
        level = "act"
    else:
        level = "review" if probability >= REVIEW_PROBABILITY else "watch"
    return Judged(bits, probability, weighed.together, level)


def q_values(evidence: Sequence[float]) -> list[float]:
    """False discovery rates by e-BH (Wang & Ramdas 2022): a likelihood ratio is an e-value under its null."""
    count = len(evidence)
    order = np.argsort(-np.asarray(evidence, float), kind="stable")
    result = np.ones(count)
    least = 1.0
    for rank in range(count, 0, -1):
        index = order[rank - 1]
        least = min(least, count / rank * 2.0 ** -max(0.0, min(evidence[index], 1000.0)))
        result[index] = least
    return [float(value) for value in result]


def membership(link_bits: Float, purpose_bits: Float, accounts: int, members: int) -> Float:
    """Probability that each account belongs to the group, if there is one: bits beyond the price of picking it."""
    odds = (
        link_bits + np.clip(purpose_bits, -PURPOSE_BITS_CAP, PURPOSE_BITS_CAP) - math.log2(max(2.0, accounts / members))
    )
    return np.asarray(1.0 / (1.0 + 2.0 ** -np.clip(odds, -50.0, 50.0)))


def act_cutoff(probabilities: Float, rate: float) -> float:
    """The least probability that may be acted on so that of all acted on no larger share than `rate` is expected to be
    innocent: the Bayesian false discovery rate (Müller, Parmigiani & Rice 2007).

    Accounts of one probability are acted on together or not at all. 2 when none may be.
    """
    values, counts = np.unique(probabilities, return_counts=True)
    doubts, named = np.cumsum(((1.0 - values) * counts)[::-1]), np.cumsum(counts[::-1])
    allowed = int((doubts <= rate * named).sum())  # the share never falls: the likeliest come first
    return float(values[::-1][allowed - 1]) if allowed else 2.0
