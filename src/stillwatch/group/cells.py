"""Exchanges as cells, one small number each: by capability, by sizes, by the commonest values of a column.

Compiled, since every column of every network and of the people beside it passes through here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.records.open_table import room, slot

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
Cell = Callable[[Exchanges], NDArray[Any]]

COMMON_SHARE = 0.02  # of exchanges use a word or frame: a roaming customer's own are rarer (tuning worlds)
LEAST_USES = 3  # of a value, before it has a cell of its own
ELICITATION = 500  # thousandths
_BITS = 16  # of a table of counts that stays in the cache

_SIZES = np.maximum(np.arange(1 << 16), 1)  # from where on all cells of sizes are the last
_OCTAVE = np.minimum(np.log2(_SIZES).astype(np.int64), 15)
_HALF_OCTAVE = 1 + np.minimum(np.floor(2.0 * np.log2(_SIZES)).astype(np.int64), 31).astype(np.uint8)
_HALF_OCTAVE[0] = 0


def size_cell(exchanges: Exchanges) -> Int64:
    """A cell by powers of two of input and output size: 0..255."""
    return np.asarray(_both(exchanges.input_size, exchanges.output_size, _OCTAVE))


def capability_cell(exchanges: Exchanges) -> NDArray[np.int16]:
    """A cell by capability and whether reasoning is elicited; 0 without text."""
    return np.asarray(_capability(exchanges.capability, exchanges.elicitation))


def answer_cell(exchanges: Exchanges) -> NDArray[np.uint8]:
    """A cell by half powers of two of output size, 1..32; 0 where nothing was answered."""
    return np.asarray(_looked_up(exchanges.output_size, _HALF_OCTAVE))


def common_values(column: Int64) -> Int64:
    """The values (not 0, ascending) that COMMON_SHARE of the rows and LEAST_USES have: at most 50."""
    least = max(float(LEAST_USES), COMMON_SHARE * len(column))
    values, count = _counts(column, least)
    return np.sort(values[count >= least])


def coder(name: str, common: Int64) -> Cell:
    """Codes of a column: 0 where it is absent, 2 and on for the `common` values (ascending), 1 for any other."""

    def code(exchanges: Exchanges) -> NDArray[np.uint8]:
        return np.asarray(_codes(exchanges.values[name], common))

    return code


@njit(cache=True, nogil=True)
def weighed(cell: NDArray[Any], weight: Float, cells: int) -> Float:
    """The weight of each cell, added up in order as `np.bincount` does, but beside other threads and without copies."""
    result = np.zeros(cells)
    for i in range(len(cell)):
        result[cell[i]] += weight[i]
    return result


@njit(cache=True, nogil=True)
def weighed_both(cell: NDArray[Any], weight: Float, cells: int) -> tuple[Float, Float]:
    """The weight of each cell, and what it lacks of 1 a row; neither sum has to wait for the other."""
    result, rest = np.zeros(cells), np.zeros(cells)
    for i in range(len(cell)):
        result[cell[i]] += weight[i]
        rest[cell[i]] += 1.0 - weight[i]
    return result, rest


@njit(cache=True, nogil=True)
def add_cells(total: Float, cell: NDArray[Any], nats: Float) -> None:
    """Adds what its cell says to each exchange's `total` (exchanges,); a cell beyond `nats` says nothing."""
    for i in range(len(cell)):
        if cell[i] < len(nats):
            total[i] += nats[cell[i]]


@njit(cache=True, nogil=True)
def _both(inputs: Int64, outputs: Int64, octave: Int64) -> Int64:
    result, last = np.empty(len(inputs), np.int64), len(octave) - 1
    for i in range(len(inputs)):
        result[i] = octave[max(0, min(inputs[i], last))] * 16 + octave[max(0, min(outputs[i], last))]
    return result


@njit(cache=True, nogil=True)
def _capability(capability: NDArray[np.int16], elicitation: NDArray[np.int16]) -> NDArray[np.int16]:
    result = np.zeros(len(capability), np.int16)
    for i in range(len(capability)):
        if capability[i] >= 0:
            result[i] = 1 + 2 * capability[i] + (elicitation[i] > ELICITATION)
    return result


@njit(cache=True, nogil=True)
def _looked_up(size: Int64, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    result = np.empty(len(size), np.uint8)
    for i in range(len(size)):
        result[i] = table[max(0, min(size[i], len(table) - 1))]
    return result


@njit(cache=True, nogil=True)
def _counts(column: Int64, least: float) -> tuple[Int64, Int64]:
    """Values and their counts, all of those among them that `least` rows or more have."""
    met = np.zeros(1 << _BITS, np.int64)
    for value in column:
        met[value & ((1 << _BITS) - 1)] += 1
    # low bits that few rows have belong to no common value; fewer than this many are left, most often a handful
    enough = 0
    for cell in met:
        if cell >= least:
            enough += int(cell)
    size = room(min(enough, 1 << _BITS))
    keys, count, found = np.zeros(size, np.int64), np.zeros(size, np.int64), 0
    for value in column:
        if value != 0 and met[value & ((1 << _BITS) - 1)] >= least:
            at = slot(keys, value)
            if keys[at] == 0:
                if 2 * (found + 1) > size:
                    keys, count = _doubled(keys, count)
                    size *= 2
                    at = slot(keys, value)
                keys[at] = value
                found += 1
            count[at] += 1
    return keys[keys != 0], count[keys != 0]


@njit(cache=True, nogil=True)
def _doubled(keys: Int64, count: Int64) -> tuple[Int64, Int64]:
    wider, counted = np.zeros(2 * len(keys), np.int64), np.zeros(2 * len(keys), np.int64)
    for i in range(len(keys)):
        if keys[i] != 0:
            at = slot(wider, keys[i])
            wider[at], counted[at] = keys[i], count[i]
    return wider, counted


@njit(cache=True, nogil=True)
def _codes(column: Int64, common: Int64) -> NDArray[np.uint8]:
    size = room(2 * len(common))
    keys, code = np.zeros(size, np.int64), np.ones(size, np.uint8)
    for c in range(len(common)):
        at = slot(keys, common[c])
        keys[at], code[at] = common[c], c + 2
    result = np.zeros(len(column), np.uint8)
    for i in range(len(column)):
        if column[i] != 0:
            result[i] = code[slot(keys, column[i])]
    return result
