"""Views of an exchange that may tell one purpose apart: its words, sorts, sizes, frames and ways of being sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.cells import (
    COMMON_SHARE,
    Cell,
    add_cells,
    answer_cell,
    coder,
    common_values,
    named_cell,
    weighed,
    weighed_both,
)
from stillwatch.group.exchanges import Exchanges
from stillwatch.group.feature_counts import (
    add_capped,
    occurrences,
    summed,
    unkept,
    usage,
    weighted,
)
from stillwatch.records.sketches import FEATURES

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

TOP_FEATURES = 4096  # content features that may tell the purpose apart
FRAMES = ("head",)
FRAME_CAP = 4.0  # nats one frame may add: whoever sends it may choose it
CHANNELS = ("parameters", "tools", "instructions")
REFERENCE_WEIGHT = 300.0  # exchanges' worth of people in what the members' other traffic is compared with
CHANNEL_CAP = 1.5  # nats one channel may add for a purpose: never enough by itself
CHANNEL_WEIGHT = 50.0  # exchanges' worth of independence between how and what is asked
SPREAD_ACCOUNTS = 4  # accounts that must use a feature before it can belong to a purpose
SPREAD_SHARE = 0.01  # and share of the accounts
CONTENT_WEIGHT = 100.0  # features' worth of the reference in a purpose's shares
FEATURE_WEIGHT = 0.35  # words of one text are not independent: their bits are discounted
SIZE_CAP = 3.0  # nats the size of an answer may add: many purposes want answers of one length


class View(ABC):
    """One property of exchanges whose values speak for or against the purpose, in nats (natural-log likelihood ratio).

    It is fitted to the exchanges of one sample, and says the same of any others.
    """

    @abstractmethod
    def m_step(self, probability: Float) -> Float:
        """Nats of each value (values,), given the probability (exchanges,) that each exchange serves the purpose."""

    @abstractmethod
    def add_inside(self, total: Float, nats: Float, cap: float) -> None:
        """Adds the nats of each exchange of the sample to its `total` (exchanges,); content adds at most `cap`."""

    @abstractmethod
    def add_of(self, total: Float, exchanges: Exchanges, nats: Float, cap: float) -> None:
        """Adds the nats of any exchanges to their `total` (exchanges,); content adds at most `cap`."""


class _Cells(View):
    """A view in which every exchange has one cell; of the reference `outside` (cells,) exchanges have each."""

    def __init__(self, cell: Cell, inside: NDArray[np.integer], outside: Int64) -> None:
        own = np.bincount(inside, minlength=1)
        cells = max(len(own), len(outside))
        ordinary = np.concatenate([outside, np.zeros(cells - len(outside))], dtype=np.float64) + 0.5
        # small: of a network of millions every byte of an exchange counts
        self._cell, self._group, self._ordinary = cell, inside.astype(np.min_scalar_type(cells)), _shares(ordinary)
        self.varies = any(np.count_nonzero(count) > 1 for count in (own, outside))

    def add_inside(self, total: Float, nats: Float, cap: float) -> None:
        add_cells(total, self._group, nats)

    def add_of(self, total: Float, exchanges: Exchanges, nats: Float, cap: float) -> None:
        # a cell that was not met before says nothing
        add_cells(total, self._cell(exchanges), nats)

    def _weighed(self, weight: Float) -> Float:
        return weighed(self._group, weight, len(self._ordinary))

    def _weighed_both(self, weight: Float) -> tuple[Float, Float]:
        return weighed_both(self._group, weight, len(self._ordinary))


class _Beside(_Cells):
    """Cells whose share in the purpose is compared with the members' other traffic."""

    def m_step(self, probability: Float) -> Float:
        purpose, rest = self._weighed_both(probability)
        other = _blended(rest, 1.0 - probability, self._ordinary)
        return np.asarray(np.log(_shares(purpose + 0.5) / _shares(other)))


class Mix(_Beside):
    """Subjects and forms."""


class Sizes(_Beside):
    """Sizes of answers: one effort wants answers of one length, customers all sorts."""

    def m_step(self, probability: Float) -> Float:
        return np.clip(super().m_step(probability), -SIZE_CAP, SIZE_CAP)


