"""Operational labels, as a team without the truth has: few accounts known guilty, an audit, some labels wrong.

A provider never knows a whole campaign. It knows accounts that were caught by other means (here a seeded tenth of each
campaign), and it can have some of the accused looked at by people (here a seeded tenth). Both sorts of labels are wrong
in 2 % of cases. From the first it estimates recall, from the second precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillwatch.records.outputs import LEVELS

KNOWN_SHARE = 0.1  # of a campaign's accounts are known to the team, and of the accused are audited
WRONG_SHARE = 0.02  # of the labels
_SALT = 0x1ABE1  # keeps these draws apart from the world's, which start from the same seed


def operational(campaign: NDArray[np.bool_], level: NDArray[np.int64], seed: int) -> dict[str, dict[str, int]]:
    """Counts by level, from one entry an account: whether it is in a campaign, and its level (0 act … 3 none).

    `known` labels say guilty and `known_found` of them are accused at the level or a stronger one; of the accused,
    `audited` were looked at and `audited_guilty` were called guilty.
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
    """The known guilty with a fiftieth of them replaced by innocents whom the team takes for guilty."""
    swapped = draws.random(len(known)) < WRONG_SHARE
    strangers = draws.choice(innocents, min(int(swapped.sum()), len(innocents)), replace=False)
    return np.concatenate([known[~swapped], strangers]).astype(np.int64)
