"""From items of evidence to a probability, a level, and how many innocents are expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.assess.alternatives import Alternative
from stillwatch.assess.evidence import EvidenceItem
from stillwatch.assess.thresholds import (
    ACT_PROBABILITY,
    DOUBTED,
    DOUBTED_AS,
    EXTREME_BITS,
    PURPOSE_BITS_CAP,
    REVIEW_PROBABILITY,
    VIEW_WEIGHT,
    WATCH_PROBABILITY,
)
from stillwatch.records.claims import GROUP_CLAIMS
from stillwatch.settings import AssessSettings

Float = NDArray[np.float64]

_VIEWS: dict[str, str] = {claim.name: claim.seen_fact for claim in GROUP_CLAIMS if claim.seen_fact is not None}


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate's verdict: posterior bits, probability, e-value in bits, and the highest level it may have."""

    bits: float
    probability: float
    evidence_bits: float
    level: str | None


def judge(items: Sequence[EvidenceItem], alternatives: Sequence[Alternative], settings: AssessSettings) -> Judged:
    """Posterior of extraction and the level it allows; None when it is not even worth watching."""
    evidence = evidence_bits(items)
    prior = settings.prior_campaigns_per_1000_networks / 1000.0
    bits = evidence + math.log2(prior / (1.0 - prior))
    verdicts = {alternative.verdict for alternative in alternatives}
    doubts = [alternative.name for alternative in alternatives if alternative.verdict == "possible"]
    probability = 1.0 / (1.0 + 2.0 ** -max(-EXTREME_BITS, min(bits, EXTREME_BITS)))
    # where an innocent explanation stays open, no test makes it surer than such groups turn out to be
    most = [DOUBTED[min(len(doubts), len(DOUBTED) - 1)], *(DOUBTED_AS.get(name, 1.0) for name in doubts)]
    probability = min(probability, *most)
    if "preferred" in verdicts:
        level = None
    elif probability >= ACT_PROBABILITY and verdicts == {"excluded"}:
        level = "act"
    elif probability >= REVIEW_PROBABILITY:
        level = "review"
    elif probability >= WATCH_PROBABILITY:
        level = "watch"
    else:
        level = None
    return Judged(bits, probability, evidence, level)


def evidence_bits(items: Sequence[EvidenceItem]) -> float:
    """Bits summed, but of several views of one fact only the strongest counts in full, the others by a quarter."""
    views: dict[str, list[float]] = {}
    for item in items:
        if item.claim in _VIEWS:
            views.setdefault(_VIEWS[item.claim], []).append(item.bits)
    rest = sum(item.bits for item in items if item.claim not in _VIEWS)
    return rest + sum(_strongest(views.get(fact, ())) for fact in dict.fromkeys(_VIEWS.values()))


def _strongest(bits: Sequence[float]) -> float:
    # of two as strong, the one that speaks for innocence counts in full, whatever the order they come in
    ordered = sorted(bits, key=lambda one: (abs(one), -one), reverse=True)
    return ordered[0] + VIEW_WEIGHT * sum(ordered[1:]) if ordered else 0.0


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


def groups_within(limit: float, groups: dict[str, tuple[float, int]]) -> set[str]:
    """Groups that may be acted on, likeliest first, while the innocents expected should whole groups be wrong stay in
    `limit`. `groups` gives each its probability and its accounts."""
    allowed: set[str] = set()
    spent = 0.0
    for name, (probability, accounts) in sorted(groups.items(), key=lambda item: (-item[1][0], item[0])):
        spent += (1.0 - probability) * accounts
        if spent > limit:
            break
        allowed.add(name)
    return allowed


def act_cutoff(probabilities: Float, limit: float) -> float:
    """The least probability that may be acted on so that the innocents expected among all acted on stay in limit.

    Accounts of one probability are acted on together or not at all. 2 when none may be.
    """
    values, counts = np.unique(probabilities, return_counts=True)
    expected = np.cumsum(((1.0 - values) * counts)[::-1])
    allowed = int(np.searchsorted(expected, limit, side="right"))
    return float(values[::-1][allowed - 1]) if allowed else 2.0
