"""Separation of a network's exchanges that serve one purpose from its members' ordinary traffic.

A network's exchanges are a mixture: with share `pi` drawn from one unknown purpose, else from what people outside
networks ask. The purpose's distribution is estimated by expectation-maximisation over content features and frames
(against people outside), capabilities and sizes of answers (against the members' other traffic as well) and, by
association only, how requests are sent. Conversations are taken whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.views import (
    Content,
    Frame,
    Mix,
    Sizes,
    View,
    views,
)
from stillwatch.group.vocabulary import vocabulary_bits
from stillwatch.records.candidates import ONE_CUSTOMER_SHARE, PLAIN_SHARE, PLAIN_TIMES

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

ROUNDS = 20  # of expectation-maximisation; most fits stop earlier because nothing changes
SAMPLE = 1_000_000  # exchanges of a network to which its purpose is fitted
SAMPLE_ACCOUNTS = 500  # accounts that a sample has at least
WHOLE = 0.9  # share of the exchanges likelier of the purpose than not, from which the network serves nothing else
SERVED = 0.9  # probability from which an exchange counts as serving the purpose: a customer's must not (tuning worlds)
STARTS = (2.0, 5.0)  # nats of wording from which an exchange begins as part of the purpose: a low and a high start
MOSTLY = 0.9  # share of a whole network that must stand apart before the first solution is taken
SHARP = 0.5  # share of a picked purpose that must: of mixed relays' efforts 0.88 and more did (tuning worlds); and of a
# whole network of which only a small part was picked: of a sharded effort 0.77 did, of relays' customers up to 0.31
LEFT_BITS = 2.0  # an exchange, under which what is left of a network is what people ask: 1.7 of relays, 4.9 of efforts
LEAST = 0.005  # share below which, or above one less which, the mixture never goes: it could not come back
CONVERSATION_TURNS = 2  # turns of a conversation that count: its texts are not independent
CONVERSATION_CAP = 8.0  # nats one exchange may add to its conversation
CONTENT_CAP = 3.0  # nats content may add for one exchange: more, and one customer's topic outweighs all else
WORDING_CAP = 12.0  # nats content may add where wording stands alone: for the first probabilities and what is apart
APART = 2.0  # nats from which an exchange is plainly of the purpose: seven times likelier there than among people


@dataclass(frozen=True, slots=True)
class Purpose:
    """The mixture's solution: its share, each exchange's probability, and its log-likelihood ratios (nats).

    `apart` is the share of the purpose's exchanges that are plainly its own (`APART` nats and more), `people_apart` the
    share of a person's exchanges that would be taken for it as plainly, in the mean over reference accounts, so that
    the few busiest, machines perhaps, do not speak for all. Both are NaN without text.
    """

    share: float
    probability: Float  # (exchanges,)
    ratio: Float  # (exchanges,) purpose against ordinary
    apart: float = nan
    people_apart: float = nan

    @property
    def plain(self) -> bool:
        """Does it stand apart from what people ask? Most of it does where it is all that a network serves."""
        return self.apart >= max(MOSTLY if self.whole else PLAIN_SHARE, PLAIN_TIMES * self.people_apart)

    @property
    def whole(self) -> bool:
        """Does nearly all of the network serve it? Then nothing was picked out of it."""
        return bool(len(self.probability)) and float((self.probability > 0.5).mean()) >= WHOLE

    @property
    def small(self) -> bool:
        """Is it so little of the network that one of a relay's customers may ask it?"""
        return float(self.served.mean()) <= ONE_CUSTOMER_SHARE

    @property
    def settled(self) -> bool:
        """May it be taken without a second look? Not a whole that people's words fill, nor a part that hardly shows."""
        return self.plain == self.whole or (self.plain and self.apart >= SHARP)

    @property
    def served(self) -> NDArray[np.bool_]:
        """The exchanges said to serve it (exchanges,): all of a network that serves nothing else."""
        return np.full(len(self.probability), True) if self.whole else self.probability > SERVED


