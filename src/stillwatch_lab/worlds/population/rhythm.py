"""Times of exchanges: the number, sessions, conversations and turns of each account, of persons and of machines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    AT_RANDOM,
    IN_TURN,
    Accounts,
    Clock,
    Span,
    Timetable,
)
from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.population.clock import person_starts

_LONGEST_CONVERSATION = 12
_THINKING = (
    0.9  # log standard deviation of gaps between one person's turns; the rest of the fitted one is between people
)


@dataclass(slots=True)
class Exchanges:
    """One entry an exchange, in order of account: account, conversation, turn in it, and the day count it starts at.

    `replay` marks last turns of conversations that are asked again.
    """

    account: Wholes
    conversation: Wholes
    turn: NDArray[np.int16]
    day: Reals
    status: NDArray[np.int16]
    replay: NDArray[np.bool_]


def wanted(accounts: Accounts, total: int, on_top: bool = False) -> Wholes:
    """The number of exchanges of each account: people's weights are scaled until the sum meets `total`.

    With `on_top` people make their share of `total` by themselves, and what groups of their own volume make is added.
    """
    mean = total / len(accounts)
    if on_top:
        total = round(mean * (accounts.scaled.sum() + accounts.weight[~accounts.scaled].sum()))
    fixed = accounts.weight[~accounts.scaled].sum() * mean
    people = accounts.weight[accounts.scaled].sum()
    factor = max(total - fixed, 0.05 * total) / max(people, 1e-9)
    want = np.where(accounts.scaled, accounts.weight * factor, accounts.weight * mean)
    count = np.floor(want + draws.uniform(accounts.key, "exchange count")).astype(np.int64)
    return np.where(accounts.scaled, count, np.maximum(count, 1))


def lay_out(accounts: Accounts, timetables: list[Timetable], span: Span, clock: Clock, count: Wholes) -> Exchanges:
    """Lays out in time `count` exchanges of each account."""
    account = np.repeat(np.arange(len(accounts)), count)
    first = np.concatenate([[0], np.cumsum(count)[:-1]]).astype(np.int64)
    number = np.arange(len(account)) - first[account]
    keys = draws.child(accounts.key[account], "exchange", number)
    opens = (number == 0) | (draws.uniform(keys, "opens") < 1 / accounts.turns[account])
    turn = _since(opens)
    opens |= turn % _LONGEST_CONVERSATION == 0
    turn = _since(opens).astype(np.int16)
    sits = (number == 0) | (opens & (draws.uniform(keys, "sits down") < 1 / accounts.sittings[account]))
    session = np.cumsum(sits) - 1
    start = _session_starts(accounts, timetables, clock, account[sits], keys[sits], number[sits])
    pause = draws.lognormal(keys, "pause", accounts.pause[account], accounts.jitter[account])
    think = draws.lognormal(keys, "think", accounts.gap[account], _THINKING)
    steps = np.where(sits, 0.0, np.where(opens, pause, think))
    offset = np.cumsum(steps)
    day = start[session] + (offset - offset[np.flatnonzero(sits)][session]) / 86_400
    # Sessions may go past midnight of the last day; exchanges after the world's end are not logged.
    kept = (day < span.days) & (day >= 0)
    status = _status(keys, kept)
    replay = np.zeros(len(status), dtype=np.bool_)
    return Exchanges(account[kept], (np.cumsum(opens) - 1)[kept], turn[kept], day[kept], status, replay)


def _since(flags: NDArray[np.bool_]) -> Wholes:
    """The number of entries since the last true flag, (flags,); the first flag is true."""
    at = np.arange(len(flags))
    return at - np.maximum.accumulate(np.where(flags, at, 0))


def _status(keys: Keys, kept: NDArray[np.bool_]) -> NDArray[np.int16]:
    drawn = draws.pick(keys[kept], "status", [0.981, 0.009, 0.004, 0.003, 0.003])
    return np.array([200, 429, 529, 500, 400], dtype=np.int16)[drawn]


def _session_starts(
    accounts: Accounts, timetables: list[Timetable], clock: Clock, account: Wholes, keys: Keys, number: Wholes
) -> Reals:
    start = person_starts(accounts, clock, account, keys)
    # People sign up because they want to ask: a new account's first session begins within the hour.
    fresh = (number == 0) & (accounts.born[account] >= 0)
    start[fresh] = accounts.start[account[fresh]] + draws.lognormal(keys[fresh], "first look", 0.004, 1.3)
    rhythm = accounts.rhythm[account]
    queued = (rhythm == AT_RANDOM) | (rhythm == IN_TURN)
    if queued.any():
        share = np.where(rhythm == IN_TURN, _in_turn(accounts, account, keys), draws.uniform(keys, "even"))[queued]
        window = accounts.end[account[queued]] - accounts.start[account[queued]]
        start[queued] = accounts.start[account[queued]] + share * window
    for index, timetable in enumerate(timetables):
        chosen = rhythm == index
        if chosen.any():
            start[chosen] = _timetabled(timetable, draws.uniform(keys[chosen], "timetable"), keys[chosen])
    # An account that joins a group late has the sessions before it on the day of joining.
    joined = accounts.start[account] + draws.lognormal(keys, "catches up", 0.01, 1.0)
    return np.asarray(np.where(start < accounts.start[account], joined, start))


def _in_turn(accounts: Accounts, account: Wholes, keys: Keys) -> Reals:
    """Places of sessions in the account's window, 0 to 1, when accounts take turns; `account` is ascending."""
    first, count = np.unique(account, return_index=True, return_counts=True)[1:]
    order = np.arange(len(account)) - np.repeat(first, count)
    # The queue is not quite even: a turn comes up to a quarter of a round early or late.
    shift = draws.uniform(accounts.key[account], "phase") + 0.5 * (draws.uniform(keys, "early or late") - 0.5)
    return np.asarray((order + shift) / np.repeat(count, count) % 1.0)


def _timetabled(timetable: Timetable, share: Reals, keys: Keys) -> Reals:
    lengths = timetable.ends - timetable.starts
    passed = np.concatenate([[0.0], np.cumsum(lengths)])
    at = share * passed[-1]
    window = np.clip(np.searchsorted(passed, at, side="right") - 1, 0, len(lengths) - 1)
    start = timetable.starts[window] + at - passed[window]
    if timetable.tick:
        # A scheduler starts on the tick, and the request follows within a few seconds.
        step = timetable.tick / 86_400
        start = np.floor(start / step) * step + draws.lognormal(keys, "tick", 1.5, 0.6) / 86_400
    return np.asarray(start)


__all__ = ["Exchanges", "lay_out", "wanted"]
