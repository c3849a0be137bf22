"""Which exchanges of a network serve one purpose, and which are its members' ordinary traffic.

A network's exchanges are a mixture: with share `pi` drawn from one unknown purpose, else from what people outside
networks ask. The purpose's distribution is estimated by expectation-maximisation over content features and frames
(against people outside), capabilities (against the members' other traffic as well) and, by association only, what the
channel fixes. Conversations are taken whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.members import Exchanges
from stillwatch.group.wording import occurrences, summed, usage

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

ROUNDS = 20
TOP_VALUES = 256  # values of a field that get a cell of their own; the rest share one
TOP_FEATURES = 4096  # content features that may tell the purpose apart
COMMON_SHARE = (
    0.02  # of the exchanges must use a word or frame: a roaming customer's own are rarer (tuned, seeds 7, 11, 12)
)
FRAMES = ("head", "instructions")
FRAME_CAP = 4.0  # nats one frame may say
CHANNELS = ("parameters", "tools")
START = 2.0  # nats of wording from which an exchange begins as part of the purpose
LEAST = 0.005  # share below which, or above one less which, the mixture never goes: it could not come back
REFERENCE_WEIGHT = 300.0  # exchanges' worth of people in what the members' other traffic is compared with
TALK_TURNS = 2  # turns of a conversation that count: its texts are not independent
TALK_CAP = 8.0  # nats one exchange may say about its conversation
CHANNEL_WEIGHT = 50.0  # exchanges' worth of independence between how and what is asked
SPREAD_ACCOUNTS = 4  # accounts that must use a feature before it can belong to a purpose
SPREAD_SHARE = 0.01  # and share of the accounts
FEATURE_WEIGHT = 0.35  # words of one text are not independent: their bits are discounted
CONTENT_CAP = 12.0  # nats content may add for one exchange
ELICITATION = 500  # thousandths


@dataclass(frozen=True, slots=True)
class Purpose:
    """The mixture's solution: its share, each exchange's probability, and its log-likelihood ratios (nats)."""

    share: float
    probability: Float  # (exchanges,)
    ratio: Float  # (exchanges,) purpose against ordinary


def size_cell(exchanges: Exchanges) -> Int64:
    """A cell by powers of two of input and output size: 0..255."""
    inputs = np.minimum(np.log2(np.maximum(exchanges.input_size, 1)).astype(np.int64), 15)
    outputs = np.minimum(np.log2(np.maximum(exchanges.output_size, 1)).astype(np.int64), 15)
    return inputs * 16 + outputs


def capability_cell(exchanges: Exchanges) -> Int64:
    """A cell by capability and whether reasoning is elicited; 0 without text."""
    told = 1 + exchanges.capability.astype(np.int64) * 2 + (exchanges.elicitation > ELICITATION)
    return np.asarray(np.where(exchanges.capability < 0, 0, told))


def separate(group: Exchanges, reference: Exchanges) -> Purpose:
    """Solves the mixture for the exchanges of one network."""
    if len(group) == 0:
        return Purpose(0.0, np.zeros(0), np.zeros(0))
    mixes = _against([(cell(group), cell(reference)) for cell in (capability_cell,)])
    frames = _against([_common_values(group.values[name], reference.values[name]) for name in FRAMES])
    channels = _channels(group)
    content = _Content(group, reference)
    talks = _Talks(group.values["conversation"])
    if not mixes and not frames:
        return Purpose(1.0, np.ones(len(group)), np.zeros(len(group)))  # no text: nothing tells one purpose apart
    # begin with what stands out in wording alone: capabilities of a few customers differ from people's too
    half = np.full(len(group), 0.5)
    wording = content.ratio(half) + sum(_frame_ratio(inside, ordinary, half) for inside, ordinary in frames)
    probability = _logistic(wording - START) if wording.any() else half
    share, ratio = float(np.clip(probability.mean(), LEAST, 1.0 - LEAST)), np.zeros(len(group))
    for _ in range(ROUNDS):
        ratio = content.ratio(probability)
        for inside, ordinary in mixes:
            ratio += _mix_ratio(inside, ordinary, probability)
        for inside, ordinary in frames:
            ratio += _frame_ratio(inside, ordinary, probability)
        for inside in channels:
            ratio += _association(inside, probability)
        ratio = talks.together(ratio)
        probability = _logistic(np.log(share / (1.0 - share)) + ratio)
        share = float(np.clip(probability.mean(), LEAST, 1.0 - LEAST))
    return Purpose(share, probability, ratio)


class _Talks:
    """Conversations serve one purpose as a whole: a follow-up is for what its opening was for."""

    def __init__(self, conversation: Int64) -> None:
        alone = conversation == 0
        _, code = np.unique(conversation, return_inverse=True)
        self._code = np.where(alone, len(conversation) + np.arange(len(conversation)), code)

    def together(self, ratio: Float) -> Float:
        """The sum over each conversation, one exchange capped so that no single line decides a long talk."""
        total = np.bincount(self._code, weights=np.clip(ratio, -TALK_CAP, TALK_CAP))
        counted = np.bincount(self._code)
        return np.asarray((total * np.minimum(counted, TALK_TURNS) / np.maximum(counted, 1))[self._code])


def _logistic(odds: Float) -> Float:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -40.0, 40.0))))


def _mix_ratio(inside: Int64, ordinary: Float, probability: Float) -> Float:
    """Nats of a cell of sizes or capabilities: its share in the purpose against the members' other traffic."""
    cells = len(ordinary)
    purpose = np.bincount(inside, weights=probability, minlength=cells) + 0.5
    # at least half of the other traffic's mix is people's: or a second purpose would hide in it
    weight = max(REFERENCE_WEIGHT, float((1.0 - probability).sum()))
    other = np.bincount(inside, weights=1.0 - probability, minlength=cells) + weight * ordinary
    return np.asarray(np.log((purpose / purpose.sum()) / (other / other.sum()))[inside])


