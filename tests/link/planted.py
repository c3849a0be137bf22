"""Random account-value graphs with biclusters planted in them: the truth that linking has to recover."""

from __future__ import annotations

import numpy as np

from stillwatch.link.graph import Graph, Shared, assemble
from stillwatch.link.values import ATTRIBUTES

CODES = {attribute.claim: code for code, attribute in enumerate(ATTRIBUTES)}


def planted(
    generator: np.random.Generator,
    accounts: int = 6000,
    planted: int = 150,
    claims: tuple[str, ...] = ("same_signup_minute", "same_payment_issuer", "same_email_shape", "same_opening_words"),
    variants: int = 6,
) -> tuple[Graph, np.ndarray]:
    """A graph of independent people, `planted` of whom also draw their values of `claims` from a few of their own.

    Popular values are Zipf distributed, volumes heavy-tailed; returns the graph and the planted accounts.
    """
    members = np.sort(generator.choice(accounts, planted, replace=False))
    member = np.zeros(accounts, bool)
    member[members] = True
    parts = []
    distinct_count = np.zeros((len(ATTRIBUTES), accounts), np.int32)
    ordinary = {
        "same_address": (accounts * 3, 4.0),
        "same_client_fingerprint": (60, 1.0),
        "same_payment_issuer": (80, 1.0),
        "same_email_shape": (40, 1.0),
        "same_signup_minute": (accounts * 4, 1.0),
        "same_opening_words": (accounts * 10, 12.0),
    }
    for claim, (values, mean) in ordinary.items():
        count = (
            np.ones(accounts, np.int64)
            if mean == 1.0
            else 1 + generator.poisson(mean * generator.lognormal(0, 0.8, accounts))
        )
        holder = np.repeat(np.arange(accounts), count)
        popularity = 1.0 / (np.arange(values) + 3.0) ** (0.9 if values < accounts else 0.3)
        value = generator.choice(values, len(holder), p=popularity / popularity.sum())
        if claim in claims:
            own = member[holder] & (generator.random(len(holder)) < 0.8)
            value = np.where(own, values + generator.integers(0, variants, len(holder)), value)
        pairs = np.unique(np.stack([value, holder]), axis=1)
        distinct_count[CODES[claim]] = np.bincount(pairs[1], minlength=accounts)
        _, inverse, held = np.unique(pairs[0], return_inverse=True, return_counts=True)
        shared = held[inverse] > 1
        value, holder = pairs[0][shared], pairs[1][shared]
        starts = np.flatnonzero(np.diff(value, prepend=-1)).astype(np.int64)
        first = generator.integers(0, 30 * 86_400_000_000, len(holder))
        parts.append(Shared(CODES[claim], holder.astype(np.int32), starts, first, value[starts]))
    return assemble(accounts, parts, distinct_count), members


def with_handovers(graph: Graph, groups: list[np.ndarray]) -> Graph:
    """The same graph with these groups of accounts (ascending) joined by handovers."""
    return with_groups(graph, groups, "takes_over_requests_of")


def with_groups(graph: Graph, groups: list[np.ndarray], claim: str) -> Graph:
    """The same graph with these groups of accounts (ascending) joined by a claim about groups."""
    code = CODES[claim]
    parts = []
    for attribute in np.unique(graph.attribute):
        values = np.flatnonzero(graph.attribute == attribute)
        begin, end = graph.value_start[values[0]], graph.value_start[values[-1] + 1]
        starts = (graph.value_start[values] - begin).astype(np.int64)
        keyed = graph.keyed[values]
        parts.append(Shared(int(attribute), graph.holder[begin:end], starts, graph.first_at[begin:end], keyed))
    holder = np.concatenate(groups).astype(np.int32)
    starts = np.cumsum([0, *[len(group) for group in groups[:-1]]]).astype(np.int64)
    first_at = np.full(len(holder), graph.first_at.min())
    parts.append(Shared(code, holder, starts, first_at, np.arange(len(groups))))
    distinct_count = graph.distinct_count.copy()
    distinct_count[code] = 1
    return assemble(graph.accounts, parts, distinct_count)
