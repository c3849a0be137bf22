"""Which exchanges of a network serve one purpose, and which are its members' ordinary traffic.

A network's exchanges are a mixture: with share `pi` drawn from one unknown purpose, else from what people outside
networks ask. The purpose's distribution is estimated by expectation-maximisation over content features and frames
(against people outside), capabilities and sizes of answers (against the members' other traffic as well) and, by
association only, what the channel fixes. Conversations are taken whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.members import Exchanges
from stillwatch.group.vocabulary import vocabulary_bits
from stillwatch.group.wording import Int32, numbered, occurrences, summed, usage

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

ROUNDS = 20
WHOLE = 0.9  # share of the exchanges likelier of the purpose than not; a relay's customers reach 0.9 and ask all sorts
SERVED = 0.9  # probability from which an exchange is said to serve the purpose: a customer's must not (tuning worlds)
TOP_VALUES = 256  # values of a field that get a cell of their own; the rest share one
TOP_FEATURES = 4096  # content features that may tell the purpose apart
COMMON_SHARE = (
    0.02  # of the exchanges must use a word or frame: a roaming customer's own are rarer (tuned, seeds 7, 11, 12)
)
FRAMES = ("head", "instructions")
FRAME_CAP = 4.0  # nats one frame may say
CHANNELS = ("parameters", "tools")
STARTS = (2.0, 5.0)  # nats of wording from which an exchange begins as part of the purpose
MOSTLY = 0.9  # share of a whole network that must stand apart before it is taken without a second look
SHARP = 0.5  # share of a picked purpose that must: of mixed relays' efforts 0.88 and more did (tuning worlds)
LEFT_BITS = 2.0  # an exchange, under which what is left of a network is what people ask: 1.7 of relays, 4.9 of efforts
PLAIN = (0.25, 8.0)  # share of a purpose that is plainly its own, and times people's share, from which it stands apart
LEAST = 0.005  # share below which, or above one less which, the mixture never goes: it could not come back
REFERENCE_WEIGHT = 300.0  # exchanges' worth of people in what the members' other traffic is compared with
TALK_TURNS = 2  # turns of a conversation that count: its texts are not independent
TALK_CAP = 8.0  # nats one exchange may say about its conversation
CHANNEL_CAP = 1.5  # nats one channel may say for a purpose
CHANNEL_WEIGHT = 50.0  # exchanges' worth of independence between how and what is asked
SPREAD_ACCOUNTS = 4  # accounts that must use a feature before it can belong to a purpose
SPREAD_SHARE = 0.01  # and share of the accounts
FEATURE_WEIGHT = 0.35  # words of one text are not independent: their bits are discounted
CONTENT_CAP = 3.0  # nats content may add for one exchange: more, and one customer's topic outweighs all else
WORDING_CAP = 12.0  # nats it may add where wording is asked by itself: where to begin, and what stands apart
SIZE_CAP = 3.0  # nats the size of an answer may say
APART = 2.0  # nats from which an exchange is plainly of the purpose: seven times likelier there than among people
ELICITATION = 500  # thousandths


@dataclass(frozen=True, slots=True)
class Purpose:
    """The mixture's solution: its share, each exchange's probability, and its log-likelihood ratios (nats).

    `apart` is the share of the purpose's exchanges that are plainly its own (`APART` nats and more), `people_apart` the
    share of a person's exchanges that would be taken for it as plainly, in the mean over a crowd of persons: the few
    busiest, machines perhaps, do not speak for all.
    """

    share: float
    probability: Float  # (exchanges,)
    ratio: Float  # (exchanges,) purpose against ordinary
    apart: float = 1.0
    people_apart: float = 0.0

    @property
    def plain(self) -> bool:
        """Does it stand apart from what people ask? Most of it does where it is all that a network serves."""
        return self.apart >= max(MOSTLY if self.whole else PLAIN[0], PLAIN[1] * self.people_apart)

    @property
    def whole(self) -> bool:
        """Does nearly all of the network serve it? Then nothing was picked out of it."""
        return bool(len(self.probability)) and float((self.probability > 0.5).mean()) >= WHOLE

    @property
    def settled(self) -> bool:
        """May it be taken without a second look? Not a whole that people's words fill, nor a part that hardly shows."""
        return self.plain == self.whole or (self.plain and self.apart >= SHARP)

    @property
    def served(self) -> NDArray[np.bool_]:
        """The exchanges said to serve it (exchanges,): all of a network that serves nothing else."""
        return np.full(len(self.probability), True) if self.whole else self.probability > SERVED


