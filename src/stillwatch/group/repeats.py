"""Which texts a group begins conversations with more than once: how often, how soon, on which accounts, in what order.

Several answers to one question are asked for at once and dealt over the accounts, each question about as often.
People and programs repeat popular texts, some of them very often, and mostly their own. A second pass over a list comes
in the order of the first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.statistics import conversation_starts
from stillwatch.records.definitions import HOUR, REFUSED_STATUS

Bools = NDArray[np.bool_]
Int64 = NDArray[np.int64]

ASKED = 200_000  # conversation starts that are looked at: all that begin with some of the texts
BUSIEST = 4.0  # times the median account's askings, beyond which some of an account's texts are left out
MOST_ALIKE = 8  # askings of one text by one account that count
LEAST_ASKED = 40  # conversation starts with text, for a share
LEAST_REPEATS = 20  # repetitions, or repeated texts, for what is said of them
LEAST_SPAN = HOUR  # µs between two askings of a text that belong to two passes over a list
PAIRS = 40_000  # pairs of texts whose order is compared
LEAST_ORDERED = 200  # pairs of texts, both asked before either is asked again
SEED = 20261130


@dataclass(frozen=True, slots=True)
class Askings:
    """Answered conversation starts with text, by text and then by time: parallel arrays (askings,).

    `again` marks an asking whose text was asked before.
    """

    text: Int64  # a number of each text, ascending
    account: Int64
    at: Int64
    again: Bools

    def __len__(self) -> int:
        return len(self.at)


def askings(exchanges: Exchanges) -> Askings:
    """The conversation starts of some texts of the group: of all where there are at most ASKED.

    What was refused is left out, since it is asked again for want of an answer.
    """
    payload = exchanges.values["payload"]
    rows = np.flatnonzero(
        conversation_starts(exchanges) & (payload != 0) & (exchanges.values["status"] < REFUSED_STATUS)
    )
    rows = rows[_without_excess(exchanges.account_index[rows], payload[rows])]
    # keyed hashes are evenly spread: texts of one remainder are a sample of texts, each with all its askings
    rows = rows[payload[rows] % max(1, -(-len(rows) // ASKED)) == 0]
    text = np.unique(payload[rows], return_inverse=True)[1]
    order = np.lexsort((exchanges.started_at[rows], text))
    text, rows = text[order].astype(np.int64), rows[order]
    again = np.diff(text, prepend=-1) == 0
    return Askings(text, exchanges.account_index[rows].astype(np.int64), exchanges.started_at[rows], again)


def _without_excess(account_index: NDArray[np.int32], payload: Int64) -> Bools:
    """Leaves out, of accounts with far more askings than the median account, all but some of their texts, and of each
    text all but an account's first MOST_ALIKE askings, so that no account speaks for all."""
    if len(payload) == 0:
        return np.zeros(0, np.bool_)
    _, dense, size = np.unique(account_index, return_inverse=True, return_counts=True)
    step = np.maximum(size // max(1, int(BUSIEST * np.median(size))), 1)[dense]
    text = np.unique(payload, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(dense * (int(text.max()) + 1) + text, kind="stable")
    begins = np.flatnonzero((np.diff(dense[order], prepend=-1) != 0) | (np.diff(text[order], prepend=-1) != 0))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    return np.asarray((rank < MOST_ALIKE) & (payload % step == 0))


def repeated_share(found: Askings) -> float:
    """Share of conversations that begin with a text that the group has begun one with before."""
    return float(found.again.mean()) if len(found) >= LEAST_ASKED else math.nan


def dealt_repeats(found: Askings) -> float:
    """Repetitions that came from another account than the asking before, over those expected if accounts were drawn
    by their volumes: 1 where one queue deals them, near 0 where everyone repeats himself."""
    if found.again.sum() < LEAST_REPEATS:
        return math.nan
    share = np.unique(found.account, return_counts=True)[1] / len(found)
    expected = 1.0 - float((share**2).sum())
    moved = found.account[1:] != found.account[:-1]
    return float(moved[found.again[1:]].mean()) / expected if expected > 0.0 else math.nan


def evenness(found: Askings) -> float:
    """How evenly often repeated texts are asked: 1 where each is asked equally often, near 0 where few make up all.

    (Σk)² / (n Σk²) over the n repeated texts, asked k times each: Hill's ratio for the order 2 (1973).
    """
    count = np.bincount(found.text) if len(found) else np.zeros(0, np.int64)
    count = count[count > 1].astype(np.float64)
    if len(count) < LEAST_REPEATS:
        return math.nan
    return float(count.sum() ** 2 / (len(count) * (count**2).sum()))


def repeat_pause(found: Askings) -> float:
    """Natural log of the median hours between an asking of a text and the next, by other accounts than before."""
    elsewhere = found.again[1:] & (found.account[1:] != found.account[:-1])
    if elsewhere.sum() < LEAST_REPEATS:
        return math.nan
    return math.log(max(float(np.median(np.diff(found.at)[elsewhere])), HOUR / 3600) / HOUR)


def pass_order(found: Askings) -> float:
    """Do texts come back in the order in which they first came? Kendall's rank correlation, 0 by chance, 1 for a list.

    Only pairs of texts count both of which were asked before either came again, which chance brings back in either
    order; what came back within the hour is no second pass.
    """
    if len(found) == 0:
        return math.nan
    begins = np.flatnonzero(~found.again)
    ends = np.append(begins[1:], len(found)) - 1
    repeated = found.at[ends] - found.at[begins] > LEAST_SPAN
    first, last = found.at[begins][repeated], found.at[ends][repeated]
    if len(first) < LEAST_REPEATS:
        return math.nan
    one, other = np.random.default_rng(SEED).integers(0, len(first), (2, PAIRS))
    both = np.minimum(last[one], last[other]) > np.maximum(first[one], first[other])
    one, other = one[both & (one != other)], other[both & (one != other)]
    if len(one) < LEAST_ORDERED:
        return math.nan
    return float((np.sign(first[one] - first[other]) * np.sign(last[one] - last[other])).mean())
