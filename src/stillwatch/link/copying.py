"""Who is copied: whose texts others send after it, word for word or reworded, and what its own taking over proves.

An attacker copies whom it wants to frame, and guesses some of what its victim asks next. So being repeated is no act,
and taking over proves one only where no guess explains how much of it there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.graph import Graph, edges_of
from stillwatch.link.rewordings import Rewordings
from stillwatch.link.values import ATTRIBUTES
from stillwatch.records.claims import SAME_PAYLOAD

Int64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

COPIED = 0.1  # share of an account's texts that others sent after it, from which they may have made themselves like it
REPEATERS = 3  # accounts that must have sent them: one or two make no pool
REPEATING = 1 / 4  # of a network's other members: so few copied it that the rest are like it by no copying
FIRST = 2  # times as many texts asked first as taken over, beyond which an account is a source and no part of a queue
LEAST_FIRST = 3  # of them
GUESSED = 0.2  # share of what a customer asks that an attacker may foresee: the same as on other days, the next item
DEVIATIONS = 2.0  # standard deviations by which a share must exceed it: one customer in forty is guessed so well

_PAYLOAD = next(code for code, attribute in enumerate(ATTRIBUTES) if attribute.claim == SAME_PAYLOAD.name)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Of each account (accounts,): how many texts it has, how many of them other customers sent only after its own
    customer (`first`), and how many it sent only after another (`later`).

    `pairs` (2, pairs) are customers and accounts that sent texts after them.
    """

    texts: Int64
    first: Int64
    later: Int64
    pairs: Int64


@dataclass(frozen=True, slots=True)
class Copying:
    """Which accounts (accounts,) are copied, and which have acted when they took requests over.

    `repeaters` holds numbers `customer * accounts + account`, ascending, of accounts that repeat a customer's texts.
    """

    copied: Bools
    acts: Bools
    repeaters: Int64

    def inside(self, members: NDArray[np.int32], customer: Int64) -> Bools:
        """Which members (members,) of a network are copied by enough of its other members; `customer` as of `Lives`."""
        found = self.copied[members]
        for one in np.unique(customer[members[found]]):
            others = members[customer[members] != one].astype(np.int64)
            repeating = np.isin(one * len(customer) + others, self.repeaters).sum()
            found[customer[members] == one] &= bool(repeating >= max(REPEATERS, REPEATING * len(others)))
        return np.asarray(found)


def copying(graph: Graph, reworded: Rewordings, customer: Int64) -> Copying:
    """Who is copied word for word or in other words; `customer` (accounts,) numbers the customer of each account."""
    kinds = (repeated_texts(graph, customer), reworded_starts(reworded, customer))
    acts = acts_by_taking_over(kinds, customer)
    copied = of_customers(are_copied(kinds[0], customer, acts) | are_copied(kinds[1], customer, acts), customer)
    pairs = np.concatenate([kind.pairs for kind in kinds], axis=1)
    pairs = pairs[:, np.isin(pairs[0], customer[copied])]
    return Copying(copied, acts, np.unique(pairs[0] * len(customer) + pairs[1]))


def repeated_texts(graph: Graph, customer: Int64) -> Repeats:
    """Texts that several accounts sent word for word: each is of the customer that sent it first."""
    text, account, source = _sent(graph, customer)[:3]
    own = customer[account] == source
    repeated = np.bincount(text[~own], minlength=int(text.max(initial=-1)) + 1) > 0
    first = np.bincount(account[own & repeated[text]], minlength=graph.accounts)
    later = np.bincount(account[~own], minlength=graph.accounts)
    pairs = np.unique(np.stack([source[~own], account[~own]]).astype(np.int64), axis=1)
    return Repeats(graph.distinct_count[_PAYLOAD].astype(np.int64), first, later, pairs)


def sent_before(graph: Graph, customer: Int64) -> tuple[NDArray[np.int32], Int64]:
    """Accounts and texts (`Graph.keyed`) that each sent after another customer had, wherever in the log."""
    text, account, source, late = _sent(graph, customer)
    again = late & (customer[account] != source)
    return account[again], graph.keyed[np.flatnonzero(graph.attribute == _PAYLOAD)][text[again]]


def _sent(graph: Graph, customer: Int64) -> tuple[Int64, NDArray[np.int32], Int64, Bools]:
    """Of texts that several accounts sent, by text and time: the text's number, who sent it, the customer that sent it
    first, and whether it was later than that."""
    text, edge = edges_of(graph, np.flatnonzero(graph.attribute == _PAYLOAD))
    account, at = graph.holder[edge], graph.first_at[edge]
    order = np.lexsort((account, at, text))
    text, account, at = text[order], account[order], at[order]
    begins = np.flatnonzero(np.diff(text, prepend=-1) != 0)
    if len(text) == 0:
        return text, account, text, np.zeros(0, np.bool_)
    return text, account, customer[account[begins]][text], at > at[begins][text]


def reworded_starts(reworded: Rewordings, customer: Int64) -> Repeats:
    """Conversation starts that another customer asks again in other words."""
    left, right = customer[reworded.left], customer[reworded.right]
    other = left != right
    owner, count = np.zeros(int(reworded.starts.sum()), np.int64), len(customer)
    owner[reworded.asked], owner[reworded.again] = reworded.left, reworded.right
    first = np.bincount(owner[np.unique(reworded.asked[other])], minlength=count)
    later = np.bincount(owner[np.unique(reworded.again[other])], minlength=count)
    pairs = np.unique(np.stack([left[other], reworded.right[other]]), axis=1)
    return Repeats(reworded.starts, first, later, pairs)


def are_copied(found: Repeats, customer: Int64, acts: Bools) -> Bools:
    """Marks accounts (accounts,) many of whose texts several others sent after them, and hardly ever before: of a
    customer with several accounts, no more often than guesses explain (`acts`, of `acts_by_taking_over`)."""
    repeaters = np.bincount(found.pairs[0], minlength=int(customer.max(initial=0)) + 1)[customer]
    many = found.first >= np.maximum(COPIED * found.texts, 3.0)
    hardly = (found.first > FIRST * found.later) | ((np.bincount(customer) > 1)[customer] & ~acts)
    return np.asarray(many & hardly & (repeaters >= REPEATERS))


def of_customers(copied: Bools, customer: Int64) -> Bools:
    """The accounts (accounts,) that are `copied`, and all of a customer that has half of its accounts copied: one of a
    fleet may have sent too little."""
    share = np.bincount(customer, weights=copied) / np.maximum(np.bincount(customer), 1)
    return np.asarray(copied | (share[customer] >= 0.5))


def acts_by_taking_over(kinds: Sequence[Repeats], customer: Int64) -> Bools:
    """Marks accounts (accounts,) of customers that take over more than anybody could guess of them, or that have but
    one account and give hardly more than they take, as in a queue.

    Many accounts of one customer draw from few sources, as a firm's job does, and who knows one foresees the others.
    """

    def together(counts: Int64) -> NDArray[np.float64]:
        return np.asarray(np.bincount(customer, weights=counts))

    beyond = np.zeros(int(customer.max(initial=-1)) + 1, np.bool_)
    for kind in kinds:
        texts = together(kind.texts)
        guessed = GUESSED * texts + DEVIATIONS * np.sqrt(GUESSED * (1.0 - GUESSED) * texts)
        beyond |= together(kind.later) > guessed
    first, later = (sum(together(getattr(kind, name)) for kind in kinds) for name in ("first", "later"))
    queue = (first < LEAST_FIRST) | (first <= FIRST * later)
    return np.asarray((beyond | ((np.bincount(customer) == 1) & queue))[customer])