def separate(group: Exchanges, reference: Exchanges, people: Exchanges) -> Purpose:
    """Fits the mixture to the exchanges of one network, against `reference`; then asks how many exchanges of a small
    random group of `people` it would take as well.

    A mixture has several solutions. Customers differ from people outside as well, so that from a low start all or
    much of what comes through a relay may become one purpose that hardly stands apart; then a higher start is tried,
    and what stands out plainly is compared with the members' other traffic as well. The network is parted so only
    where what is left is worded as people word theirs.
    """
    if len(group) == 0:
        return Purpose(0.0, np.zeros(0), np.zeros(0))
    sample = _sample(group)
    content, *others = informative = views(sample, reference)
    if not any(isinstance(view, Mix | Frame) for view in informative):
        return Purpose(1.0, np.ones(len(group)), np.zeros(len(group)))  # no text: nothing tells one purpose apart
    fit = _Fit(group, _Conversations.of(sample), _Conversations.of(people))
    found = fit.purpose(informative, _Start(STARTS[0], drifts=True))
    if not found.settled:
        again = fit.purpose([content.beside(), *others], _Start(STARTS[1], drifts=False))
        parts = again.plain and not again.whole
        if parts and vocabulary_bits(group.take(~again.served), people) < LEFT_BITS:
            found = again
    if found.small:
        every = fit.purpose(informative, _Start(-np.inf, drifts=False))
        found = every if every.whole and every.apart >= max(SHARP, PLAIN_TIMES * every.people_apart) else found
    return found


