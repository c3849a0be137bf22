"""Content pools: accounts whose conversations start with memoryless draws from one common distribution of contents.

A queue that deals a data set over many accounts leaves accounts that resemble each other as much as each resembles
itself, whatever else they share. People who ask of one subject resemble each other too, but each resembles itself
several times as much. Candidates are accounts that do not return to their own contents; the accounts most like them
make communities, and a community is a pool when

    own similarity / similarity to the other members <= e^REMEMBERED,

both over pairs of conversation starts and weighted as in `self_similarity`. Every number is relative to what the
group's own conversation starts could show; accounts without text belong to no pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from stillwatch.link.communities import communities
from stillwatch.link.conversation_starts import ConversationStarts
from stillwatch.link.graph import Groups
from stillwatch.link.nearest_accounts import (
    MINIMUM_STARTS,
    UNSHARED,
    postings_of,
)
from stillwatch.link.pool_kernels import alike, likest, occurrences
from stillwatch.link.self_similarity import CodedContents, nearest_among

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOUNDING_STARTS = 6  # conversation starts of an account that may found a pool; with fewer its own similarity is noise
LEAST = 8  # accounts of a community; fewer are alike because they were chosen for it
NEIGHBOURS = 10  # most similar accounts by which communities form
COMMUNITY = 500  # accounts, all alike, that a community may have before it is parted: pools are joined again later
ACCOUNTS_AT_ONCE = 2048  # accounts that one thread compares before it takes the next
REMEMBERED = 0.5  # log of own similarity over that to the pool; for draws it is 0, and for people on one subject 2 to 3
SPREAD = 0.45  # natural-log spread of that ratio for an account of 10 conversation starts that draws from the pool
FLOOR = 0.05  # share of a pool's similarity below which an account's own is nothing
STANDS_OUT = 3.0  # times as alike as to everybody else: diverse people are alike in nothing, themselves included
TRIMMED = 0.25  # share of a community that may be people before it is no pool
LIKEST = 0.25  # share of a pool's members that are less like it than an account that is added to it


@dataclass(frozen=True, slots=True)
class _Likeness:
    """Own similarity of accounts and their similarity to a pool, a pair of conversation starts: (accounts,)."""

    own: Float
    pool: Float
    own_pairs: Float
    pool_pairs: Float

    @property
    def ratio(self) -> float:
        """Log of own similarity over similarity to the pool, of all accounts together."""
        return float(np.log(self.own_level / (self.level + 1e-12)))

    @property
    def level(self) -> float:
        """Similarity to the pool of all accounts together."""
        return float(self.pool.sum() / max(float(self.pool_pairs.sum()), 1.0))

    @property
    def own_level(self) -> float:
        """Own similarity of all accounts together, which is nothing where it is far below that to the pool."""
        return max(float(self.own.sum()) / max(float(self.own_pairs.sum()), 1.0), FLOOR * self.level + 1e-12)

    def ratios(self) -> Float:
        """The ratio of each account."""
        floor = FLOOR * self.level + 1e-12
        own, pool = self.own / np.maximum(self.own_pairs, 1.0), self.pool / np.maximum(self.pool_pairs, 1.0)
        return np.asarray(np.log((own + floor) / (pool + floor)))


def find_pools(held: CodedContents, memoryless: Flags, minimum: int, threads: int = 1) -> list[Int32]:
    """The account indices (ascending) of each pool of at least `minimum` accounts, no account in two, by first account.

    `memoryless` (accounts,) marks accounts that do not return to their own contents more than to those of others.
    """
    founding = np.flatnonzero(memoryless & (held.conversation_starts >= FOUNDING_STARTS)).astype(np.int32)
    scratch = np.zeros(len(held.weight), np.int32)
    drawing = [part[_draws(held, part, scratch)] for part in _communities(held, founding, threads)]
    if not drawing:
        return []
    pools = []
    for part in _communities(held, np.sort(np.concatenate(drawing)), threads):
        kept = part[_draws(held, part, scratch)]
        if len(kept) >= max(LEAST, (1.0 - TRIMMED) * len(part)) and _likeness(held, kept, scratch).ratio <= REMEMBERED:
            pools.append(kept)
    pools = _standing_out(held, _completed(held, _joined(held, pools, scratch), scratch), scratch)
    return sorted((pool for pool in pools if len(pool) >= minimum), key=lambda pool: int(pool[0]))


def as_groups(pools: Sequence[Int32], starts: ConversationStarts, conversation_starts: Int32) -> Groups:
    """The pools as values of the account-value graph: no account of few `conversation_starts` (accounts,) could have
    belonged to one."""
    account = np.concatenate([np.empty(0, np.int32), *pools])
    number = np.repeat(np.arange(len(pools)), [len(pool) for pool in pools])
    order = np.argsort(account)
    account, number = account[order], number[order]
    return Groups(account, number, starts.settled_at[account], conversation_starts >= MINIMUM_STARTS)


def _draws(held: CodedContents, members: Int32, scratch: Int32) -> Flags:
    """Marks the members that resemble themselves no more than draws from the pool of all members may."""
    found = _likeness(held, members, scratch)
    return np.asarray(found.ratios() <= 2.0 * _spread(held.conversation_starts[members]))


def _spread(conversation_starts: Int32) -> Float:
    return np.asarray(SPREAD * np.sqrt(10.0 / conversation_starts).clip(0.6, 1.6))


def _communities(held: CodedContents, accounts: Int32, threads: int) -> list[Int32]:
    """Communities of at least LEAST of these accounts (ascending indices), each ascending."""
    if len(accounts) < LEAST:
        return []
    part = _of_accounts(held, accounts)
    postings = postings_of(part.start, part.code, part.holders)
    bounds = [*range(0, len(accounts), ACCOUNTS_AT_ONCE), len(accounts)]

    def compare(begin: int, end: int) -> tuple[Int32, Float]:
        return nearest_among(part, postings, begin, end, NEIGHBOURS)

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(compare, bounds[:-1], bounds[1:]))
    who, similar = np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])
    row, place = np.nonzero(who >= 0)
    size = (len(accounts), len(accounts))
    # each account gives its neighbours one vote in all, so that an account of few and rare words joins no stronger
    vote = similar[row, place] / np.maximum(similar.sum(axis=1), 1e-300)[row]
    graph = csr_array(coo_array((vote, (row, who[row, place])), shape=size))
    graph = csr_array(graph + graph.T)
    graph.sort_indices()
    label = communities(graph, len(accounts) / COMMUNITY)
    order = np.argsort(label, kind="stable")
    parts = np.split(accounts[order], np.flatnonzero(np.diff(label[order])) + 1)
    return [one for one in parts if len(one) >= LEAST]


def _of_accounts(held: CodedContents, accounts: Int32) -> CodedContents:
    """The contents of these accounts alone, whose indices become their places among them."""
    start, entry = _entries(held, accounts)
    code = held.code[entry]
    holders = np.bincount(code, minlength=len(held.weight))
    code = np.where(holders[code] > 1, code, UNSHARED).astype(np.int32)
    return CodedContents(
        start, code, held.count[entry], held.conversation_starts[accounts], held.weight, np.maximum(holders, 1)
    )


def _entries(held: CodedContents, accounts: Int32) -> tuple[Int64, Int64]:
    """Where each account's entries begin among those of all these accounts, and which entries they are."""
    size = held.start[accounts + 1] - held.start[accounts]
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    return start, np.arange(start[-1]) + np.repeat(held.start[accounts] - start[:-1], size)


