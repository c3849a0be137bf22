"""What ties a member to its network by acts of its own, and not by what others did to it.

Anybody can send another's fields, address range or words, and sign up as another did before. So a shared value ties
those who took it up when others of the network held it already, and not who held it first, or perhaps first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.acceptance import Bicluster
from stillwatch.link.graph import Graph, edges_inside
from stillwatch.link.kernels import AGREEING_BITS
from stillwatch.link.rewordings import Rewordings
from stillwatch.link.values import ATTRIBUTES, GROUP_OF, GROUPS
from stillwatch.records.claims import SAME_PAYLOAD
from stillwatch.records.definitions import DAY

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

UNKNOWN = np.iinfo(np.int64).max
EARLIER = 2  # members that must have held a value before another took it up: one may be the one that was copied
# in what accounts ask: whoever can make an account ask, as users of a public bot can, decides it
TEXT_GROUPS = frozenset({"wording", "handover", "lifecycle", "contents"})
ORDERLESS_GROUPS = frozenset({"handover", "contents"})  # of these, each holder has acted itself
_TAKING_OVER = GROUPS.index("handover")
COPIED = 0.1  # share of an account's texts that others sent after it, from which they may have made themselves like it
REPEATERS = 3  # accounts that must have sent them: one or two make no pool

_PAYLOAD = next(code for code, attribute in enumerate(ATTRIBUTES) if attribute.claim == SAME_PAYLOAD.name)
_STATED = np.array([attribute.source == "accounts" for attribute in ATTRIBUTES])
_TEXT = np.array([name in TEXT_GROUPS for name in GROUPS])
_ORDERLESS = np.array([name in ORDERLESS_GROUPS for name in GROUPS])


@dataclass(frozen=True, slots=True)
class Lives:
    """When accounts were made (UNKNOWN for none) and first seen, in µs, the number of their customer, and which are
    copied, arrays (accounts,): accounts of one organisation or card are one customer's, any other is its own."""

    created_at: Int64
    first_seen: Int64
    customer: Int64
    copied: NDArray[np.bool_]

    @property
    def begins(self) -> int:
        """The time of the first exchange, in µs."""
        return int(self.first_seen.min(initial=UNKNOWN))


@dataclass(frozen=True, slots=True)
class Ties:
    """Of each member (members,): in how many independence groups besides texts it took values up after others, and
    whether it did in texts."""

    ways: Int32
    texts: NDArray[np.bool_]


def own_ties(graph: Graph, bicluster: Bicluster, lives: Lives) -> Ties:
    """What ties each member of a bicluster by its own acts."""
    members, values = bicluster.members, bicluster.found.values
    inside = edges_inside(graph, members, values)
    attribute = graph.attribute[values][inside.value]
    group = GROUP_OF[attribute]
    account = members[inside.member]
    at = np.where(_STATED[attribute], lives.created_at[account], inside.at)
    bits = np.log2(np.maximum(bicluster.found.inside, 1.0) / np.maximum(bicluster.found.expected, 1e-9))[inside.value]
    copied, customer = lives.copied[account], lives.customer[account]
    took_up = _earlier(inside.value, at) >= EARLIER
    took_up &= ~_perhaps_before(account, inside.at, lives) | _STATED[attribute]
    took_up |= _ORDERLESS[group]
    # what others may have made like it, or what it shares with its own customer's accounts, says nothing of the others
    alone = ~_with_own(inside.value, customer)
    took_up &= ~copied | (group == _TAKING_OVER) | (~_TEXT[group] & alone)
    own = took_up & (bits >= AGREEING_BITS)
    held = np.zeros((len(members), len(GROUPS)), bool)
    held[inside.member[own], group[own]] = True
    return Ties(held[:, ~_TEXT].sum(axis=1).astype(np.int32), np.asarray(held[:, _TEXT].any(axis=1)))


