"""Handovers: a request that one account makes and another repeats, word for word within minutes or reworded within the
hour (`rewordings.py`).

A scheduler that feeds many accounts hands requests over all day: when one account is refused or drops out, the next one
asks the same. Strangers do not: two who send the same rare text hardly ever do so within ten minutes. A handover is an
act of the account that repeats and of nobody else: anyone can be copied, so that who is copied has done nothing.
It needs no other evidence to agree; a chain of handovers runs through a whole relay. Of two that send a text at one
time, as where times are rounded, either may have been the first, and neither is said to have acted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from stillwatch.engine import Engine, Query
from stillwatch.link.graph import Groups
from stillwatch.link.handover_groups import LEAST, Float, Int64, binary_entropy, parted
from stillwatch.link.holdings import Uses
from stillwatch.link.rewordings import Rewordings
from stillwatch.records.definitions import (
    DAY,
    HANDOVER_SENDERS,
    HANDOVER_WITHIN,
)

Int32 = NDArray[np.int32]

APART = DAY  # µs; two rare requests further apart than this have nothing to do with each other
CROWDING = 4.0  # chance coincidences over those of evenly spread times: people ask at the same hours of the day
MOST_USES = 512  # of an account, that are compared with another's: some two milliseconds for a thousand pairs
EXCESS = 3.0  # times as many handovers in a group as coincidence makes among its accounts, below which it is none
COPYING = 12  # bits by which an account repeats more others than repeat it, from which no scheduler feeds it


@dataclass(frozen=True, slots=True)
class Handovers:
    """Accounts that take requests over: parallel arrays (accounts in groups,), by ascending account index.

    `group` counts from 0; `first_at` (µs) is the time at which an account first took over. `count` (accounts,) is from
    how many others each account took requests over, whether it is in a group or not.
    """

    account: Int32
    group: Int32
    first_at: Int64
    count: Int32


@dataclass(frozen=True, slots=True)
class Coincidences:
    """Pairs of accounts `apart` (2, pairs) that sent a text, or reworded it, and how many handovers by coincidence each
    stands for: `chance` (pairs,)."""

    apart: Int64
    chance: Float


def find_handovers(engine: Engine, sent: Uses, reworded: Rewordings, accounts: int) -> Handovers:
    """The groups of accounts joined by handovers among the uses of texts `sent` and by rewordings; none where the log
    has no text."""
    order = np.argsort(sent.value)
    account, value, at = sent.account_index[order], sent.value[order], sent.at[order]
    span = _span_us(engine)
    left, right, _, gap = _repeated(account, value, at, 2 * HANDOVER_SENDERS)
    near = (gap > 0) & (gap <= HANDOVER_WITHIN)
    copying = copiers(_with(left[near], reworded.left), _with(right[near], reworded.right), accounts)
    if copying.any():
        # what they repeat would count as sent by many, and hide who took it over
        kept = ~copying[account]
        account, value, at = account[kept], value[kept], at[kept]
    left, right, seen, gap = _repeated(account, value, at, HANDOVER_SENDERS)
    each = chance_each(span)
    near, far = (gap > 0) & (gap <= HANDOVER_WITHIN), gap > APART
    one_day = (gap > 0) & ~far
    apart = np.stack(
        [np.concatenate([a[far], a[one_day], b]) for a, b in ((left, reworded.apart[0]), (right, reworded.apart[1]))]
    )
    chance = np.concatenate(
        [
            np.full(int(far.sum()), each if np.isfinite(each) else 0.0),
            closeness(left[one_day], right[one_day], gap[one_day], Uses(account, value, at)),
            np.ones(reworded.apart.shape[1]),
        ]
    )
    free = ~(copying[reworded.left] | copying[reworded.right])
    taken = [_with(a[near], b[free]) for a, b in ((left, reworded.left), (right, reworded.right), (seen, reworded.at))]
    share = chance_share(int(far.sum()), span, accounts) + 2.0 * reworded.apart.shape[1] / max(accounts, 1)
    coincidences = Coincidences(apart, chance)
    return joined(taken[0], taken[1], taken[2], min(1.0, share), accounts, coincidences)


def closeness(left: Int64, right: Int64, gap: Int64, uses: Uses) -> Float:
    """The probability (pairs,) that two accounts that send a text within a day send it within ten minutes by chance.

    It is the share of their other requests within a day of each other that lie so close: programs that run at the same
    minutes of the day are close whatever they send. `gap` (pairs,) is in µs, `uses` are of all texts. Of an account
    with more uses than MOST_USES, so many evenly spaced ones are compared.
    """
    accounts = np.unique(np.concatenate([left, right]))
    mine = np.isin(uses.account_index, accounts)
    account, at = np.searchsorted(accounts, uses.account_index[mine]), uses.at[mine]
    order = np.lexsort((at, account))
    start = np.searchsorted(account[order], np.arange(len(accounts) + 1))
    code = np.searchsorted(accounts, left) * np.int64(len(accounts)) + np.searchsorted(accounts, right)
    pairs, of = np.unique(code, return_inverse=True)
    close, day = _close_uses(pairs // max(len(accounts), 1), pairs % max(len(accounts), 1), start, at[order])
    # what they ask alike is what is asked about
    own = np.bincount(of, minlength=len(pairs))
    own_close = np.bincount(of, weights=gap <= HANDOVER_WITHIN, minlength=len(pairs))
    close, day = np.maximum(close - own_close, 0.0), np.maximum(day - own, 0.0)
    return np.asarray(np.minimum(1.0, (close + HANDOVER_WITHIN / APART) / (day + 1.0))[of])


@njit(cache=True, nogil=True)
def _close_uses(left: Int64, right: Int64, start: Int64, at: Int64) -> tuple[Float, Float]:
    """How many uses of each two accounts (pairs,) lie within ten minutes of each other, and how many within a day;
    `at` (uses,) ascends for each account, whose uses begin at `start`."""
    close, day = np.zeros(len(left)), np.zeros(len(left))
    for pair in range(len(left)):
        one = _spaced(at[start[left[pair]] : start[left[pair] + 1]])
        other = _spaced(at[start[right[pair]] : start[right[pair] + 1]])
        close[pair] = _within(one, other, HANDOVER_WITHIN)
        day[pair] = _within(one, other, APART)
    return close, day


@njit(cache=True, nogil=True)
def _spaced(at: Int64) -> Int64:
    every = max(1, -(-len(at) // MOST_USES))
    return at[::every]


@njit(cache=True, nogil=True)
def _within(one: Int64, other: Int64, apart: int) -> float:
    """How many pairs of one and the other time, both ascending, lie at most so far apart."""
    found, low, high = 0.0, 0, 0
    for at in one:
        while low < len(other) and other[low] < at - apart:
            low += 1
        while high < len(other) and other[high] <= at + apart:
            high += 1
        found += high - low
    return found


def _with(values: Int64, others: Int64) -> Int64:
    return np.concatenate([values, others]).astype(np.int64)


def copiers(left: Int64, right: Int64, accounts: int) -> NDArray[np.bool_]:
    """Marks accounts (accounts,) that repeat others all the time and that nobody repeats: observers, not members.

    `left` and `right` (handovers,) are who asked first and who repeated it. In a queue either is as likely, so that r
    others repeated and g that repeat cost (r + g) (1 - H(g / (r + g))) bits.
    """
    first, then = _pairs(left, right, accounts)
    takes, gives = (np.bincount(side, minlength=accounts).astype(np.float64) for side in (then, first))
    both = np.maximum(takes + gives, 1.0)
    return np.asarray((takes > gives) & (both * (1.0 - binary_entropy(gives / both)) >= COPYING))


def _pairs(left: Int64, right: Int64, accounts: int) -> tuple[Int64, Int64]:
    """Every ordered pair of accounts once, however often one takes over from the other."""
    code = np.unique(left * np.int64(max(accounts, 1)) + right)
    return code // max(accounts, 1), code % max(accounts, 1)


@njit(cache=True, nogil=True)
def _repeated(account_index: Int32, value: Int64, at: Int64, most: int) -> tuple[Int64, Int64, Int64, Int64]:
    """Texts of at least two and at `most` so many accounts: who sent it first, who sent it first only after that, when
    the second came closest after the first (µs), and how close (µs).

    `account_index`, `value` and `at` are (uses,), in order of `value`; each text gives every pair of its accounts once.
    """
    pairs = np.empty((4, len(value) * (most - 1) // 2), np.int64)  # k accounts make k (k - 1) / 2 pairs
    found, begin = 0, 0
    for end in range(1, len(value) + 1):
        if end < len(value) and value[end] == value[begin]:
            continue
        if 1 < _holders(account_index[begin:end], most) <= most:
            _by_time(account_index[begin:end], at[begin:end])
            found += _taken_over(account_index[begin:end], at[begin:end], most, pairs[:, found:])
        begin = end
    return pairs[0, :found].copy(), pairs[1, :found].copy(), pairs[2, :found].copy(), pairs[3, :found].copy()


@njit(cache=True, nogil=True)
def _taken_over(account_index: Int32, at: Int64, most: int, pairs: Int64) -> int:
    """Writes one text's pairs as `_repeated` gives them, and returns how many; its uses are in order of time."""
    met, last = np.empty(most, np.int32), np.empty(most, np.int64)
    closest, when = np.full((most, most), -1, np.int64), np.zeros((most, most), np.int64)
    known = 0
    for i in range(len(account_index)):
        own = 0
        while own < known and met[own] != account_index[i]:
            own += 1
        if own == known:
            met[own] = account_index[i]
            known += 1
        # whoever had sent it before this account ever did; it returns to nobody's text but its own otherwise
        for other in range(own):
            if closest[other, own] < 0 or at[i] - last[other] < closest[other, own]:
                closest[other, own], when[other, own] = at[i] - last[other], at[i]
        last[own] = at[i]
    found = 0
    for own in range(known):
        for other in range(own):
            pairs[0, found], pairs[1, found] = met[other], met[own]
            pairs[2, found], pairs[3, found] = when[other, own], closest[other, own]
            found += 1
    return found


