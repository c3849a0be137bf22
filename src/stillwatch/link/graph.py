"""The account-value graph as arrays: who holds which shared value, and how likely that is by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, identifier
from stillwatch.link.kernels import holdings_of, perhaps_shared
from stillwatch.link.ranges import value_ranges
from stillwatch.link.values import KINDS, ValueKind, holdings_sql, linkable_exchanges_sql

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges of the bipartite graph in two orders.

    Value v of kind `kind[v]` is held by `holder[value_start[v]:value_start[v + 1]]` (ascending accounts); account u
    holds `held[account_start[u]:account_start[u + 1]]`. `draws[k, u]` counts the different values of kind k that u
    holds, shared or not. `first_at` (µs) is parallel to `holder`.
    """

    accounts: int
    value_start: Int64
    holder: Int32
    first_at: Int64
    account_start: Int64
    held: Int32
    kind: NDArray[np.int8]
    draws: Int32

    @property
    def values(self) -> int:
        """How many shared values there are."""
        return len(self.kind)


@dataclass(frozen=True, slots=True)
class Inside:
    """Edges inside a group: indices into its members and its values, and when (µs)."""

    member: Int64
    value: Int64
    at: Int64


def load(engine: Engine, accounts: int, handovers: pa.Table, off: frozenset[str]) -> Graph:
    """Reads every kind's shared holdings through the engine, but those of the sides in `off`.

    `handovers` has the holdings (`position`, `value`, `first_at`) that are not the engine's.
    """
    # a copy of the columns is read faster, but of a large log it would not fit in memory
    large = len(value_ranges(engine, "value")) > 1
    (engine.view if large else engine.create)("linkable_exchanges", linkable_exchanges_sql())
    present = set(engine.columns("accounts"))
    draws = np.zeros((len(KINDS), accounts), np.int32)
    parts: list[tuple[Int32, Int64, Int64, int]] = []
    for code, kind in enumerate(KINDS):
        if kind.side in off or (kind.source == "accounts" and not present):
            continue
        for rows in [handovers] if kind.source == "handovers" else _holdings(engine, kind):
            parts.append((*_kind(rows, kind.source == "accounts", draws[code]), code))
        if kind.source == "handovers":
            draws[code] = 1  # everybody could have taken a request over, whether any was or not
    return assemble(accounts, parts, draws)


def _holdings(engine: Engine, kind: ValueKind) -> Iterator[pa.Table]:
    """The holdings of a kind, in ranges of its values where exchanges use them."""
    column = identifier(kind.expression)
    for values in value_ranges(engine, column) if kind.source == "exchanges" else ["TRUE"]:
        yield engine.fetch(holdings_sql(kind, values))


def _kind(rows: pa.Table, stated: bool, draws: Int32) -> tuple[Int32, Int64, Int64]:
    """Holders, where each value's begin, and when they first held it; counts `draws`."""
    position = rows["position"].to_numpy().astype(np.int32)
    draws += np.bincount(position, minlength=len(draws)).astype(np.int32)
    first_at = rows["first_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    value = _ranked(rows["value"]) if stated else rows["value"].to_numpy().astype(np.int64)
    # most values are one account's alone and link nobody: they go before anything is sorted
    chosen = np.flatnonzero(perhaps_shared(value))
    chosen = chosen[np.lexsort((position[chosen], value[chosen]))]
    begins = _starts(value[chosen])
    held = np.diff(begins, append=len(chosen))
    chosen = chosen[np.repeat(held > 1, held)]
    return position[chosen], _starts(value[chosen]), first_at[chosen]


def _ranked(values: pa.ChunkedArray) -> Int64:
    """Texts as integers in the same order."""
    encoded = values.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[encoded.indices.to_numpy()])


def _starts(values: Int64) -> Int64:
    """Where each run of equal values begins."""
    return np.flatnonzero(np.concatenate([[len(values) > 0], values[1:] != values[:-1]]))


def assemble(accounts: int, parts: list[tuple[Int32, Int64, Int64, int]], draws: Int32) -> Graph:
    """The graph of parts: holders, where each value's begin, first times, and the code of the kind."""
    edges = sum(len(part[0]) for part in parts)
    holder = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int32)
    first_at = np.concatenate([part[2] for part in parts]) if parts else np.empty(0, np.int64)
    offsets = np.cumsum([0, *[len(part[0]) for part in parts]])
    starts = [part[1] + offset for part, offset in zip(parts, offsets, strict=False)]
    value_start = np.concatenate([*starts, np.array([edges], np.int64)]).astype(np.int64)
    kind = np.concatenate([np.full(len(part[1]), part[3], np.int8) for part in parts] or [np.empty(0, np.int8)])
    value_of_edge = np.repeat(np.arange(len(kind), dtype=np.int32), np.diff(value_start))
    order = np.argsort(holder, kind="stable")
    account_start = np.concatenate([[0], np.cumsum(np.bincount(holder, minlength=accounts))]).astype(np.int64)
    return Graph(accounts, value_start, holder, first_at, account_start, value_of_edge[order], kind, draws)


def positions(engine: Engine) -> int:
    """How many accounts have been seen."""
    return int(engine.fetch(Query("accounts seen", "SELECT count(*) AS n FROM account_sketches"))["n"][0].as_py())


def edges_inside(graph: Graph, members: Int32, values: Int32) -> Inside:
    """Holdings of `values` by `members`, in order of value and account."""
    place = np.full(graph.accounts, -1, np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    edge, member, value = holdings_of(graph.value_start, graph.holder, values, place)
    return Inside(member, value, graph.first_at[edge])
