"""Sorts of evidence for one purpose: what each says of an exchange, learned from who seems to belong to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.members import Exchanges
from stillwatch.group.wording import occurrences, summed, usage

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]
Cell = Callable[[Exchanges], Int64]

TOP_VALUES = 256  # values of a field that get a cell of their own; the rest share one
TOP_FEATURES = 4096  # content features that may tell the purpose apart
COMMON_SHARE = 0.02  # of exchanges use a word or frame: a roaming customer's own are rarer (tuned, seeds 7, 11, 12)
FRAMES = ("head", "instructions")
FRAME_CAP = 4.0  # nats one frame may say
CHANNELS = ("parameters", "tools")
REFERENCE_WEIGHT = 300.0  # exchanges' worth of people in what the members' other traffic is compared with
CHANNEL_CAP = 1.5  # nats one channel may say for a purpose
CHANNEL_WEIGHT = 50.0  # exchanges' worth of independence between how and what is asked
SPREAD_ACCOUNTS = 4  # accounts that must use a feature before it can belong to a purpose
SPREAD_SHARE = 0.01  # and share of the accounts
FEATURE_WEIGHT = 0.35  # words of one text are not independent: their bits are discounted
SIZE_CAP = 3.0  # nats the size of an answer may say
ELICITATION = 500  # thousandths


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


class View(ABC):
    """One sort of evidence: what its values say for the purpose (nats), learned from who seems to belong to it."""

    @abstractmethod
    def learn(self, probability: Float) -> Float:
        """Nats of each value, given probabilities of the exchanges learned from (exchanges,)."""

    @abstractmethod
    def inside(self, nats: Float, cap: float) -> Float:
        """Nats of each exchange learned from; content says at most `cap`."""

    @abstractmethod
    def of(self, exchanges: Exchanges, nats: Float, cap: float) -> Float:
        """Nats of any exchanges; content says at most `cap`."""


class _Cells(View):
    """A view in which every exchange has one cell. `ordinary` is the reference's share of each."""

    def __init__(self, cell: Cell, group: Exchanges, reference: Exchanges) -> None:
        inside, outside = cell(group), cell(reference)
        cells = 1 + max(int(column.max(initial=0)) for column in (inside, outside))
        ordinary = np.bincount(outside, minlength=cells).astype(np.float64) + 0.5
        # small: of a network of millions every byte of an exchange counts
        self._cell, self._group, self._ordinary = cell, inside.astype(np.min_scalar_type(cells)), _shares(ordinary)
        self.tells = any(bool((column != column[:1]).any()) for column in (inside, outside))

    def inside(self, nats: Float, cap: float) -> Float:
        return np.asarray(nats[self._group])

    def of(self, exchanges: Exchanges, nats: Float, cap: float) -> Float:
        # a cell that was not met before says nothing
        return np.asarray(np.append(nats, 0.0)[np.minimum(self._cell(exchanges), len(nats))])

    def _counted(self, weight: Float) -> Float:
        return _counted(self._group, weight, len(self._ordinary))


class _Beside(_Cells):
    """Cells whose share in the purpose is held against the members' other traffic."""

    def learn(self, probability: Float) -> Float:
        purpose = self._counted(probability) + 0.5
        other = _blended(self._counted(1.0 - probability), 1.0 - probability, self._ordinary)
        return np.asarray(np.log(_shares(purpose) / _shares(other)))


@njit(cache=True, nogil=True)
def _counted(cell: NDArray[Any], weight: Float, cells: int) -> Float:
    """The weight of each cell, added up in order as `np.bincount` does, but beside other threads and without copies."""
    result = np.zeros(cells)
    for i in range(len(cell)):
        result[cell[i]] += weight[i]
    return result


class Mix(_Beside):
    """Capabilities."""


class Sizes(_Beside):
    """Sizes of answers: one effort wants answers of one length, customers all sorts."""

    def learn(self, probability: Float) -> Float:
        return np.clip(super().learn(probability), -SIZE_CAP, SIZE_CAP)


class Frame(_Cells):
    """A frame: its share in the purpose against people's, capped, since whoever sends may choose it.

    A rare frame says nothing, and having none never speaks for a purpose: whole networks differ from people in that.
    """

    def learn(self, probability: Float) -> Float:
        purpose = self._counted(probability) + 0.5
        nats = np.clip(np.log(_shares(purpose) / self._ordinary), -FRAME_CAP, FRAME_CAP)
        nats[0], nats[1:2] = min(nats[0], 0.0), 0.0
        return np.asarray(nats)