def size_cell(exchanges: Exchanges) -> Int64:
    """A cell by powers of two of input and output size: 0..255."""
    inputs = np.minimum(np.log2(np.maximum(exchanges.input_size, 1)).astype(np.int64), 15)
    outputs = np.minimum(np.log2(np.maximum(exchanges.output_size, 1)).astype(np.int64), 15)
    return inputs * 16 + outputs


def capability_cell(exchanges: Exchanges) -> Int64:
    """A cell by capability and whether reasoning is elicited; 0 without text."""
    told = 1 + exchanges.capability.astype(np.int64) * 2 + (exchanges.elicitation > ELICITATION)
    return np.asarray(np.where(exchanges.capability < 0, 0, told))


def answer_cell(exchanges: Exchanges) -> Int64:
    """A cell by half powers of two of output size, 1..32; 0 where nothing was answered."""
    size = exchanges.output_size
    octave = np.minimum(np.floor(2.0 * np.log2(np.maximum(size, 1))).astype(np.int64), 31)
    return np.asarray(np.where(size > 0, 1 + octave, 0))


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
    content, *others = views = _views(group, reference, crowd)
    if not any(isinstance(view, _Mix | _Frame) for view in views):
        return Purpose(1.0, np.ones(len(group)), np.zeros(len(group)))  # no text: nothing tells one purpose apart
    found = _solve(group, crowd, views, STARTS[0], drifts=True)
    if found.settled:
        return found
    again = _solve(group, crowd, [content.beside(), *others], STARTS[1], drifts=False)
    if not again.plain or again.whole:
        return found
    return again if vocabulary_bits(group.take(~again.served), crowd) < LEFT_BITS else found


def _solve(group: Exchanges, crowd: Exchanges, views: Sequence[_View], start: float, drifts: bool) -> Purpose:
    """Expectation-maximisation from the exchanges whose wording stands out by `start` nats.

    Unless the share `drifts` it stays where it started: else whatever differs a little from people comes in.
    """
    talks = _Talks(group.values["conversation"])
    # begin with what stands out in wording alone: capabilities of a few customers differ from people's too
    half = np.full(len(group), 0.5)
    worded = [view for view in views if isinstance(view, _Content | _Frame)]
    wording = _total(view.inside(view.learn(half), WORDING_CAP) for view in worded)
    probability = _logistic(wording - start) if wording.any() else half
    share, ratio = float(np.clip(probability.mean(), LEAST, 1.0 - LEAST)), np.zeros(len(group))
    learned: list[Float] = []
    for _ in range(ROUNDS):
        learned = [view.learn(probability) for view in views]
        ratio = _total(view.inside(nats, CONTENT_CAP) for view, nats in zip(views, learned, strict=True))
        ratio = talks.together(ratio)
        before, share_before = probability, share
        probability = _logistic(np.log(share / (1.0 - share)) + ratio)
        share = float(np.clip(probability.mean(), LEAST, 1.0 - LEAST)) if drifts else share
        if share == share_before and np.array_equal(probability, before):
            break  # what the rounds left would do is what this one did
    # what stands apart does so in what it says: people's answers are of all sizes
    telling = [(view, nats) for view, nats in zip(views, learned, strict=True) if not isinstance(view, _Sizes)]
    own = talks.together(_total(view.inside(nats, WORDING_CAP) for view, nats in telling))[probability > 0.5] > APART
    outside = _total(view.outside(nats, WORDING_CAP) for view, nats in telling)
    taken = _Talks(crowd.values["conversation"]).together(outside) > APART
    return Purpose(share, probability, ratio, float(own.mean()) if len(own) else 0.0, _mean_share(taken, crowd))


def _mean_share(marked: NDArray[np.bool_], exchanges: Exchanges) -> float:
    """Mean over accounts of the share of each one's exchanges that are marked."""
    if len(exchanges) == 0:
        return 0.0
    _, account = np.unique(exchanges.position, return_inverse=True)
    return float((np.bincount(account, weights=marked) / np.bincount(account)).mean())


