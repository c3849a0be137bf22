"""The probability that a new account is the operator of an earlier network, beside innocent reasons for being alike.

Three sorts of newcomers are weighed against one another: the operator, who may have changed any sort of evidence; a
stranger, who is alike by chance; and an innocent, who is alike in some sorts of evidence for one reason, whatever they
say, as all pupils of a school are that the operator used. Evidence that an innocent reason explains wholly therefore
says nothing against it, however strong it is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stillwatch.assess.thresholds import CONTENTS_KEPT, CREDIBLE, IDENTITY_KEPT, OTHERWISE_KEPT, RETURNING
from stillwatch.records.subjects import INNOCENT_RETURNS

KEPT = {"place": IDENTITY_KEPT, "registration": IDENTITY_KEPT, "payment": IDENTITY_KEPT, "contents": CONTENTS_KEPT}


@dataclass(frozen=True, slots=True)
class Reason:
    """An innocent reason for being alike in these sorts of evidence, which so large a `share` of newcomers has with any
    earlier network."""

    name: str
    words: str
    explains: frozenset[str]
    share: float


def _reason(name: str, explains: str, share: float) -> Reason:
    return Reason(name, INNOCENT_RETURNS[name], frozenset(explains.split()), share)


REASONS = (
    _reason("shared_place", "place", 5e-2),
    _reason("shared_school", "place registration", 2e-2),
    _reason("shared_class", "place registration software wording", 1e-2),
    _reason("resold_card", "payment", 1e-2),
    _reason("account_maker", "place registration payment", 1e-2),
    _reason("relay_software", "software wording place", 5e-2),
    _reason("relay_sign_up", "software wording place registration", 1e-2),
    _reason("resold_account", "software wording place registration payment", 1e-3),
    _reason("viral_prompt", "wording contents", 2e-5),
    _reason("standard_test", "software wording contents", 2e-5),
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The probability that a newcomer is one network's operator, the bits for it beside chance, and the likeliest
    innocent reason with its probability (None where chance is likelier than any)."""

    probability: float
    bits: float
    reason: Reason | None
    of_reason: float


def weighed(bits: Sequence[Mapping[str, float]], accounts: Sequence[int], of_all: int) -> list[Weighed]:
    """Weighs one newcomer's bits by sort of evidence beside each of some networks, all reasons against one another.

    `accounts` is the size of each of these networks, and `of_all` that of all earlier networks together: what is
    assumed of any earlier operator is divided among them by size.
    """
    parts = [size / max(of_all, sum(accounts), 1) for size in accounts]
    scored = [_scored(one, part) for one, part in zip(bits, parts, strict=True)]
    chance = 1.0 - sum(parts) * (RETURNING + sum(one.share for one in REASONS))
    total = chance + sum(one.operator + sum(one.reasons) for one in scored)
    return [_weighed(one, chance, total) for one in scored]


def candidates(probabilities: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The fewest networks, the likeliest first, that carry CREDIBLE of the probability of any (a credible set).

    Several say that the evidence does not tell these networks apart. What is said twice of a network is added up.
    """
    of_network: dict[str, float] = defaultdict(float)
    for name, value in probabilities:
        of_network[name] += value
    found: dict[str, float] = {}
    for name, value in sorted(of_network.items(), key=lambda one: (-one[1], one[0])):
        if sum(found.values()) >= CREDIBLE * sum(of_network.values()):
            break
        found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class _Scored:
    """How likely what is seen is with each hypothesis on one network, by how likely it is by chance."""

    operator: float
    bits: float
    reasons: list[float]  # as of REASONS


def _scored(bits: Mapping[str, float], part: float) -> _Scored:
    own = sum(_of_operator(value, KEPT.get(name, OTHERWISE_KEPT)) for name, value in bits.items())
    reasons = [part * one.share * 2.0 ** sum(max(0.0, bits.get(name, 0.0)) for name in one.explains) for one in REASONS]
    return _Scored(RETURNING * part * 2.0**own, own, reasons)


def _weighed(one: _Scored, chance: float, total: float) -> Weighed:
    best = max(range(len(REASONS)), key=lambda place: one.reasons[place])
    reason = REASONS[best] if one.reasons[best] > chance else None
    return Weighed(one.operator / total, one.bits, reason, one.reasons[best] / total)


def _of_operator(bits: float, kept: float) -> float:
    """Bits of a sort of evidence that an operator keeps with the probability `kept`."""
    return math.log2(1.0 - kept + kept * 2.0**bits)
