"""Lockstep by first use (CopyCatch): cores of accounts that took up the same values at the same times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.engine import Engine
from stillwatch.records.compiled import compiled
from stillwatch_lab.baselines.channels import channels
from stillwatch_lab.baselines.holdings import NEVER, Holdings, load
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import Int32, Int64, name_logs
from stillwatch_lab.baselines.unions import Floats

WIDTH = 12 * 3_600_000_000  # µs on either side of a centre, together one day
CORE_VALUES = 5  # m: values of a core
CORE_SHARE = 0.8  # rho: an account belongs to a core with four of its five values
CORE_ACCOUNTS = 10  # n: fewer accounts in lockstep can be chance
SEEDS = 20_000  # accounts from which a search starts; all of them up to this many
ROUNDS = 5  # alternations of accounts and values, after which the objective has mostly settled


@dataclass(frozen=True, slots=True)
class FirstUse:
    """Scores accounts by the size of their core: accounts that first used the same values within the same day."""

    name: str = "took_up_values_in_lockstep"
    source: str = "Beutel et al., CopyCatch: stopping group attacks by spotting lockstep behavior (WWW 2013)"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The number of accounts in the largest core of each account; 0 for an account in no core."""
        accounts = name_logs(engine, logs)
        holdings = by_time(load(engine, len(accounts), channels(engine)))
        return scored(accounts, cores(holdings, seeds(len(accounts))))


def seeds(accounts: int) -> Int64:
    """The accounts from which searches start, in order."""
    drawn = np.random.default_rng(0).permutation(accounts)[:SEEDS]
    return np.sort(drawn)


@dataclass(frozen=True, slots=True)
class Timed:
    """Edges by value and then time of first use; those of value v begin at `value_start[v]` in `holder` and `at`."""

    value_start: Int64
    holder: Int32
    at: Int64
    account_start: Int64
    held: Int32
    held_at: Int64


def by_time(holdings: Holdings) -> Timed:
    """The same edges in order of each value's first use, and by account."""
    order = np.lexsort((holdings.holder, holdings.first_at, holdings.value_of))
    edge = holdings.edge
    return Timed(
        holdings.value_start,
        holdings.holder[order],
        holdings.first_at[order],
        holdings.account_start,
        holdings.value_of[edge],
        holdings.first_at[edge],
    )


def cores(timed: Timed, start_from: Int64) -> Floats:
    """The size of the largest core around each account, (accounts,)."""
    accounts = len(timed.account_start) - 1
    best = np.zeros(accounts)
    scratch = np.zeros(accounts, np.int32)
    by_account = (timed.account_start, timed.held, timed.held_at)
    rng = np.random.default_rng(0)
    for seed in start_from:
        usable = drawable(timed.value_start, timed.at, by_account, seed)
        if len(usable) < CORE_VALUES:
            continue
        drawn = rng.choice(usable, CORE_VALUES, replace=False)
        core = (timed.held[drawn].astype(np.int64), timed.held_at[drawn])
        members = grow(timed.value_start, timed.holder, timed.at, by_account, core, scratch)
        if len(members) >= CORE_ACCOUNTS:
            best[members] = np.maximum(best[members], len(members))
    return best


@compiled
def drawable(value_start: Int64, at: Int64, by_account: tuple[Int64, Int32, Int64], account: int) -> Int64:
    """The account's edges whose value enough accounts for a core first used within WIDTH of it."""
    account_start, held, held_at = by_account
    begin, end = account_start[account], account_start[account + 1]
    result = np.empty(end - begin, np.int64)
    found = 0
    for i in range(begin, end):
        if held_at[i] == NEVER:
            continue
        first, last = window(value_start, at, held[i], held_at[i])
        if last - first >= CORE_ACCOUNTS:
            result[found] = i
            found += 1
    return result[:found]


@compiled
def grow(
    value_start: Int64,
    holder: Int32,
    at: Int64,
    by_account: tuple[Int64, Int32, Int64],
    core: tuple[Int64, Int64],
    scratch: Int32,
) -> Int32:
    """Grows a core from its (values, centres), each (m,), and returns its accounts, ascending.

    Accounts and values are chosen alternately. New values are those of the core's first account that most members first
    used within WIDTH of it. `scratch` (accounts,) is 0 before and after; it counts each account's values in lockstep.
    """
    values, centres = core
    members = in_step(value_start, holder, at, (values, centres), scratch)
    for _ in range(ROUNDS):
        if len(members) < 2:
            break
        scratch[members] = 1
        fresh = _best_values(value_start, holder, at, by_account, (members[0], len(values)), scratch)
        scratch[members] = 0
        if len(fresh[0]) < len(values):
            break
        grown = in_step(value_start, holder, at, fresh, scratch)
        if len(grown) <= len(members):
            break
        members = grown
    return members


@compiled
def in_step(value_start: Int64, holder: Int32, at: Int64, core: tuple[Int64, Int64], scratch: Int32) -> Int32:
    """Accounts (ascending) that first used enough of the values within WIDTH of their centres."""
    values, centres = core
    room = 0
    for j in range(len(values)):
        first, last = window(value_start, at, values[j], centres[j])
        room += last - first
    met = np.empty(room, np.int32)
    reached = 0
    for j in range(len(values)):
        first, last = window(value_start, at, values[j], centres[j])
        for e in range(first, last):
            if scratch[holder[e]] == 0:
                met[reached] = holder[e]
                reached += 1
            scratch[holder[e]] += 1
    enough = np.ceil(CORE_SHARE * len(values))
    found = 0
    for i in range(reached):
        if scratch[met[i]] >= enough:
            met[i], met[found] = met[found], met[i]
            found += 1
    scratch[met[:reached]] = 0
    return np.sort(met[:found])


@compiled
def window(value_start: Int64, at: Int64, value: int, centre: int) -> tuple[int, int]:
    """The edges of a value within WIDTH of the centre, as a half-open range."""
    begin = value_start[value]
    times = at[begin : value_start[value + 1]]
    first = np.searchsorted(times, centre - WIDTH, side="left")
    last = np.searchsorted(times, centre + WIDTH, side="right")
    return begin + first, begin + last


@compiled
def _best_values(
    value_start: Int64,
    holder: Int32,
    at: Int64,
    by_account: tuple[Int64, Int32, Int64],
    wanted: tuple[int, int],
    member: Int32,
) -> tuple[Int64, Int64]:
    """The values of account wanted[0] that most members first used within WIDTH of it, and their mean times."""
    account_start, held, held_at = by_account
    begin, end = account_start[wanted[0]], account_start[wanted[0] + 1]
    reach = np.zeros(end - begin, np.int64)
    centre = np.zeros(end - begin, np.int64)
    for i in range(end - begin):
        if held_at[begin + i] == NEVER:
            continue
        first, last = window(value_start, at, held[begin + i], held_at[begin + i])
        shift = 0.0
        for e in range(first, last):
            if member[holder[e]]:
                reach[i] += 1
                shift += at[e] - held_at[begin + i]
        centre[i] = held_at[begin + i] + np.int64(shift / max(reach[i], 1))
    order = np.argsort(-reach, kind="mergesort")[: wanted[1]]
    order = order[reach[order] > 0]
    return held[begin + order].astype(np.int64), centre[order]


LOCKSTEP_FIRST_USE = FirstUse()
