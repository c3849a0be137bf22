"""Requests that people send twice: the same turn again after an unwelcome answer, and after a failed request."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import CAMPAIGN, World
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.population.rhythm import Exchanges

_AGAIN, _RETRY = 25.0, 3.0  # seconds at the median until a turn is asked again, and until a failed one is repeated
_OK = 200


def asked_again(world: World, exchanges: Exchanges) -> Exchanges:
    """The repeats, on the same account, of turns that accounts outside campaigns asked.

    `presses_again` is the share of turns at the mean, and people differ widely in it; `retries` is the share of failed
    requests that the client repeats by itself. Both are off unless a recipe asks for them.
    """
    again, retries = world.parameters.optional("presses_again"), world.parameters.optional("retries")
    chosen = np.empty(0, dtype=np.int64)
    if again or retries:
        roles = np.array([*(group.role for group in world.groups), -1])
        mine = np.flatnonzero(roles[world.accounts.group[exchanges.account]] != CAMPAIGN)
        account = world.accounts.key[exchanges.account[mine]]
        keys = draws.child(account, "again", exchanges.conversation[mine] * 64 + exchanges.turn[mine])
        habit = again * 4 * draws.uniform(account, "presses again") ** 3
        failed = exchanges.status[mine] != _OK
        chosen = mine[draws.uniform(keys, "again") < np.where(failed, retries, habit)]
    return _copies(world, exchanges, chosen)


def _copies(world: World, exchanges: Exchanges, chosen: Wholes) -> Exchanges:
    account, talk, turn = exchanges.account[chosen], exchanges.conversation[chosen], exchanges.turn[chosen]
    keys = draws.child(world.accounts.key[account], "once more", talk * 64 + turn)
    seconds = np.where(exchanges.status[chosen] == _OK, _AGAIN, _RETRY)
    day = exchanges.day[chosen] + draws.lognormal(keys, "after", seconds, 1.1) / 86_400
    day = np.minimum(day, world.span.days - 1e-6)
    count = len(chosen)
    return Exchanges(account, talk, turn, day, np.full(count, _OK, dtype=np.int16), np.zeros(count, dtype=np.bool_))