def _likeness(held: CodedContents, members: Int32, scratch: Int32) -> _Likeness:
    """How alike members are to themselves and to the other members; `scratch` (codes,) is 0 before and after."""
    own, pool = alike(held.start, held.code, held.count, held.weight, members, scratch)
    starts = held.conversation_starts[members].astype(np.float64)
    return _Likeness(own, pool, starts * (starts - 1.0), starts * (starts.sum() - starts))


def _totals(held: CodedContents, pools: Sequence[Int32]) -> csr_array:
    """How often a conversation start of each pool holds each feature that several accounts hold: (pools, codes)."""
    rows, columns, shares = [], [], []
    for number, pool in enumerate(pools):
        entry = _entries(held, pool)[1]
        total = np.bincount(held.code[entry], weights=held.count[entry], minlength=len(held.weight))
        total[UNSHARED] = 0.0
        columns.append(np.flatnonzero(total))
        rows.append(np.full(len(columns[-1]), number))
        shares.append(total[columns[-1]] / held.conversation_starts[pool].sum())
    joined = (np.concatenate(shares), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(coo_array(joined, shape=(len(pools), len(held.weight))))


def _joined(held: CodedContents, pools: Sequence[Int32], scratch: Int32) -> list[Int32]:
    """Pools with those that draw from the same distribution put together."""
    if len(pools) < 2:
        return list(pools)
    total = _totals(held, pools)
    across = ((total * held.weight) @ total.T).toarray()
    # accounts of two parts of one pool resemble each other as much as each resembles itself
    own = np.array([_likeness(held, pool, scratch).own_level for pool in pools])
    same = across >= np.exp(-REMEMBERED) * np.maximum.outer(own, own)
    found, label = connected_components(csr_array(same), directed=False)
    result = []
    for one in range(found):
        parts = [pool for pool, own in zip(pools, label, strict=True) if own == one]
        whole = np.sort(np.concatenate(parts))
        together = len(parts) == 1 or _likeness(held, whole, scratch).ratio <= REMEMBERED
        result += [whole] if together else parts
    return result


def _standing_out(held: CodedContents, pools: Sequence[Int32], scratch: Int32) -> list[Int32]:
    """Those pools whose accounts are far more like each other than like all other accounts."""
    if not pools:
        return []
    everybody, starts = occurrences(held.code, held.count, len(held.weight)), int(held.conversation_starts.sum())
    total, result = _totals(held, pools), []
    for number, pool in enumerate(pools):
        begin, end = total.indptr[number], total.indptr[number + 1]
        feature, share, own = total.indices[begin:end], total.data[begin:end], held.conversation_starts[pool].sum()
        others = (everybody[feature] - share * own) / max(starts - own, 1)
        if _likeness(held, pool, scratch).level >= STANDS_OUT * float((held.weight[feature] * share * others).sum()):
            result.append(pool)
    return result


def _completed(held: CodedContents, pools: Sequence[Int32], scratch: Int32) -> list[Int32]:
    """Pools with the accounts added that are as like one as most of its members, and no more like themselves."""
    if not pools:
        return []
    taken = np.zeros(len(held.conversation_starts), bool)
    taken[np.concatenate(pools)] = True
    least, level = np.empty(len(pools)), np.empty(len(pools))
    for number, pool in enumerate(pools):
        found = _likeness(held, pool, scratch)
        level[number] = found.level
        least[number] = np.quantile(found.pool / found.pool_pairs, LIKEST)
    total = csr_array(_totals(held, pools).T)
    free = np.flatnonzero(~taken & (held.conversation_starts >= MINIMUM_STARTS)).astype(np.int32)
    features = (held.start, held.code, held.count, held.weight, held.conversation_starts)
    columns = (total.indptr.astype(np.int64), total.indices.astype(np.int32), total.data)
    best, own, similar = likest(*features, free, *columns, level)
    floor = FLOOR * level[best]
    ratio = np.log((own + floor) / (similar + floor))
    added = (similar >= least[best]) & (ratio <= 2.0 * _spread(held.conversation_starts[free]))
    return [np.sort(np.concatenate([pool, free[added & (best == number)]])) for number, pool in enumerate(pools)]
