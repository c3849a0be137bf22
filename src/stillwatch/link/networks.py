"""Biclusters become rows: networks, their members, the values they share and a sample of links to draw."""

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
from stillwatch.job import Job
from stillwatch.link.acceptance import Bicluster
from stillwatch.link.copying import sent_before
from stillwatch.link.graph import Graph
from stillwatch.link.onset import bicluster_edges, formed_at, linked_at
from stillwatch.link.profiles import write_profiles
from stillwatch.link.returning import returning
from stillwatch.link.shown_values import shown_values
from stillwatch.link.ties import Lives, Ties, own_ties
from stillwatch.link.values import ATTRIBUTES
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
from stillwatch.records.sketches import MEMBER_TIES, REPEATED_TEXTS
from stillwatch.runs.known_networks import with_accounts
from stillwatch.runs.lineage import history, inherit, reserved

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


def _names(engine: Engine, job: Job, groups: Sequence[Sequence[str]]) -> list[str]:
    """Each network's id: the one that it had in earlier runs, or one made from its accounts."""
    past = history(engine)
    known = with_accounts(past.known(NETWORK), returning(engine, job, past, groups))
    return inherit(known, groups, [name_network(group) for group in groups], reserved(engine, past))


def write(
    engine: Engine,
    graph: Graph,
    biclusters: Sequence[Bicluster],
    prior: NDArray[np.float64],
    job: Job,
    lives: Lives,
) -> None:
    """Writes all tables of networks and their members."""
    settings = job.settings
    facts = engine.fetch(
        Query(
            "account facts",
            "SELECT account_id, exchanges, first_seen, last_seen FROM account_sketches ORDER BY account_index",
        )
    )
    accounts = facts["account_id"].combine_chunks()
    rows = sorted(
        zip(
            _names(engine, job, [accounts.take(bicluster.members).to_pylist() for bicluster in biclusters]),
            biclusters,
            strict=True,
        )
    )
    networks, members, ties = [], [], []
    for name, bicluster in rows:
        edges = bicluster_edges(graph, bicluster)
        networks.append(
            _network(
                name,
                bicluster,
                facts,
                float(prior[bicluster.members].mean()),
                formed_at(graph, bicluster, edges, settings.link.net_bits),
            )
        )
        members.append(_members(name, bicluster, accounts, linked_at(graph, bicluster, edges, prior)))
        ties.append(_ties(name, bicluster, accounts, own_ties(graph, bicluster, lives)))
    engine.store(NETWORKS, pa.Table.from_pylist(networks, schema=NETWORKS.schema))
    engine.store(NETWORK_MEMBERS, _together(members, NETWORK_MEMBERS.schema))
    engine.store(MEMBER_TIES, _together(ties, MEMBER_TIES.schema))
    engine.store(REPEATED_TEXTS, _repeated(graph, biclusters, lives))
    chosen = np.unique(np.concatenate([np.empty(0, np.int64), *(_to_show(bicluster, graph) for _, bicluster in rows)]))
    shown = shown_values(engine, graph, chosen, accounts, settings.read.trusted_hops)
    values = [_values(name, bicluster, graph, shown) for name, bicluster in rows]
    engine.store(NETWORK_VALUES, _together(values, NETWORK_VALUES.schema))
    write_profiles(engine, graph, rows, lives, job)
    links = [_links(name, bicluster, graph, accounts) for name, bicluster in rows]
    engine.store(NETWORK_LINKS, _together(links, NETWORK_LINKS.schema))


