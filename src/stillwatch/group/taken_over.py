"""Which requests of a group another of its accounts had sent before, and in how many manners an account took them over.

A text is of the account that sent it first. Who repeats another's texts has chosen to, unless users of its public bot
did: but they choose what the bot asks and not how it asks, in whose instructions, with whose client and settings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges

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
    return taken_and_given(exchanges)[0]


def taken_and_given(exchanges: Exchanges) -> tuple[Bools, Bools]:
    """Marks exchanges (exchanges,) that are `taken_over`, and those whose text their account had sent first and another
    account took over."""
    rows, first = _first_of_text(exchanges)
    same = exchanges.account_index[rows] == exchanges.account_index[first]
    later = ~same & (exchanges.started_at[rows] > exchanges.started_at[first])
    taken, given, copied = (np.zeros(len(exchanges), np.bool_) for _ in range(3))
    taken[rows] = later
    copied[first[later]] = True
    given[rows] = copied[first] & same
    return taken, given


def _first_of_text(exchanges: Exchanges) -> tuple[Int64, Int64]:
    """Places of the exchanges with text, by text and time, and the place of the first of the same text."""
    payload = exchanges.values["payload"]
    rows = np.flatnonzero(payload != 0)
    order = rows[np.lexsort((exchanges.started_at[rows], payload[rows]))]
    begins = np.flatnonzero(np.diff(payload[order], prepend=0) != 0)
    return order, np.repeat(order[begins], np.diff(np.append(begins, len(order))))


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
