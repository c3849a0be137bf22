"""Networks as rows: their ids and kinds, and which of their values are shown."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stillwatch.link.acceptance import Bicluster
from stillwatch.link.graph import Graph, Shared, assemble
from stillwatch.link.networks import (
    DRAWN_VALUES,
    SHOWN_VALUES,
    _to_show,
    name_network,
    network_kind,
)
from stillwatch.link.null_model import EnrichedValues
from stillwatch.link.values import ATTRIBUTES
from tests.link.planted import CODES


def bicluster(
    claims: tuple[str, ...] = (), groups: tuple[str, ...] = (), value_bits: np.ndarray | None = None
) -> Bicluster:
    bits = np.zeros(0) if value_bits is None else value_bits
    count = np.zeros(len(bits), np.int32)
    found = EnrichedValues(
        np.arange(len(bits), dtype=np.int32), count, count + 0.0, count + 0.0, np.zeros((len(bits), 1))
    )
    widespread = tuple(CODES[claim] for claim in claims)
    return Bicluster(np.arange(8, dtype=np.int32), np.ones(8), bits, 20.0, groups, widespread, found, ())


@pytest.mark.parametrize(
    ("claims", "groups", "memoryless", "kind"),
    [
        (("same_organisation", "same_session"), ("registration",), 3.0, "enterprise"),
        (("same_email_domain", "same_payment_fingerprint"), ("payment",), 3.0, "enterprise"),
        (("same_email_domain",), ("registration",), 3.0, "fraud_ring"),
        (("takes_over_requests_of", "same_address"), ("place",), -3.0, "relay"),
        (("continues_conversation_of",), (), 0.0, "relay"),
        (("same_session",), ("software",), 0.0, "relay"),
        (("same_address",), ("place", "software"), -0.1, "shared_access"),
        (("same_address",), ("place", "software"), 0.1, "unknown"),
        (("same_signup_minute",), ("time",), 0.1, "fraud_ring"),
        (("same_signup_minute",), ("time",), -0.1, "unknown"),
    ],
)
def test_the_kind_follows_from_what_is_shared_and_from_whether_persons_share_it(
    claims: tuple[str, ...], groups: tuple[str, ...], memoryless: float, kind: str
) -> None:
    assert network_kind(bicluster(claims, groups), memoryless) == kind


def test_an_id_depends_on_the_set_of_members_alone() -> None:
    accounts = ["anna", "bert", "cleo"]
    assert len({name_network(order) for order in itertools.permutations(accounts)}) == 1
    # the lengths are part of the digest, so that no other split of the same letters has the same id
    assert len({name_network(one) for one in (accounts, ["ann", "abert", "cleo"], accounts[:2], [*accounts, ""])}) == 4


def graph_of(values: list[str]) -> Graph:
    """A graph of two accounts that share values with these claims, in this order, which must be grouped."""
    parts = []
    for claim, group in itertools.groupby(values):
        many = len(list(group))
        starts = 2 * np.arange(many, dtype=np.int64)
        parts.append(
            Shared(CODES[claim], np.tile(np.int32([0, 1]), many), starts, np.zeros(2 * many, np.int64), starts)
        )
    return assemble(2, parts, np.ones((len(ATTRIBUTES), 2), np.int32))


def test_the_strongest_values_are_shown_and_some_of_every_attribute() -> None:
    many = DRAWN_VALUES + 10
    graph = graph_of(["same_address"] * many + ["same_subnet"] * many + ["same_referrer"] * 2)
    bits = np.concatenate([np.arange(many) + 1000.0, np.arange(many) + 500.0, [3.0, 4.0]])
    shown = set(_to_show(bicluster(value_bits=bits), graph).tolist())
    addresses = set(range(many - DRAWN_VALUES, many))
    subnets = set(range(2 * many - SHOWN_VALUES, 2 * many))
    assert shown == addresses | subnets | {2 * many, 2 * many + 1}
