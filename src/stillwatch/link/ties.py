"""What ties a member to its network by acts of its own, and not by what others did to it.

Anybody can send another's fields, address range or words, and sign up as another did before. So a shared value ties
those who took it up when others of the network held it already, and not who held it first, or perhaps first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.acceptance import Bicluster
from stillwatch.link.copying import Copying, copying
from stillwatch.link.graph import Graph, Inside, edges_inside, edges_of
from stillwatch.link.kernels import AGREEING_BITS
from stillwatch.link.rewordings import Rewordings
from stillwatch.link.values import ATTRIBUTES, GROUP_OF, GROUPS
from stillwatch.records.definitions import DAY

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

UNKNOWN = np.iinfo(np.int64).max
EARLIER = 2  # members that must have held a value before another took it up: one may be the one that was copied
# in what accounts ask: whoever can make an account ask, as users of a public bot can, decides it
TEXT_GROUPS = frozenset({"wording", "handover", "lifecycle", "contents"})
ORDERLESS_GROUPS = frozenset({"handover", "contents"})  # of these, each holder has acted itself
_TAKING_OVER = GROUPS.index("handover")

_STATED = np.array([attribute.source == "accounts" for attribute in ATTRIBUTES])
_TEXT = np.array([name in TEXT_GROUPS for name in GROUPS])
_ORDERLESS = np.array([name in ORDERLESS_GROUPS for name in GROUPS])


@dataclass(frozen=True, slots=True)
class Lives:
    """When accounts were made (UNKNOWN for none) and first seen, in µs, the number of their customer, arrays
    (accounts,), and who is copied: accounts of one organisation or card are one customer's, any other is its own."""

    created_at: Int64
    first_seen: Int64
    customer: Int64
    copying: Copying

    @property
    def begins(self) -> int:
        """The time of the first exchange, in µs."""
        return int(self.first_seen.min(initial=UNKNOWN))


@dataclass(frozen=True, slots=True)
class Ties:
    """Of each member (members,): in how many independence groups besides texts it took values up after others, and
    whether it did in texts."""

    ways: Int32
    texts: NDArray[np.bool_]


def lives_of(engine: Engine, graph: Graph, reworded: Rewordings) -> Lives:
    """The lives of all accounts; accounts of one organisation or card are one customer's."""
    facts = engine.fetch(
        Query(
            "lives of accounts",
            """
SELECT created_at, first_seen,
  dense_rank() OVER (
    ORDER BY coalesce('o' || organisation_id, 'c' || payment_fingerprint, 'a' || account_id)
  ) - 1 AS customer
FROM account_sketches LEFT JOIN accounts USING (account_id)
ORDER BY account_index
""",
        )
    )
    created, first = (facts[name].cast(pa.timestamp("us")).cast(pa.int64()) for name in ("created_at", "first_seen"))
    customer = facts["customer"].to_numpy().astype(np.int64)
    known = pc.fill_null(created, UNKNOWN).to_numpy()
    return Lives(known, first.to_numpy(), customer, copying(graph, reworded, customer))


def own_ties(graph: Graph, bicluster: Bicluster, lives: Lives) -> Ties:
    """What ties each member of a bicluster by its own acts."""
    members, values = bicluster.members, bicluster.found.values
    inside = edges_inside(graph, members, values)
    attribute = graph.attribute[values][inside.value]
    group = GROUP_OF[attribute]
    account = members[inside.member]
    at = np.where(_STATED[attribute], lives.created_at[account], inside.at)
    bits = np.log2(np.maximum(bicluster.found.inside, 1.0) / np.maximum(bicluster.found.expected, 1e-9))[inside.value]
    copied = lives.copying.inside(members, lives.customer)[inside.member]
    took_up = _earlier(inside.value, at) >= EARLIER
    took_up &= ~_perhaps_before(account, inside.at, lives) | _STATED[attribute]
    took_up |= _ORDERLESS[group]
    # what others may have made like it, or what it shares with its own customer's accounts, says nothing of the others
    alone = ~_with_own(graph, bicluster, inside, lives.customer)
    took_up &= np.where(group == _TAKING_OVER, lives.copying.acts[account], ~copied | (~_TEXT[group] & alone))
    own = took_up & (bits >= AGREEING_BITS)
    held = np.zeros((len(members), len(GROUPS)), bool)
    held[inside.member[own], group[own]] = True
    return Ties(held[:, ~_TEXT].sum(axis=1).astype(np.int32), np.asarray(held[:, _TEXT].any(axis=1)))


def merely_copied(graph: Graph, bicluster: Bicluster, lives: Lives) -> NDArray[np.bool_]:
    """Marks members (members,) that others of them copy and that no act of their own ties to them."""
    copied = lives.copying.inside(bicluster.members, lives.customer)
    if not copied.any():
        return copied
    ties = own_ties(graph, bicluster, lives)
    return np.asarray(copied & (ties.ways == 0) & ~ties.texts)


def _earlier(value: Int64, at: Int64) -> Int64:
    """How many of the same value (holdings,) are earlier; 0 for one at an unknown time."""
    order = np.lexsort((at, value))
    start = np.flatnonzero(np.diff(value[order], prepend=-1) != 0)
    begin = start[np.searchsorted(start, np.arange(len(order)), side="right") - 1]
    # of several at one time, none is earlier than another
    new = (np.diff(value[order], prepend=-1) != 0) | (np.diff(at[order], prepend=-1) != 0)
    first = np.flatnonzero(new)
    place = first[np.searchsorted(first, np.arange(len(order)), side="right") - 1]
    result = np.empty(len(order), np.int64)
    result[order] = place - begin
    return np.asarray(np.where(at == UNKNOWN, 0, result))


def _with_own(graph: Graph, bicluster: Bicluster, inside: Inside, customer: Int64) -> NDArray[np.bool_]:
    """Which edges inside (`edges_inside`) are of values that another account of the customer has, member or not."""
    members, values, size = bicluster.members, bicluster.found.values, int(customer.max(initial=0)) + 1
    place, edge = edges_of(graph, values.astype(np.int64))
    found, count = np.unique(place * size + customer[graph.holder[edge]], return_counts=True)
    return np.asarray(count[np.searchsorted(found, inside.value * size + customer[members[inside.member]])] > 1)


def _perhaps_before(account: Int32, at: Int64, lives: Lives) -> NDArray[np.bool_]:
    """Which holdings may be older than the log: of accounts that were, used from their first day in it."""
    older = (lives.created_at[account] < lives.begins) | (lives.created_at[account] == UNKNOWN)
    return np.asarray(older & (at <= lives.first_seen[account] + DAY))
