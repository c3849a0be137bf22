"""Kits become rows: networks, their members, the values they share and a sample of links to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.biclusters import Kit
from stillwatch.link.graph import Graph
from stillwatch.link.onset import formed_at, kit_edges, linked_at
from stillwatch.link.shown_values import shown_values
from stillwatch.link.values import KINDS
from stillwatch.records.claims import (
    CONTINUES_CONVERSATION,
    SAME_EMAIL_DOMAIN,
    SAME_ORGANISATION,
    SAME_PAYMENT_FINGERPRINT,
    SAME_SESSION,
    TAKES_OVER_REQUESTS,
)
from stillwatch.records.lineage import NETWORK
from stillwatch.records.outputs import (
    NETWORK_LINKS,
    NETWORK_MEMBERS,
    NETWORK_VALUES,
    NETWORKS,
)
from stillwatch.runs.lineage import history, inherit

DRAWN_ACCOUNTS = 60  # accounts and values of a network that are kept for drawing
DRAWN_VALUES = 24
SHOWN_VALUES = 5  # values of each attribute that are shown as the log has them, besides those that are drawn


def name_network(accounts: Sequence[str]) -> str:
    """The id of a network without a past: `N` and twelve hex digits that depend on its members alone."""
    digest = blake2b(digest_size=6)
    for account in sorted(accounts):
        encoded = account.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return f"N{digest.hexdigest()}"


def _names(engine: Engine, groups: Sequence[Sequence[str]]) -> list[str]:
    """Each network's id: the one that it had in earlier runs, or one made from its accounts."""
    past = history(engine)
    return inherit(past.known(NETWORK), groups, [name_network(group) for group in groups], past.subjects)


def write(engine: Engine, graph: Graph, kits: Sequence[Kit], prior: NDArray[np.float64], net_bits: float) -> None:
    """Writes `networks`, `network_members`, `network_values` and `network_links`; `net_bits` as in `LinkSettings`."""
    facts = engine.fetch(
        Query(
            "account facts",
            "SELECT account_id, exchanges, first_seen, last_seen FROM account_sketches ORDER BY account_index",
        )
    )
    accounts = facts["account_id"].combine_chunks()
    rows = sorted(zip(_names(engine, [accounts.take(kit.members).to_pylist() for kit in kits]), kits, strict=True))
    networks, members = [], []
    for name, kit in rows:
        edges = kit_edges(graph, kit)
        networks.append(
            _network(name, kit, facts, float(prior[kit.members].mean()), formed_at(graph, kit, edges, net_bits))
        )
        members.append(_members(name, kit, accounts, linked_at(graph, kit, edges, prior)))
    engine.store(NETWORKS, pa.Table.from_pylist(networks, schema=NETWORKS.schema))
    engine.store(NETWORK_MEMBERS, _together(members, NETWORK_MEMBERS.schema))
    chosen = np.unique(np.concatenate([np.empty(0, np.int64), *(_to_show(kit, graph) for _, kit in rows)]))
    shown = shown_values(engine, graph, chosen, accounts)
    values = [_values(name, kit, graph, shown) for name, kit in rows]
    engine.store(NETWORK_VALUES, _together(values, NETWORK_VALUES.schema))
    links = [_links(name, kit, graph, accounts) for name, kit in rows]
    engine.store(NETWORK_LINKS, _together(links, NETWORK_LINKS.schema))


