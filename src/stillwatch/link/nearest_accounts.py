"""The similarity of each account to the accounts most like it, found by an inverted index of bounded size.

Each feature is posted for a bounded number of accounts, so that the cost is linear in the accounts and no pair of
accounts is compared that shares no heavy feature.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.open_table import room, slot

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

NEAREST = 5  # most similar other accounts, over which similarity is averaged
MINIMUM_STARTS = 4  # conversation starts; fewer say nothing of a person
POSTINGS = 24  # accounts posted for each feature
PROBES = 48  # heaviest features of an account by which others are looked for
CANDIDATES = 16  # accounts met most often, whose similarity is then computed exactly
UNSHARED = 0  # the code of every feature that one account alone holds


@njit(cache=True, nogil=True)
def postings_of(start: Int64, code: Int32, holders: Int64) -> tuple[Int32, Int32]:
    """Where the accounts posted for each code begin, and these account indices: at most POSTINGS a code, evenly spaced
    among its holders, and none for UNSHARED.

    `start` (accounts + 1,) is where the `code` entries of each account begin, `holders` (codes,) counts accounts.
    """
    offset = np.zeros(len(holders) + 1, np.int32)
    for f in range(1, len(holders)):
        offset[f + 1] = offset[f] + min(holders[f], POSTINGS)
    seen = np.zeros(len(holders), np.int32)
    posted = np.empty(offset[-1], np.int32)
    for account in range(len(start) - 1):
        for e in range(start[account], start[account + 1]):
            f = code[e]
            if f == UNSHARED:
                continue
            k, n = seen[f], holders[f]
            seen[f] = k + 1
            if n <= POSTINGS:
                posted[offset[f] + k] = account
            else:
                slot = (np.int64(k) * POSTINGS) // n
                if slot != ((np.int64(k) + 1) * POSTINGS) // n:
                    posted[offset[f] + slot] = account
    return offset, posted


@njit(cache=True, nogil=True)
def _table(code: Int32, begin: int, end: int, table: Int32) -> int:
    """Enters the entries `begin` to before `end` by their codes, UNSHARED left out, into an open-addressing `table`, -1
    where free; returns its mask.

    At most one place in sixteen is filled, so that a missing code is mostly recognised at the first probe.
    """
    size = room(8 * (end - begin))
    table[:size] = -1
    for e in range(begin, end):
        if code[e] == UNSHARED:
            continue
        at = code[e] & (size - 1)
        while table[at] >= 0:
            at = (at + 1) & (size - 1)
        table[at] = e - begin
    return size - 1


@njit(cache=True, nogil=True)
def _shared(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    weight: Float,
    account: int,
    other: int,
    table: Int32,
    mask: int,
) -> float:
    """Weighted features shared by pairs of conversation starts, one of each account; those of `account` are in
    `table`."""
    shared = 0.0
    for j in range(start[other], start[other + 1]):
        if code[j] == UNSHARED:
            continue
        at = code[j] & mask
        while table[at] >= 0:
            i = start[account] + table[at]
            if code[i] == code[j]:
                shared += weight[code[i]] * float(count[i]) * float(count[j])
                break
            at = (at + 1) & mask
    return shared


@njit(cache=True, nogil=True)
def _heaviest(mass: Float) -> Int64:
    """Indices of the PROBES largest of `mass`, the largest first, and of equal ones the lower index first."""
    best = np.empty(PROBES, np.int64)
    size = 0
    for k in range(len(mass)):
        if size == PROBES and mass[k] <= mass[best[size - 1]]:
            continue
        size = min(size + 1, PROBES)
        at = size - 1
        while at > 0 and mass[best[at - 1]] < mass[k]:
            best[at] = best[at - 1]
            at -= 1
        best[at] = k
    return best[:size]


@njit(cache=True, nogil=True)
def _meet(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    weight: Float,
    postings: tuple[Int32, Int32],
    account: int,
    accounts_met: Int32,
    met: NDArray[np.float32],
    touched: Int32,
) -> int:
    """Sums the weights of the account's heaviest posted features over each other account posted for them; returns how
    many other accounts there are.

    `whom` is an open-addressing table of account indices plus 1 and `met` their sums: few accounts are met, and an
    array of all accounts would not stay in the cache. `touched` receives the places taken.
    """
    offset, posted = postings
    found = 0
    feature, mass = (
        np.empty(start[account + 1] - start[account], np.int32),
        np.empty(start[account + 1] - start[account]),
    )
    for e in range(start[account], start[account + 1]):
        if offset[code[e] + 1] > offset[code[e]]:
            feature[found] = code[e]
            mass[found] = weight[code[e]] * count[e]
            found += 1
    m = 0
    for f in feature[_heaviest(mass[:found])]:
        for p in range(offset[f], offset[f + 1]):
            other = posted[p]
            if other != account:
                at = slot(accounts_met, other + 1)
                if accounts_met[at] == 0:
                    accounts_met[at], met[at], touched[m] = other + 1, 0.0, at
                    m += 1
                met[at] += weight[f]
    return m


@njit(cache=True, nogil=True)
def _most_met(
    accounts_met: Int32, met: NDArray[np.float32], touched: Int32, conversation_starts: Int32, best: Int32
) -> int:
    """Fills `best` with the places of the accounts of the largest sums, of equal ones the lower account first.

    Returns how many; accounts of fewer than MINIMUM_STARTS conversation starts are left out.
    """
    size = 0
    for place in touched:
        at = size
        while at > 0 and (
            met[best[at - 1]] < met[place]
            or (met[best[at - 1]] == met[place] and accounts_met[best[at - 1]] > accounts_met[place])
        ):
            at -= 1
        if at < len(best) and conversation_starts[accounts_met[place] - 1] >= MINIMUM_STARTS:
            size = min(size + 1, len(best))
            for k in range(size - 1, at, -1):
                best[k] = best[k - 1]
            best[at] = place
    return size


@njit(cache=True, nogil=True)
def nearest(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    conversation_starts: Int32,
    weight: Float,
    postings: tuple[Int32, Int32],
    begin: int,
    who: Int32,
    similar: Float,
) -> None:
    """Writes the most similar other accounts of those from `begin` on, the most similar first, -1 for none, and their
    similarity in the unit of `_within`: `who` and `similar` (accounts, at most CANDIDATES)."""
    size = room(PROBES * POSTINGS)
    accounts_met, met = np.zeros(size, np.int32), np.empty(size, np.float32)
    touched = np.empty(PROBES * POSTINGS, np.int32)
    best = np.empty(CANDIDATES, np.int32)
    end = begin + len(who)
    table = np.empty(room(8 * np.max(start[begin + 1 : end + 1] - start[begin:end])), np.int32)
    who[:], similar[:] = -1, 0.0
    for account in range(begin, end):
        if conversation_starts[account] < MINIMUM_STARTS:
            continue
        m = _meet(start, code, count, weight, postings, account, accounts_met, met, touched)
        mass = 0.0
        for e in range(start[account], start[account + 1]):
            mass += weight[code[e]] * float(count[e])
        found = np.zeros(CANDIDATES)
        mask = _table(code, start[account], start[account + 1], table)
        candidates = _most_met(accounts_met, met, touched[:m], conversation_starts, best)
        for k in range(candidates):
            if mass > 0.0:
                other = accounts_met[best[k]] - 1
                found[k] = _shared(start, code, count, weight, account, other, table, mask) / (
                    mass * conversation_starts[other]
                )
        order = np.argsort(-found, kind="mergesort")
        for k in range(similar.shape[1]):
            similar[account - begin, k] = found[order[k]]
            if found[order[k]] > 0.0:
                who[account - begin, k] = accounts_met[best[order[k]]] - 1
        for k in range(m):
            accounts_met[touched[k]] = 0