def _together(parts: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """The columns of several networks, concatenated."""
    return pa.concat_tables([schema.empty_table(), *(pa.table(dict(part)).cast(schema) for part in parts)])


def _network(name: str, bicluster: Bicluster, facts: pa.Table, memoryless: float, formed: int) -> dict[str, object]:
    own = facts.take(bicluster.members)
    return {
        "network_id": name,
        "kind": network_kind(bicluster, memoryless),
        "accounts": len(bicluster.members),
        "exchanges": pc.sum(own["exchanges"]).as_py(),
        "first_seen": pc.min(own["first_seen"]).as_py(),
        "last_seen": pc.max(own["last_seen"]).as_py(),
        "formed_at": _time(formed),
        "confidence": round(100.0 * (1.0 - 2.0 ** -min(bicluster.net_bits, 50.0)), 2),
    }


def _time(microseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=microseconds)


def network_kind(bicluster: Bicluster, memoryless: float) -> str:
    """The kind of network that the shared values suggest, before anything is known of its purpose.

    `memoryless` is the mean over members of the bits that no person uses the account: people who share an address are
    no ring of fraud.
    """
    shared = {ATTRIBUTES[code].claim for code in bicluster.widespread}
    if SAME_ORGANISATION.name in shared or {SAME_EMAIL_DOMAIN.name, SAME_PAYMENT_FINGERPRINT.name} <= shared:
        return "enterprise"
    if shared & {TAKES_OVER_REQUESTS.name, CONTINUES_CONVERSATION.name, SAME_SESSION.name}:
        return "relay"
    if memoryless < 0.0 and "place" in bicluster.groups:
        return "shared_access"
    if memoryless > 0.0 and set(bicluster.groups) & {"payment", "time", "registration"}:
        return "fraud_ring"
    return "unknown"


def _members(name: str, bicluster: Bicluster, accounts: pa.Array, linked: NDArray[np.int64]) -> dict[str, Any]:
    bits = bicluster.member_bits.tolist()
    return {
        "network_id": [name] * len(bits),
        "account_id": accounts.take(bicluster.members),
        "probability": [round(1.0 / (1.0 + 2.0 ** -min(one, 50.0)), 6) for one in bits],
        "bits": [round(one, 3) for one in bits],
        "linked_at": pa.array(linked, pa.timestamp("us")),
    }


def _ties(name: str, bicluster: Bicluster, accounts: pa.Array, own: Ties) -> dict[str, Any]:
    return {
        "network_id": [name] * len(bicluster.members),
        "account_id": accounts.take(bicluster.members),
        "ways": own.ways,
        "texts": own.texts,
    }


def _repeated(graph: Graph, biclusters: Sequence[Bicluster], lives: Lives) -> pa.Table:
    """Texts that members sent after other customers had."""
    account, text = sent_before(graph, lives.customer)
    members = np.zeros(graph.accounts, bool)
    for bicluster in biclusters:
        members[bicluster.members] = True
    inside = members[account]
    columns = {"account_index": account[inside], "payload_value": text[inside]}
    return pa.table(columns, schema=REPEATED_TEXTS.schema)


def value_id(value: int) -> str:
    """A name for a shared value that tells nothing of it: its index in the graph."""
    return f"V{value:08d}"


def _strongest(bicluster: Bicluster) -> NDArray[np.int64]:
    """Indices of a network's values, the strongest first."""
    return np.asarray(np.argsort(-bicluster.value_bits, kind="stable"), np.int64)


def _to_show(bicluster: Bicluster, graph: Graph) -> NDArray[np.int64]:
    """The values of a network that are shown: those that are drawn, and the strongest few of each attribute."""
    order = _strongest(bicluster)
    attribute = graph.attribute[bicluster.found.values[order]]
    by_attribute = np.argsort(attribute, kind="stable")
    rank = np.arange(len(order)) - np.searchsorted(attribute[by_attribute], attribute[by_attribute])
    chosen = np.concatenate([order[:DRAWN_VALUES], order[by_attribute[rank < SHOWN_VALUES]]])
    return np.asarray(bicluster.found.values[chosen], np.int64)


def _values(name: str, bicluster: Bicluster, graph: Graph, shown: Mapping[int, str]) -> dict[str, Any]:
    values, inside = bicluster.found.values, bicluster.found.inside
    attributes = [ATTRIBUTES[code] for code in graph.attribute[values]]
    return {
        "network_id": [name] * len(values),
        "value_id": [value_id(value) for value in values.tolist()],
        "family": [attribute.family for attribute in attributes],
        "claim": [attribute.claim for attribute in attributes],
        "accounts": inside,
        "outside_accounts": graph.value_start[values + 1] - graph.value_start[values] - inside,
        "bits": [round(bits, 3) for bits in bicluster.value_bits.tolist()],
        "shown": [shown.get(value) for value in values.tolist()],
    }


def _links(name: str, bicluster: Bicluster, graph: Graph, accounts: pa.Array) -> dict[str, Any]:
    drawn = bicluster.members[:: max(1, len(bicluster.members) // DRAWN_ACCOUNTS)][:DRAWN_ACCOUNTS]
    top = bicluster.found.values[_strongest(bicluster)[:DRAWN_VALUES]]
    # found among the values of each account, since some values have a hundred thousand holders
    held = [graph.held[graph.account_start[account] : graph.account_start[account + 1]] for account in drawn]
    value, account = np.concatenate(held), np.repeat(drawn, [len(span) for span in held])
    both = np.flatnonzero(np.isin(value, top))
    order = both[np.lexsort((account[both], value[both]))]
    return {
        "network_id": [name] * len(order),
        "account_id": accounts.take(account[order]),
        "value_id": [value_id(one) for one in value[order].tolist()],
    }
