"""When accounts ask: numbers of exchanges, sessions, conversations and turns, on a person's or a machine's clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.lab import draws
from stillwatch.lab.draft import BY_PERSON, EVENLY, Accounts, Span, Timetable
from stillwatch.lab.draws import Keys, Reals, Wholes

WEEKEND_FACTORS = (0.15, 0.5, 0.9, 1.4)
"""Activity of a weekend day over a weekday's, by class of person."""

# Requests by local hour of people who chat and code: a morning rise, a dip at noon, an evening tail.
_HOURLY = np.array([9, 5, 3, 2, 1.5, 2, 4, 10, 22, 38, 46, 46, 38, 42, 48, 48, 44, 38, 32, 32, 34, 32, 26, 16.0])
_LONGEST_CONVERSATION = 12
_STEPS = 24  # of the weekend-weighted calendar, a day


@dataclass(slots=True)
class Exchanges:
    """One entry an exchange, account by account: account, conversation, turn in it, and the day it starts."""

    account: Wholes
    conversation: Wholes
    turn: NDArray[np.int16]
    day: Reals
    status: NDArray[np.int16]


def wanted(accounts: Accounts, total: int) -> Wholes:
    """How many exchanges each account makes: people's weights give way until the whole meets `total`."""
    mean = total / len(accounts)
    fixed = accounts.weight[~accounts.scaled].sum() * mean
    people = accounts.weight[accounts.scaled].sum()
    factor = max(total - fixed, 0.05 * total) / max(people, 1e-9)
    want = np.where(accounts.scaled, accounts.weight * factor, accounts.weight * mean)
    count = np.floor(want + draws.uniform(accounts.key, "exchange count")).astype(np.int64)
    return np.where(accounts.scaled, count, np.maximum(count, 1))


def exchanges(accounts: Accounts, timetables: list[Timetable], span: Span, count: Wholes) -> Exchanges:
    """Lay `count` exchanges of each account out in time."""
    who = np.repeat(np.arange(len(accounts)), count)
    first = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64)
    number = np.arange(len(who)) - first[who]
    keys = draws.child(accounts.key[who], "exchange", number)
    opens = (number == 0) | (draws.uniform(keys, "opens") < 1 / accounts.turns[who])
    turn = _since(opens)
    opens |= turn % _LONGEST_CONVERSATION == 0
    turn = _since(opens).astype(np.int16)
    sits = (number == 0) | (opens & (draws.uniform(keys, "sits down") < 1 / accounts.sittings[who]))
    session = np.cumsum(sits) - 1
    start = _session_starts(accounts, timetables, span, who[sits], keys[sits], number[sits])
    pause = draws.lognormal(keys, "pause", accounts.pause[who], 1.0)
    think = draws.lognormal(keys, "think", accounts.gap[who], 0.9)
    steps = np.where(sits, 0.0, np.where(opens, pause, think))
    offset = np.cumsum(steps)
    day = start[session] + (offset - offset[np.flatnonzero(sits)][session]) / 86_400
    # Sessions may run past midnight of the last day; what lies beyond the world is not logged.
    kept = (day < span.days) & (day >= 0)
    status = _status(keys, kept)
    return Exchanges(who[kept], (np.cumsum(opens) - 1)[kept], turn[kept], day[kept], status)


def _since(flags: NDArray[np.bool_]) -> Wholes:
    """Position since the last true flag; the first flag is true."""
    at = np.arange(len(flags))
    return at - np.maximum.accumulate(np.where(flags, at, 0))


def _status(keys: Keys, kept: NDArray[np.bool_]) -> NDArray[np.int16]:
    drawn = draws.pick(keys[kept], "status", [0.981, 0.009, 0.004, 0.003, 0.003])
    return np.array([200, 429, 529, 500, 400], dtype=np.int16)[drawn]


def _session_starts(
    accounts: Accounts, timetables: list[Timetable], span: Span, who: Wholes, keys: Keys, number: Wholes
) -> Reals:
    start = _person_starts(accounts, span, who, keys)
    # Who signs up does so in order to ask: a new account's first session follows within the hour.
    fresh = (number == 0) & (accounts.born[who] >= 0)
    start[fresh] = accounts.start[who[fresh]] + draws.lognormal(keys[fresh], "first look", 0.004, 1.3)
    rhythm = accounts.rhythm[who]
    even = rhythm == EVENLY
    if even.any():
        rank = draws.uniform(keys[even], "even")
        window = accounts.end[who[even]] - accounts.start[who[even]]
        start[even] = accounts.start[who[even]] + rank * window
    for index, timetable in enumerate(timetables):
        chosen = rhythm == index
        if chosen.any():
            start[chosen] = _timetabled(timetable, draws.uniform(keys[chosen], "timetable"), keys[chosen])
    # Who joins a group late catches up on the day of joining.
    joined = accounts.start[who] + draws.lognormal(keys, "catches up", 0.01, 1.0)
    return np.asarray(np.where(start < accounts.start[who], joined, start))


def _person_starts(accounts: Accounts, span: Span, who: Wholes, keys: Keys) -> Reals:
    share = draws.uniform(keys, "session day") ** accounts.keenness[who]
    local_start = accounts.start[who] + accounts.zone[who] / 24
    local_end = accounts.end[who] + accounts.zone[who] / 24
    day = np.empty(len(who))
    grid = np.arange(-1.0, span.days + 2.0, 1 / _STEPS)
    weekday = (np.floor(grid).astype(np.int64) + span.begins.weekday()) % 7
    for index, factor in enumerate(WEEKEND_FACTORS):
        chosen = accounts.weekend[who] == index
        passed = np.cumsum(np.where(weekday >= 5, factor, 1.0))
        low, high = (np.interp(edge[chosen], grid, passed) for edge in (local_start, local_end))
        day[chosen] = np.interp(low + share[chosen] * (high - low), passed, grid)
    hours = np.cumsum(np.concatenate([[0.0], _HOURLY])) / _HOURLY.sum()
    hour = np.interp(draws.uniform(keys, "session hour"), hours, np.arange(25.0)) + accounts.late[who]
    local = np.floor(day) + (hour % 24) / 24
    started: Reals = np.maximum(local, local_start) - accounts.zone[who] / 24
    return started


def _timetabled(timetable: Timetable, share: Reals, keys: Keys) -> Reals:
    lengths = timetable.ends - timetable.starts
    passed = np.concatenate([[0.0], np.cumsum(lengths)])
    at = share * passed[-1]
    window = np.clip(np.searchsorted(passed, at, side="right") - 1, 0, len(lengths) - 1)
    start = timetable.starts[window] + at - passed[window]
    if timetable.tick:
        # A scheduler fires on the tick; the request follows within a few seconds.
        step = timetable.tick / 86_400
        start = np.floor(start / step) * step + draws.lognormal(keys, "tick", 1.5, 0.6) / 86_400
    return np.asarray(start)


__all__ = ["BY_PERSON", "EVENLY", "Exchanges", "exchanges", "wanted"]
