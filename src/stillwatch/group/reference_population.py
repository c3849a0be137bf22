"""What each statistic is for people: matched groups of people drawn from the same logs.

A statistic is read on a scale from 0 (one queue feeds all accounts) to 1 (as people in these logs). Both ends are
blurred: groups of real people differ more from each other than random ones do, and one effort may have several
queues. The likelihood ratio of the two ends is the test's bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import RLock
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges, spans
from stillwatch.records.candidates import REFERENCE_NAMES

Int32 = NDArray[np.int32]
Statistic = Callable[[Exchanges], float]
Beside = Callable[[Exchanges, Exchanges], float]
Known = TypeVar("Known")

LARGE = 2000  # accounts of the large random group
SMALL = 400  # accounts of the small one: some ten thousand exchanges
GROUPS = 24  # matched groups: enough for a median; the scale's own blur is wider than its error
LEAST_ACCOUNTS = 20  # accounts outside networks, below which no matched group is drawn
QUEUE_SPREAD = 0.22  # blur of the 0 end (standard deviation, on the scale)
PEOPLE_SPREAD = 0.30  # blur of the 1 end: families, classes and teams are more alike than random people
CAP = 12.0  # bits one test may carry
SEED = 20260610


@dataclass(frozen=True)
class ReferencePopulation:
    """The exchanges of people outside networks, with where each account's begin.

    What is measured on them is remembered: many networks of one size are compared with the same groups.
    """

    exchanges: Exchanges
    accounts: Int32
    start: NDArray[np.int64]
    places: NDArray[np.uint64]
    _medians: dict[tuple[Statistic, int], float] = field(default_factory=dict, repr=False, compare=False)
    _beside: dict[tuple[Beside, int], float] = field(default_factory=dict, repr=False, compare=False)
    _groups: dict[int, list[Exchanges]] = field(default_factory=dict, repr=False, compare=False)

    # networks are tested beside one another: what is measured once is measured by one of them
    _lock: RLock = field(default_factory=RLock, repr=False, compare=False)

    def names(self) -> pa.Table:
        """How the exchanges with text were named: rows of REFERENCE_NAMES."""
        subject, form = self.exchanges.subject, self.exchanges.form
        named = (subject >= 0) & (form >= 0)
        both = (subject[named].astype(np.int32) << 16) | form[named]
        pairs, exchanges = np.unique(both, return_counts=True)
        codes = ((pairs >> 16).astype(np.int16), (pairs & 0xFFFF).astype(np.int16))
        accounts = np.full(len(pairs), len(self.accounts), np.int64)
        return pa.Table.from_arrays([*codes, accounts, exchanges], schema=REFERENCE_NAMES.schema)

    def group(self, size: int, turn: int) -> Exchanges:
        """The `turn`-th random group of at most `size` people.

        Each turn shuffles the accounts' places. One account more or less changes a group by one account at most, so
        that what people are stays the same from one epoch of a watch to the next.
        """
        chosen = np.sort(np.argsort(shuffled(self.places, turn), kind="stable")[:size])
        return self.exchanges.take(spans(self.start[chosen], self.start[chosen + 1]))

    def groups(self, size: int) -> list[Exchanges]:
        """The first GROUPS random groups of `size` people.

        Those of the sizes asked for last stay in memory, of LARGE people together: networks that are tested beside one
        another ask in turn.
        """
        found = self._groups.pop(size, None)
        if found is None:
            while self._groups and sum(self._groups) + size > LARGE:
                del self._groups[next(iter(self._groups))]
            found = [self.group(size, turn) for turn in range(GROUPS)]
        self._groups[size] = found
        return found

    @cached_property
    def large(self) -> Exchanges:
        """A random group large enough for shares of rare things."""
        return self.group(LARGE, 0)

    @cached_property
    def small(self) -> Exchanges:
        """A random group large enough for shares of one in a thousand, small enough to look at for every network."""
        return self.group(SMALL, 1)

    def of_large(self, statistic: Callable[[Exchanges], Known]) -> Known:
        """The statistic of the large group."""
        with self._lock:
            return self.large.once(statistic)

    def beside(self, size: int, statistic: Beside, others: Exchanges) -> float:
        """The statistic of one group of `size` people beside `others`, which are always the same for a statistic."""
        with self._lock:
            if (statistic, size) not in self._beside:
                self._beside[statistic, size] = statistic(self.groups(size)[1], others)
            return self._beside[statistic, size]

    def median(self, size: int, statistic: Statistic) -> float:
        """The statistic's median over matched groups of people; NaN when it cannot be computed on most."""
        with self._lock:
            if (statistic, size) not in self._medians:
                self._medians[statistic, size] = self._median(size, statistic)
            return self._medians[statistic, size]

    def _median(self, size: int, statistic: Statistic) -> float:
        enough = len(self.accounts) >= LEAST_ACCOUNTS
        values = [statistic(group) for group in self.groups(size)] if enough else []
        known = [value for value in values if not math.isnan(value)]
        return float(np.median(known)) if len(known) > GROUPS // 2 else math.nan


def reference_population(exchanges: Exchanges, places: NDArray[np.uint64] | None = None) -> ReferencePopulation:
    """The reference population, from exchanges of accounts outside networks, sorted by account.

    `places` (accounts,) are evenly spread numbers that each account keeps; without them its index stands for it.
    """
    present, begin = np.unique(exchanges.account_index, return_index=True)
    places = present.astype(np.uint64) if places is None else places
    # no test asks for exchange ids of the reference population, and they are what is copied slowest
    exchanges = replace(exchanges, exchange_id=pa.chunked_array([pa.nulls(len(exchanges))]))
    start = np.append(begin, len(exchanges)).astype(np.int64)
    return ReferencePopulation(exchanges, present.astype(np.int32), start, places)


def shuffled(places: NDArray[np.uint64], turn: int) -> NDArray[np.uint64]:
    """Evenly spread numbers in place of these, others for each turn: the finaliser of SplitMix64 (Steele, Lea and
    Flood, 2014)."""
    with np.errstate(over="ignore"):
        mixed = places + np.uint64(SEED) + np.uint64(turn + 1) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def scale_bits(value: float, cap: float = CAP) -> float:
    """Bits for one queue (0) against people (1) at this place on the scale, within ±`cap`; 0 for NaN."""
    if math.isnan(value):
        return 0.0
    place = min(max(value, -0.5), 1.5)
    queue = -0.5 * (max(place, 0.0) / QUEUE_SPREAD) ** 2 - math.log(QUEUE_SPREAD)
    person = -0.5 * ((min(place, 1.0) - 1.0) / PEOPLE_SPREAD) ** 2 - math.log(PEOPLE_SPREAD)
    return float(np.clip((queue - person) / math.log(2), -cap, cap))