def _total(parts: Iterable[Float]) -> Float:
    return np.asarray(sum(parts))


class _Talks:
    """Conversations serve one purpose as a whole: a follow-up is for what its opening was for."""

    def __init__(self, conversation: Int64) -> None:
        self._code = numbered(conversation)
        self._exchanges = np.bincount(self._code)

    def together(self, ratio: Float) -> Float:
        """The sum over each conversation, one exchange capped so that no single line decides a long talk."""
        total = np.bincount(self._code, weights=np.clip(ratio, -TALK_CAP, TALK_CAP))
        return np.asarray((total * np.minimum(self._exchanges, TALK_TURNS) / self._exchanges)[self._code])


def _logistic(odds: Float) -> Float:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -40.0, 40.0))))


class _View(ABC):
    """One sort of evidence: what its values say for the purpose (nats), learned from who seems to belong to it."""

    @abstractmethod
    def learn(self, probability: Float) -> Float:
        """Nats of each value, given the group's probabilities (exchanges,)."""

    @abstractmethod
    def inside(self, nats: Float, cap: float) -> Float:
        """Nats of each exchange of the group; content says at most `cap`."""

    @abstractmethod
    def outside(self, nats: Float, cap: float) -> Float:
        """Nats of each exchange of the crowd; content says at most `cap`."""


class _Cells(_View):
    """A view in which every exchange has one cell. `ordinary` is the reference's share of each."""

    def __init__(self, group: Int64, reference: Int64, crowd: Int64) -> None:
        cells = 1 + max(int(column.max(initial=0)) for column in (group, reference, crowd))
        ordinary = np.bincount(reference, minlength=cells) + 0.5
        small = np.min_scalar_type(cells)  # of a network of millions every cell counts
        self._group, self._crowd, self._ordinary = group.astype(small), crowd.astype(small), ordinary / ordinary.sum()
        self.tells = any(bool((column != column[:1]).any()) for column in (group, reference))

    def inside(self, nats: Float, cap: float) -> Float:
        return np.asarray(nats[self._group])

    def outside(self, nats: Float, cap: float) -> Float:
        return np.asarray(nats[self._crowd])

    def _counted(self, weight: Float) -> Float:
        return np.bincount(self._group, weights=weight, minlength=len(self._ordinary)).astype(np.float64)


class _Beside(_Cells):
    """Cells whose share in the purpose is held against the members' other traffic."""

    def learn(self, probability: Float) -> Float:
        purpose = self._counted(probability) + 0.5
        other = _blended(self._counted(1.0 - probability), 1.0 - probability, self._ordinary)
        return np.asarray(np.log((purpose / purpose.sum()) / (other / other.sum())))


class _Mix(_Beside):
    """Capabilities."""


class _Sizes(_Beside):
    """Sizes of answers: one effort wants answers of one length, customers all sorts."""

    def learn(self, probability: Float) -> Float:
        return np.clip(super().learn(probability), -SIZE_CAP, SIZE_CAP)


class _Frame(_Cells):
    """A frame: its share in the purpose against people's, capped, since whoever sends may choose it.

    A rare frame says nothing, and having none never speaks for a purpose: whole networks differ from people in that.
    """

    def learn(self, probability: Float) -> Float:
        purpose = self._counted(probability) + 0.5
        nats = np.clip(np.log(purpose / purpose.sum() / self._ordinary), -FRAME_CAP, FRAME_CAP)
        nats[0], nats[1:2] = min(nats[0], 0.0), 0.0
        return np.asarray(nats)


class _Channel(_Cells):
    """How the exchanges were sent. A relay sends its customers' questions as it sends its own, so that this tells a
    purpose apart only as far as it goes with what is asked."""

    def learn(self, probability: Float) -> Float:
        whole = CHANNEL_WEIGHT * self._counted(np.ones(len(probability))) / len(probability)
        purpose, other = self._counted(probability) + whole, self._counted(1.0 - probability) + whole
        with np.errstate(invalid="ignore", divide="ignore"):  # cells that the group does not use say nothing
            nats = np.log((purpose / purpose.sum()) / (other / other.sum()))
        # never enough by itself: some customers' own clients send what the relay sends
        return np.asarray(np.minimum(np.nan_to_num(nats, nan=0.0), CHANNEL_CAP))