class Frame(_Cells):
    """Frames (opening words, instructions): their share in the purpose against people's, capped.

    A rare frame says nothing, and having none never speaks for a purpose: whole networks differ from people in that.
    """

    def m_step(self, probability: Float) -> Float:
        purpose = self._weighed(probability) + 0.5
        nats = np.clip(np.log(_shares(purpose) / self._ordinary), -FRAME_CAP, FRAME_CAP)
        nats[0], nats[1:2] = min(nats[0], 0.0), 0.0
        return np.asarray(nats)


class Channel(_Cells):
    """How the exchanges were sent.

    A relay sends its customers' questions as it sends its own, so that this tells a purpose apart only as far as it
    goes with what is asked.
    """

    def __init__(self, cell: Cell, inside: NDArray[np.integer]) -> None:
        own = np.bincount(inside, minlength=1)
        super().__init__(cell, inside, own)
        self._whole = own.astype(np.float64)

    def m_step(self, probability: Float) -> Float:
        # exact: as many ones as there are exchanges in each cell
        whole = CHANNEL_WEIGHT * self._whole / len(probability)
        purpose, other = (one + whole for one in self._weighed_both(probability))
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
    cells: list[_Cells] = [
        Mix(named_cell, named_cell(group), reference.counted(named_cell)),
        Sizes(answer_cell, answer_cell(group), reference.counted(answer_cell)),
        *(_frame(name, group, reference) for name in FRAMES),
        *(_channel(name, group) for name in CHANNELS),
    ]
    return Content(group, reference), *(view for view in cells if view.varies)


def _frame(name: str, group: Exchanges, reference: Exchanges) -> Frame:
    common = common_values(group.values[name])
    absent, *known = reference.having(name, np.append(0, common)).tolist()
    outside = np.array([absent, len(reference) - absent - sum(known), *known])
    code = coder(name, common)
    return Frame(code, code(group), outside[: 1 + int(np.flatnonzero(outside).max(initial=0))])


def _channel(name: str, group: Exchanges) -> Channel:
    code = coder(name, common_values(group.values[name]))
    return Channel(code, code(group))


class Content(View):
    """Bag of features: the purpose's shares of them against the reference's, discounted and capped for each exchange.

    All features that are not spread over the group's accounts are one: whoever asks in words of his own has many.
    """

    def __init__(self, group: Exchanges, reference: Exchanges) -> None:
        self._kept = _spread_features(group)
        self._beside = False
        used = reference.uses(self._kept).astype(np.float64)
        everything = reference.once(_all_words)
        self._ordinary = _shares(np.append(used, everything - used.sum()) + 0.5)
        self._rows, self._codes = occurrences(group.features, self._kept)
        self._rest = unkept(group.features, self._rows)

    def beside(self) -> Content:
        """The same, against the members' other traffic as well."""
        other = copy(self)
        other._beside = True
        return other

    def m_step(self, probability: Float) -> Float:
        other = self._ordinary
        if self._beside:
            rest = self._counted(1.0 - probability)
            people = max(FEATURES * REFERENCE_WEIGHT, float(rest.sum()))
            other = np.asarray((rest + people * other) / (rest.sum() + people))
        mass = self._counted(probability)
        return np.asarray(FEATURE_WEIGHT * np.log(_shares(mass + CONTENT_WEIGHT * other) / other))

    def _counted(self, weight: Float) -> Float:
        cells = len(self._kept)
        return np.append(summed(self._codes, self._rows, weight, cells), weighted(self._rest, weight))

    def add_inside(self, total: Float, nats: Float, cap: float) -> None:
        add_capped(total, self._rows, self._codes, self._rest, nats, cap)

    def add_of(self, total: Float, exchanges: Exchanges, nats: Float, cap: float) -> None:
        rows, codes = occurrences(exchanges.features, self._kept)
        add_capped(total, rows, codes, unkept(exchanges.features, rows), nats, cap)


def _all_words(exchanges: Exchanges) -> int:
    return int(np.count_nonzero(exchanges.features))


def _spread_features(group: Exchanges) -> NDArray[np.uint32]:
    """The features that most accounts of the group use, ascending.

    A person's own words belong to no purpose, nor do those of a customer who roams over a relay's accounts.
    """
    features, holders, _ = usage(group.account_index, group.features, COMMON_SHARE * len(group))
    enough = holders >= max(SPREAD_ACCOUNTS, int(SPREAD_SHARE * group.accounts))
    features, holders = features[enough], holders[enough]
    order = np.lexsort((features, -holders))
    return np.sort(features[order[:TOP_FEATURES]])
