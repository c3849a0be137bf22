"""Handovers: a request that one account makes and another repeats, word for word, within minutes.

A scheduler that feeds many accounts hands requests over all day: when one account is refused or drops out, the next one
asks the same. Strangers do not: two who send the same rare text hardly ever do so within ten minutes. A handover is an
act of one operator and needs no other evidence to agree; a chain of handovers runs through a whole relay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

from stillwatch.engine import Engine, Query
from stillwatch.link.graph import Groups
from stillwatch.link.holdings import Uses
from stillwatch.records.definitions import (
    DAY,
    HANDOVER_SENDERS,
    HANDOVER_WITHIN,
)

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

APART = DAY  # µs; two rare requests further apart than this have nothing to do with each other
CROWDING = 4.0  # chance coincidences over those of evenly spread times: people ask at the same hours of the day
LEAST = 3  # accounts of a group; a pair may be one person with two accounts
PART = 24  # accounts below which a group is not split: an account may well hang on a chain by one handover
CROSSED = 2  # handovers across a cut, beyond those of coincidence, up to which its sides are two operators
MIXED = 30.0  # handovers that one operator would have made across a cut, from which so few are no accident


@dataclass(frozen=True, slots=True)
class Handovers:
    """Accounts joined by handovers: parallel arrays (accounts in groups,), by ascending account index.

    `group` counts from 0; `first_at` (µs) is the time of an account's first handover. `count` (accounts,) is the number
    of handovers that each account takes part in, whether it is in a group or not.
    """

    account: Int32
    group: Int32
    first_at: Int64
    count: Int32


def find_handovers(engine: Engine, sent: Uses, accounts: int) -> Handovers:
    """The groups of accounts joined by handovers among the uses of texts `sent`; none where the log has no text."""
    order = np.argsort(sent.value)
    left, right, at, gap = _repeated(sent.account_index[order], sent.value[order], sent.at[order], HANDOVER_SENDERS)
    span = _span_us(engine)
    near = gap <= HANDOVER_WITHIN
    far = int((gap > APART).sum())
    return joined(left[near], right[near], at[near], chance_share(far, span, accounts), accounts)


@njit(cache=True, nogil=True)
def _repeated(account_index: Int32, value: Int64, at: Int64, most: int) -> tuple[Int64, Int64, Int64, Int64]:
    """Texts of at least two and at `most` so many accounts, each time another account sent one of them next: the
    account before, the account after, when (µs) and how much later (µs).

    All are (uses,), in order of `value`.
    """
    left, right = np.empty(len(value), np.int64), np.empty(len(value), np.int64)
    seen, gap = np.empty(len(value), np.int64), np.empty(len(value), np.int64)
    found, begin = 0, 0
    for end in range(1, len(value) + 1):
        if end < len(value) and value[end] == value[begin]:
            continue
        if 1 < _holders(account_index[begin:end], most) <= most:
            _by_time(account_index[begin:end], at[begin:end])
            for i in range(begin + 1, end):
                if account_index[i] != account_index[i - 1]:
                    left[found], right[found] = account_index[i - 1], account_index[i]
                    seen[found], gap[found] = at[i], at[i] - at[i - 1]
                    found += 1
        begin = end
    return left[:found].copy(), right[:found].copy(), seen[:found].copy(), gap[:found].copy()


@njit(cache=True, nogil=True)
def _holders(account_index: Int32, most: int) -> int:
    """How many accounts there are, counted up to one more than `most`."""
    met = np.empty(most + 1, np.int32)
    found = 0
    for account in account_index:
        known = False
        for k in range(found):
            known = known or met[k] == account
        if not known:
            met[found] = account
            found += 1
            if found > most:
                break
    return found


@njit(cache=True, nogil=True)
def _by_time(account_index: Int32, at: Int64) -> None:
    """Brings the uses of one text into order of time, and of account where two are at one time."""
    order = np.argsort(account_index, kind="mergesort")
    account_index[:], at[:] = account_index[order], at[order]
    order = np.argsort(at, kind="mergesort")
    account_index[:], at[:] = account_index[order], at[order]


def _span_us(engine: Engine) -> float:
    sql = "SELECT epoch_us(max(last_seen)) - epoch_us(min(first_seen)) AS span FROM account_sketches"
    return float(engine.fetch(Query("span of the log", sql))["span"][0].as_py() or 0)


def chance_share(far: int, span: float, accounts: int) -> float:
    """Share of accounts that coincidence would join: from `far` pairs more than a day apart in a log of `span` µs.

    Two independent times of a log of length T lie within w of each other with probability 2w/T and more than a day
    apart with (1 - day/T)²; the ratio turns the pairs that are far apart into the coincidences to expect.
    """
    if span <= 2 * APART or accounts == 0:
        return 1.0  # the log is too short to tell coincidences from handovers
    expected = CROWDING * (far + 1.0) * (2.0 * HANDOVER_WITHIN / span) / (1.0 - APART / span) ** 2
    return min(1.0, 2.0 * expected / accounts)


def joined(left: Int64, right: Int64, at: Int64, chance: float, accounts: int) -> Handovers:
    """The connected components of handovers, split where coincidence alone joins two operators.

    `left`, `right` and `at` (handovers,) are two account indices and a time (µs); `chance` is the share of accounts
    that coincidence would join. Groups of fewer than LEAST accounts are left out.
    """
    names, code = np.unique(np.concatenate([left, right]), return_inverse=True)
    size, links = len(names), len(left)
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, code, np.concatenate([at, at]))
    graph = csr_array(coo_array((np.ones(links), (code[:links], code[links:])), shape=(size, size)))
    label = _parted(csr_array(graph + graph.T), chance / max(accounts, 1))
    kept = np.bincount(label, minlength=1)[label] >= LEAST
    _, first_of, group = np.unique(label[kept], return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first_of))  # groups are numbered by their first account
    count = np.zeros(accounts, np.int32)
    count[names] = np.bincount(code, minlength=size)
    return Handovers(names[kept].astype(np.int32), order[group].astype(np.int32), first[kept], count)


def _parted(graph: csr_array, density: float) -> Int64:
    """A label for each account of the graph; `density` is the probability that coincidence joins two given accounts."""
    _, label = connected_components(graph, directed=False)
    pending = [np.flatnonzero(label == one) for one in range(int(label.max(initial=-1)) + 1)]
    result, found = np.zeros(graph.shape[0], np.int64), 0
    while pending:
        group = pending.pop()
        halves = _cut(graph[group][:, group], density) if len(group) >= 2 * PART else None
        if halves is None:
            result[group] = found
            found += 1
        else:
            pending += [group[half] for half in halves]
    return result


def _cut(graph: csr_array, density: float) -> tuple[Int64, Int64] | None:
    """Two sides that hardly any handover crosses although many would if one operator made them; None for no such cut.

    The second eigenvector of the normalised adjacency separates sides that few links join (Fiedler, Algebraic
    connectivity of graphs, 1973).
    """
    degree = np.asarray(graph.sum(axis=1))
    scale = diags_array(degree**-0.5)
    # a fixed start makes runs repeat; rounding takes away the last bits, in which machines may differ
    start = np.linspace(1.0, 2.0, graph.shape[0])
    strength, vectors = eigsh(csr_array(scale @ graph @ scale), k=2, which="LA", v0=start, maxiter=20_000, tol=1e-9)
    side = np.round(vectors[:, int(np.argmin(strength))] * degree**-0.5, 9) > 0.0
    high, low = np.flatnonzero(side), np.flatnonzero(~side)
    if min(len(high), len(low)) < LEAST:
        return None
    crossing = float(graph[high][:, low].sum())
    dealt = float(degree[high].sum() * degree[low].sum() / degree.sum())
    if dealt < MIXED or crossing > CROSSED + 3.0 * density * len(high) * len(low):
        return None
    return high, low


def as_groups(found: Handovers) -> Groups:
    """The groups as values of the account-value graph: any account could have taken a request over."""
    return Groups(found.account, found.group.astype(np.int64), found.first_at, np.ones(len(found.count), bool))
