"""From facts to a probability, a level, and how many innocents are expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.assess.alternatives import Alternative
from stillwatch.assess.evidence import Fact
from stillwatch.settings import AssessSettings

Float = NDArray[np.float64]

CORRELATED = (
    ("asks_one_mix", "same_sizes", "keeps_the_same_hours", "equalised_volumes"),
    ("narrow_purpose", "narrow_vocabulary"),
)
REVIEW_PROBABILITY = 0.9
WATCH_PROBABILITY = 0.5
ACT_PROBABILITY = 0.99
# most that may be stated with none, one, or more explanations open: of the ten groups with more that seeds 501-510
# left, all were innocent, so that such groups are not listed
DOUBTED = (1.0, 0.9, 0.4)
# most that may be stated while these are: of the groups left with a firm's job possible all five were innocent (seeds
# 601-610, 701-710, 21 to 42 accounts each); without text a relay that only keeps its customers' traffic looks as an
# effort does (399 accounts, seed 701)
DOUBTED_AS = {"is_batch_job": 0.5, "is_reseller_or_relay_customers": 0.5}


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate's verdict: posterior bits, probability, e-value in bits, and the highest level it may have."""

    bits: float
    probability: float
    evidence_bits: float
    level: str | None


def judge(facts: Sequence[Fact], alternatives: Sequence[Alternative], settings: AssessSettings) -> Judged:
    """Posterior of extraction and the level it allows; None when it is not even worth watching."""
    evidence = evidence_bits(facts)
    prior = settings.prior_campaigns_per_1000_networks / 1000.0
    bits = evidence + math.log2(prior / (1.0 - prior))
    verdicts = {alternative.verdict for alternative in alternatives}
    doubts = [alternative.name for alternative in alternatives if alternative.verdict == "possible"]
    probability = 1.0 / (1.0 + 2.0 ** -max(-60.0, min(bits, 60.0)))
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


def evidence_bits(facts: Sequence[Fact]) -> float:
    """Bits summed, but of tests that see the same thing only the strongest counts in full, the others by a quarter."""
    alike = [[fact.bits for fact in facts if fact.claim in claims] for claims in CORRELATED]
    rest = sum(fact.bits for fact in facts if not any(fact.claim in claims for claims in CORRELATED))
    return rest + sum(_strongest(bits) for bits in alike)


def _strongest(told: Sequence[float]) -> float:
    # of two as strong, what speaks for innocence counts in full, whatever the order they come in
    ordered = sorted(told, key=lambda bits: (abs(bits), -bits), reverse=True)
    return ordered[0] + sum(ordered[1:]) / 4.0 if ordered else 0.0


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
    odds = link_bits + np.clip(purpose_bits, -20.0, 20.0) - math.log2(max(2.0, accounts / members))
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

    Accounts of one probability are acted on together or not at all. 2 when nobody may be.
    """
    values, counts = np.unique(probabilities, return_counts=True)
    expected = np.cumsum(((1.0 - values) * counts)[::-1])
    allowed = int(np.searchsorted(expected, limit, side="right"))
    return float(values[::-1][allowed - 1]) if allowed else 2.0
