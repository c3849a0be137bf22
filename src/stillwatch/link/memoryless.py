"""From self-similarity to bits: does an independent person use an account?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.conversation_starts import read_conversation_starts
from stillwatch.link.nearest_accounts import MINIMUM_STARTS
from stillwatch.link.self_similarity import (
    SelfSimilarity,
    contents,
    self_similarity,
)
from stillwatch.records.definitions import CONVERSATION_STARTS
from stillwatch.records.sketches import ACCOUNT_EVIDENCE

Float = NDArray[np.float64]

FLOOR = 0.002  # similarity below which two texts share nothing but chance: keeps 0/0 at 1
SPREAD = 0.45  # natural-log spread of the ratio of accounts that draw from one pool, at 10 conversation starts
CAP = 5.0  # bits: the self-similarity of one account alone neither accuses nor clears
STRATA = (MINIMUM_STARTS, 6, 10, 16, CONVERSATION_STARTS + 1)  # conversation starts: few of them blur the ratio
MINIMUM_STRATUM = 100  # accounts of a stratum from which the usual person is estimated


def write_account_evidence(engine: Engine, segments: Sequence[str], accounts: int, threads: int = 1) -> Float:
    """Writes `account_evidence`; returns its `memoryless_bits` (accounts,), all 0 when the log has no text."""
    # the features read are not kept beside their counts: they take 64 bytes a start
    held = contents(*read_conversation_starts(engine, segments, accounts), accounts)
    if held.conversation_starts.any():
        found = self_similarity(held, threads)
    else:
        found = SelfSimilarity(held.conversation_starts, np.zeros(accounts), np.zeros(accounts))
    bits = memoryless_bits(found)
    names = engine.fetch(Query("account ids", "SELECT account_id FROM account_sketches ORDER BY account_index"))
    engine.store(
        ACCOUNT_EVIDENCE,
        pa.table(
            {
                "account_id": names["account_id"],
                "account_index": np.arange(accounts, dtype=np.int32),
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
    ratio = np.log((found.within + FLOOR) / (found.between + FLOOR))
    bits = np.zeros(len(ratio))
    centre, spread = -np.inf, np.inf
    for low, high in itertools.pairwise(STRATA):
        chosen = (found.conversation_starts >= low) & (found.conversation_starts < high)
        if chosen.sum() < MINIMUM_STRATUM:
            continue
        lower, median = np.quantile(ratio[chosen], [0.16, 0.5])
        if median >= centre:  # more starts never blur a person: where the median falls, the stratum is full of pools
            centre, spread = float(median), max(0.3, float(median - lower))
        if centre >= 2.0 * SPREAD:
            bits[chosen] = _against_a_person(ratio[chosen], found.conversation_starts[chosen], centre, spread)
    return bits


def _against_a_person(ratio: Float, conversation_starts: NDArray[np.int32], centre: float, spread: float) -> Float:
    pooled = SPREAD * np.sqrt(10.0 / conversation_starts).clip(0.6, 1.6)
    value = np.minimum(ratio, centre)  # an account more like itself than the usual person is no less a person
    person = -0.5 * ((value - centre) / spread) ** 2 - np.log(spread)
    drawn = -0.5 * (np.maximum(value, 0.0) / pooled) ** 2 - np.log(pooled)
    return np.asarray(np.clip((drawn - person) / np.log(2), -CAP, CAP))
