"""The order in which values are tried as seeds: those first whose holders are unusually alike in other groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.graph import Graph
from stillwatch.link.kernels import GROUP_CAP, support
from stillwatch.link.membership import Float, Int32
from stillwatch.link.null_model import NullModel
from stillwatch.link.values import (
    GROUP_OF,
    GROUP_OF_HIERARCHY,
    GROUPS,
    HIERARCHY_OF,
)

Int64 = NDArray[np.int64]

COMPARED = 100  # accounts from which a median is taken


def seed_order(graph: Graph, null: NullModel, prior: Float, minimum: int) -> Int64:
    """Values by how much more their holders share in other groups than accounts do of which as much is logged.

    `prior` (accounts,) are bits; values with fewer than half of `minimum` holders are left out.
    """
    holders = np.diff(graph.value_start)
    # any two people share a value of fewer holders now and then, and such a value cannot hold a bicluster together
    enough = holders >= max(3, minimum // 2)
    hierarchies = (HIERARCHY_OF, GROUP_OF_HIERARCHY, len(GROUPS))
    given = (graph.account_start, graph.held, graph.attribute, null.rate, graph.distinct_count, enough, *hierarchies)
    shared = np.concatenate(null.chunks.each(lambda first, last: support(*given, first, last), len(graph.held)))
    other = np.clip(shared.sum(axis=1, keepdims=True) - shared + prior[:, None], 0.0, 3 * GROUP_CAP)
    other -= _usual(other, graph.distinct_count)
    value_of_edge = np.repeat(np.arange(graph.values, dtype=np.int64), holders)
    group = GROUP_OF[graph.attribute[value_of_edge]]
    # holders who share less than usual take nothing away: some channels log little
    gain = np.maximum(other[graph.holder, group], 0.0)
    excess = np.bincount(value_of_edge, weights=gain, minlength=graph.values).astype(np.float64)
    return _in_turn(np.flatnonzero(enough & (excess > 0)), excess, graph.attribute)


def _in_turn(values: Int64, excess: Float, attribute: NDArray[np.int8]) -> Int64:
    """The strongest value of each attribute, then the second of each, and so on: no attribute may use up the search."""
    order = values[np.lexsort((values, -excess[values], attribute[values]))]
    place = np.arange(len(order)) - np.searchsorted(attribute[order], attribute[order])
    return np.asarray(order[np.lexsort((order, -excess[order], place))], np.int64)


def _usual(other: Float, distinct_count: Int32) -> Float:
    """The median of each column of `other` (accounts, groups) over accounts of which the same groups are logged.

    Some channels hand on no addresses or no text: an account that comes through them shares less with any other, and
    would never stand out from all accounts.
    """
    logged = np.stack([(distinct_count[group == GROUP_OF] > 0).any(axis=0) for group in range(len(GROUPS))])
    _, sort = np.unique(np.packbits(logged, axis=0)[0], return_inverse=True)
    usual = np.zeros_like(other)
    for one in range(int(sort.max(initial=-1)) + 1):
        alike = sort == one
        usual[alike] = np.median(other[alike if alike.sum() >= COMPARED else slice(None)], axis=0)
    return usual
