"""From self-similarity to bits: does an independent person use an account?"""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.nearest_accounts import MINIMUM_STARTS
from stillwatch.link.self_similarity import SelfSimilarity
from stillwatch.records.definitions import CONVERSATION_STARTS
from stillwatch.records.sketches import ACCOUNT_EVIDENCE

Float = NDArray[np.float64]

FLOOR = 0.002  # similarity below which two texts share nothing but chance: keeps 0/0 at 1
SPREAD = 0.45  # natural-log spread of the ratio of accounts that draw from one pool, at 10 conversation starts
CAP = 5.0  # bits: the self-similarity of one account alone neither accuses nor clears
PERHAPS = 1.0  # bits from which an account may found a pool
STRATA = (MINIMUM_STARTS, 6, 10, 16, CONVERSATION_STARTS + 1)  # conversation starts: few of them blur the ratio
MINIMUM_STRATUM = 100  # accounts of a stratum from which the usual person is estimated


def write_account_evidence(engine: Engine, found: SelfSimilarity) -> Float:
    """Writes `account_evidence`; returns its `memoryless_bits` (accounts,)."""
    bits = memoryless_bits(found)
    names = engine.fetch(Query("account ids", "SELECT account_id FROM account_sketches ORDER BY account_index"))
    engine.store(
        ACCOUNT_EVIDENCE,
        pa.table(
            {
                "account_id": names["account_id"],
                "account_index": np.arange(len(bits), dtype=np.int32),
                "conversation_starts": found.conversation_starts,
                "within_similarity": found.within,
                "between_similarity": found.between,
                "memoryless_bits": bits,
            }
        ),
    )
    return bits


def memoryless_bits(found: SelfSimilarity) -> Float:
    """Log2 likelihood ratio (accounts,) of draws from a pool against a person, from the log ratio of similarities.

    The person is estimated from the log itself, from accounts with about as many conversation starts: the centre is
    their median and the spread their distance to the 16th percentile, so that nothing is assumed of how much a
    provider's users resemble themselves. Accounts with too few starts get 0, and so do the accounts of a stratum whose
    median does not lie clearly above the ratio of a pool, which is 1.
    """
    bits, centre = _compared(found)
    return np.asarray(np.where(centre >= 2.0 * SPREAD, bits, 0.0))


def perhaps_memoryless(found: SelfSimilarity) -> NDArray[np.bool_]:
    """Marks the accounts (accounts,) that look rather like draws from a pool than like the usual person.

    One account alone proves nothing, above all where the usual person hardly differs from a pool; many that are alike
    may (`pools.py`).
    """
    return np.asarray(_compared(found)[0] >= PERHAPS)


def _compared(found: SelfSimilarity) -> tuple[Float, Float]:
    """Bits of a pool against a person, and the median of the log ratio that people of the same stratum have:
    (accounts,)."""
    ratio = np.log((found.within + FLOOR) / (found.between + FLOOR))
    bits, usual = np.zeros(len(ratio)), np.zeros(len(ratio))
    centre, spread = -np.inf, np.inf
    for low, high in itertools.pairwise(STRATA):
        chosen = (found.conversation_starts >= low) & (found.conversation_starts < high)
        if chosen.sum() < MINIMUM_STRATUM:
            continue
        lower, median = np.quantile(ratio[chosen], [0.16, 0.5])
        if median >= centre:  # more starts never blur a person: where the median falls, the stratum is full of pools
            centre, spread = float(median), max(0.3, float(median - lower))
        bits[chosen] = _against_a_person(ratio[chosen], found.conversation_starts[chosen], centre, spread)
        usual[chosen] = centre
    return bits, usual


def _against_a_person(ratio: Float, conversation_starts: NDArray[np.int32], centre: float, spread: float) -> Float:
    pooled = SPREAD * np.sqrt(10.0 / conversation_starts).clip(0.6, 1.6)
    value = np.minimum(ratio, centre)  # an account more like itself than the usual person is no less a person
    person = -0.5 * ((value - centre) / spread) ** 2 - np.log(spread)
    drawn = -0.5 * (np.maximum(value, 0.0) / pooled) ** 2 - np.log(pooled)
    return np.asarray(np.clip((drawn - person) / np.log(2), -CAP, CAP))
