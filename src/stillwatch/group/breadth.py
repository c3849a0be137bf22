"""How many different words accounts use, and the group as a whole, beside people.

Customers of a relay ask about as many things as people do; a data set is of fewer. An account that is fed from a queue
meets the words of the whole pool, a person keeps to some.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.statistics import conversation_starts
from stillwatch.group.templates import without_templates
from stillwatch.group.texts import coded
from stillwatch.records.features import without_frames

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

STARTS = 12  # conversation starts an account of which words are counted
ACCOUNTS = 400  # accounts whose words are counted
LEAST_STARTS = 4  # of an account, to compare its words with the pool's
LEAST_ACCOUNTS = 8
LEAST_TEXTS = 60


def _words(exchanges: Exchanges) -> tuple[Int64, Int32]:
    """Account (texts,) and words (texts, 16) of conversation starts, without templates and frames, 0 for none."""
    opens = np.flatnonzero(conversation_starts(exchanges) & exchanges.features.any(axis=1))
    dense = np.unique(exchanges.account_index[opens], return_inverse=True)[1]
    accounts = int(dense.max()) + 1 if len(dense) else 0
    chosen = dense % max(1, -(-accounts // ACCOUNTS)) == 0
    opens, dense = opens[chosen], dense[chosen]
    # evenly over an account's time, so that a day's subject is not all of it
    size = np.bincount(dense, minlength=accounts)
    rank = np.arange(len(dense)) - (np.cumsum(size) - size)[dense]
    most = np.maximum(size, STARTS)[dense]
    opens = opens[rank * STARTS // most != (rank - 1) * STARTS // most]
    account_index = exchanges.account_index[opens]
    marks = np.stack([exchanges.values["head"][opens], exchanges.values["tail"][opens]], axis=1)
    features = exchanges.features[opens]
    features = without_frames(account_index, marks, without_templates(account_index, marks, features))
    used = features.any(axis=1)
    return account_index[used].astype(np.int64), coded(features[used])[1]


def word_breadth(exchanges: Exchanges) -> float:
    """Natural log of the effective number of words: one over the chance that two words of two accounts are the same.

    Accounts count alike, and an account's words are never compared with its own, so that neither the number of
    accounts nor their volumes matter (Simpson's index without its within-account part).
    """
    account, code = _words(exchanges)
    accounts = len(np.unique(account))
    if accounts < LEAST_ACCOUNTS or len(account) < LEAST_TEXTS:
        return math.nan
    words = np.bincount(code.ravel(), weights=np.repeat(_even(account), code.shape[1]))
    words[0] = 0.0
    own = _own_collisions(account, code)
    same = float((words**2).sum()) - own
    return math.log(float(words.sum()) ** 2 * (1.0 - 1.0 / accounts) / max(same, 1e-12))


def _own_collisions(account: Int64, code: Int32) -> float:
    """The part of the sum of squared word shares that comes from words of one and the same account."""
    _, dense = np.unique(account, return_inverse=True)
    key = (dense[:, None].astype(np.int64) << np.int64(32) | code).ravel()
    weight = np.repeat(_even(account), code.shape[1])[code.ravel() > 0]
    _, place = np.unique(key[code.ravel() > 0], return_inverse=True)
    return float((np.bincount(place, weights=weight) ** 2).sum())


def _even(account: Int64) -> Float:
    """Each text's share where every account has the same."""
    _, dense, size = np.unique(account, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / size[dense] / len(size))


def account_breadth(exchanges: Exchanges) -> float:
    """Natural log of the different words of an account over those of as many conversation starts of the whole group.

    0 where every account draws from the pool, below where it keeps to some of it.
    """
    account, code = _words(exchanges)
    _, dense, size = np.unique(account, return_inverse=True, return_counts=True)
    if (size >= LEAST_STARTS).sum() < LEAST_ACCOUNTS:
        return math.nan
    key = dense[:, None].astype(np.int64) << np.int64(32) | code
    key = np.unique(key[code > 0])
    own = np.bincount(key >> 32, minlength=len(size)).astype(np.float64)
    words = np.bincount(code.ravel(), weights=np.repeat(_even(account), code.shape[1]))
    words[0] = 0.0
    met = np.bincount(dense, weights=(code > 0).sum(axis=1), minlength=len(size)) / float(words.sum())
    expected = {n: float(-np.expm1(-n * words).sum()) for n in set(np.round(met, 1).tolist())}
    drawn = np.array([expected[n] for n in np.round(met, 1).tolist()])
    kept = size >= LEAST_STARTS
    return float(np.log(own[kept] / drawn[kept]).mean())
