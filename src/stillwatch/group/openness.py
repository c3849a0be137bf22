"""How many address networks and clients accounts use, how alike their clients are, and whether those behave as the
same clients do in people's hands.

Rotating addresses and copied headers show in what they lack: an account of a person keeps to few networks, its client
is renewed now and then, and a coding tool uses tools. Every account counts once.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.regularity import LEAST_ACCOUNTS, LEAST_EXCHANGES, spans
from stillwatch.group.statistics import conversation_starts
from stillwatch.records.definitions import DAY

Bools = NDArray[np.bool_]
Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

DRAWN = 8  # exchanges of an account whose different values are counted: what every account of people has at least
RENEWED = 14 * DAY  # µs from an account's first exchange to its last, in which many people's clients were renewed
KNOWN = 30  # exchanges of people with a client, to know how it behaves
MIX = 0x9E3779B97F4A7C1  # spreads account numbers over the bits of a value
EACH = 512  # exchanges of an account that are looked at, evenly spaced
BOUND = 0.5  # accounts' share of exchanges with a value, to know the values of most


def different_values(exchanges: Exchanges, column: str) -> float:
    """Mean number of different values in DRAWN exchanges of an account, less 1, by rarefaction (Hurlbert 1971)."""
    account, value = _known(exchanges, column)
    if len(account) == 0:
        return math.nan
    accounts, dense, size = np.unique(account, return_inverse=True, return_counts=True)
    _, pair_account, count = _pairs(dense, value)
    total = size[pair_account]
    # the chance that none of the drawn exchanges has the value, drawn without replacement
    none = np.ones(len(count))
    for turn in range(DRAWN):
        none *= np.clip(total - count - turn, 0, None) / np.maximum(total - turn, 1)
    kept = size >= DRAWN
    if kept.sum() < LEAST_ACCOUNTS:
        return math.nan
    return float(np.bincount(pair_account, weights=1.0 - none, minlength=len(accounts))[kept].mean()) - 1.0


def same_value(exchanges: Exchanges, column: str) -> float:
    """The chance that an exchange of one account and an exchange of another have the same value, accounts alike."""
    account, value = _known(exchanges, column)
    accounts, dense, size = np.unique(account, return_inverse=True, return_counts=True)
    if len(accounts) < LEAST_ACCOUNTS:
        return math.nan
    code, pair_account, count = _pairs(dense, value)
    share = count / size[pair_account]
    total = np.bincount(code, weights=share)
    pairs = len(accounts) * (len(accounts) - 1.0)
    return float((total**2).sum() - (share**2).sum()) / pairs


def own_places(exchanges: Exchanges) -> float:
    """Share of accounts with at least half of their exchanges from address ranges that no other account uses."""
    account, value = _known(exchanges, "subnet")
    accounts, dense, size = np.unique(account, return_inverse=True, return_counts=True)
    if len(accounts) < LEAST_ACCOUNTS:
        return math.nan
    code, pair_account, count = _pairs(dense, value)
    alone = np.bincount(code)[code] == 1
    return float((np.bincount(pair_account, weights=count * alone, minlength=len(accounts)) >= 0.5 * size).mean())


def renewed_clients(exchanges: Exchanges) -> float:
    """Share of accounts of RENEWED or more whose last third of time shows a client that its first third did not."""
    volume, first, last = spans(exchanges)
    kept = (volume >= LEAST_EXCHANGES) & (last - first >= RENEWED)
    value = exchanges.values["user_agent"]
    account = np.repeat(np.arange(len(volume)), volume)
    part = 3 * (exchanges.started_at - first[account]) // (last - first + 1)[account]
    used = kept[account] & (value != 0)
    early, late = (_seen(account[used & (part == one)], value[used & (part == one)]) for one in (0, 2))
    seen = np.intersect1d(early[0], late[0])
    if len(seen) < LEAST_ACCOUNTS:
        return math.nan
    new = late[0][~np.isin(late[1], early[1])]
    return float(np.isin(seen, new).mean())


def _seen(account: Int64, value: Int64) -> tuple[Int64, Int64]:
    """Distinct pairs of account and value: the accounts, and a number of the pair."""
    mixed = account * MIX ^ value  # values are evenly spread hashes: two pairs with one number are one in 2^64
    pair, place = np.unique(mixed, return_index=True)
    return account[place], pair


def beyond_client(exchanges: Exchanges, people: Exchanges, marked: Bools, usual: Bools) -> float:
    """Share of `marked` exchanges beyond that of people with the same client, mean over accounts.

    `usual` are the people's exchanges that are marked so. NaN where people use fewer than half of the clients.
    """
    client = exchanges.values["user_agent"]
    rows, known, place = people.once(_clients)
    count = np.bincount(place, minlength=len(known))
    share = np.bincount(place, weights=usual[rows], minlength=len(known)) / np.maximum(count, 1)
    at = np.minimum(np.searchsorted(known, client), max(len(known) - 1, 0))
    if len(known) == 0 or len(client) == 0:
        return math.nan
    used = (known[at] == client) & (count[at] >= KNOWN)
    if used.mean() < BOUND:
        return math.nan
    accounts, dense, size = np.unique(exchanges.account_index[used], return_inverse=True, return_counts=True)
    if len(accounts) < LEAST_ACCOUNTS:
        return math.nan
    beyond = marked[used] - share[at[used]]
    return float((np.bincount(dense, weights=beyond) / size).mean())


def _clients(exchanges: Exchanges) -> tuple[Int64, Int64, Int64]:
    """The exchanges with a client, the clients (ascending), and the place among them of each one's."""
    client = exchanges.values["user_agent"]
    rows = np.flatnonzero(client)
    return rows, *np.unique(client[rows], return_inverse=True)


def tools_beyond_client(exchanges: Exchanges, people: Exchanges) -> float:
    """Share of exchanges that name tools, beyond that of people with the same client; NaN where nobody names any."""
    if not any(one.values["tools"].any() for one in (exchanges, people)):
        return math.nan
    return beyond_client(exchanges, people, *(one.values["tools"] != 0 for one in (exchanges, people)))


def turns_beyond_client(exchanges: Exchanges, people: Exchanges) -> float:
    """Share of exchanges that continue a conversation, beyond that of people with the same client.

    NaN where only one side's conversations are named: the other's are guessed from pauses, which gives other shares.
    """
    if exchanges.values["conversation"].any() != people.values["conversation"].any():
        return math.nan
    return beyond_client(exchanges, people, *(~conversation_starts(one) for one in (exchanges, people)))


def _known(exchanges: Exchanges, column: str) -> tuple[Int64, Int64]:
    """Account and value of exchanges that have one: of all, or of EACH and some more of an account."""
    value = exchanges.values[column]
    volume, _, _ = spans(exchanges)
    account = np.repeat(np.arange(len(volume)), volume)
    rank = np.arange(len(value)) - (np.cumsum(volume) - volume)[account]
    used = (value != 0) & (rank % np.maximum(volume // EACH, 1)[account] == 0)
    return account[used], value[used]


def _pairs(dense: Int64, value: Int64) -> tuple[Int64, Int64, Int64]:
    """Code of the value, account and number of exchanges of each distinct pair of account and value."""
    names, code = np.unique(value, return_inverse=True)
    key, count = np.unique(dense.astype(np.int64) * max(len(names), 1) + code, return_counts=True)
    return key % max(len(names), 1), key // max(len(names), 1), count
