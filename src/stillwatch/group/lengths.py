"""How far the lengths of answers spread for questions of one length: a harvest wants answers of one sort."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.statistics import conversation_starts

Float = NDArray[np.float64]

LEAST = 40  # answered exchanges
LEAST_EACH = 3  # of an account


def answer_spread(exchanges: Exchanges, starts: bool = True) -> float:
    """Natural log of the spread of answer lengths beside that of questions of one length (octaves), accounts alike.

    Spread is half the distance between the quartiles of log2 of the length, less the median of its octave.
    """
    used = (exchanges.output_size > 0) & (exchanges.input_size > 0) & conversation_starts(exchanges)
    if used.sum() < LEAST:
        return math.nan
    length, octave = np.log2(exchanges.output_size[used]), np.log2(exchanges.input_size[used]).astype(np.int64)
    order = np.lexsort((length, octave))
    bounds = np.flatnonzero(np.diff(octave[order], prepend=-1) != 0)
    middle = np.zeros(64)
    for begin, end in zip(bounds, np.append(bounds[1:], len(order)), strict=True):
        middle[octave[order[begin]]] = length[order[(begin + end) // 2]]
    return math.log(max(_even_spread(length - middle[octave], exchanges.account_index[used]), 1e-3))


def _even_spread(value: Float, account: NDArray[np.int32]) -> float:
    _, dense, size = np.unique(account, return_inverse=True, return_counts=True)
    order = np.argsort(value, kind="stable")
    share = np.cumsum((1.0 / size[dense])[order])
    low, high = np.searchsorted(share, np.array((0.25, 0.75)) * share[-1])
    return float(value[order[high]] - value[order[low]]) / 2.0
