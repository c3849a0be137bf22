"""Operational labels, which a team has that does not know the truth: few known guilty accounts, and an audit.

A provider never knows a whole campaign. It knows accounts that were found by other means (here a seeded tenth of each
campaign), and people can examine some of the accused (here a seeded tenth). Both sorts of labels are wrong in 2 % of
cases. The first sort gives an estimate of recall, the second of precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillwatch.records.outputs import LEVELS

KNOWN_SHARE = 0.1  # share of a campaign's accounts that the team knows, and share of the accused that are audited
WRONG_SHARE = 0.02  # share of labels
_SALT = 0x1ABE1  # keeps these draws apart from the world's, which start from the same seed


def operational(campaign: NDArray[np.bool_], level: NDArray[np.int64], seed: int) -> dict[str, dict[str, int]]:
    """Counts by level, from one entry an account: whether it is in a campaign, and its level (0 act … 3 none).

    `known` accounts are labelled guilty, and `known_found` of them are accused at the level or a stronger one. Of the
    accused, `audited` were examined, and `audited_guilty` of these were labelled guilty.
    """
    draws = np.random.default_rng([seed, _SALT])
    wrong = draws.random(len(campaign)) < WRONG_SHARE
    chosen = draws.random(len(campaign)) < KNOWN_SHARE
    audited = draws.random(len(campaign)) < KNOWN_SHARE
    known = _with_strangers(np.flatnonzero(campaign & chosen), np.flatnonzero(~campaign), draws)
    called_guilty = campaign ^ wrong
    counts = {}
    for rank, name in enumerate(LEVELS):
        accused = level <= rank
        counts[name] = {
            "known": len(known),
            "known_found": int(accused[known].sum()),
            "audited": int((accused & audited).sum()),
            "audited_guilty": int((accused & audited & called_guilty).sum()),
        }
    return counts


def _with_strangers(known: NDArray[Any], innocents: NDArray[Any], draws: np.random.Generator) -> NDArray[Any]:
    """The accounts labelled guilty: a fiftieth of the known ones is replaced by innocents that are labelled wrongly."""
    swapped = draws.random(len(known)) < WRONG_SHARE
    strangers = draws.choice(innocents, min(int(swapped.sum()), len(innocents)), replace=False)
    return np.concatenate([known[~swapped], strangers]).astype(np.int64)
