"""Methods of the literature on coordination that the lab has no baseline of: projections and clusters of sign-ups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, triu
from scipy.sparse.csgraph import connected_components

from stillwatch_lab.baselines.holdings import Holdings

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]

PERCENTILE = 99.5  # of similarities, above which an edge is kept: the cut of Pacheco et al.
SAME_TIME = 60_000_000  # µs between two uses of one object that count as together: CooRTweet's default of its example
TOGETHER = 2  # times that two accounts must act together: CooRTweet's default of `min_participation`
BIRTHS_WITHIN = 3_600_000_000  # µs around an account's sign-up in which others are counted (Cresci's sets: an hour)
LEAST_BIRTHS = 8  # accounts that must have signed up within that time, as many as make a network
MOST_HOLDERS = 2000  # accounts of an object; a larger one has more pairs than all others, each of no weight


def similar_users(holdings: Holdings) -> Int64:
    """Labels (accounts,) of the components of accounts whose weighted objects are most alike.

    Accounts are vectors of objects, weighted by TF-IDF; edges above the percentile of cosine similarity are kept.
    Source: Pacheco et al., Uncovering coordinated networks on social media, ICWSM 2021.
    """
    held = np.diff(holdings.value_start)
    kept = held[holdings.value_of] <= MOST_HOLDERS
    weight = np.log(holdings.accounts / np.maximum(held, 1))[holdings.value_of[kept]]
    shape = (holdings.accounts, holdings.values)
    vectors = csr_array(coo_array((weight, (holdings.holder[kept], holdings.value_of[kept])), shape=shape))
    length = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)))
    scale = coo_array((1.0 / np.maximum(length, 1e-12), (np.arange(len(length)), np.arange(len(length)))))
    unit = csr_array(scale @ vectors)
    pairs = coo_array(triu(unit @ unit.T, k=1))
    if pairs.nnz == 0:
        return np.arange(holdings.accounts)
    strong = pairs.data >= np.percentile(pairs.data, PERCENTILE)
    return _components(pairs.row[strong], pairs.col[strong], holdings.accounts)


def act_together(account: Int64, value: Int64, at: Int64, accounts: int, within: int = SAME_TIME) -> Int64:
    """Labels (accounts,) of the components of accounts that use the same objects within so many µs of one another,
    twice or more, with weights in the upper half.

    Uses are parallel arrays. Source: CooRTweet (Righetti & Balluff 2025), after CooRnet (Giglietto et al. 2020).
    """
    order = np.lexsort((account, at, value))
    account, value, at = account[order], value[order], at[order]
    left, right = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for gap in range(1, MOST_HOLDERS):
        near = (value[gap:] == value[:-gap]) & (at[gap:] - at[:-gap] <= within)
        if not near.any():
            break
        first, second = account[:-gap][near], account[gap:][near]
        left.append(np.minimum(first, second)[first != second])
        right.append(np.maximum(first, second)[first != second])
    pair, count = np.unique(np.concatenate(left) * accounts + np.concatenate(right), return_counts=True)
    often = count >= TOGETHER
    if not often.any():
        return np.arange(accounts)
    strong = pair[often][count[often] >= np.median(count[often])]
    return _components(strong // accounts, strong % accounts, accounts)


def born_close(created_at: Int64) -> Int64:
    """Labels (accounts,) of the clusters of sign-ups (µs): DBSCAN within an hour and of eight accounts.

    Source: Ester et al. (KDD 1996), on sign-up times as in Xiao, Freeman & Hwa, Detecting clusters of fake accounts in
    online social networks (AISec 2015).
    """
    order = np.argsort(created_at, kind="stable")
    at = created_at[order]
    within = np.searchsorted(at, at + BIRTHS_WITHIN, side="right") - np.searchsorted(at, at - BIRTHS_WITHIN)
    dense = np.flatnonzero(within >= LEAST_BIRTHS)
    label = np.arange(len(at)) + len(at)
    begins = np.diff(at[dense], prepend=at[dense][:1]) > BIRTHS_WITHIN
    label[dense] = np.cumsum(begins)
    for place in np.flatnonzero(within < LEAST_BIRTHS):  # an account near a dense one joins the earliest such
        near = dense[np.abs(at[dense] - at[place]) <= BIRTHS_WITHIN]
        if len(near):
            label[place] = label[near[0]]
    result = np.empty(len(at), np.int64)
    result[order] = label
    return result


def _components(left: Int64, right: Int64, accounts: int) -> Int64:
    edges = coo_array((np.ones(len(left)), (left, right)), shape=(accounts, accounts))
    return np.asarray(connected_components(edges, directed=False)[1], np.int64)