def _together(parts: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Columns of several networks, one after the other."""
    return pa.concat_tables([schema.empty_table(), *(pa.table(dict(part)).cast(schema) for part in parts)])


def _network(name: str, kit: Kit, facts: pa.Table, memoryless: float, formed: int) -> dict[str, object]:
    own = facts.take(kit.members)
    return {
        "network_id": name,
        "kind": kind_of(kit, memoryless),
        "accounts": len(kit.members),
        "exchanges": pc.sum(own["exchanges"]).as_py(),
        "first_seen": pc.min(own["first_seen"]).as_py(),
        "last_seen": pc.max(own["last_seen"]).as_py(),
        "formed_at": _time(formed),
        "confidence": round(100.0 * (1.0 - 2.0 ** -min(kit.net_bits, 50.0)), 2),
    }


def _time(microseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=microseconds)


def kind_of(kit: Kit, memoryless: float) -> str:
    """What the shared values say about whose hand it is, before anything is known of the purpose.

    `memoryless` is the members' mean evidence of no person, in bits: people who share are not a ring of fraud.
    """
    shared = {KINDS[code].claim for code in kit.widespread}
    if SAME_ORGANISATION.name in shared or {SAME_EMAIL_DOMAIN.name, SAME_PAYMENT_FINGERPRINT.name} <= shared:
        return "enterprise"
    if shared & {TAKES_OVER_REQUESTS.name, CONTINUES_CONVERSATION.name, SAME_SESSION.name}:
        return "relay"
    if memoryless < 0.0 and "place" in kit.sides:
        return "shared_access"
    if memoryless > 0.0 and set(kit.sides) & {"payment", "time", "registration"}:
        return "fraud_ring"
    return "unknown"


def _members(name: str, kit: Kit, accounts: pa.Array, linked: NDArray[np.int64]) -> dict[str, Any]:
    bits = kit.member_bits.tolist()
    return {
        "network_id": [name] * len(bits),
        "account_id": accounts.take(kit.members),
        "probability": [round(1.0 / (1.0 + 2.0 ** -min(one, 50.0)), 6) for one in bits],
        "bits": [round(one, 3) for one in bits],
        "linked_at": pa.array(linked, pa.timestamp("us")),
    }


def value_id(value: int) -> str:
    """A name for a shared value that says nothing about it: its rank in the graph."""
    return f"V{value:08d}"


def _strongest(kit: Kit) -> NDArray[np.int64]:
    """Indices of a network's values, the strongest first."""
    return np.asarray(np.argsort(-kit.value_bits, kind="stable"), np.int64)


def _to_show(kit: Kit, graph: Graph) -> NDArray[np.int64]:
    """The values of a network that are shown: those that are drawn, and the strongest few of each attribute."""
    order = _strongest(kit)
    attribute = graph.kind[kit.found.values[order]]
    by_attribute = np.argsort(attribute, kind="stable")
    rank = np.arange(len(order)) - np.searchsorted(attribute[by_attribute], attribute[by_attribute])
    chosen = np.concatenate([order[:DRAWN_VALUES], order[by_attribute[rank < SHOWN_VALUES]]])
    return np.asarray(kit.found.values[chosen], np.int64)


def _values(name: str, kit: Kit, graph: Graph, shown: Mapping[int, str]) -> dict[str, Any]:
    values, inside = kit.found.values, kit.found.inside
    kinds = [KINDS[code] for code in graph.kind[values]]
    return {
        "network_id": [name] * len(values),
        "value_id": [value_id(value) for value in values.tolist()],
        "family": [kind.family for kind in kinds],
        "claim": [kind.claim for kind in kinds],
        "accounts": inside,
        "outside_accounts": graph.value_start[values + 1] - graph.value_start[values] - inside,
        "bits": [round(bits, 3) for bits in kit.value_bits.tolist()],
        "shown": [shown.get(value) for value in values.tolist()],
    }


def _links(name: str, kit: Kit, graph: Graph, accounts: pa.Array) -> dict[str, Any]:
    drawn = kit.members[:: max(1, len(kit.members) // DRAWN_ACCOUNTS)][:DRAWN_ACCOUNTS]
    top = kit.found.values[_strongest(kit)[:DRAWN_VALUES]]
    # looked for among what each account holds: some values have a hundred thousand holders
    held = [graph.held[graph.account_start[u] : graph.account_start[u + 1]] for u in drawn]
    value, account = np.concatenate(held), np.repeat(drawn, [len(span) for span in held])
    both = np.flatnonzero(np.isin(value, top))
    order = both[np.lexsort((account[both], value[both]))]
    return {
        "network_id": [name] * len(order),
        "account_id": accounts.take(account[order]),
        "value_id": [value_id(one) for one in value[order].tolist()],
    }
