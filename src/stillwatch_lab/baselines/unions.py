"""Connected accounts: compiled loops over the account-value graph join pairs without listing them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.records.compiled import compiled
from stillwatch_lab.baselines.tables import Int32, Int64

Floats = NDArray[np.float64]


@compiled
def root(parent: Int32, u: int) -> int:
    """The representative of u's set; halves the path to it."""
    while parent[u] != u:
        parent[u] = parent[parent[u]]
        u = parent[u]
    return u


@compiled
def join(parent: Int32, u: int, v: int) -> None:
    """Joins the sets of u and v; the smaller representative is kept, so that the order of joins does not matter."""
    u, v = root(parent, u), root(parent, v)
    parent[max(u, v)] = min(u, v)


@compiled
def roots(parent: Int32) -> Int32:
    """The representative of every account's set, (accounts,)."""
    result = np.empty_like(parent)
    for u in range(len(parent)):
        result[u] = root(parent, u)
    return result


def join_holders(accounts: int, value_start: Int64, holder: Int32) -> Int32:
    """Joins all holders of each value; returns representatives (accounts,)."""
    parent = np.arange(accounts, dtype=np.int32)
    _join_holders(parent, value_start, holder)
    return roots(parent)


@compiled
def _join_holders(parent: Int32, value_start: Int64, holder: Int32) -> None:
    for v in range(len(value_start) - 1):
        for e in range(value_start[v] + 1, value_start[v + 1]):
            join(parent, holder[value_start[v]], holder[e])


@compiled
def join_similar(
    value_start: Int64,
    holder: Int32,
    value_of: Int32,
    edges: tuple[Int64, Int64],
    size: Int64,
    least: tuple[float, int],
) -> tuple[Int32, Floats]:
    """Joins accounts whose sets of values have a Jaccard similarity and a number of common values of at least `least`.

    `edges` are (account_start, edge) as in Holdings; `size` (accounts,) counts all values of an account, shared or not.
    Returns representatives and each account's highest similarity (with enough common values), both (accounts,).
    """
    account_start, edge = edges
    accounts = len(account_start) - 1
    parent = np.arange(accounts).astype(np.int32)
    best = np.zeros(accounts)
    common = np.zeros(accounts, np.int32)
    met = np.empty(accounts, np.int32)
    for u in range(accounts):
        reached = 0
        for i in range(account_start[u], account_start[u + 1]):
            for e in range(edge[i] + 1, value_start[value_of[edge[i]] + 1]):
                if common[holder[e]] == 0:
                    met[reached] = holder[e]
                    reached += 1
                common[holder[e]] += 1
        for i in range(reached):
            v = met[i]
            if common[v] >= least[1]:
                similarity = common[v] / (size[u] + size[v] - common[v])
                best[u], best[v] = max(best[u], similarity), max(best[v], similarity)
                if similarity >= least[0]:
                    join(parent, u, v)
            common[v] = 0
    return roots(parent), best


@compiled
def join_sharing_facts(
    value_start: Int64, holder: Int32, value_of: Int32, edges: tuple[Int64, Int64], fact: Int64, least: int
) -> Int32:
    """Joins pairs that share values of at least `least` different facts; returns representatives (accounts,).

    `fact` (values,) is below 64; `edges` are (account_start, edge) as in Holdings.
    """
    account_start, edge = edges
    accounts = len(account_start) - 1
    parent = np.arange(accounts).astype(np.int32)
    shared = np.zeros(accounts, np.uint64)
    met = np.empty(accounts, np.int32)
    for u in range(accounts):
        reached = 0
        for i in range(account_start[u], account_start[u + 1]):
            bit = np.uint64(1) << np.uint64(fact[value_of[edge[i]]])
            for e in range(edge[i] + 1, value_start[value_of[edge[i]] + 1]):
                if shared[holder[e]] == 0:
                    met[reached] = holder[e]
                    reached += 1
                shared[holder[e]] |= bit
        for i in range(reached):
            facts, bits = 0, shared[met[i]]
            while bits:
                bits &= bits - np.uint64(1)
                facts += 1
            if facts >= least:
                join(parent, u, met[i])
            shared[met[i]] = 0
    return roots(parent)


def sizes(representative: Int32) -> Int64:
    """The size of each account's set, (accounts,)."""
    return np.asarray(np.bincount(representative, minlength=len(representative))[representative])
