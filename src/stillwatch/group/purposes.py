"""The mixture that tells exchanges of one purpose from ordinary traffic.

Exchanges are a mixture: with share `pi` drawn from one unknown purpose, else from what people outside networks ask. The
purpose's distribution is estimated by expectation-maximisation over content features and frames (against people
outside), subjects, forms and sizes of answers (against the members' other traffic as well). How requests are sent tells
only as far as it goes with what is asked: customers who use one program are no purpose. Conversations are taken whole.
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
    Channel,
    Content,
    Frame,
    Sizes,
    View,
)
from stillwatch.records.candidates import PLAIN_TIMES

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

ROUNDS = 20  # of expectation-maximisation; most fits stop earlier because nothing changes
AT_ONCE = 1_000_000  # exchanges of a network that are weighed at once
WHOLE = 0.9  # share of the exchanges likelier of the purpose than not, from which the network serves nothing else
SERVED = 0.9  # probability from which an exchange counts as serving the purpose: a customer's must not (tuning worlds)
PLAIN = 0.5  # share of a picked purpose that must stand apart: of mixed relays' efforts 0.88 and more did (tuning)
MOSTLY = 0.8  # share of a whole network that must, to be taken for one purpose at first sight
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
    unparted: bool = False  # nothing tells its exchanges apart, so that all of them are taken together
    left_out: NDArray[np.bool_] | None = None  # (exchanges,) of a whole network: what has a purpose of its own
    replayed: bool = False  # turns of others' conversations, asked again

    @property
    def plain(self) -> bool:
        """Does it stand apart from what people ask? Most of it does where it is all that a network serves."""
        return self.apart >= max(MOSTLY if self.whole else PLAIN, PLAIN_TIMES * self.people_apart)

    @property
    def whole(self) -> bool:
        """Does nearly all of the network serve it? Then nothing was picked out of it."""
        if self.unparted or self.replayed:
            return self.unparted
        return bool(len(self.probability)) and float((self.probability > 0.5).mean()) >= WHOLE

    @property
    def served(self) -> NDArray[np.bool_]:
        """The exchanges said to serve it (exchanges,): all of a network that serves nothing else."""
        if not self.whole:
            return self.probability > SERVED
        return np.full(len(self.probability), True) if self.left_out is None else ~self.left_out


@dataclass(frozen=True, slots=True)
class Start:
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
class Fit:
    """One network's exchanges, the sample of them to fit to, and people, each in conversations."""

    group: Exchanges
    sample: Conversations
    people: Conversations

    def purpose(self, informative: Sequence[View], start: Start) -> Purpose:
        """The purpose of the group, as fitted to the sample."""
        fitted = fit_mixture(self.sample, informative, start)
        nats = list(zip(informative, fitted.nats, strict=True))
        # a purpose stands apart in its words, not in its sizes: people's answers are of all sizes
        telling = [(view, one) for view, one in nats if not isinstance(view, Sizes | Channel)]
        plain = self.sample.together(_inside(telling, len(self.sample.exchanges), WORDING_CAP)) > APART
        own = plain[fitted.probability > 0.5]
        taken = self.people.together(_of(telling, self.people.exchanges, WORDING_CAP)) > APART
        share, probability, ratio = fitted.share, fitted.probability, fitted.ratio
        if self.sample.exchanges is not self.group:
            ratio = np.concatenate([_of(nats, part, CONTENT_CAP) for part in self.group.pieces(AT_ONCE)])
            conversations = Conversations.of(self.group)
            each = conversations.summed(ratio)
            ratio, probability = conversations.spread(each), conversations.spread(_logistic(_log_odds(share) + each))
        apart = float(own.mean()) if len(own) else 0.0
        return Purpose(share, probability, ratio, apart, _mean_share(taken, self.people.exchanges))


def fit_mixture(sample: Conversations, informative: Sequence[View], start: Start) -> _Mixture:
    """Expectation-maximisation from the exchanges whose wording stands out (Dempster, Laird & Rubin 1977)."""
    probability = _standing_out(sample, informative, start)
    share = _bounded(float(probability.mean()))
    each = before = np.zeros(0)  # nats and probability of each conversation
    nats: list[Float] = []
    asked = probability  # by what is asked alone: the channels are fitted to it
    for _ in range(ROUNDS):
        nats = [view.m_step(asked if isinstance(view, Channel) else probability) for view in informative]
        words, each = _told(sample, list(zip(informative, nats, strict=True)))
        asked, now = sample.spread(_logistic(_log_odds(share) + words)), _logistic(_log_odds(share) + each)
        share_before, probability = share, sample.spread(now)
        share = _bounded(float(probability.mean())) if start.drifts else share
        if share == share_before and np.array_equal(now, before):
            break  # further rounds would change nothing
        before = now
    return _Mixture(share, probability, sample.spread(each), nats)


def _standing_out(sample: Conversations, informative: Sequence[View], start: Start) -> Float:
    """The first probabilities: by wording alone, as subjects and forms of a few customers differ from people's too."""
    size = len(sample.exchanges)
    half = np.full(size, 0.5)
    worded = [(view, view.m_step(half)) for view in informative if isinstance(view, Content | Frame)]
    wording = _inside(worded, size, WORDING_CAP)
    return _logistic(wording - start.nats) if wording.any() else half


def _told(sample: Conversations, nats: Sequence[tuple[View, Float]]) -> tuple[Float, Float]:
    """Nats of each conversation, by what is asked alone and by how it is sent as well."""
    channels = [one for one in nats if isinstance(one[0], Channel)]
    words = _inside([one for one in nats if not isinstance(one[0], Channel)], len(sample.exchanges), CONTENT_CAP)
    each = sample.summed(words)
    if not channels:
        return each, each
    return each, sample.summed(words + _inside(channels, len(sample.exchanges), CONTENT_CAP))


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
class Conversations:
    """Exchanges in conversations, which serve one purpose as a whole: a follow-up is for what its start was for."""

    exchanges: Exchanges
    code: Int32  # (exchanges,) the number of each one's conversation
    sizes: Int64  # (conversations,) exchanges of each

    @classmethod
    def of(cls, exchanges: Exchanges) -> Conversations:
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
