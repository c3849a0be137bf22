"""From memory to bits: is there an independent person behind an account?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.conversation_starts import read_openings
from stillwatch.link.self_similarity import (
    MINIMUM_OPENINGS,
    Memory,
    contents,
    memory,
)
from stillwatch.records.definitions import CONVERSATION_STARTS
from stillwatch.records.sketches import ACCOUNT_EVIDENCE

Float = NDArray[np.float64]

FLOOR = 0.002  # similarity below which two texts share nothing but chance: keeps 0/0 at 1
SPREAD = 0.45  # natural-log spread of the ratio of accounts that draw from one pool, at 10 openings
CAP = 5.0  # bits: one account's memory alone neither convicts nor clears
STRATA = (MINIMUM_OPENINGS, 6, 10, 16, CONVERSATION_STARTS + 1)  # openings: few of them blur the ratio
MINIMUM_STRATUM = 100  # accounts that show what people are like


def assess_persons(engine: Engine, ranges: Sequence[str], accounts: int, threads: int = 1) -> Float:
    """Writes `account_evidence`; returns memoryless bits (accounts,), all 0 when there is no text."""
    held = contents(
        *read_openings(engine, ranges, accounts), accounts
    )  # not kept beside it: 64 bytes an opening, of 24 an account
    if held.openings.any():
        found = memory(held, threads)
    else:
        found = Memory(held.openings, np.zeros(accounts), np.zeros(accounts))
    bits = memoryless_bits(found)
    names = engine.fetch(Query("account ids", "SELECT account_id FROM account_sketches ORDER BY account_index"))
    engine.store(
        ACCOUNT_EVIDENCE,
        pa.table(
            {
                "account_id": names["account_id"],
                "account_index": np.arange(accounts, dtype=np.int32),
                "openings": found.openings,
                "within_similarity": found.within,
                "between_similarity": found.between,
                "memoryless_bits": bits,
            }
        ),
    )
    return bits


def memoryless_bits(found: Memory) -> Float:
    """Log2 likelihood ratio of drawing from a pool against being a person, from the log ratio of similarities.

    People are the population itself, among accounts with about as many openings: their centre is the median and their
    spread the distance to the 16th percentile, so nothing is assumed about how well a provider's users remember.
    Accounts with too few openings get 0, and so does a stratum whose median does not lie clearly above a pool's.
    """
    ratio = np.log((found.within + FLOOR) / (found.between + FLOOR))
    bits = np.zeros(len(ratio))
    centre, spread = -np.inf, np.inf
    for low, high in itertools.pairwise(STRATA):
        chosen = (found.openings >= low) & (found.openings < high)
        if chosen.sum() < MINIMUM_STRATUM:
            continue
        lower, median = np.quantile(ratio[chosen], [0.16, 0.5])
        if median >= centre:  # more openings never blur people: where they seem to, the stratum is full of pools
            centre, spread = float(median), max(0.3, float(median - lower))
        if centre >= 2.0 * SPREAD:
            bits[chosen] = _against_people(ratio[chosen], found.openings[chosen], centre, spread)
    return bits


def _against_people(ratio: Float, openings: NDArray[np.int32], centre: float, spread: float) -> Float:
    pooled = SPREAD * np.sqrt(10.0 / openings).clip(0.6, 1.6)
    value = np.minimum(ratio, centre)  # more memory than the usual person is no less a person
    person = -0.5 * ((value - centre) / spread) ** 2 - np.log(spread)
    drawn = -0.5 * (np.maximum(value, 0.0) / pooled) ** 2 - np.log(pooled)
    return np.asarray(np.clip((drawn - person) / np.log(2), -CAP, CAP))
