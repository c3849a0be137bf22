"""Replays: the last turn of a conversation is turned in again, mostly from other accounts, for more answers."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import Replays, World
from stillwatch_lab.worlds.draws import Keys, Wholes
from stillwatch_lab.worlds.population.rhythm import Exchanges

_TRIES = 6  # accounts that are tried until a free one is found
_OK = 200


def replayed(world: World, exchanges: Exchanges) -> list[Exchanges]:
    """The replays of each group that has some; they carry the whole conversation up to its last turn."""
    return [
        _of_group(world, exchanges, plan, _last_turns(exchanges, world.groups[number].accounts))
        for number, plan in sorted(world.replays.items())
    ]


def _last_turns(exchanges: Exchanges, accounts: Wholes) -> Wholes:
    """The exchanges that are the last of their conversation on these accounts."""
    mine = np.flatnonzero(np.isin(exchanges.account, accounts) & (exchanges.status == _OK))
    order = mine[np.lexsort((exchanges.turn[mine], exchanges.conversation[mine]))]
    talk = exchanges.conversation[order]
    return order[np.append(talk[1:] != talk[:-1], True)] if len(order) else order


def _of_group(world: World, exchanges: Exchanges, plan: Replays, last: Wholes) -> Exchanges:
    talks = draws.child(np.full(len(last), world.key, dtype=np.uint64), "replays", exchanges.conversation[last])
    times = np.where(draws.uniform(talks, "replayed") < plan.share, 1 + draws.whole(talks, "times", plan.most), 0)
    source = np.repeat(last, times)
    first = np.cumsum(times) - times
    keys = draws.child(np.repeat(talks, times), "time", np.arange(len(source)) - np.repeat(first, times))
    day = exchanges.day[source] + draws.lognormal(keys, "later", plan.seconds, 1.3) / 86_400
    account, found = _where(world, plan, exchanges.account[source], day, keys)
    found &= day < world.span.days
    source, count = source[found], int(found.sum())
    return Exchanges(
        account[found],
        exchanges.conversation[source],
        exchanges.turn[source],
        day[found],
        np.full(count, _OK, dtype=np.int16),
        np.ones(count, dtype=np.bool_),
    )


def _where(
    world: World, plan: Replays, before: Wholes, day: draws.Reals, keys: Keys
) -> tuple[Wholes, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """An account that is in use on the day of each replay, and whether one was found."""
    accounts, to = world.accounts, before.copy()
    found = np.zeros(len(to), dtype=np.bool_)
    for attempt in range(_TRIES):
        candidate = plan.accounts[draws.whole(keys, f"try {attempt}", len(plan.accounts))]
        free = ~found & (accounts.start[candidate] <= day) & (accounts.end[candidate] >= day)
        if plan.elsewhere:
            free &= candidate != before
        to[free] = candidate[free]
        found |= free
    return to, found
