"""How regular a group's volumes, days and hours are, beside what people with as many exchanges show.

A scheduler deals alike to all accounts, works every day and pauses with all of them at once; people and programs' users
do not. Every account counts once, whatever its volume, so that none speaks for the others.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from stillwatch.group.exchanges import Exchanges
from stillwatch.records.definitions import DAY, HOUR

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

LEAST_ACCOUNTS = 8  # accounts for a spread over accounts
LEAST_EXCHANGES = 8  # exchanges of an account for a rhythm; what the reference population has at least
LEAST_DAYS = 4  # days from an account's first exchange to its last
LIGHT = 0.25  # of the group's median volume, below which an account is a light user
BUSY = 6.0  # accounts that are ordinarily active in a time
HARDLY = 0.2  # of the ordinary number of active accounts: hardly any, of BUSY accounts 1, and 1 in 60 times by chance
LEAST_TIMES = 24  # such times
WIDTHS = tuple(hours * HOUR for hours in (1, 2, 4, 8, 24))  # µs
EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday
EDGE = DAY  # µs at either end of the log: who is there already began before it
"""Accounts seen within a day of the log's beginning or end are not known to begin or stop there."""


def spans(exchanges: Exchanges) -> tuple[Int64, Int64, Int64]:
    """Exchanges, first and last time (µs) of each account."""
    begins = np.flatnonzero(np.diff(exchanges.account_index, prepend=-1) != 0)
    ends = np.append(begins, len(exchanges))[1:]
    return ends - begins, exchanges.started_at[begins], exchanges.started_at[ends - 1]


def volume_spread(exchanges: Exchanges) -> float:
    """Spread of the natural log of exchanges an account: half the distance between its quartiles, over 0.674, which is
    the standard deviation of a normal law. Accounts with too few exchanges for a rhythm are left out."""
    volume, _, _ = spans(exchanges)
    volume = volume[volume >= LEAST_EXCHANGES]
    return _spread(np.log(volume)) if len(volume) >= LEAST_ACCOUNTS else math.nan


def span_spread(exchanges: Exchanges) -> float:
    """The same of the time from an account's first exchange to its last, an hour at least."""
    volume, first, last = spans(exchanges)
    length = np.maximum(last - first, HOUR)[volume >= LEAST_EXCHANGES]
    return _spread(np.log(length)) if len(length) >= LEAST_ACCOUNTS else math.nan


def _spread(value: Float) -> float:
    low, high = np.quantile(value, (0.25, 0.75))
    return float(high - low) / 2.0 / 0.674


def light_users(exchanges: Exchanges) -> float:
    """Share of accounts with less than LIGHT of the median account's exchanges; NaN where so few are not counted."""
    volume, _, _ = spans(exchanges)
    volume = volume[volume >= LEAST_EXCHANGES]
    if len(volume) < LEAST_ACCOUNTS or LIGHT * np.median(volume) <= LEAST_EXCHANGES:
        return math.nan
    return float((volume < LIGHT * np.median(volume)).mean())


