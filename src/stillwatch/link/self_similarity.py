"""Self-similarity: does an account resemble itself more than it resembles the accounts most like it?

A person returns to the same names, code and open questions; draws from a data set do not. Of at most
`CONVERSATION_STARTS` conversation starts an account, each content feature is counted, and

    within  = mean, over pairs of the account's own starts, of the weighted features shared,
    between = the same over pairs of one of its starts and one of another's, for its NEAREST other accounts.

The ratio of the two, measured on real text, is 2 to 20 for people and about 1 for draws from a data set
(docs/methods/link.md).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.link.nearest_accounts import (
    NEAREST,
    UNSHARED,
    nearest,
    postings_of,
)
from stillwatch.records.definitions import CONVERSATION_STARTS

ACCOUNTS_AT_ONCE = 8192  # accounts that one thread compares before it takes the next

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contents:
    """Content features of all accounts: account u holds `feature[start[u]:start[u + 1]]`, ascending, with counts."""

    start: Int64  # (accounts + 1,)
    feature: NDArray[np.uint32]
    count: NDArray[np.uint8]  # of the account's conversation starts that contain the feature
    conversation_starts: Int32  # (accounts,)


@dataclass(frozen=True, slots=True)
class CodedContents:
    """Contents with a code for each feature, more popular ones first and UNSHARED for those of one account alone."""

    start: Int64  # (accounts + 1,)
    code: Int32  # of each feature of an account, in no order of codes
    count: NDArray[np.uint8]  # parallel to `code`, as of `Contents`
    conversation_starts: Int32  # (accounts,)
    weight: Float  # (codes,)
    holders: Int64  # (codes,): accounts that hold a feature of the code


@dataclass(frozen=True, slots=True)
class SelfSimilarity:
    """Similarities of each account: arrays of shape (accounts,)."""

    conversation_starts: Int32
    within: Float
    between: Float


def contents(account_index: Int32, features: NDArray[np.uint32], accounts: int) -> Contents:
    """The features of each account, counted over at most CONVERSATION_STARTS of its conversation starts.

    `account_index` (starts,) ascends; `features` (starts, 16) holds 0 for none.
    """
    chosen = evenly_spaced(account_index)
    if not chosen.all():
        account_index, features = account_index[chosen], features[chosen]
    start, feature, count = _count(account_index, features, accounts, CONVERSATION_STARTS)
    conversation_starts = np.bincount(account_index, minlength=accounts).astype(np.int32)
    return Contents(start, feature, count, conversation_starts)


def coded(held: Contents, threads: int = 1) -> CodedContents:
    """The contents with a code and a weight for each feature."""
    accounts = len(held.conversation_starts)
    identifiers, holders = np.unique(held.feature, return_counts=True)
    codes, holders = _by_popularity(holders)
    # squared inverse document frequency over accounts: a feature that every account holds weighs nothing
    weight = np.log(accounts / holders) ** 2
    first = _first_of(identifiers, max(1, len(identifiers).bit_length() - 3))
    code = np.empty(len(held.feature), np.int32)

    def look_up(begin: int, end: int) -> None:
        _code(identifiers, first, codes, held.feature, held.start[begin], held.start[end], code)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(look_up, *_parts(accounts)))
    return CodedContents(held.start, code, held.count, held.conversation_starts, weight, holders)


def similarities(held: CodedContents, threads: int = 1) -> SelfSimilarity:
    """Within- and between-account similarity of every account (accounts,); the same for any number of threads."""
    accounts = len(held.conversation_starts)
    within, between = np.zeros(accounts), np.zeros(accounts)
    if len(held.code) == 0:
        return SelfSimilarity(held.conversation_starts, within, between)

    def compare_own(begin: int, end: int) -> None:
        _within(held.start, held.code, held.count, held.conversation_starts, held.weight, begin, end, within)

    def compare_others(begin: int, end: int) -> None:
        between[begin:end] = nearest_among(held, postings, begin, end, NEAREST)[1].mean(axis=1)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(compare_own, *_parts(accounts)))
        postings = postings_of(held.start, held.code, held.holders)
        list(pool.map(compare_others, *_parts(accounts)))
    return SelfSimilarity(held.conversation_starts, within, between)


def nearest_among(
    held: CodedContents, postings: tuple[Int32, Int32], begin: int, end: int, most: int
) -> tuple[Int32, Float]:
    """The `most` accounts most similar to each of those from `begin` to before `end`, and how similar, as of
    `nearest`."""
    who, similar = np.empty((end - begin, most), np.int32), np.empty((end - begin, most))
    given = (held.start, held.code, held.count, held.conversation_starts, held.weight, postings)
    nearest(*given, begin, who, similar)
    return who, similar


def _parts(accounts: int) -> tuple[list[int], list[int]]:
    bounds = [*range(0, accounts, ACCOUNTS_AT_ONCE), accounts]
    return bounds[:-1], bounds[1:]


def _by_popularity(holders: Int64) -> tuple[Int32, Int64]:
    """A code for each feature, and the holders of each code. Codes follow popularity, so that the weights looked up
    most often lie together in the cache.

    Features that one account alone holds, which are most, have the code UNSHARED.
    """
    shared = np.flatnonzero(holders > 1)
    shared = shared[np.argsort(-holders[shared], kind="stable")]
    codes = np.full(len(holders), UNSHARED, np.int32)
    codes[shared] = np.arange(1, len(shared) + 1)
    return codes, np.concatenate([np.ones(1, np.int64), holders[shared]])


@njit(cache=True, nogil=True)
def _first_of(identifiers: NDArray[np.uint32], bits: int) -> Int32:
    """Where the ascending identifiers with each value of their high `bits` begin. They are evenly spread hashes."""
    first = np.zeros((1 << bits) + 1, np.int32)
    for name in identifiers:
        first[(name >> np.uint32(32 - bits)) + 1] += 1
    for bucket in range(1 << bits):
        first[bucket + 1] += first[bucket]
    return first


@njit(cache=True, nogil=True)
def _code(
    identifiers: NDArray[np.uint32],
    first: Int32,
    codes: Int32,
    feature: NDArray[np.uint32],
    begin: int,
    end: int,
    result: Int32,
) -> None:
    """Writes the codes of the features `begin` to before `end`, found among the ascending identifiers by their high
    bits."""
    bits = 0
    while 1 << bits < len(first) - 1:
        bits += 1
    for e in range(begin, end):
        bucket = feature[e] >> np.uint32(32 - bits)
        low, high = first[bucket], first[bucket + 1]
        while low < high:
            middle = (low + high) >> 1
            if identifiers[middle] < feature[e]:
                low = middle + 1
            else:
                high = middle
        result[e] = codes[low]


def evenly_spaced(account_index: Int32) -> NDArray[np.bool_]:
    """Marks at most CONVERSATION_STARTS starts an account, evenly spaced in their order.

    `account_index` (conversation starts,) is ascending; the result is parallel to it.
    """
    return np.asarray(_evenly_spaced(account_index, CONVERSATION_STARTS))


@njit(cache=True, nogil=True)
def _evenly_spaced(account_index: Int32, most: int) -> NDArray[np.bool_]:
    chosen = np.zeros(len(account_index), np.bool_)
    begin = 0
    for end in range(1, len(account_index) + 1):
        if end < len(account_index) and account_index[end] == account_index[begin]:
            continue
        n = end - begin
        for k in range(n):
            chosen[begin + k] = n <= most or (k * most) // n != ((k + 1) * most) // n
        begin = end
    return chosen


@njit(cache=True, nogil=True)
def _count(
    account_index: Int32, features: NDArray[np.uint32], accounts: int, most: int
) -> tuple[Int64, NDArray[np.uint32], NDArray[np.uint8]]:
    n, width = features.shape
    start = np.zeros(accounts + 1, np.int64)
    feature = np.empty(n * width, np.uint32)
    count = np.empty(n * width, np.uint8)
    held = np.empty(most * width, np.uint32)
    filled = 0
    i = 0
    for account in range(accounts):
        m = 0
        while i < n and account_index[i] == account:
            for j in range(width):
                if features[i, j] != 0:
                    held[m] = features[i, j]
                    m += 1
            i += 1
        row = np.sort(held[:m])
        for j in range(m):
            if j == 0 or row[j] != row[j - 1]:
                feature[filled] = row[j]
                count[filled] = 1
                filled += 1
            else:
                count[filled - 1] += 1
        start[account + 1] = filled
    return start, feature[:filled].copy(), count[:filled].copy()


@njit(cache=True, nogil=True)
def _within(
    start: Int64,
    code: Int32,
    count: NDArray[np.uint8],
    conversation_starts: Int32,
    weight: Float,
    begin: int,
    end: int,
    result: Float,
) -> None:
    """Writes `result[begin:end]`: weighted features shared by a pair of own starts, over the weight of one start."""
    for account in range(begin, end):
        n = conversation_starts[account]
        if n < 2:
            continue
        shared, mass = 0.0, 0.0
        for e in range(start[account], start[account + 1]):
            c = float(count[e])
            shared += weight[code[e]] * c * (c - 1.0)
            mass += weight[code[e]] * c
        if mass > 0.0:
            result[account] = shared / (mass * (n - 1.0))
