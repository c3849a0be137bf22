"""Kits become rows: networks, their members, the values they share and a sample of links to draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.graph import Graph
from stillwatch.link.kits import Kit
from stillwatch.link.onset import formed_at, linked_at
from stillwatch.link.values import KINDS
from stillwatch.records.outputs import NETWORK_LINKS, NETWORK_MEMBERS, NETWORK_VALUES, NETWORKS

DRAWN_ACCOUNTS = 60  # accounts and values of a network that are kept for drawing
DRAWN_VALUES = 24


def name_network(accounts: Sequence[str]) -> str:
    """An id that depends on the members alone: `N` and twelve hex digits."""
    digest = blake2b(digest_size=6)
    for account in sorted(accounts):
        encoded = account.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return f"N{digest.hexdigest()}"


def write(engine: Engine, graph: Graph, kits: Sequence[Kit], prior: NDArray[np.float64]) -> None:
    """Writes `networks`, `network_members`, `network_values` and `network_links`."""
    facts = engine.fetch(
        Query(
            "account facts",
            "SELECT account_id, exchanges, first_seen, last_seen FROM account_sketches ORDER BY position",
        )
    )
    accounts = facts["account_id"].to_pylist() if kits else []
    named = {name_network([accounts[u] for u in kit.members]): kit for kit in kits}
    rows = sorted(named.items())
    engine.store(NETWORKS, _networks(rows, facts, graph, prior))
    engine.store(NETWORK_MEMBERS, _members(rows, accounts, graph, prior))
    engine.store(NETWORK_VALUES, _values(rows, graph))
    engine.store(NETWORK_LINKS, _links(rows, graph, accounts))


def _table(rows: list[dict[str, object]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def _networks(rows: list[tuple[str, Kit]], facts: pa.Table, graph: Graph, prior: NDArray[np.float64]) -> pa.Table:
    exchanges = facts["exchanges"].to_numpy()
    first, last = facts["first_seen"].to_numpy(), facts["last_seen"].to_numpy()
    return _table(
        [
            {
                "network_id": name,
                "kind": kind_of(kit, float(prior[kit.members].mean())),
                "accounts": len(kit.members),
                "exchanges": int(exchanges[kit.members].sum()),
                "first_seen": first[kit.members].min().item(),
                "last_seen": last[kit.members].max().item(),
                "formed_at": _time(formed_at(graph, kit)),
                "confidence": round(100.0 * (1.0 - 2.0 ** -min(kit.net_bits, 50.0)), 2),
            }
            for name, kit in rows
        ],
        NETWORKS.schema,
    )


def _time(microseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=microseconds)


def kind_of(kit: Kit, memoryless: float) -> str:
    """What the shared values say about whose hand it is, before anything is known of the purpose.

    `memoryless` is the members' mean evidence of no person, in bits: people who share are not a ring of fraud.
    """
    claims = {KINDS[code].claim for code in kit.widespread}
    if "same_organisation" in claims or {"same_email_domain", "same_payment_fingerprint"} <= claims:
        return "enterprise"
    if claims & {"takes_over_requests_of", "continues_conversation_of", "same_session"}:
        return "relay"
    if memoryless < 0.0 and "place" in kit.sides:
        return "shared_access"
    if memoryless > 0.0 and set(kit.sides) & {"payment", "time", "registration"}:
        return "fraud_ring"
    return "unknown"


def _members(rows: list[tuple[str, Kit]], accounts: list[str], graph: Graph, prior: NDArray[np.float64]) -> pa.Table:
    return _table(
        [
            {
                "network_id": name,
                "account_id": accounts[u],
                "probability": round(1.0 / (1.0 + 2.0 ** -min(float(bits), 50.0)), 6),
                "bits": round(float(bits), 3),
                "linked_at": _time(int(linked)),
            }
            for name, kit in rows
            for u, bits, linked in zip(kit.members, kit.member_bits, linked_at(graph, kit, prior), strict=True)
        ],
        NETWORK_MEMBERS.schema,
    )


def value_id(value: int) -> str:
    """A name for a shared value that says nothing about it: its rank in the graph."""
    return f"V{value:08d}"


def _values(rows: list[tuple[str, Kit]], graph: Graph) -> pa.Table:
    holders = np.diff(graph.value_start)
    return _table(
        [
            {
                "network_id": name,
                "value_id": value_id(int(value)),
                "family": KINDS[graph.kind[value]].family,
                "claim": KINDS[graph.kind[value]].claim,
                "accounts": int(inside),
                "outside_accounts": int(holders[value] - inside),
                "bits": round(float(bits), 3),
            }
            for name, kit in rows
            for value, bits, inside in zip(kit.found.values, kit.value_bits, kit.found.inside, strict=True)
        ],
        NETWORK_VALUES.schema,
    )


def _links(rows: list[tuple[str, Kit]], graph: Graph, accounts: list[str]) -> pa.Table:
    result: list[dict[str, object]] = []
    for name, kit in rows:
        drawn = kit.members[:: max(1, len(kit.members) // DRAWN_ACCOUNTS)][:DRAWN_ACCOUNTS]
        top = kit.found.values[np.argsort(-kit.value_bits, kind="stable")[:DRAWN_VALUES]]
        for value in np.sort(top):
            for u in _holders_among(graph, int(value), drawn):
                result.append({"network_id": name, "account_id": accounts[u], "value_id": value_id(int(value))})
    return _table(result, NETWORK_LINKS.schema)


def _holders_among(graph: Graph, value: int, chosen: NDArray[np.int32]) -> NDArray[np.int32]:
    holders = graph.holder[graph.value_start[value] : graph.value_start[value + 1]]
    return np.intersect1d(holders, chosen)