def _sample(group: Exchanges) -> Exchanges:
    """The exchanges to fit a purpose to: all, or every n-th account where that leaves SAMPLE exchanges and many."""
    step = min(-(-len(group) // SAMPLE), group.accounts // SAMPLE_ACCOUNTS)
    if step <= 1:
        return group
    return group.of(np.unique(group.account_index)[::step])


@dataclass(frozen=True, slots=True)
class _Start:
    """Where fitting starts: from exchanges whose wording stands out by so many nats.

    Unless the share `drifts` it stays where it started: else all that differs a little from people comes in.
    """

    nats: float
    drifts: bool


@dataclass(frozen=True, slots=True)
class _Mixture:
    """A fitted mixture: the purpose's share, probabilities and nats of the sample (exchanges,), nats of each view."""

    share: float
    probability: Float
    ratio: Float
    nats: list[Float]


@dataclass(frozen=True, slots=True)
class _Fit:
    """One network's exchanges, the sample of them to fit to, and people, each in conversations."""

    group: Exchanges
    sample: _Conversations
    people: _Conversations

    def purpose(self, informative: Sequence[View], start: _Start) -> Purpose:
        """The purpose of the group, as fitted to the sample."""
        fitted = fit_mixture(self.sample, informative, start)
        nats = list(zip(informative, fitted.nats, strict=True))
        # a purpose stands apart in its words, not in its sizes: people's answers are of all sizes
        telling = [(view, one) for view, one in nats if not isinstance(view, Sizes)]
        plain = self.sample.together(_inside(telling, len(self.sample.exchanges), WORDING_CAP)) > APART
        own = plain[fitted.probability > 0.5]
        taken = self.people.together(_of(telling, self.people.exchanges, WORDING_CAP)) > APART
        share, probability, ratio = fitted.share, fitted.probability, fitted.ratio
        if self.sample.exchanges is not self.group:
            ratio = np.concatenate([_of(nats, part, CONTENT_CAP) for part in self.group.pieces(SAMPLE)])
            conversations = _Conversations.of(self.group)
            each = conversations.summed(ratio)
            ratio, probability = conversations.spread(each), conversations.spread(_logistic(_log_odds(share) + each))
        apart = float(own.mean()) if len(own) else 0.0
        return Purpose(share, probability, ratio, apart, _mean_share(taken, self.people.exchanges))


def fit_mixture(sample: _Conversations, informative: Sequence[View], start: _Start) -> _Mixture:
    """Expectation-maximisation from the exchanges whose wording stands out (Dempster, Laird & Rubin 1977)."""
    probability = _standing_out(sample, informative, start)
    share = _bounded(float(probability.mean()))
    each = before = np.zeros(0)  # nats and probability of each conversation
    nats: list[Float] = []
    for _ in range(ROUNDS):
        nats = [view.m_step(probability) for view in informative]
        each, now = _e_step(sample, list(zip(informative, nats, strict=True)), share)
        share_before, probability = share, sample.spread(now)
        share = _bounded(float(probability.mean())) if start.drifts else share
        if share == share_before and np.array_equal(now, before):
            break  # further rounds would change nothing
        before = now
    return _Mixture(share, probability, sample.spread(each), nats)


def _standing_out(sample: _Conversations, informative: Sequence[View], start: _Start) -> Float:
    """The first probabilities: by wording alone, because capabilities of a few customers differ from people's too."""
    size = len(sample.exchanges)
    half = np.full(size, 0.5)
    worded = [(view, view.m_step(half)) for view in informative if isinstance(view, Content | Frame)]
    wording = _inside(worded, size, WORDING_CAP)
    return _logistic(wording - start.nats) if wording.any() else half


def _e_step(sample: _Conversations, nats: Sequence[tuple[View, Float]], share: float) -> tuple[Float, Float]:
    """Nats and probability of each conversation, given the nats of each view's values and the purpose's share."""
    each = sample.summed(_inside(nats, len(sample.exchanges), CONTENT_CAP))
    return each, _logistic(_log_odds(share) + each)


def _bounded(share: float) -> float:
    return float(np.clip(share, LEAST, 1.0 - LEAST))


def _log_odds(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def _inside(telling: Sequence[tuple[View, Float]], size: int, cap: float) -> Float:
    """Nats of all views together for each exchange of the sample (size,); content adds at most `cap`."""
    total = np.zeros(size)
    for view, nats in telling:
        view.add_inside(total, nats, cap)
    return total


def _of(telling: Sequence[tuple[View, Float]], exchanges: Exchanges, cap: float) -> Float:
    """Nats of all views together for any exchanges (exchanges,); content adds at most `cap`."""
    total = np.zeros(len(exchanges))
    for view, nats in telling:
        view.add_of(total, exchanges, nats, cap)
    return total


def _mean_share(marked: NDArray[np.bool_], exchanges: Exchanges) -> float:
    """Mean over accounts of the share of each one's exchanges that are marked."""
    if len(exchanges) == 0:
        return 0.0
    _, account = np.unique(exchanges.account_index, return_inverse=True)
    return float((np.bincount(account, weights=marked) / np.bincount(account)).mean())


@dataclass(frozen=True, slots=True)
class _Conversations:
    """Exchanges in conversations, which serve one purpose as a whole: a follow-up is for what its start was for."""

    exchanges: Exchanges
    code: Int32  # (exchanges,) the number of each one's conversation
    sizes: Int64  # (conversations,) exchanges of each

    @classmethod
    def of(cls, exchanges: Exchanges) -> _Conversations:
        """The conversations of these exchanges."""
        return cls(exchanges, exchanges.conversations, np.bincount(exchanges.conversations))

    def summed(self, ratio: Float) -> Float:
        """The sum over each conversation, one exchange capped so that no single line decides a long conversation."""
        return np.asarray(_summed(self.code, self.sizes, ratio))

    def spread(self, each: Float) -> Float:
        """The number of each conversation as that of its exchanges (exchanges,)."""
        return np.asarray(_spread(self.code, each))

    def together(self, ratio: Float) -> Float:
        """The sum over the conversation of each exchange (exchanges,)."""
        return self.spread(self.summed(ratio))


@njit(cache=True, nogil=True)
def _summed(code: Int32, sizes: Int64, ratio: Float) -> Float:
    total = np.zeros(len(sizes))
    for i in range(len(code)):
        total[code[i]] += min(max(ratio[i], -CONVERSATION_CAP), CONVERSATION_CAP)
    for c in range(len(total)):
        total[c] = total[c] * min(sizes[c], CONVERSATION_TURNS) / sizes[c]
    return total


@njit(cache=True, nogil=True)
def _spread(code: Int32, each: Float) -> Float:
    result = np.empty(len(code))
    for i in range(len(code)):
        result[i] = each[code[i]]
    return result


def _logistic(odds: Float) -> Float:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -40.0, 40.0))))
