"""The level of an account that was found to belong to a network after the run that assessed the network.

Its own requests were not assessed, so that it can stand no higher than nearly all accounts of the network do, and at
`act` only by acts of its own: what others copy from it, or what its own firm shares with it, never accuses it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.assess.thresholds import JOINED_BITS, LEAST_WORK, MAJORITY, OWN_WAYS, OWN_WORDS, WHOLLY_ACCUSED
from stillwatch.records.outputs import LEVELS


@dataclass(frozen=True, slots=True)
class Standing:
    """The campaign that most accounts of a network belong to, and their shares of the network by level."""

    campaign: str
    shares: Mapping[str, float]

    def share(self, *levels: str) -> float:
        """The share of the network's accounts that stand at one of these levels."""
        return sum(self.shares.get(level, 0.0) for level in levels)


@dataclass(frozen=True, slots=True)
class Tie:
    """How an account is tied to the network that it joined.

    `beyond` are its bits beyond the price of membership, `ways` the independence groups besides texts in which it
    took up what the network held already, `texts` says whether it did so in texts, `words` is the share of its
    exchanges that say what the network's do, `before` how many it sent before the first of them, and `own_customer`
    says whether organisation or card are the network's own.
    """

    beyond: float
    ways: int
    texts: bool
    words: float
    before: int
    own_customer: bool


def highest_rank(standing: Standing | None) -> int:
    """How high an account stands that is tied to such a network as closely as can be; 0 for no level."""
    level = level_of_latecomer(standing, Tie(math.inf, OWN_WAYS, texts=True, words=1.0, before=0, own_customer=False))
    return 0 if level is None else len(LEVELS) - LEVELS.index(level)


def level_of_latecomer(standing: Standing | None, tie: Tie) -> str | None:
    """Returns `act`, `review`, `watch` or None."""
    if standing is None or tie.own_customer:
        return None
    # who shares a place and a program with it may ask for anything; and who was lured into its client, whose proxy and
    # prompts come with it, asks for other things besides, or did before
    served = tie.words >= OWN_WORDS or (tie.words >= MAJORITY and tie.before <= LEAST_WORK)
    acted = tie.ways >= OWN_WAYS and tie.texts and served
    if standing.share("act") >= WHOLLY_ACCUSED and tie.beyond >= JOINED_BITS and acted:
        return "act"
    if standing.share("act", "review") >= WHOLLY_ACCUSED:
        return "review"
    return "watch" if standing.share("act", "review", "watch") >= MAJORITY else None
