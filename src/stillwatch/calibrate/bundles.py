"""The null streams of a calibration: which columns move together, and which bundles of columns each stream moves.

A bundle is a set of columns with one cause: an address determines its subnets, a card its issuer and country. The
columns of one bundle always come from the same donor account, as a whole history in order of time, so that what a
single account looks like stays possible. What an account asks, and in which order, never moves, so that its
self-similarity stays its own. The times of its requests move as a whole history: accounts that repeat one another's
requests within minutes, or stop as another begins, act together whatever addresses and clients they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Expected = Literal["no network", "no campaign", "no campaign at act", "reported only"]
"""What a scan of a stream must find: no network and no campaign; no campaign; no campaign at level `act`. Of a stream
that is `reported only` nothing is required; its result says what the accusations in the real logs depend on."""

USED: Mapping[str, tuple[str, ...]] = {
    "address": ("address_value", "address_subnet_value", "address_network_value"),
    "client": ("user_agent_value", "fingerprint_value", "device_value", "session_value"),
    "time": ("started_at", "request_model"),  # a model is requested from its release on, so it moves with the time
}
"""Bundles of the exchange sketches: from which address, with which client, and when an account sends requests."""

STATED: Mapping[str, tuple[str, ...]] = {
    "payment": ("payment_fingerprint", "payment_issuer", "payment_country"),
    "organisation": (
        "account_type",
        "organisation_id",
        "organisation_name",
        "organisation_country",
        "verification",
    ),
    "mail": ("email_domain", "email_hash", "email_shape"),
    "phone": ("phone_prefix",),
    "signup_address": ("signup_address",),
    "signup_client": ("signup_fingerprint",),
    "referrer": ("referrer",),
    "signup_time": ("created_at",),
}
"""Bundles of the accounts table."""

LIFETIME: Mapping[str, tuple[str, ...]] = {"closure": ("closed_at", "closed_reason")}
"""Columns of the accounts table that move together with the times of use."""

OF_ACCOUNTS = {**STATED, **LIFETIME}
BUNDLES = (*USED, *STATED)


@dataclass(frozen=True, slots=True)
class NullStream:
    """One sort of null stream.

    `permutations` gives each bundle that moves the number of its permutation: bundles of one number come from the same
    donor account, bundles of different numbers from different ones; closures move with the times of use. Where
    `own_conversations` is true, no conversation is continued on another account.
    """

    name: str
    permutations: Mapping[str, int]
    own_conversations: bool
    expected: Expected
    description: str


NULL_STREAMS = (
    NullStream(
        "everything",
        {bundle: number for number, bundle in enumerate(BUNDLES)},
        True,
        "no network",
        "addresses, clients, times, questions and every registration field come from different accounts",
    ),
    NullStream(
        "questions",
        dict.fromkeys(BUNDLES, 0),
        True,
        "no campaign",
        "addresses, clients, times and registration stay together, and whole histories of questions come from other "
        "accounts",
    ),
    NullStream(
        "infrastructure",
        {"address": 0, "client": 1},
        False,
        "reported only",
        "addresses and clients come from other accounts; registration and questions stay together",
    ),
    NullStream(
        "registration",
        {bundle: number for number, bundle in enumerate(STATED)},
        False,
        "reported only",
        "every registration field comes from another account; addresses, clients and questions stay together",
    ),
)
"""Every sort of null stream, by what it moves between accounts."""
