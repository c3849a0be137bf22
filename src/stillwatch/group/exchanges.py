"""The exchanges of network members and of matched people outside every network, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.group.feature_counts import numbered
from stillwatch.group.texts import Texts, halves

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

Known = TypeVar("Known")

VALUES = (
    *("head", "tail", "instructions", "parameters", "tools", "payload", "conversation", "subnet", "status", "model"),
    *("address_network", "user_agent", "fingerprint"),
    "repeats",  # 1 where another customer had sent the text before, wherever in the log
)
TOKENS = ("input_tokens", "output_tokens")  # as logged, -1 where they were not


@dataclass(frozen=True)
class Exchanges:
    """Parallel arrays of shape (exchanges,), sorted by account, time and id; a missing value is 0.

    `values` has those of VALUES, and TOKENS, which nothing is tested by.
    """

    account_index: Int32
    exchange_id: pa.ChunkedArray
    started_at: Int64  # µs
    subject: NDArray[np.int16]  # code, -1 where there was no text; so are forms
    form: NDArray[np.int16]
    input_size: Int64  # tokens where logged, else characters / 4
    output_size: Int64
    values: dict[str, Int64]
    features: NDArray[np.uint32]  # (exchanges, 16)

    def __len__(self) -> int:
        return len(self.account_index)

    @cached_property
    def accounts(self) -> int:
        """How many accounts there are."""
        return int(np.count_nonzero(np.diff(self.account_index))) + 1 if len(self) else 0

    def of(self, accounts: Int32) -> Exchanges:
        """The exchanges of these accounts (ascending indices, each once), in order; itself where they are all."""
        begin = np.searchsorted(self.account_index, accounts)
        end = np.searchsorted(self.account_index, accounts, side="right")
        chosen = spans(begin, end)
        return self if len(chosen) == len(self) else self.take(chosen)

    def uses(self, features: NDArray[np.uint32]) -> Int64:
        """How many exchanges use each of these features (ascending, none 0)."""
        names, count = self._used
        at = np.minimum(np.searchsorted(names, features), max(0, len(names) - 1))
        if len(names) == 0:
            return np.zeros(len(features), np.int64)
        return np.asarray(np.where(names[at] == features, count[at], 0), np.int64)

    @cached_property
    def _used(self) -> tuple[NDArray[np.uint32], Int64]:
        # sorted once: the same people are compared with every group
        names, count = np.unique(self.features, return_counts=True)
        return names[names != 0], count[names != 0].astype(np.int64)

    def having(self, name: str, values: Int64) -> Int64:
        """How many exchanges have each of these values in a column."""
        if name not in self._sorted:
            self._sorted[name] = np.sort(self.values[name])
        column = self._sorted[name]
        return np.searchsorted(column, values, side="right") - np.searchsorted(column, values)

    def counted(self, cell: Callable[[Exchanges], NDArray[Any]]) -> Int64:
        """How many exchanges are in each cell, of which there is at least one."""
        if cell not in self._counted:
            self._counted[cell] = np.bincount(cell(self), minlength=1)
        return self._counted[cell]

    def once(self, measure: Callable[[Exchanges], Known]) -> Known:
        """What a function says of these exchanges, which it is asked once."""
        if measure not in self._measured:
            self._measured[measure] = measure(self)
        known: Known = self._measured[measure]
        return known

    @cached_property
    def _sorted(self) -> dict[str, Int64]:
        return {}

    @cached_property
    def _counted(self) -> dict[Callable[[Exchanges], NDArray[Any]], Int64]:
        return {}

    @cached_property
    def _measured(self) -> dict[Callable[[Exchanges], Any], Any]:
        return {}

    @cached_property
    def conversations(self) -> Int32:
        """The number of each exchange's conversation, by first use; an exchange without one has a number of its own."""
        return np.asarray(numbered(self.values["conversation"]))

    @cached_property
    def halves(self) -> tuple[Texts, Texts, Texts]:
        """The words of all texts, and of the texts of every other account each (`texts.halves`)."""
        return halves(self.account_index, self.features)

    def pieces(self, size: int) -> Iterator[Exchanges]:
        """All of them in order, so many at once; nothing is copied."""
        for begin in range(0, len(self), size):
            yield self._at(slice(begin, begin + size), self.exchange_id.slice(begin, size))

    def take(self, chosen: NDArray[np.bool_] | Int64) -> Exchanges:
        """The chosen rows, in order; itself where all are marked."""
        if chosen.dtype == bool and chosen.all():
            return self
        index = np.asarray(np.flatnonzero(chosen) if chosen.dtype == bool else chosen, np.int64)
        return self._at(index, self.exchange_id.take(pa.array(index)))

    def _at(self, index: Int64 | slice, exchange_id: pa.ChunkedArray) -> Exchanges:
        return Exchanges(
            self.account_index[index],
            exchange_id,
            self.started_at[index],
            self.subject[index],
            self.form[index],
            self.input_size[index],
            self.output_size[index],
            {name: value[index] for name, value in self.values.items()},
            self.features[index],
        )


def spans(begin: Int64, end: Int64) -> Int64:
    """The indices begin[0]..end[0] - 1, begin[1]..end[1] - 1 and so on."""
    length = end - begin
    shift = begin - np.concatenate([[0], np.cumsum(length)[:-1]]) if len(length) else begin
    return np.asarray(np.arange(int(length.sum())) + np.repeat(shift, length), np.int64)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that appeared while the log ran."""

    code: int
    appeared_at: int  # µs


@dataclass(frozen=True, slots=True)
class Lives:
    """When accounts of networks were first seen and closed (µs, -1 for never), by ascending account index."""

    account_index: Int32
    first_at: Int64
    closed_at: Int64

    def of(self, members: Int32) -> tuple[Int64, Int64]:
        """Closures and first exchanges of the members."""
        mine = np.isin(self.account_index, members)
        closed = self.closed_at[mine]
        return closed[closed >= 0], self.first_at[mine]
