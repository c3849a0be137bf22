"""The tests a candidate campaign must pass: each gives a statistic, what it is for people, and bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stillwatch.group import statistics
from stillwatch.group.members import Exchanges
from stillwatch.group.reference import People, scale_bits, usual

MATCHED = 150  # accounts in a matched group: larger ones cost more and give the same median


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of one group: the name of its claim, its statistic, people's, and its bits."""

    test: str
    statistic: float
    reference: float
    bits: float


def excess(statistic: Callable[[Exchanges], float]) -> Callable[[Exchanges], float]:
    """Dispersion beyond 1 for each further exchange an account: does not grow with volume."""

    def value(exchanges: Exchanges) -> float:
        accounts = len(np.unique(exchanges.position))
        size = len(exchanges) / max(accounts, 1)
        return (statistic(exchanges) - 1.0) / (size - 1.0) if size >= 1.5 else math.nan

    return value


def log_memory(exchanges: Exchanges) -> float:
    """Natural log of the memory ratio: 0 for one pool."""
    return math.log(max(statistics.memory_ratio(exchanges), 1e-3))


QUEUE_TESTS: tuple[tuple[str, Callable[[Exchanges], float], float], ...] = (
    ("draws_from_one_pool", log_memory, 12.0),
    ("asks_one_mix", excess(statistics.mix_heterogeneity), 8.0),
    ("same_sizes", excess(statistics.size_heterogeneity), 6.0),
    ("keeps_the_same_hours", excess(statistics.hour_heterogeneity), 4.0),
    ("equalised_volumes", excess(statistics.volume_dispersion), 3.0),
)
"""Name, statistic and cap in bits. Hours and volumes carry little: schedulers can imitate people's."""


def queue_tests(group: Exchanges, reference: People) -> list[Trial]:
    """Is it one queue, or many people? Each statistic on the scale between the two."""
    accounts = len(np.unique(group.position))
    results = []
    for name, statistic, cap in QUEUE_TESTS:
        own = statistic(group) if accounts >= 2 else math.nan
        ordinary = usual(reference, min(accounts, MATCHED), statistic)
        scale = own / ordinary if ordinary > 1e-6 else math.nan
        results.append(Trial(name, _known(own), _known(ordinary), scale_bits(scale, cap)))
    return results


def purpose_tests(group: Exchanges, reference: People) -> list[Trial]:
    """What is it for? How far from people's questions, how often repeated, how often left after one answer."""
    matched = reference.group(2000, 0)
    divergence = statistics.divergence_bits(group, matched)
    ordinary = statistics.divergence_bits(reference.group(min(MATCHED, len(np.unique(group.position))), 1), matched)
    repeated, people_repeat = statistics.repeat_share(group), statistics.repeat_share(matched)
    single, people_single = statistics.single_turn_share(group), statistics.single_turn_share(matched)
    has_text = bool((group.capability >= 0).any())
    return [
        Trial(
            "narrow_purpose",
            divergence if has_text else 0.0,
            ordinary if has_text else 0.0,
            float(np.clip(8.0 * (divergence - ordinary) - 2.0, -6.0, 6.0)) if has_text else 0.0,
        ),
        Trial("repeats_questions", _known(repeated), _known(people_repeat), 0.0),
        Trial("asks_once", _known(single), _known(people_single), 0.0),
    ]


def _known(value: float) -> float:
    """Parquet keeps NaN apart from null; a statistic that could not be computed is written as -1."""
    return -1.0 if math.isnan(value) else round(value, 6)
