"""Which requests of a group another of its accounts had sent before, and in how many manners an account took them over.

A text is of the account that sent it first. Who repeats another's texts has chosen to, unless users of its public bot
did: but they choose what the bot asks and not how it asks, in whose instructions, with whose client and settings.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.records.open_table import room, slot

Bools = NDArray[np.bool_]
Int64 = NDArray[np.int64]

MANNER = ("instructions", "user_agent", "parameters", "tools")  # how a request is sent, whatever it asks
ODD = np.array(
    [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F], np.uint64
).view(np.int64)  # multipliers that spread bits, as in splitmix64 and wyhash


def taken_over(exchanges: Exchanges) -> Bools:
    """Marks exchanges (exchanges,) whose text another account of these had sent before.

    Of two that send a text at one time, as where times are rounded, neither has taken it over.
    """
    return exchanges.once(taken_and_given)[0]


def taken_and_given(exchanges: Exchanges) -> tuple[Bools, Bools]:
    """Marks exchanges (exchanges,) that are `taken_over`, and those whose text their account had sent first and another
    account took over."""
    first = _first_of_text(exchanges.values["payload"], exchanges.started_at)
    told = first >= 0
    same = told & (exchanges.account_index == exchanges.account_index[first])
    later = told & ~same & (exchanges.started_at > exchanges.started_at[first])
    copied = np.zeros(len(exchanges), np.bool_)
    copied[first[later]] = True
    return later, copied[first] & same


@njit(cache=True, nogil=True)
def _first_of_text(payload: Int64, started_at: Int64) -> Int64:
    """The place (exchanges,) of the earliest exchange with the same text, of several at one time the first one's; -1
    without text."""
    keys = np.zeros(room(len(payload)), np.int64)
    earliest, at = np.empty(len(keys), np.int64), np.full(len(payload), -1)
    for i in range(len(payload)):
        if payload[i] != 0:
            at[i] = slot(keys, payload[i])
            if keys[at[i]] == 0 or started_at[i] < started_at[earliest[at[i]]]:
                keys[at[i]], earliest[at[i]] = payload[i], i
    for i in range(len(payload)):
        if at[i] >= 0:
            at[i] = earliest[at[i]]
    return at


def manners_of_taking_over(exchanges: Exchanges, served: Bools, taken: Bools) -> Int64:
    """In how many manners each account (accounts,) sent requests of a purpose that it took over, counting none in which
    it sent anything that does not serve the purpose.

    `served` (exchanges,) marks what serves the purpose, `taken` what is `taken_over`. A bot that others make ask
    sends all in its own few manners.
    """
    account = np.unique(exchanges.account_index, return_inverse=True)[1].astype(np.int64)
    # keyed values, which nobody can make collide: a sum of odd multiples is as good as the tuple, and sorts faster
    mixed = account * ODD[0]
    for name, odd in zip(MANNER, ODD[1:], strict=True):
        mixed = mixed + exchanges.values[name] * odd
    manner = np.unique(mixed, return_inverse=True)[1]
    of = np.zeros(int(manner.max(initial=-1)) + 1, np.int64)
    of[manner] = account
    counts = [np.bincount(manner[rows], minlength=len(of)) for rows in (served & taken, ~served)]
    own = (counts[0] > 0) & (counts[1] == 0)
    return np.bincount(of[own], minlength=int(account.max(initial=-1)) + 1)
