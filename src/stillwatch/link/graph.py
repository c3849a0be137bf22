"""The account-value graph as arrays: which account holds which of the values that several accounts hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.holdings import (
    Held,
    Uses,
    by_account,
    perhaps_shared,
    used_values,
)
from stillwatch.link.kernels import holdings_of
from stillwatch.link.partials import Chunk
from stillwatch.link.values import ATTRIBUTES, TIMED, Reading, holdings_sql

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

_PAYLOAD = next(code for code, attribute in enumerate(ATTRIBUTES) if attribute.expression == TIMED)


@dataclass(frozen=True, slots=True)
class Graph:
    """The bipartite graph of accounts and values, its edges in two orders.

    Value v, of the attribute with the code `attribute[v]`, is held by the account indices
    `holder[value_start[v]:value_start[v + 1]]`, ascending; account u holds the values
    `held[account_start[u]:account_start[u + 1]]`. `first_at` (edges, µs) is parallel to `holder`.
    `distinct_count` (attributes, accounts) is how many distinct values of an attribute an account holds, shared or not.
    `keyed` (values,) is the value as exchange sketches hold it; of texts that accounts state it is their rank, of
    handovers and pools the group.
    """

    accounts: int
    value_start: Int64
    holder: Int32
    first_at: Int64
    account_start: Int64
    held: Int32
    attribute: NDArray[np.int8]
    distinct_count: Int32
    keyed: Int64

    @property
    def values(self) -> int:
        """How many shared values there are."""
        return len(self.attribute)


@dataclass(frozen=True, slots=True)
class Shared:
    """The values of one attribute that several accounts hold.

    `holder` (edges,) and `first_at` (edges, µs) are in order of value and account; `start` (values,) is where each
    value's edges begin, and `keyed` (values,) as of a graph.
    """

    code: int
    holder: Int32
    start: Int64
    first_at: Int64
    keyed: Int64


@dataclass(frozen=True, slots=True)
class Inside:
    """Edges inside a group: indices into its members and its values, and when (µs)."""

    member: Int64
    value: Int64
    at: Int64


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of accounts, no account in two: parallel arrays (accounts in groups,), by ascending account index.

    `group` counts from 0, `first_at` (µs) is when an account could be seen to belong, and `possible` (accounts,) marks
    the accounts that could have belonged to a group, whether they do or not.
    """

    account: Int32
    group: Int64
    first_at: Int64
    possible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Holdings:
    """Holdings by attribute code, `distinct_count` as of a graph, and every use of the texts that several accounts
    sent."""

    held: dict[int, Held]
    distinct_count: Int32
    sent: Uses

    def graph(self, groups: Mapping[int, Groups]) -> Graph:
        """The graph of these holdings, which are used up, and of `groups` of accounts by attribute code."""
        for code, found in groups.items():
            self.held[code] = Held(found.account, found.group, found.first_at)
            self.distinct_count[code] = found.possible
        parts = [_shared(self.held.pop(code), code) for code in sorted(self.held)]
        return assemble(self.distinct_count.shape[1], parts, self.distinct_count)


def load(
    engine: Engine, partials: Sequence[Chunk], accounts: int, off: frozenset[str], trusted_hops: int = 0
) -> Holdings:
    """Reads the shared holdings of every attribute from partial results and accounts; `off` names claims to leave out,
    `trusted_hops` is as in `records.addresses`."""
    distinct_count = np.zeros((len(ATTRIBUTES), accounts), np.int32)
    wanted = {code: attribute for code, attribute in enumerate(ATTRIBUTES) if attribute.claim not in off}
    used = {code: attribute.expression for code, attribute in wanted.items() if attribute.source == "exchanges"}
    held, sent = used_values(partials, {**used, _PAYLOAD: TIMED}, distinct_count, _PAYLOAD)
    if _PAYLOAD not in used:  # it was read for its times alone
        del held[_PAYLOAD]
        distinct_count[_PAYLOAD] = 0
    stated = [code for code, attribute in wanted.items() if attribute.source == "accounts"]
    for code in stated if engine.columns("accounts") else ():
        held[code] = _stated(stated_rows(engine, code, trusted_hops), distinct_count[code])
    return Holdings(held, distinct_count, sent)