class _Channel(_Cells):
    """How the exchanges were sent. A relay sends its customers' questions as it sends its own, so that this tells a
    purpose apart only as far as it goes with what is asked."""

    def learn(self, probability: Float) -> Float:
        whole = CHANNEL_WEIGHT * self._counted(np.ones(len(probability))) / len(probability)
        purpose, other = self._counted(probability) + whole, self._counted(1.0 - probability) + whole
        with np.errstate(invalid="ignore", divide="ignore"):  # cells that the group does not use say nothing
            nats = np.log(_shares(purpose) / _shares(other))
        # never enough by itself: some customers' own clients send what the relay sends
        return np.asarray(np.minimum(np.nan_to_num(nats, nan=0.0), CHANNEL_CAP))


def _shares(counted: Float) -> Float:
    return np.asarray(counted / counted.sum())


def _blended(counted: Float, weight: Float, ordinary: Float) -> Float:
    """Rates of other traffic: the members' (`counted`, of so much `weight`) and people's.

    At least half of them are people's, or a second purpose would hide there.
    """
    own = float(weight.sum())
    people = max(REFERENCE_WEIGHT, own)
    return np.asarray((counted + people * ordinary) / (own + people))


def views(group: Exchanges, reference: Exchanges) -> tuple[Content, *tuple[View, ...]]:
    """Everything that may tell a purpose of the group apart, contents first; columns that are absent say nothing."""
    cells = [
        Mix(capability_cell, group, reference),
        Sizes(answer_cell, group, reference),
        *(Frame(_coder(name, group), group, reference) for name in FRAMES),
        *(_Channel(_coder(name, group), group, group) for name in CHANNELS),
    ]
    return Content(group, reference), *(view for view in cells if view.tells)


def _coder(name: str, group: Exchanges) -> Cell:
    """Codes for the group's commonest values; 0 stands for absent, 1 for any other."""
    inside = group.values[name]
    values, counts = np.unique(inside[inside != 0], return_counts=True)
    kept = np.sort(values[np.argsort(-counts, kind="stable")[:TOP_VALUES]])
    kept = kept[np.isin(kept, values[counts >= max(3, COMMON_SHARE * len(inside))])]

    def code(exchanges: Exchanges) -> Int64:
        column = exchanges.values[name]
        if len(kept) == 0:
            return np.asarray(column != 0, np.int64)
        at = np.clip(np.searchsorted(kept, column), 0, len(kept) - 1)
        told = np.where(kept[at] == column, at + 2, 1)
        return np.asarray(np.where(column == 0, 0, told), np.int64)

    return code


class Content(View):
    """Bag of features: the purpose's rates against the reference's, discounted and capped for each exchange."""

    def __init__(self, group: Exchanges, reference: Exchanges) -> None:
        self._kept, self._size = _spread_features(group), len(group)
        self._beside = False
        self._ordinary: Float = np.asarray((reference.uses(self._kept) + 0.5) / (len(reference) + 1.0), np.float64)
        self._rows, self._codes = occurrences(group.features, self._kept)

    def beside(self) -> Content:
        """The same, against the members' other traffic as well."""
        other = copy(self)
        other._beside = True
        return other

    def learn(self, probability: Float) -> Float:
        rows, codes, cells = self._rows, self._codes, len(self._kept)
        other = self._ordinary
        if self._beside:
            other = _blended(summed(codes, rows, 1.0 - probability, cells), 1.0 - probability, other)
        mass = summed(codes, rows, probability, cells)
        return np.asarray(np.log((mass + 0.5 * other) / (probability.sum() + 0.5) / other))

    def inside(self, nats: Float, cap: float) -> Float:
        return _capped(summed(self._rows, self._codes, nats, self._size), cap)

    def of(self, exchanges: Exchanges, nats: Float, cap: float) -> Float:
        return _capped(summed(*occurrences(exchanges.features, self._kept), nats, len(exchanges)), cap)


def _capped(nats: Float, cap: float) -> Float:
    return np.clip(FEATURE_WEIGHT * nats, -cap, cap)


def _spread_features(group: Exchanges) -> NDArray[np.uint32]:
    """The features that most accounts of the group use, ascending: a person's own words are nobody's purpose."""
    # ... nor are those of a customer who roams over a relay's accounts
    features, holders, _ = usage(group.position, group.features, COMMON_SHARE * len(group))
    enough = holders >= max(SPREAD_ACCOUNTS, int(SPREAD_SHARE * group.accounts))
    features, holders = features[enough], holders[enough]
    order = np.lexsort((features, -holders))
    return np.sort(features[order[:TOP_FEATURES]])
