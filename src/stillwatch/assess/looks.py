"""Searches that follow each other closely: what they said of each account, so that looking often accuses nobody.

Searches of a watch look at mostly the same data, and the groups they find differ from one to the next. The most
extreme of many looks says less than one look. So what counts is the average of an account's odds over the searches of
the last day, each weighted by the event time since the one before. Odds beyond the prior's are e-values, and an average
of e-values with weights fixed beforehand is one, however the looks depend on each other (Vovk & Wang 2021). Since odds
are never negative, the sum only grows within a day: over all looks of a day the chance that it ever passes a bar is at
most what one look a day has, and twice that for days that begin at any hour (Markov's inequality).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.assess.thresholds import LOOKS_DAYS, WHOLLY_ACCUSED
from stillwatch.engine import Engine
from stillwatch.records.known_networks import PREVIOUS_LOOKS
from stillwatch.records.outputs import LOOKS
from stillwatch.runs.lineage import newest_exchange, stored

Float = NDArray[np.float64]
SPAN = timedelta(days=LOOKS_DAYS)


@dataclass(frozen=True, slots=True)
class Look:
    """One search: the event time (UTC) that the search before had read until, that it read until, and the odds of each
    member of a campaign by itself."""

    since: datetime
    until: datetime
    odds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Looks:
    """The searches of the last day before this one, which ends at `until` (UTC; None for a run without exchanges)."""

    until: datetime | None
    earlier: tuple[Look, ...] = ()

    @classmethod
    def of(cls, engine: Engine) -> Looks:
        """Those of the run that this one continues; one that had read just as far is taken back by this one."""
        until = newest_exchange(engine)
        if until is None:
            return cls(None)
        rows = stored(engine, PREVIOUS_LOOKS).to_pylist()
        looks = (Look(row["since"], row["until"], dict(row["odds"])) for row in rows)
        return cls(until, tuple(one for one in looks if until - SPAN < one.until < until))

    @property
    def since(self) -> datetime:
        """From when on what was logged is new to this search: at most a day before its end."""
        assert self.until is not None  # there are no accounts to judge without exchanges
        return max((one.until for one in self.earlier), default=self.until - SPAN)

    def average(self, accounts: Sequence[str], campaigns: NDArray[np.object_], odds: Float) -> Float:
        """The average odds of each member (members,) over the searches of the last day.

        `accounts`, `campaigns` and `odds` are those of this search's members. Where an earlier search had nearly all
        accounts of the campaign, who has come since takes what the middle one of them had then: the campaign is the
        same, and the account's own ties are this search's. Where many have come at once, two groups may have met.
        """
        if self.until is None:
            return odds
        total = odds * self._weight(self.since, self.until)
        names, campaign = np.unique(campaigns, return_inverse=True)
        members = np.bincount(campaign, minlength=len(names))
        for one in self.earlier:
            said = np.array([one.odds.get(account, 0.0) for account in accounts], float)
            there = said > 0.0
            known = np.bincount(campaign[there], minlength=len(names))
            for place in np.flatnonzero((known >= WHOLLY_ACCUSED * members) & (known < members)):
                mine = campaign == place
                fresh = mine & ~there
                said[fresh] = np.minimum(odds[fresh], np.median(said[mine & there]))
            total = total + said * self._weight(one.since, one.until)
        return np.asarray(total, float)

    def _weight(self, since: datetime, until: datetime) -> float:
        assert self.until is not None
        return (until - max(since, self.until - SPAN)) / SPAN

    def with_this(self, odds: Mapping[str, float]) -> pa.Table:
        """The searches of the last day with this one, as rows of LOOKS."""
        if self.until is None:
            return LOOKS.schema.empty_table()
        this = Look(self.since, self.until, odds)
        return pa.Table.from_pylist(list(_rows((*self.earlier, this))), schema=LOOKS.schema)


def _rows(looks: Sequence[Look]) -> Iterator[dict[str, object]]:
    for one in sorted(looks, key=lambda look: look.until):
        yield {"since": one.since, "until": one.until, "odds": sorted(one.odds.items())}