@njit(cache=True, nogil=True)
def _holders(account_index: Int32, most: int) -> int:
    """How many accounts there are, counted up to one more than `most`."""
    met = np.empty(most + 1, np.int32)
    found = 0
    for account in account_index:
        known = False
        for k in range(found):
            known = known or met[k] == account
        if not known:
            met[found] = account
            found += 1
            if found > most:
                break
    return found


@njit(cache=True, nogil=True)
def _by_time(account_index: Int32, at: Int64) -> None:
    """Brings the uses of one text into order of time, and of account where two are at one time."""
    order = np.argsort(account_index, kind="mergesort")
    account_index[:], at[:] = account_index[order], at[order]
    order = np.argsort(at, kind="mergesort")
    account_index[:], at[:] = account_index[order], at[order]


def _span_us(engine: Engine) -> float:
    sql = "SELECT epoch_us(max(last_seen)) - epoch_us(min(first_seen)) AS span FROM account_sketches"
    return float(engine.fetch(Query("span of the log", sql))["span"][0].as_py() or 0)


def chance_each(span: float) -> float:
    """Handovers that coincidence makes for each pair more than a day apart in a log of `span` µs; without end where the
    log is too short to tell.

    Two independent times of a log of length T lie within w of each other with probability 2w/T and more than a day
    apart with (1 - day/T)²; the ratio turns the pairs that are far apart into the coincidences to expect.
    """
    if span <= 2 * APART:
        return float("inf")
    return CROWDING * (2.0 * HANDOVER_WITHIN / span) / (1.0 - APART / span) ** 2


