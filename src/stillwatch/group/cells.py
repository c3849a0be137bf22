"""Assigns exchanges to cells, small numbers, by subject and form, by sizes, or by the most frequent values of a column.

The loops are compiled, since they run over every column of every network and of the reference population.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.records.naming import FORMS, UNCLEAR
from stillwatch.records.open_table import room, slot

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]
Cell = Callable[[Exchanges], NDArray[Any]]

COMMON_SHARE = 0.02  # least share of exchanges with a common value; one customer's own values are rarer (tuning worlds)
LEAST_USES = 3  # least number of exchanges with a common value
# Forms that one cell holds together: an ordinary answer and an unclear form; all that act through tools. That leaves 30
# cells, which can be read from few texts.
_FORM_CELLS = ((UNCLEAR, "answer"), ("tool_use", "agentic", "computer_use"))
_BITS = 16  # bits of an index to a table of counts; 2^16 counts stay in the processor's cache

_SIZES = np.maximum(np.arange(1 << 16), 1)  # larger sizes are in the last cell
_OCTAVE = np.minimum(np.log2(_SIZES).astype(np.int64), 15)
_HALF_OCTAVE = 1 + np.minimum(np.floor(2.0 * np.log2(_SIZES)).astype(np.int64), 31).astype(np.uint8)
_HALF_OCTAVE[0] = 0


def _cells_of_forms() -> NDArray[np.int16]:
    together = {form: place for place, forms in enumerate(_FORM_CELLS) for form in forms}
    alone = [form for form in FORMS if form not in together]
    return np.array(
        [together.get(form, len(_FORM_CELLS) + alone.index(form) if form in alone else 0) for form in FORMS], np.int16
    )


_CELL_OF_FORM = _cells_of_forms()


def size_cell(exchanges: Exchanges) -> Int64:
    """Returns a cell (exchanges,) by powers of two of input and output size: 0..255."""
    return np.asarray(_both(exchanges.input_size, exchanges.output_size, _OCTAVE))


def named_cell(exchanges: Exchanges) -> NDArray[np.int16]:
    """Returns a cell (exchanges,) by subject and form, 1..30; 0 without text."""
    return np.asarray(_named(exchanges.subject, exchanges.form, _CELL_OF_FORM))


def answer_cell(exchanges: Exchanges) -> NDArray[np.uint8]:
    """Returns a cell (exchanges,) by half powers of two of output size, 1..32; 0 without an answer."""
    return np.asarray(_looked_up(exchanges.output_size, _HALF_OCTAVE))


def common_values(column: Int64) -> Int64:
    """Returns the values (ascending, not 0, at most 50) that COMMON_SHARE of the rows and LEAST_USES rows have."""
    least = max(float(LEAST_USES), COMMON_SHARE * len(column))
    values, count = _counts(column, least)
    return np.sort(values[count >= least])


def coder(name: str, common: Int64) -> Cell:
    """Returns the function from exchanges to codes of a column.

    Code 0 is an absent value, 1 any rare value, and 2 onwards are the `common` values (ascending).
    """

    def code(exchanges: Exchanges) -> NDArray[np.uint8]:
        return np.asarray(_codes(exchanges.values[name], common))

    return code


@njit(cache=True, nogil=True)
def weighed(cell: NDArray[Any], weight: Float, cells: int) -> Float:
    """Returns the sum of weights in each cell: (cells,).

    It equals `np.bincount`, but copies nothing and releases the interpreter lock.
    """
    result = np.zeros(cells)
    for i in range(len(cell)):
        result[cell[i]] += weight[i]
    return result


@njit(cache=True, nogil=True)
def weighed_both(cell: NDArray[Any], weight: Float, cells: int) -> tuple[Float, Float]:
    """Returns the sums of `weight` and of 1 - `weight` in each cell, (cells,) both, in one pass."""
    result, rest = np.zeros(cells), np.zeros(cells)
    for i in range(len(cell)):
        result[cell[i]] += weight[i]
        rest[cell[i]] += 1.0 - weight[i]
    return result, rest


@njit(cache=True, nogil=True)
def add_cells(total: Float, cell: NDArray[Any], nats: Float) -> None:
    """Adds `nats[cell]` to each exchange's `total` (exchanges,); a cell beyond the end of `nats` adds nothing."""
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
def _named(subject: NDArray[np.int16], form: NDArray[np.int16], cell_of_form: NDArray[np.int16]) -> NDArray[np.int16]:
    result, cells = np.zeros(len(subject), np.int16), cell_of_form.max() + 1
    for i in range(len(subject)):
        if subject[i] >= 0 and 0 <= form[i] < len(cell_of_form):
            result[i] = 1 + cells * subject[i] + cell_of_form[form[i]]
    return result


@njit(cache=True, nogil=True)
def _looked_up(size: Int64, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    result = np.empty(len(size), np.uint8)
    for i in range(len(size)):
        result[i] = table[max(0, min(size[i], len(table) - 1))]
    return result


@njit(cache=True, nogil=True)
def _counts(column: Int64, least: float) -> tuple[Int64, Int64]:
    """Returns values and their counts, which include all values that `least` rows or more have."""
    upper = np.zeros(1 << _BITS, np.int64)
    for value in column:
        upper[value & ((1 << _BITS) - 1)] += 1
    # The count of a value's low bits is an upper bound for its own count, and excludes most rare values.
    candidates = 0
    for cell in upper:
        if cell >= least:
            candidates += int(cell)
    size = room(min(candidates, 1 << _BITS))
    keys, count, found = np.zeros(size, np.int64), np.zeros(size, np.int64), 0
    for value in column:
        if value != 0 and upper[value & ((1 << _BITS) - 1)] >= least:
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
