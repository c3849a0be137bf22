"""The account-value graph as arrays: who holds which shared value, and how likely that is by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.kernels import holdings_of
from stillwatch.link.values import (
    KINDS,
    ValueKind,
    draws_sql,
    holdings_sql,
    linkable_exchanges_sql,
    shared_holdings_sql,
)

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
    label: NDArray[np.int64]  # keyed hash of a value in use, or -1 for one stated at registration
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


def load(engine: Engine, accounts: int) -> Graph:
    """Reads every kind's shared holdings through the engine."""
    engine.create("linkable_exchanges", linkable_exchanges_sql())
    present = set(engine.columns("accounts"))
    draws = np.zeros((len(KINDS), accounts), np.int32)
    parts: list[tuple[Int32, Int64, Int64, int]] = []
    labels: list[Int64] = []
    for code, kind in enumerate(KINDS):
        if kind.source == "accounts" and not present:
            continue
        holders, starts, firsts, label = _kind(engine, kind, draws[code])
        parts.append((holders, starts, firsts, code))
        labels.append(label)
    return assemble(accounts, parts, labels, draws)


def _kind(engine: Engine, kind: ValueKind, draws: Int32) -> tuple[Int32, Int64, Int64, Int64]:
    engine.create("holdings", holdings_sql(kind))
    counted = engine.fetch(draws_sql())
    draws[counted["position"].to_numpy()] = counted["draws"].to_numpy()
    rows = engine.fetch(shared_holdings_sql())
    holders = rows["position"].to_numpy().astype(np.int32)
    firsts = rows["first_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    value = rows["value"].combine_chunks()
    if kind.source == "accounts":
        encoded = value.dictionary_encode().indices.to_numpy() if len(value) else np.empty(0, np.int32)
        starts = _starts(encoded)
        return holders, starts, firsts, np.full(len(starts), -1, np.int64)
    label = value.to_numpy()
    starts = _starts(label)
    return holders, starts, firsts, label[starts].astype(np.int64)


def _starts(values: NDArray[np.int32] | Int64) -> Int64:
    """Where each run of equal values begins."""
    return np.flatnonzero(np.concatenate([[len(values) > 0], values[1:] != values[:-1]]))


def assemble(accounts: int, parts: list[tuple[Int32, Int64, Int64, int]], labels: list[Int64], draws: Int32) -> Graph:
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
    label = np.concatenate(labels) if labels else np.empty(0, np.int64)
    return Graph(accounts, value_start, holder, first_at, account_start, value_of_edge[order], kind, label, draws)


def positions(engine: Engine) -> int:
    """How many accounts have been seen."""
    return int(engine.fetch(Query("accounts seen", "SELECT count(*) AS n FROM account_sketches"))["n"][0].as_py())


def edges_inside(graph: Graph, members: Int32, values: Int32) -> Inside:
    """Holdings of `values` by `members`, in order of value and account."""
    place = np.full(graph.accounts, -1, np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    edge, member, value = holdings_of(graph.value_start, graph.holder, values, place)
    return Inside(member, value, graph.first_at[edge])
