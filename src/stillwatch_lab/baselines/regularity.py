"""Per-account regularity: it suspects accounts whose times are as regular as a machine's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch.records.compiled import compiled
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import (
    Events,
    Int64,
    name_logs,
    read_events,
)

Floats = NDArray[np.float64]

LEAST_GAPS = 10  # least gaps of an account; fewer can be equal by chance
GAP_BINS = 5  # equally likely bins of a gap, as Gianvecchio and Wang chose for their conditional entropy
DAY, HOUR = 86_400_000_000, 3_600_000_000  # µs


@dataclass(frozen=True, slots=True)
class Regularity:
    """Scores accounts by `measure`, which computes one number per account from its times."""

    name: str
    measure: Callable[[Events], Floats]
    source: str

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The measure of each account; 0 for accounts with too few exchanges."""
        accounts = name_logs(engine, logs)
        return scored(accounts, self.measure(read_events(engine, len(accounts))))


def even_gaps(events: Events) -> Floats:
    """1 / (1 + standard deviation over mean of the gaps): 1 for a metronome, 1/2 for a Poisson process."""
    owner, gap = _gaps(events)
    seconds = gap / 1e6
    count = _per_account(events, owner)
    mean = _per_account(events, owner, seconds) / np.maximum(count, 1)
    square = _per_account(events, owner, (seconds - mean[owner]) ** 2) / np.maximum(count, 1)
    spread = np.sqrt(square) / np.maximum(mean, 1e-6)  # times have a resolution of a microsecond
    return np.where(count >= LEAST_GAPS, 1.0 / (1.0 + spread), 0.0)


def predictable_gaps(events: Events) -> Floats:
    """1 / (1 + corrected conditional entropy of the gaps, in bits): 1 when earlier gaps determine the next one."""
    _, gap = _gaps(events)
    if len(gap) == 0:
        return np.zeros(len(events.start) - 1)
    edges = np.quantile(gap, np.arange(1, GAP_BINS) / GAP_BINS)
    symbol = np.searchsorted(edges, gap, side="right").astype(np.int64)
    counts = np.diff(events.start)
    start = np.concatenate([[0], np.cumsum(np.maximum(counts - 1, 0))]).astype(np.int64)
    entropy = conditional_entropies(start, symbol)
    return np.where(np.diff(start) >= LEAST_GAPS, 1.0 / (1.0 + entropy), 0.0)


def round_the_clock(events: Events) -> Floats:
    """The entropy of the hour of the day in bits: log2(24) for even activity, 0 for activity in one hour only."""
    accounts = len(events.start) - 1
    owner = np.repeat(np.arange(accounts), np.diff(events.start))
    hour = (events.at % DAY) // HOUR
    counts = np.bincount(owner * 24 + hour, minlength=accounts * 24).reshape(accounts, 24)
    total = counts.sum(axis=1)
    share = counts / np.maximum(total, 1)[:, None]
    bits = -(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=1)
    return np.where(total > LEAST_GAPS, bits, 0.0)


def _gaps(events: Events) -> tuple[Int64, Int64]:
    """The account index and length (µs) of each gap, by account and time."""
    owner = np.repeat(np.arange(len(events.start) - 1), np.diff(events.start))
    within = owner[1:] == owner[:-1]
    return owner[1:][within], np.diff(events.at)[within]


def _per_account(events: Events, owner: Int64, weights: Floats | None = None) -> Floats:
    return np.bincount(owner, weights=weights, minlength=len(events.start) - 1).astype(np.float64)


def conditional_entropies(start: Int64, symbol: Int64) -> Floats:
    """Corrected conditional entropy, in bits, of each account's symbols (0 to GAP_BINS - 1), (accounts,).

    CCE(m) = H(m) - H(m - 1) + share of patterns of length m seen once * H(1); the smallest over m is the answer
    (Porta et al. 1998; Gianvecchio and Wang, CCS 2007).
    """
    result = np.zeros(len(start) - 1)
    _conditional_entropies(start, symbol, result)
    return result


@compiled
def _conditional_entropies(start: Int64, symbol: Int64, result: Floats) -> None:
    for u in range(len(result)):
        sequence = symbol[start[u] : start[u + 1]]
        if len(sequence) < LEAST_GAPS:
            continue
        first, _ = _pattern_entropy(sequence)
        best, shorter, code = first, first, sequence.copy()
        # 5^20 fits an integer; for far shorter patterns each is unique already, and the correction dominates.
        for length in range(2, min(20, len(sequence))):
            code = code[:-1] * GAP_BINS + sequence[length - 1 :]
            longer, once = _pattern_entropy(code)
            best = min(best, longer - shorter + once * first)
            shorter = longer
            if once == 1.0:
                break
        result[u] = best


@compiled
def _pattern_entropy(code: Int64) -> tuple[float, float]:
    """Entropy of the codes in bits, and the share of them that occur once."""
    ordered = np.sort(code)
    entropy, once, begin = 0.0, 0, 0
    for end in range(1, len(ordered) + 1):
        if end < len(ordered) and ordered[end] == ordered[begin]:
            continue
        share = (end - begin) / len(ordered)
        entropy -= share * np.log2(share)
        once += end - begin == 1
        begin = end
    return entropy, once / len(ordered)


EVEN_GAPS = Regularity("evenly_spaced_exchanges", even_gaps, "coefficient of variation of inter-arrival times")
PREDICTABLE_GAPS = Regularity(
    "predictable_gaps",
    predictable_gaps,
    "Gianvecchio and Wang, Detecting covert timing channels: an entropy-based approach (CCS 2007)",
)
ROUND_THE_CLOCK = Regularity("active_round_the_clock", round_the_clock, "24x7 activity rules of bot detection")
