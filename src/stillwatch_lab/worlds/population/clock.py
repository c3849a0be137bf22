"""The times at which people are active: a fitted daily shape, weekends, national holidays, and uneven days."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import Accounts, Clock, Span
from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import geography

WEEKEND_FACTORS = (0.15, 0.5, 0.9, 1.4)
"""Activity on a weekend day divided by that on a weekday, by class of person."""

_HERE = Path(__file__).parent
_LEAST = 1e-6  # weight of a day without activity; above 0, so that no account's window is empty


@lru_cache(maxsize=1)
def fits() -> dict[str, dict[str, list[float] | float]]:
    """The numbers fitted to public traces by `training/fit_rhythms.py`."""
    return tomllib.loads((_HERE / "rhythms.toml").read_text(encoding="utf-8"))


def fitted_list(table: str, name: str) -> Reals:
    """One list of the fitted numbers."""
    return np.array(fits()[table][name], dtype=np.float64)


def fitted(table: str, name: str) -> float:
    """One of the fitted numbers."""
    return float(np.asarray(fits()[table][name]))


def by_quantiles(keys: Keys, name: str, quantiles: Reals) -> Reals:
    """Draws from a distribution that is given by evenly spaced quantiles, with linear interpolation between them."""
    middle = (np.arange(len(quantiles)) + 0.5) / len(quantiles)
    return np.interp(draws.uniform(keys, name), middle, quantiles)


def draw_clock(span: Span, parameters: Parameters) -> Clock:
    """Draws the world's own variation of the fitted day, and how far activity falls on holidays."""
    shape = fitted_list("hours", "weights")
    keys = keys_under(parameters.key, "hour", len(shape))
    shape = shape * draws.lognormal(keys, "of the day", 1.0, parameters.real("hour_noise", 0.05, 0.3))
    # Neighbouring hours are alike: a third of each hour's weight is its neighbours' mean.
    shape = shape * 2 / 3 + (np.roll(shape, 1) + np.roll(shape, -1)) / 6
    hours = np.concatenate([[0.0], np.cumsum(shape)]) / shape.sum()
    first = span.begins - timedelta(days=1)
    days = [first + timedelta(days=number) for number in range(int(span.days) + 4)]
    rest = parameters.real("holiday_activity", 0.2, 0.9)
    known = tomllib.loads((_HERE / "holidays.toml").read_text(encoding="utf-8"))
    quiet = np.array(
        [[rest if f"{day:%m-%d}" in known[code] else 1.0 for day in days] for code, *_ in geography.COUNTRIES]
    )
    return Clock(hours, quiet, np.array([day.weekday() for day in days], dtype=np.int64))


def is_holiday(clock: Clock, country: int, day: Reals) -> NDArray[np.bool_]:
    """True for those of the days (counted from the world's first) that are a holiday in the country."""
    return np.asarray(clock.quiet[country][np.floor(day).astype(np.int64) + 1] < 1.0)


def person_starts(accounts: Accounts, clock: Clock, account: Wholes, keys: Keys) -> Reals:
    """The day counts (UTC) at which sessions of the accounts `account` begin, one per key."""
    passed = _passed(accounts, clock)
    start, end = (edge[account] + accounts.zone[account] / 24 + 1 for edge in (accounts.start, accounts.end))
    low, high = (_until(passed, account, edge) for edge in (start, end))
    share = draws.uniform(keys, "session day") ** accounts.keenness[account]
    wish = low + share * (high - low)
    width = passed.shape[1]
    # Each account's row is shifted into an interval of its own, so that one binary search covers all accounts.
    flat = (passed / passed[:, -1:] + 2 * np.arange(len(passed))[:, None]).reshape(-1)
    found = np.searchsorted(flat, wish / passed[account, -1] + 2 * account, side="right") - 1 - account * width
    hour = np.interp(draws.uniform(keys, "session hour"), clock.hours, np.arange(25.0)) + accounts.late[account]
    local = np.clip(found, 0, width - 2) + (hour % 24) / 24
    started: Reals = np.maximum(local, start) - 1 - accounts.zone[account] / 24
    return started


def _passed(accounts: Accounts, clock: Clock) -> NDArray[np.float64]:
    """The cumulative activity of each account at each local midnight: (accounts, days + 1)."""
    days = len(clock.weekday)
    table = np.array([[factor if day >= 5 else 1.0 for day in clock.weekday] for factor in WEEKEND_FACTORS])
    weight = table[accounts.weekend] * clock.quiet[accounts.country]
    key = draws.child(np.repeat(accounts.key, days), "day", np.tile(np.arange(days), len(accounts)))
    weight *= np.exp(np.repeat(accounts.uneven, days) * draws.normal(key, "uneven")).reshape(weight.shape)
    weight[(draws.uniform(key, "idle") < np.repeat(accounts.idle, days)).reshape(weight.shape)] = 0.0
    return np.pad(np.cumsum(weight + _LEAST, axis=1), ((0, 0), (1, 0)))


def _until(passed: NDArray[np.float64], account: Wholes, day: Reals) -> Reals:
    whole = np.clip(np.floor(day).astype(np.int64), 0, passed.shape[1] - 2)
    before = passed[account, whole]
    return np.asarray(before + (day - whole) * (passed[account, whole + 1] - before))
