"""What a claim of grouping is, and the sorts of evidence that claims belong to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

EvidenceSort = Literal["shared_infrastructure", "scheduling", "content", "self_similarity", "purpose"]
"""Sorts of evidence, each of which a run can do without: what accounts run on, how requests are dealt out over them,
what is written in the requests, whether an account resembles its own past, and what the requests are for."""

EVIDENCE_SORTS: tuple[EvidenceSort, ...] = get_args(EvidenceSort)

Sentence = Callable[[float, float | None, float], str]


NO_LENGTH = 1e-6  # a reference so small that nothing is a share of it


@dataclass(frozen=True, slots=True)
class GroupClaim:
    """A claim that a test of grouping measures on a network's members.

    `statistic` says what the group's number means, with its unit, and `reference` what it is held against. `sentence`
    puts both and the measure's bits to an analyst.
    """

    name: str
    evidence: EvidenceSort
    statistic: str
    reference: str
    sentence: Sentence
    is_ratio: bool = False

    def beside(self, statistic: float, reference: float | None) -> float:
        """The statistic beside its reference, as it means the same in logs of any density.

        It is their ratio where `is_ratio`, for lengths and dispersions, else their difference; the statistic itself
        without a reference, and NaN where that is 0 and its ratio has no meaning.
        """
        if reference is None:
            return math.nan if self.is_ratio else statistic
        if not self.is_ratio:
            return statistic - reference
        return statistic / reference if abs(reference) > NO_LENGTH else math.nan
