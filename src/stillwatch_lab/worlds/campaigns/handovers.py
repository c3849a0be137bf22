"""Pauses that stop all accounts of a relay, and handovers, which move turns to another account."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.campaigns.replays import replayed
from stillwatch_lab.worlds.draft import World
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.parameters import keys_under
from stillwatch_lab.worlds.population.repeats import asked_again
from stillwatch_lab.worlds.population.rhythm import Exchanges

_TRIES = 6  # accounts that are tried until a free one is found
_RATE_LIMITED, _OVERLOADED = 429, 529
_RESTART = 43.0  # minutes at the median until a relay that stood still has put an account to work again


def moved(world: World, exchanges: Exchanges) -> Exchanges:
    """The exchanges after the world's outages, and after the pauses and handovers of each group that has them."""
    outages = _outages(world)
    everyone = np.flatnonzero(~_refused(world, exchanges, outages))
    restart = world.parameters.scale("herd_minutes", 3, 90)
    _pause(world, exchanges, everyone, outages, restart)
    order = np.argsort(world.accounts.group[exchanges.account], kind="stable")
    groups = world.accounts.group[exchanges.account][order]
    extra: list[Exchanges] = []
    for number in sorted(set(world.pauses) | set(world.hops)):
        mine = order[np.searchsorted(groups, number) : np.searchsorted(groups, number, side="right")]
        _pause(world, exchanges, mine, world.pauses.get(number, []), _RESTART)
        extra.append(_hop(world, exchanges, mine, number))
    repeats = [asked_again(world, exchanges), *replayed(world, exchanges)]
    extra += repeats
    closed = world.registration.closed
    last = np.full(len(world.accounts), -1e9)
    for part in (exchanges, *repeats):
        np.maximum.at(last, part.account, part.day)
    # Sessions may go past the planned end, and no account may be closed before its last exchange.
    world.registration.closed = np.where(closed <= last, last + 0.01, closed)
    world.registration.closed[world.registration.closed > world.span.days] = np.nan
    return _joined([exchanges, *extra])


def _outages(world: World) -> list[tuple[float, float]]:
    """Times in which the provider answers no request, as (first, last) days; all clients come back when they end."""
    parameters = world.parameters
    keys = keys_under(parameters.key, "outage", parameters.whole("outages", 0, 2))
    begins = draws.uniform(keys, "at") * world.span.days * 0.95
    hours = draws.lognormal(keys, "hours", parameters.scale("outage_hours", 0.3, 5), 0.5)
    return [(float(at), float(at + h / 24)) for at, h in zip(begins, hours, strict=True)]


def _refused(world: World, exchanges: Exchanges, outages: list[tuple[float, float]]) -> NDArray[np.bool_]:
    """Marks the exchanges that were logged as refused in an outage, (exchanges,); the others are repeated later."""
    within = np.zeros(len(exchanges.day), dtype=np.bool_)
    for begins, ends in outages:
        within |= (exchanges.day >= begins) & (exchanges.day < ends)
    keys = draws.child(world.accounts.key[exchanges.account], "refused", np.arange(len(within)))
    within &= draws.uniform(keys, "logged") < world.parameters.real("outage_refusals", 0.0, 0.3)
    exchanges.status[within] = _OVERLOADED
    return within


def _pause(world: World, exchanges: Exchanges, mine: Wholes, pauses: list[tuple[float, float]], minutes: float) -> None:
    for begins, ends in pauses:
        within = mine[(exchanges.day[mine] >= begins) & (exchanges.day[mine] < ends)]
        keys = draws.child(world.accounts.key[exchanges.account[within]], "restart", within)
        # Exchanges that were due in the pause follow right after it.
        later = ends + draws.lognormal(keys, "restart", minutes / 1440, 0.8)
        exchanges.day[within] = np.minimum(later, world.span.days - 1e-4)


def _hop(world: World, exchanges: Exchanges, mine: Wholes, number: int) -> Exchanges:
    """Moves some turns to another active account after a refusal; returns the refused exchanges."""
    accounts, group = world.accounts, world.groups[number]
    keys = draws.child(
        accounts.key[exchanges.account[mine]], "hop", exchanges.conversation[mine] * 64 + exchanges.turn[mine]
    )
    movable = (exchanges.turn[mine] > 0) | (number in world.hop_openings)
    hops = movable & (draws.uniform(keys, "hops") < world.hops.get(number, 0.0))
    from_here, keys = mine[hops], keys[hops]
    day = exchanges.day[from_here]
    to = exchanges.account[from_here].copy()
    found = np.zeros(len(to), dtype=np.bool_)
    for attempt in range(_TRIES):
        candidate = group.accounts[draws.whole(keys, f"try {attempt}", len(group.accounts))]
        free = ~found & (accounts.start[candidate] <= day) & (accounts.end[candidate] >= day) & (candidate != to)
        to[free] = candidate[free]
        found |= free
    from_here, to, day, keys = from_here[found], to[found], day[found], keys[found]
    status = np.full(len(to), _RATE_LIMITED, dtype=np.int16)
    refused = Exchanges(
        exchanges.account[from_here].copy(),
        exchanges.conversation[from_here],
        exchanges.turn[from_here],
        day.copy(),
        status,
        np.zeros(len(to), dtype=np.bool_),
    )
    exchanges.account[from_here] = to
    exchanges.day[from_here] = np.minimum(
        day + draws.lognormal(keys, "after", 6.0, 0.9) / 86_400, world.span.days - 1e-6
    )
    return refused


def _joined(parts: list[Exchanges]) -> Exchanges:
    return Exchanges(
        np.concatenate([part.account for part in parts]),
        np.concatenate([part.conversation for part in parts]),
        np.concatenate([part.turn for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.status for part in parts]),
        np.concatenate([part.replay for part in parts]),
    )