def _frame_ratio(inside: Int64, ordinary: Float, probability: Float) -> Float:
    """Nats of a frame: its share in the purpose against people's, capped, since whoever sends may choose it.

    A rare frame says nothing, and having none never speaks for a purpose: whole networks differ from people in that.
    """
    purpose = np.bincount(inside, weights=probability, minlength=len(ordinary)) + 0.5
    nats = np.clip(np.log(purpose / purpose.sum() / ordinary), -FRAME_CAP, FRAME_CAP)
    nats[0], nats[1] = min(nats[0], 0.0), 0.0
    return np.asarray(nats[inside])


def _against(pairs: list[tuple[Int64, Int64]]) -> list[tuple[Int64, Float]]:
    """Cells of the group and the reference's probability of each; pairs of columns that are absent say nothing."""
    result = []
    for inside, outside in pairs:
        if len(np.unique(inside)) == 1 and len(np.unique(outside)) <= 1:
            continue
        cells = int(max(inside.max(), outside.max() if len(outside) else 0)) + 1
        ordinary = np.bincount(outside, minlength=cells) + 0.5
        result.append((inside, ordinary / ordinary.sum()))
    return result


def _channels(group: Exchanges) -> list[Int64]:
    """Cells of how the exchanges were sent. A relay sends its customers' questions as it sends its own, so that these
    tell a purpose apart only as far as they go with what is asked."""
    cells = [_common_values(group.values[name], group.values[name])[0] for name in CHANNELS]
    return [inside for inside in cells if len(np.unique(inside)) > 1]


def _association(inside: Int64, probability: Float) -> Float:
    """Nats by which a cell speaks for the purpose against the members' other traffic."""
    whole = np.bincount(inside) / len(inside)
    purpose = np.bincount(inside, weights=probability) + CHANNEL_WEIGHT * whole
    other = np.bincount(inside, weights=1.0 - probability) + CHANNEL_WEIGHT * whole
    with np.errstate(invalid="ignore", divide="ignore"):  # cells that nobody uses are not looked up
        bits = np.log((purpose / purpose.sum()) / (other / other.sum()))
    return np.asarray(bits[inside])


def _common_values(inside: Int64, outside: Int64) -> tuple[Int64, Int64]:
    """Codes for the group's commonest values; 0 stands for absent, 1 for any other."""
    values, counts = np.unique(inside[inside != 0], return_counts=True)
    kept = np.sort(values[np.argsort(-counts, kind="stable")[:TOP_VALUES]])
    kept = kept[np.isin(kept, values[counts >= max(3, COMMON_SHARE * len(inside))])]

    def code(column: Int64) -> Int64:
        if len(kept) == 0:
            return np.asarray(column != 0, np.int64)
        at = np.clip(np.searchsorted(kept, column), 0, len(kept) - 1)
        told = np.where(kept[at] == column, at + 2, 1)
        return np.asarray(np.where(column == 0, 0, told), np.int64)

    return code(inside), code(outside)


class _Content:
    """Bag-of-features likelihood ratio: the purpose's feature rates against the reference's."""

    def __init__(self, group: Exchanges, reference: Exchanges) -> None:
        kept = _spread_features(group)
        self._cells = len(kept)
        self._rows, self._codes = occurrences(group.features, kept)
        self._ordinary = (reference.uses(kept) + 0.5) / (len(reference) + 1.0)
        self._size = len(group)

    def ratio(self, probability: Float) -> Float:
        """Discounted, capped nats of each exchange."""
        if self._cells == 0:
            return np.zeros(self._size)
        mass = summed(self._codes, self._rows, probability, self._cells)
        purpose = (mass + 0.5 * self._ordinary) / (probability.sum() + 0.5)
        nats = np.log(purpose / self._ordinary)
        total = summed(self._rows, self._codes, nats, self._size)
        return np.clip(FEATURE_WEIGHT * total, -CONTENT_CAP, CONTENT_CAP)


def _spread_features(group: Exchanges) -> NDArray[np.uint32]:
    """The features that most accounts of the group use, ascending: a person's own words are nobody's purpose."""
    features, holders, uses = usage(group.position, group.features)
    enough = holders >= max(SPREAD_ACCOUNTS, int(SPREAD_SHARE * len(np.unique(group.position))))
    # ... nor are those of a customer who roams over a relay's accounts
    enough &= uses >= COMMON_SHARE * len(group)
    features, holders = features[enough], holders[enough]
    order = np.lexsort((features, -holders))
    return np.sort(features[order[:TOP_FEATURES]])