def _blended(counted: Float, weight: Float, ordinary: Float) -> Float:
    """Rates of other traffic: the members' (`counted`, of so much `weight`) and people's.

    At least half of them are people's, or a second purpose would hide there.
    """
    own = float(weight.sum())
    people = max(REFERENCE_WEIGHT, own)
    return np.asarray((counted + people * ordinary) / (own + people))


def _views(group: Exchanges, reference: Exchanges, crowd: Exchanges) -> tuple[_Content, *tuple[_View, ...]]:
    """Everything that may tell a purpose apart here, contents first; columns that are absent say nothing."""
    mixes = [
        sort(*(cell(one) for one in (group, reference, crowd)))
        for sort, cell in ((_Mix, capability_cell), (_Sizes, answer_cell))
    ]
    frames = [_Frame(*_coded(name, group, reference, crowd)) for name in FRAMES]
    channels = [_Channel(*_coded(name, group, group, crowd)) for name in CHANNELS]
    return _Content(group, reference, crowd), *(view for view in (*mixes, *frames, *channels) if view.tells)


def _coded(name: str, group: Exchanges, *others: Exchanges) -> tuple[Int64, Int64, Int64]:
    """Codes for the group's commonest values, in the group and two others; 0 stands for absent, 1 for any other."""
    inside = group.values[name]
    values, counts = np.unique(inside[inside != 0], return_counts=True)
    kept = np.sort(values[np.argsort(-counts, kind="stable")[:TOP_VALUES]])
    kept = kept[np.isin(kept, values[counts >= max(3, COMMON_SHARE * len(inside))])]

    def code(column: Int64) -> Int64:
        if len(kept) == 0:
            return np.asarray(column != 0, np.int64)
        at = np.clip(np.searchsorted(kept, column), 0, len(kept) - 1)
        told = np.where(kept[at] == column, at + 2, 1)
        return np.asarray(np.where(column == 0, 0, told), np.int64)

    first, second = (code(one.values[name]) for one in others)
    return code(inside), first, second


class _Content(_View):
    """Bag of features: the purpose's rates against the reference's, discounted and capped for each exchange."""

    def __init__(self, group: Exchanges, reference: Exchanges, crowd: Exchanges) -> None:
        kept = _spread_features(group)
        self._beside = False
        self._cells = len(kept)
        self._ordinary: Float = np.asarray((reference.uses(kept) + 0.5) / (len(reference) + 1.0), np.float64)
        self._group, self._crowd = ((*occurrences(one.features, kept), len(one)) for one in (group, crowd))

    def beside(self) -> _Content:
        """The same, against the members' other traffic as well."""
        other = copy(self)
        other._beside = True
        return other

    def learn(self, probability: Float) -> Float:
        rows, codes, _ = self._group
        other = self._ordinary
        if self._beside:
            other = _blended(summed(codes, rows, 1.0 - probability, self._cells), 1.0 - probability, other)
        mass = summed(codes, rows, probability, self._cells)
        return np.asarray(np.log((mass + 0.5 * other) / (probability.sum() + 0.5) / other))

    def inside(self, nats: Float, cap: float) -> Float:
        return self._of(nats, *self._group, cap)

    def outside(self, nats: Float, cap: float) -> Float:
        return self._of(nats, *self._crowd, cap)

    def _of(self, nats: Float, rows: Int32, codes: Int32, size: int, cap: float) -> Float:
        if self._cells == 0:
            return np.zeros(size)
        return np.clip(FEATURE_WEIGHT * summed(rows, codes, nats, size), -cap, cap)


def _spread_features(group: Exchanges) -> NDArray[np.uint32]:
    """The features that most accounts of the group use, ascending: a person's own words are nobody's purpose."""
    features, holders, uses = usage(group.position, group.features)
    enough = holders >= max(SPREAD_ACCOUNTS, int(SPREAD_SHARE * len(np.unique(group.position))))
    # ... nor are those of a customer who roams over a relay's accounts
    enough &= uses >= COMMON_SHARE * len(group)
    features, holders = features[enough], holders[enough]
    order = np.lexsort((features, -holders))
    return np.sort(features[order[:TOP_FEATURES]])
