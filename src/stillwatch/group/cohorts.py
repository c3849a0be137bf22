"""Cohorts: were a group's accounts created together, or first used together long after they were made?

Both are read beside the log's own sign-ups and first uses, so that a launch that brings many customers in one week
makes nobody a cohort. Neither says anything of guilt: a class, a firm's staff and a fleet are created together as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import psi

from stillwatch.engine import Engine, Query
from stillwatch.records import claims
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.definitions import DAY

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEIGHBOURS = 3  # the neighbour in time whose distance counts: a couple, or one person's two accounts, is no cohort
LEAST_ACCOUNTS = 8  # accounts of a group, with fewer of which chance alone often shows a bit or more
MOST_BITS = (
    10.0  # bits one account may show, so that none decides for a group: closer than a thousandth is all the same
)
AGED = 7 * DAY  # µs between sign-up and first use, from which an account was not made for what it is first used for
UNKNOWN = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Registrations:
    """When each account of the log signed up (µs, UNKNOWN if it is not stated) and was first used (µs): (accounts,).

    The place in the arrays is the account index.
    """

    created_at: Int64
    first_at: Int64

    @cached_property
    def known(self) -> Flags:
        """Marks the accounts that state when they signed up."""
        return np.asarray(self.created_at != UNKNOWN)

    @cached_property
    def aged(self) -> Flags:
        """Marks the accounts that were first used AGED or more after sign-up."""
        idle = self.first_at - np.where(self.known, self.created_at, self.first_at)
        return np.asarray(idle >= AGED)

    @cached_property
    def sign_ups(self) -> Int64:
        """The known sign-ups of all accounts, ascending: sorted once for all groups."""
        return np.sort(self.created_at[self.known])

    @cached_property
    def aged_first_uses(self) -> Int64:
        """The first uses of all aged accounts, ascending."""
        return np.sort(self.first_at[self.aged])


def registrations_sql() -> Query:
    """Returns the query of every account's first exchange and sign-up, by account index."""
    return Query(
        "registrations",
        """
SELECT sketches.first_seen, accounts.created_at
FROM account_sketches AS sketches
LEFT JOIN accounts USING (account_id)
ORDER BY sketches.account_index
""",
    )


def load_registrations(engine: Engine) -> Registrations:
    """Returns the sign-ups and first uses of all accounts with exchanges."""
    rows = engine.fetch(registrations_sql())
    created = rows["created_at"].to_numpy(zero_copy_only=False).astype("datetime64[us]")
    first = rows["first_seen"].to_numpy().astype("datetime64[us]").astype(np.int64)
    return Registrations(np.where(np.isnat(created), UNKNOWN, created.astype(np.int64)), first)


def cohort_divergence(times: Int64, everyone: Int64) -> float:
    """Divergence of the times of a group from those of the log's other accounts, in bits an account: 0 by chance.

    `times` (accounts,) are among `everyone` (all accounts,), which ascends. This is the nearest-neighbour estimate of
    the Kullback-Leibler divergence (Kozachenko & Leonenko 1987; Wang, Kulkarni & Verdú 2009), with distance counted in
    accounts of others that lie between: only the order of times matters, and times that are alike for all (dates
    without an hour, a launch) are near to nobody. Where others are few the estimate is too low. NaN with too few times.
    """
    own, count = np.sort(times), len(times)
    others = len(everyone) - count
    if count <= NEIGHBOURS or others < 1:
        return math.nan
    # of others, those before each time, and those before or at it
    before = np.searchsorted(everyone, own) - np.searchsorted(own, own)
    until = np.searchsorted(everyone, own, side="right") - np.searchsorted(own, own, side="right")
    nearest = np.full(count, others, np.int64)
    for earlier in range(NEIGHBOURS + 1):  # of the nearest neighbours, as many may be before an account
        place = np.arange(earlier, count - NEIGHBOURS + earlier)
        first, last = place - earlier, place - earlier + NEIGHBOURS
        within = np.maximum(until[place] - before[first], until[last] - before[place])
        nearest[place] = np.minimum(nearest[place], within)
    # of a share p of the log on either side, 2p is passed; psi gives the mean of its logarithm by chance
    by_chance = float(psi(NEIGHBOURS) - psi(count)) / math.log(2)
    return float(np.minimum(by_chance - np.log2(2.0 * (nearest + 1.0) / (others + 1.0)), MOST_BITS).mean())


def born_together_test(members: Int32, log: Registrations) -> GroupTest:
    """Were the accounts created closer together than the log's sign-ups are?

    The test carries no bits: groups with an owner whom they name are created together more often than campaigns are.
    """
    own = log.created_at[members[log.known[members]]]
    return _divergence(claims.BORN_TOGETHER.name, own, log.sign_ups, _most_known(members, log))


def begins_together_test(members: Int32, log: Registrations) -> GroupTest:
    """Are accounts that had lain idle first used closer together than others of that age are, as a bought stock is?

    An account made before the log begins counts from its first exchange in it; others' do as well, so that the log's
    first days, in which most accounts are first seen, make no cohort. The test carries no bits, for the same reason.
    """
    own = log.first_at[members[log.aged[members]]]
    return _divergence(claims.BEGINS_TOGETHER.name, own, log.aged_first_uses, _most_known(members, log))


def _most_known(members: Int32, log: Registrations) -> bool:
    """Do most members state when they signed up? Where few do, those few do not speak for all."""
    return 2 * int(log.known[members].sum()) >= len(members)


def _divergence(claim: str, own: Int64, everyone: Int64, most_known: bool) -> GroupTest:
    """The divergence of a group's `own` times from `everyone`'s, which ascend."""
    if len(everyone) == 0 or everyone[0] == everyone[-1]:
        return GroupTest.without(claim, Absence.NO_SIGN_UPS)
    if len(own) < LEAST_ACCOUNTS or not most_known:
        return GroupTest.without(claim, Absence.FEW_SIGN_UPS)
    if len(everyone) < 2 * len(own):
        return GroupTest.without(claim, Absence.FEW_PEOPLE)
    return GroupTest(claim, round(cohort_divergence(own, everyone), 6), None, 0.0)
