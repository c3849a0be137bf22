"""From memory to bits: is there an independent person behind an account?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.memory import MINIMUM_OPENINGS, Memory, contents, memory
from stillwatch.link.openings import read_openings
from stillwatch.records.sketches import ACCOUNT_EVIDENCE

Float = NDArray[np.float64]

FLOOR = 0.002  # similarity below which two texts share nothing but chance: keeps 0/0 at 1
SPREAD = 0.45  # natural-log spread of the ratio of accounts that draw from one pool, at 10 openings
CAP = 5.0  # bits: one account's memory alone neither convicts nor clears


def assess_persons(engine: Engine, accounts: int, threads: int = 1) -> Float:
    """Writes `account_evidence`; returns memoryless bits (accounts,), all 0 when there is no text."""
    position, features = read_openings(engine)
    if len(position) == 0:
        found = Memory(np.zeros(accounts, np.int32), np.zeros(accounts), np.zeros(accounts))
    else:
        found = memory(contents(position, np.ones(len(position), bool), features, accounts), threads)
    bits = memoryless_bits(found)
    names = engine.fetch(Query("account ids", "SELECT account_id FROM account_sketches ORDER BY position"))
    engine.store(
        ACCOUNT_EVIDENCE,
        pa.table(
            {
                "account_id": names["account_id"],
                "position": np.arange(accounts, dtype=np.int32),
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

    People are the population itself: their location and spread are its median and its median absolute deviation, so
    nothing is assumed about how well a provider's users remember. Accounts with too few openings get 0, and so does
    everybody where the median does not lie clearly above a pool's.
    """
    said = found.openings >= MINIMUM_OPENINGS
    bits = np.zeros(len(found.openings))
    if said.sum() < 100:
        return bits
    ratio = np.log((found.within + FLOOR) / (found.between + FLOOR))
    centre = float(np.median(ratio[said]))
    if centre < 2.0 * SPREAD:
        return bits  # most accounts here draw from pools, or nobody remembers: then nothing shows what people are like
    spread = max(0.3, 1.4826 * float(np.median(np.abs(ratio[said] - centre))))
    pooled = SPREAD * np.sqrt(10.0 / np.maximum(found.openings, 4)).clip(0.6, 1.6)
    value = np.minimum(ratio, centre)  # more memory than the usual person is no less a person
    person = -0.5 * ((value - centre) / spread) ** 2 - np.log(spread)
    drawn = -0.5 * (np.maximum(value, 0.0) / pooled) ** 2 - np.log(pooled)
    bits[said] = np.clip((drawn - person) / np.log(2), -CAP, CAP)[said]
    return bits
