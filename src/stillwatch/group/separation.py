"""Separation of a network's exchanges by what they are for: its efforts, and its members' or customers' own traffic.

Purposes are peeled off one by one: each is the part of what is left that stands apart from what people ask. A network
is parted only where what remains is ordinary: worded as people word theirs, or nearly so and somebody comes back to it.
Else what remains is the effort's own, and the network is taken whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.group_tests import log_self_similarity
from stillwatch.group.pool_memory import pool_memory
from stillwatch.group.purposes import Conversations, Fit, Purpose, Start
from stillwatch.group.reference_population import ReferencePopulation, shuffled
from stillwatch.group.replays import asked_again_share, replays
from stillwatch.group.taken_over import taken_over
from stillwatch.group.views import Content, Frame, Mix, View, views
from stillwatch.group.vocabulary import vocabulary_bits
from stillwatch.records.candidates import ONE_CUSTOMER_SHARE
from stillwatch.records.definitions import HOUR

Bools = NDArray[np.bool_]

SAMPLE = 20_000  # exchanges of a network, about, to which its purposes are fitted
STARTS = (2.0, 5.0)  # nats of wording from which an exchange begins as part of the purpose: a low and a high start
MOST_PARTS = 6  # purposes of one network; each costs a fit to what the others leave
LEAST_PART = 40  # exchanges of a purpose: most group tests need as many
PEOPLES_BITS = 1.0  # an exchange, up to which what is left of a network is worded as people word theirs,
LEFT_BITS = 2.0  # and up to which it may be, where somebody comes back to it: 1.7 of relays, 4.9 of efforts (tuning)
RETURNS = 0.2  # natural log of a pool's similarity of texts on one day over days apart, from which customers return to
# it: of relays' customers 0.4 and more, of efforts up to 0.15 (tuning)
REMEMBERS = 0.5  # of people's self-similarity, on the log scale, from which accounts return to what they asked
REPLAYED = 0.025  # share of customers' requests that ask a turn again: of resellers' up to 0.015 do (tuning)
ONE_HAND = 0.5  # overlap of two parts over accounts: near 0 where two hands have one each, 0.9 and more in one pool
HAND_ACCOUNTS = 20  # accounts of a hand; smaller groups accuse nobody, and would be lost to the whole
OTHERS = 0.5  # share of an account's exchanges under which it does not serve what the whole network does
MATCHED = 150  # accounts of the groups of people whose self-similarity is the scale


@dataclass(frozen=True)
class _Telling:
    """Exchanges to part, with the sample of them that purposes are fitted to and what may tell one apart in it."""

    group: Exchanges
    reference: ReferencePopulation

    @cached_property
    def sample(self) -> Exchanges:
        """All, or SAMPLE exchanges of all accounts; what one conversation asks in one hour goes together.

        Never fewer, though a client may name all of its traffic one conversation: the last one drawn is taken whole.
        A text teaches once, whoever repeats it: else those who copy a member would make the purpose of its words.
        """
        group = self.group.take(~taken_over(self.group))
        if len(group) <= SAMPLE:
            return group
        lot = _lot(group)
        return group.take(lot <= np.partition(lot, SAMPLE - 1)[SAMPLE - 1])

    @cached_property
    def views(self) -> tuple[Content, *tuple[View, ...]]:
        """As of `views.views`."""
        return views(self.sample, self.reference.exchanges)


def _lot(group: Exchanges) -> NDArray[np.uint64]:
    """A number for each exchange (exchanges,), the same for all of a conversation in one hour.

    It depends on the exchange alone, so that an hour more hardly changes a sample; and on keyed values, so that nobody
    can choose to be left out.
    """
    conversation, texts = group.values["conversation"], group.values["payload"]
    alone = shuffled((texts ^ group.started_at).view(np.uint64), 0).view(np.int64)
    hour = shuffled((group.started_at // HOUR).astype(np.uint64), 1).view(np.int64)
    keyed = np.where(conversation != 0, conversation ^ hour, alone)
    return shuffled(keyed.view(np.uint64), 2)


def separate(group: Exchanges, reference: ReferencePopulation) -> list[Purpose]:
    """The purposes of one network's exchanges, which share none: none without exchanges, mostly one.

    Several where parts that stand apart are asked by different accounts, and where turns of the customers' own
    conversations are asked again: these are the operator's act, and come last.
    """
    if len(group) == 0:
        return []
    found = _efforts(group, reference)
    served = np.logical_or.reduce([one.served for one in found])
    if any(one.whole for one in found):
        own = np.full(len(group), found[0].unparted and _ordinary(group, reference))
    else:
        own = ~served
    again = replays(group, reference.exchanges) & own if own.any() else own
    if again.sum() < max(LEAST_PART, REPLAYED * own.sum()):
        return found
    left = [replace(one, left_out=again | ~one.served) if one.whole else one for one in found]
    return [*left, _replayed(again, reference)]


def _replayed(again: Bools, reference: ReferencePopulation) -> Purpose:
    """Turns asked again as a purpose: it stands apart by what was done, not by words."""
    people = reference.of_large(asked_again_share)
    share = 0.0 if math.isnan(people) else people
    return Purpose(float(again.mean()), again.astype(np.float64), np.zeros(len(again)), 1.0, share, replayed=True)


def _efforts(group: Exchanges, reference: ReferencePopulation) -> list[Purpose]:
    """What stands apart from what people ask, or all of it.

    A mixture has several solutions. Customers differ from people outside as well, so that from a low start all or much
    of what comes through a relay may become one purpose that hardly stands apart; then a higher start is tried, and
    what stands out plainly is compared with the members' other traffic as well.
    """
    every = _Telling(group, reference)
    first = _fitted(every, STARTS[0])
    if first is None:
        return [Purpose(1.0, np.ones(len(group)), np.zeros(len(group)))]  # no text: nothing tells one purpose apart
    if first.whole and first.plain:
        return [replace(first, left_out=_of_others(group, first))]
    parts = list(_parts(every, first))
    found = _joined(parts) if parts else None
    if found is None or _one_customer(found, reference) or not _ordinary(group.take(~found.served), reference):
        whole = first if first.whole else _fitted(every, -np.inf)
        return [replace(whole or first, unparted=True)]
    return [_joined(hand) for hand in _hands(group, parts)]


def _of_others(group: Exchanges, whole: Purpose) -> Bools:
    """Marks all exchanges of accounts that mostly ask something else than the network: it may have copied them."""
    _, account = np.unique(group.account_index, return_inverse=True)
    share = np.bincount(account, weights=whole.probability > 0.5) / np.bincount(account)
    return np.asarray((share < OTHERS)[account])


def _hands(group: Exchanges, parts: list[Purpose]) -> list[list[Purpose]]:
    """The parts in lists: those that are asked by the same accounts together, as one hand deals them out."""
    _, account = np.unique(group.account_index, return_inverse=True)
    shares = [np.sqrt(np.bincount(account, weights=part.served) / part.served.sum()) for part in parts]
    hands: list[list[int]] = []
    for turn, share in enumerate(shares):
        # the overlap of two distributions over accounts (Bhattacharyya 1943)
        same = [hand for hand in hands if max(float(share @ shares[other]) for other in hand) >= ONE_HAND]
        hands = [hand for hand in hands if hand not in same] + [[turn, *(one for hand in same for one in hand)]]
    small = any(np.count_nonzero(sum(shares[one] for one in hand)) < HAND_ACCOUNTS for hand in hands)
    return [parts] if small else [[parts[one] for one in sorted(hand)] for hand in hands]


def _parts(every: _Telling, first: Purpose) -> Iterator[Purpose]:
    """Purposes that stand apart plainly, the first among all exchanges, each further one among what is left."""
    group = every.group
    left, rest, low = np.full(len(group), True), every, first
    for turn in range(MOST_PARTS):
        found = _plain(rest, low)
        least = max(LEAST_PART, ONE_CUSTOMER_SHARE * len(group) if turn else 0)  # one customer's topic is plain as well
        if found is None or found.served.sum() < least:
            return
        yield _placed(found, left)
        left[np.flatnonzero(left)[found.served]] = False
        if left.sum() < least:
            return
        rest = _Telling(group.take(left), every.reference)
        again = _fitted(rest, STARTS[0])
        if again is None:
            return
        low = again


def _plain(rest: _Telling, low: Purpose) -> Purpose | None:
    if low.plain:
        return low
    high = _fitted(rest, STARTS[1])
    return high if high is not None and high.plain and not high.whole else None


def _fitted(telling: _Telling, nats: float) -> Purpose | None:
    """The mixture fitted from a start; None where nothing can tell a purpose apart."""
    content, *others = informative = telling.views
    if not any(isinstance(view, Mix | Frame) for view in informative):
        return None
    people = Conversations.of(telling.reference.small)
    fit = Fit(telling.group, Conversations.of(telling.sample), people)
    if nats > STARTS[0]:
        return fit.purpose([content.beside(), *others], Start(nats, drifts=False))
    return fit.purpose(informative, Start(nats, drifts=nats == STARTS[0]))


def _placed(found: Purpose, chosen: Bools) -> Purpose:
    """A purpose of the chosen exchanges as one of all of them: the others do not serve it."""
    probability, ratio = np.zeros(len(chosen)), np.zeros(len(chosen))
    probability[chosen] = np.maximum(found.probability, found.served)
    ratio[chosen] = found.ratio
    return replace(found, probability=probability, ratio=ratio)


def _joined(parts: list[Purpose]) -> Purpose:
    """The parts of one effort as one purpose."""
    served = np.array([part.served.sum() for part in parts], np.float64)
    probability, ratio = parts[0].probability, parts[0].ratio
    for part in parts[1:]:
        ratio = np.where(part.probability > probability, part.ratio, ratio)
        probability = np.maximum(probability, part.probability)
    return Purpose(
        float(probability.mean()),
        probability,
        ratio,
        float(np.average([part.apart for part in parts], weights=served)),
        min(1.0, sum(part.people_apart for part in parts)),
    )


def _one_customer(found: Purpose, reference: ReferencePopulation) -> bool:
    """May one person have asked all of it, who comes through a relay?"""
    served, busiest = int(found.served.sum()), int(np.diff(reference.start).max(initial=0))
    return served <= min(ONE_CUSTOMER_SHARE * len(found.served), busiest)


def _ordinary(left: Exchanges, reference: ReferencePopulation) -> bool:
    """Is what is left of a network somebody's own traffic, worded as people word theirs and come back to?"""
    left = left.take(~taken_over(left))  # else whoever repeats it makes it look like an effort
    if len(left) < LEAST_PART:
        return False
    bits = vocabulary_bits(left, reference.small)
    if math.isnan(bits):
        return True
    return bits < PEOPLES_BITS or (bits < LEFT_BITS and (_accounts_remember(left, reference) or _pool_remembers(left)))


def _accounts_remember(left: Exchanges, reference: ReferencePopulation) -> bool:
    own, people = log_self_similarity(left), reference.median(min(left.accounts, MATCHED), log_self_similarity)
    return own >= REMEMBERS * people


def _pool_remembers(left: Exchanges) -> bool:
    """Do customers come back on the same day, on whatever account? Rows of a data set do not."""
    later = pool_memory(left).same_day
    return later.log >= max(RETURNS, 2.0 * later.error)