def stated_rows(engine: Engine, code: int, trusted_hops: int, of: str = "account_sketches") -> pa.Table:
    """What the accounts of the table `of` state of the attribute `code`, as of `holdings_sql`; each account once."""
    return _read(engine.fetch(holdings_sql(ATTRIBUTES[code], of)), ATTRIBUTES[code].reading, trusted_hops)


def _read(rows: pa.Table, reading: Reading | None, trusted_hops: int) -> pa.Table:
    """The holdings with what their texts say, without those that say nothing."""
    if reading is None:
        return rows
    texts = rows["value"].combine_chunks().dictionary_encode()
    said = pa.array([reading(text, trusted_hops) for text in texts.dictionary.to_pylist()], pa.string())
    rows = rows.set_column(1, "value", said.take(texts.indices))
    return rows.filter(pc.is_valid(rows["value"]))


def _stated(rows: pa.Table, distinct_count: Int32) -> Held:
    """The holdings of texts that accounts state, as integers in the same order; adds them to `distinct_count`."""
    held = _held(rows.set_column(1, "value", pa.array(_ranked(rows["value"]))))
    distinct_count += np.bincount(held.account_index, minlength=len(distinct_count)).astype(np.int32)
    return perhaps_shared(held)


def _held(rows: pa.Table) -> Held:
    first_at = rows["first_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    return Held(rows["account_index"].to_numpy().astype(np.int32), rows["value"].to_numpy().astype(np.int64), first_at)


def _shared(held: Held, code: int) -> Shared:
    """Those values of an attribute that several accounts hold."""
    # accounts ascend already, and stay so within each value
    held = held.take(np.argsort(held.value, kind="stable"))
    count = np.diff(_starts(held.value), append=len(held.value))
    held = held.take(np.flatnonzero(np.repeat(count > 1, count)))
    starts = _starts(held.value)
    return Shared(code, held.account_index, starts, held.first_at, held.value[starts])


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


def assemble(accounts: int, parts: Sequence[Shared], distinct_count: Int32) -> Graph:
    """The graph of the shared values of several attributes, each attribute once."""
    offsets = np.cumsum([0, *[len(part.holder) for part in parts]])
    holder = np.concatenate([np.empty(0, np.int32), *(part.holder for part in parts)])
    first_at = np.concatenate([np.empty(0, np.int64), *(part.first_at for part in parts)])
    keyed = np.concatenate([np.empty(0, np.int64), *(part.keyed for part in parts)])
    starts = [part.start + offset for part, offset in zip(parts, offsets, strict=False)]
    value_start = np.concatenate([*starts, offsets[-1:]]).astype(np.int64)
    attribute = np.concatenate(
        [np.empty(0, np.int8), *(np.full(len(part.start), part.code, np.int8) for part in parts)]
    )
    value_of_edge = np.repeat(np.arange(len(attribute), dtype=np.int32), np.diff(value_start))
    account_start, order = by_account(holder, accounts)
    return Graph(
        accounts, value_start, holder, first_at, account_start, value_of_edge[order], attribute, distinct_count, keyed
    )


def count_accounts(engine: Engine) -> int:
    """How many accounts have been seen."""
    return int(engine.fetch(Query("accounts seen", "SELECT count(*) AS n FROM account_sketches"))["n"][0].as_py())


def edges_inside(graph: Graph, members: Int32, values: Int32) -> Inside:
    """Holdings of `values` by `members`, in order of value and account."""
    place = np.full(graph.accounts, -1, np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    edge, member, value = holdings_of(graph.value_start, graph.holder, values, place)
    return Inside(member, value, graph.first_at[edge])


def edges_of(graph: Graph, values: Int64) -> tuple[Int64, Int64]:
    """All holdings of `values`, in order: the place in `values` of each one's value, and the edge."""
    span = np.diff(graph.value_start)[values]
    edges = np.repeat(graph.value_start[values], span) + np.arange(span.sum()) - np.repeat(np.cumsum(span) - span, span)
    return np.repeat(np.arange(len(values)), span), edges