def _earlier(value: Int64, at: Int64) -> Int64:
    """How many of the same value (holdings,) are earlier; 0 for one at an unknown time."""
    order = np.lexsort((at, value))
    start = np.flatnonzero(np.diff(value[order], prepend=-1) != 0)
    begin = start[np.searchsorted(start, np.arange(len(order)), side="right") - 1]
    # of several at one time, none is earlier than another
    new = (np.diff(value[order], prepend=-1) != 0) | (np.diff(at[order], prepend=-1) != 0)
    first = np.flatnonzero(new)
    place = first[np.searchsorted(first, np.arange(len(order)), side="right") - 1]
    result = np.empty(len(order), np.int64)
    result[order] = place - begin
    return np.asarray(np.where(at == UNKNOWN, 0, result))


def _with_own(value: Int64, customer: Int64) -> NDArray[np.bool_]:
    """Which holdings another account of the same customer has as well."""
    _, both, count = np.unique(np.stack([value, customer]), axis=1, return_inverse=True, return_counts=True)
    return np.asarray(count[both.reshape(-1)] > 1)


def are_copied(graph: Graph, customer: Int64) -> NDArray[np.bool_]:
    """Marks accounts (accounts,) many of whose texts several others sent after them, and hardly ever before.

    A text is of the customer that sent it first, whichever of its accounts did.
    """
    values = np.flatnonzero(graph.attribute == _PAYLOAD)
    span = np.diff(graph.value_start)[values]
    edges = np.repeat(graph.value_start[values], span) + np.arange(span.sum()) - np.repeat(np.cumsum(span) - span, span)
    text, account = np.repeat(np.arange(len(values)), span), graph.holder[edges]
    order = np.lexsort((account, graph.first_at[edges], text))
    text, account = text[order], account[order]
    source = customer[account[np.flatnonzero(np.diff(text, prepend=-1) != 0)]][text] if len(text) else text
    own = customer[account] == source
    repeated = np.bincount(text[~own], minlength=len(values)) > 0
    first = np.bincount(account[own & repeated[text]], minlength=graph.accounts)
    later = np.bincount(account[~own], minlength=graph.accounts)
    pairs = np.unique(np.stack([source[~own], account[~own]]), axis=1)
    repeaters = np.bincount(pairs[0], minlength=int(customer.max(initial=0)) + 1)[customer]
    many = first >= np.maximum(COPIED * graph.distinct_count[_PAYLOAD], 3.0)
    return np.asarray(many & (first > 2 * later) & (repeaters >= REPEATERS))


def are_reworded(reworded: Rewordings, customer: Int64) -> NDArray[np.bool_]:
    """Marks accounts (accounts,) whose conversation starts several others ask again in other words, as `are_copied`."""
    left, right = customer[reworded.left], customer[reworded.right]
    other = left != right
    owner, count = np.zeros(int(reworded.starts.sum()), np.int64), len(customer)
    owner[reworded.asked], owner[reworded.again] = reworded.left, reworded.right
    first = np.bincount(owner[np.unique(reworded.asked[other])], minlength=count)
    later = np.bincount(owner[np.unique(reworded.again[other])], minlength=count)
    pairs = np.unique(np.stack([left[other], reworded.right[other]]), axis=1)
    repeaters = np.bincount(pairs[0], minlength=int(customer.max(initial=0)) + 1)[customer]
    many = first >= np.maximum(COPIED * reworded.starts, 3.0)
    return np.asarray(many & (first > 2 * later) & (repeaters >= REPEATERS))


def of_customers(copied: NDArray[np.bool_], customer: Int64) -> NDArray[np.bool_]:
    """The accounts (accounts,) that are `copied`, and all of a customer that has half of its accounts copied: one of a
    fleet may have sent too little."""
    share = np.bincount(customer, weights=copied) / np.maximum(np.bincount(customer), 1)
    return np.asarray(copied | (share[customer] >= 0.5))


def _perhaps_before(account: Int32, at: Int64, lives: Lives) -> NDArray[np.bool_]:
    """Which holdings may be older than the log: of accounts that were, used from their first day in it."""
    older = (lives.created_at[account] < lives.begins) | (lives.created_at[account] == UNKNOWN)
    return np.asarray(older & (at <= lives.first_seen[account] + DAY))