def chance_share(far: int, span: float, accounts: int) -> float:
    """Share of accounts that coincidence would join: from `far` pairs more than a day apart in a log of `span` µs."""
    return min(1.0, 2.0 * chance_each(span) * (far + 1.0) / max(accounts, 1))


def joined(
    left: Int64, right: Int64, at: Int64, chance: float, accounts: int, coincidences: Coincidences | None = None
) -> Handovers:
    """The connected components of handovers, parted where they do not show one queue (`handover_groups.parted`).

    `left` and `right` (handovers,) are the indices of the account that asked first and of the one that took over, `at`
    the time (µs); `chance` is the share of accounts that coincidence would join. A group holds those accounts that took
    over from another of it; groups with fewer than LEAST are left out.
    """
    names, code = np.unique(np.concatenate([left, right]), return_inverse=True)
    size = len(names)
    given, taken = code[: len(left)], code[len(left) :]
    expected = None if coincidences is None else _expected(coincidences, names)
    label = parted(*_pairs(given, taken, size), size, chance / max(accounts, 1), expected)
    inside = label[given] == label[taken]
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, taken[inside], at[inside])
    acting = np.zeros(size, bool)
    acting[taken[inside]] = True
    if expected is not None:
        acting &= _beyond_chance(label, label[given[inside]], expected)[label]
    kept = acting & (np.bincount(label[acting], minlength=int(label.max(initial=0)) + 1)[label] >= LEAST)
    _, first_of, group = np.unique(label[kept], return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first_of))  # groups are numbered by their first account
    count = np.zeros(accounts, np.int32)
    count[names] = np.bincount(_pairs(given, taken, size)[1], minlength=size)
    return Handovers(names[kept].astype(np.int32), order[group].astype(np.int32), first[kept], count)


def _beyond_chance(label: Int64, handed: Int64, expected: csr_array) -> NDArray[np.bool_]:
    """Which groups (groups,) have more handovers than coincidence explains: all who ask from one public data set meet.

    `handed` (handovers,) are the groups of the handovers, `expected` as of `handover_groups.parted`.
    """
    pairs = expected.tocoo()
    own = label[pairs.row] == label[pairs.col]
    groups = int(label.max(initial=0)) + 1
    by_chance = np.bincount(label[pairs.row[own]], weights=pairs.data[own], minlength=groups)
    return np.asarray(np.bincount(handed, minlength=groups) > EXCESS * by_chance)


def _expected(coincidences: Coincidences, names: Int64) -> csr_array:
    """Handovers that coincidence would make between each two of the accounts `names` (ascending): (names, names)."""
    known = np.isin(coincidences.apart, names).all(axis=0)
    row, column = np.searchsorted(names, coincidences.apart[:, known])
    size = (len(names), len(names))
    return csr_array(coo_array((coincidences.chance[known], (row, column)), shape=size))


def as_groups(found: Handovers) -> Groups:
    """The groups as values of the account-value graph: any account could have taken a request over."""
    return Groups(found.account, found.group.astype(np.int64), found.first_at, np.ones(len(found.count), bool))