def day_dispersions(exchanges: Exchanges) -> tuple[Int64, Float]:
    """Exchanges, and the dispersion of exchanges a day between first and last day, of each account that has both.

    Dispersion is (variance - mean) / mean², 0 for a steady rate: the inverse size of a negative binomial law.
    """
    volume, first, last = spans(exchanges)
    days = last // DAY - first // DAY + 1
    account = np.repeat(np.arange(len(volume)), volume)
    key = account * (1 << 20) + (exchanges.started_at // DAY - np.repeat(first // DAY, volume))
    cell, count = np.unique(key, return_counts=True)
    square = np.bincount(cell >> 20, weights=count.astype(np.float64) ** 2, minlength=len(volume))
    mean = volume / days
    # unbiased variance of the counts, silent days among them
    variance = (square - days * mean**2) / np.maximum(days - 1, 1)
    kept = (volume >= LEAST_EXCHANGES) & (days >= LEAST_DAYS)
    return volume[kept], ((variance - mean) / mean**2)[kept]


def steady_days(exchanges: Exchanges, people: Exchanges) -> tuple[float, float]:
    """Mean dispersion of exchanges a day over accounts, and the same of people with as many exchanges.

    Each account is compared with people of its own octave of volumes, or of the next below with enough people.
    """
    volume, own = day_dispersions(exchanges)
    theirs, dispersion = people.once(day_dispersions)
    octave = np.floor(np.log2(np.maximum(theirs, 1))).astype(np.int64)
    law = np.full(64, math.nan)
    for one in range(64):
        if (octave == one).sum() >= LEAST_ACCOUNTS:
            law[one] = _middle(dispersion[octave == one])
        elif one:
            law[one] = law[one - 1]
    expected = law[np.floor(np.log2(np.maximum(volume, 1))).astype(np.int64)]
    known = ~np.isnan(expected)
    if known.sum() < LEAST_ACCOUNTS:
        return math.nan, math.nan
    return _middle(own[known]), float(expected[known].mean())


def _middle(value: Float) -> float:
    """Mean without the lowest and highest tenth: a single account's burst is no sign of all."""
    low, high = np.quantile(value, (0.1, 0.9))
    return float(np.clip(value, low, high).mean())


def joint_silence(exchanges: Exchanges, people: Exchanges) -> float:
    """Share of the times in which accounts of the group ordinarily ask that hardly any did, beyond chance.

    A time is the shortest of WIDTHS in which BUSY accounts are ordinarily active often enough. Ordinarily is the mean
    of the same time of day, on workdays or at weekends, while the group is active; times in which people were half as
    few as well (an outage) do not count. An account counts once a time, so that none breaks the others' silence.
    """
    if len(exchanges) == 0 or len(people) == 0:
        return math.nan
    first, last = (int(one) for one in np.quantile(exchanges.started_at, (0.02, 0.98)))
    for width in WIDTHS:
        times = last // width - first // width
        active, usual = (_active(one, first // width, times, width) for one in (exchanges, people))
        ordinary = _ordinary(active, first, width)
        used = (ordinary >= BUSY) & (usual >= 0.5 * _ordinary(usual, first, width))
        if used.sum() >= LEAST_TIMES:
            most = np.floor(HARDLY * ordinary[used])
            return float((active[used] <= most).mean() - pdtr(most, ordinary[used]).mean())
    return math.nan


def _active(exchanges: Exchanges, first: int, times: int, width: int) -> Float:
    """How many accounts ask in each time (times,)."""
    place = exchanges.started_at // width - first
    inside = (place >= 0) & (place < times)
    account, place = exchanges.account_index[inside].astype(np.int64), place[inside]
    # in order of account and time, so that an account's exchanges of one time follow one another
    new = (np.diff(account, prepend=-1) != 0) | (np.diff(place, prepend=-1) != 0)
    return np.bincount(place[new], minlength=max(times, 0)).astype(np.float64)


def _ordinary(count: Float, first: int, width: int) -> Float:
    """The mean of the same time of the day on workdays or at weekends, for each time (times,)."""
    if len(count) == 0:
        return count
    begin = (first // width + np.arange(len(count))) * width
    weekend = (begin // DAY + EPOCH_WEEKDAY) % 7 >= 5
    cell = (begin % DAY) // width + weekend * (DAY // width)
    return np.asarray((np.bincount(cell, weights=count) / np.maximum(np.bincount(cell), 1))[cell])


def joint_starts(exchanges: Exchanges, log: tuple[int, int]) -> float:
    """Natural log of how much likelier two accounts begin on one day than if beginnings were even over the `log` (µs).

    Accounts that are there within a day of the log's beginning are left out.
    """
    _, first, _ = spans(exchanges)
    return _together(first[first > log[0] + EDGE], log)


def joint_stops(exchanges: Exchanges, log: tuple[int, int]) -> float:
    """The same of two accounts' last exchanges; those within a day of the log's end are left out."""
    _, _, last = spans(exchanges)
    return _together(last[last < log[1] - EDGE], log)


def _together(at: Int64, log: tuple[int, int]) -> float:
    days = (log[1] - log[0]) // DAY - 1
    if len(at) < LEAST_ACCOUNTS or days < LEAST_DAYS:
        return math.nan
    count = np.unique(at // DAY, return_counts=True)[1].astype(np.float64)
    pairs = float((count * (count - 1.0)).sum()) / (len(at) * (len(at) - 1.0))
    # one pair more, spread as chance would, so that no pair at all has a logarithm
    return math.log((pairs * len(at) + 1.0 / days) / (len(at) + 1.0) * days)
