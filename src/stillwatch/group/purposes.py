"""Which exchanges of a network serve one purpose, and which are its members' ordinary traffic.

A network's exchanges are a mixture: with share `pi` drawn from one unknown purpose, else from what people outside
networks ask. The purpose's distribution is estimated by expectation-maximisation over content features and frames
(against people outside), capabilities and sizes of answers (against the members' other traffic as well) and, by
association only, what the channel fixes. Conversations are taken whole.
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

ROUNDS = 20
SAMPLE = 1_000_000  # exchanges of a network from which its purpose is learned
SAMPLE_ACCOUNTS = 500  # accounts that a sample has at least
WHOLE = 0.9  # share of the exchanges likelier of the purpose than not; a relay's customers reach 0.9 and ask all sorts
SERVED = 0.9  # probability from which an exchange is said to serve the purpose: a customer's must not (tuning worlds)
STARTS = (2.0, 5.0)  # nats of wording from which an exchange begins as part of the purpose
MOSTLY = 0.9  # share of a whole network that must stand apart before it is taken without a second look
SHARP = 0.5  # share of a picked purpose that must: of mixed relays' efforts 0.88 and more did (tuning worlds); and of a
# whole network of which only a small part was picked: of a sharded effort 0.77 did, of relays' customers up to 0.31
LEFT_BITS = 2.0  # an exchange, under which what is left of a network is what people ask: 1.7 of relays, 4.9 of efforts
LEAST = 0.005  # share below which, or above one less which, the mixture never goes: it could not come back
TALK_TURNS = 2  # turns of a conversation that count: its texts are not independent
TALK_CAP = 8.0  # nats one exchange may say about its conversation
CONTENT_CAP = 3.0  # nats content may add for one exchange: more, and one customer's topic outweighs all else
WORDING_CAP = 12.0  # nats it may add where wording is asked by itself: where to begin, and what stands apart
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


def separate(group: Exchanges, reference: Exchanges, crowd: Exchanges) -> Purpose:
    """Solves the mixture for the exchanges of one network, against `reference`; then asks how many exchanges of a
    `crowd` of people it would take as well.

    A mixture has several solutions. Customers differ from people outside as well, so that from a low start all or
    much of what comes through a relay may become one purpose that hardly stands apart; then a higher start is tried,
    and what stands out plainly is compared with the members' other traffic as well. The network is parted so only
    where what is left is worded as people word theirs.
    """
    if len(group) == 0:
        return Purpose(0.0, np.zeros(0), np.zeros(0))
    sample = _sample(group)
    content, *others = told = views(sample, reference)
    if not any(isinstance(view, Mix | Frame) for view in told):
        return Purpose(1.0, np.ones(len(group)), np.zeros(len(group)))  # no text: nothing tells one purpose apart
    people = _Talking(crowd, _Talks(crowd))
    talking = _Talking(sample, _Talks(sample))
    found = _solve(group, talking, people, told, _Start(STARTS[0], drifts=True))
    if not found.settled:
        again = _solve(group, talking, people, [content.beside(), *others], _Start(STARTS[1], drifts=False))
        parts = again.plain and not again.whole
        if parts and vocabulary_bits(group.take(~again.served), crowd) < LEFT_BITS:
            found = again
    if found.small:
        every = _solve(group, talking, people, told, _Start(-np.inf, drifts=False))
        found = every if every.whole and every.apart >= max(SHARP, PLAIN_TIMES * every.people_apart) else found
    return found


def _sample(group: Exchanges) -> Exchanges:
    """What a purpose is learned from: all, or every so-manieth account where that leaves SAMPLE exchanges and many."""
    step = min(-(-len(group) // SAMPLE), group.accounts // SAMPLE_ACCOUNTS)
    if step <= 1:
        return group
    return group.of(np.unique(group.account_index)[::step])


@dataclass(frozen=True, slots=True)
class _Start:
    """Where learning starts: from exchanges whose wording stands out by so many nats.

    Unless the share `drifts` it stays where it started: else whatever differs a little from people comes in.
    """

    nats: float
    drifts: bool


def _solve(group: Exchanges, sample: _Talking, crowd: _Talking, told: Sequence[View], start: _Start) -> Purpose:
    """The purpose of the group, as learned from the sample."""
    learned = _learn(sample, told, start)
    pairs = list(zip(told, learned.nats, strict=True))
    # what stands apart does so in what it says: people's answers are of all sizes
    telling = [(view, nats) for view, nats in pairs if not isinstance(view, Sizes)]
    own = (sample.talks.together(_inside(telling, len(sample.exchanges), WORDING_CAP)) > APART)[
        learned.probability > 0.5
    ]
    taken = crowd.talks.together(_of(telling, crowd.exchanges, WORDING_CAP)) > APART
    share, probability, ratio = learned.share, learned.probability, learned.ratio
    if sample.exchanges is not group:
        ratio = np.concatenate([_of(pairs, part, CONTENT_CAP) for part in group.pieces(SAMPLE)])
        talks = _Talks(group)
        each = talks.summed(ratio)
        ratio, probability = talks.spread(each), talks.spread(_logistic(np.log(share / (1.0 - share)) + each))
    apart = float(own.mean()) if len(own) else 0.0
    return Purpose(share, probability, ratio, apart, _mean_share(taken, crowd.exchanges))


@dataclass(frozen=True, slots=True)
class _Learned:
    """The mixture of what was learned from: its share, probabilities and nats (exchanges,), and what each view says."""

    share: float
    probability: Float
    ratio: Float
    nats: list[Float]


def _learn(group: _Talking, told: Sequence[View], start: _Start) -> _Learned:
    """Expectation-maximisation from the exchanges whose wording stands out."""
    size, talks = len(group.exchanges), group.talks
    # begin with what stands out in wording alone: capabilities of a few customers differ from people's too
    half = np.full(size, 0.5)
    wording = _inside(
        [(view, view.learn(half)) for view in told if isinstance(view, Content | Frame)], size, WORDING_CAP
    )
    probability = _logistic(wording - start.nats) if wording.any() else half
    share = float(np.clip(probability.mean(), LEAST, 1.0 - LEAST))
    each = before = np.zeros(0)  # nats and probability of each conversation
    learned: list[Float] = []
    for _ in range(ROUNDS):
        learned = [view.learn(probability) for view in told]
        each = talks.summed(_inside(list(zip(told, learned, strict=True)), size, CONTENT_CAP))
        now, share_before = _logistic(np.log(share / (1.0 - share)) + each), share
        probability = talks.spread(now)
        share = float(np.clip(probability.mean(), LEAST, 1.0 - LEAST)) if start.drifts else share
        if share == share_before and np.array_equal(now, before):
            break  # what the rounds left would do is what this one did
        before = now
    return _Learned(share, probability, talks.spread(each), learned)


def _inside(telling: Sequence[tuple[View, Float]], size: int, cap: float) -> Float:
    """What views say together of each exchange learned from, of `size`; content at most `cap`."""
    total = np.zeros(size)
    for view, nats in telling:
        view.add_inside(total, nats, cap)
    return total


def _of(telling: Sequence[tuple[View, Float]], exchanges: Exchanges, cap: float) -> Float:
    """What views say together of any exchanges; content at most `cap`."""
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


class _Talks:
    """Conversations serve one purpose as a whole: a follow-up is for what its opening was for."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._code = exchanges.talks
        self._exchanges = np.bincount(self._code)

    def summed(self, ratio: Float) -> Float:
        """The sum over each conversation, one exchange capped so that no single line decides a long talk."""
        return np.asarray(_summed(self._code, self._exchanges, ratio))

    def spread(self, each: Float) -> Float:
        """What is said of each conversation as that of its exchanges (exchanges,)."""
        return np.asarray(_spread(self._code, each))

    def together(self, ratio: Float) -> Float:
        """The sum over the conversation of each exchange (exchanges,)."""
        return self.spread(self.summed(ratio))


@dataclass(frozen=True, slots=True)
class _Talking:
    """Exchanges with their conversations, numbered once."""

    exchanges: Exchanges
    talks: _Talks


@njit(cache=True, nogil=True)
def _summed(code: Int32, exchanges: Int64, ratio: Float) -> Float:
    total = np.zeros(len(exchanges))
    for i in range(len(code)):
        total[code[i]] += min(max(ratio[i], -TALK_CAP), TALK_CAP)
    for talk in range(len(total)):
        total[talk] = total[talk] * min(exchanges[talk], TALK_TURNS) / exchanges[talk]
    return total


@njit(cache=True, nogil=True)
def _spread(code: Int32, each: Float) -> Float:
    result = np.empty(len(code))
    for i in range(len(code)):
        result[i] = each[code[i]]
    return result


def _logistic(odds: Float) -> Float:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -40.0, 40.0))))
