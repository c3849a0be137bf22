"""Which columns move together when a null stream is drawn, and which bundles each stream moves.

A bundle is a set of columns that one thing in the world writes: an address writes its subnets, a card its issuer and
country. Columns of one bundle always come from the same donor account, as a whole history in order of time, so that
what a single account looks like stays possible. What an account asks and in which order never moves: its memory is its
own in every stream. When it asks moves as a whole history too, since who repeats another's request within minutes, or
stops as another begins, acts together with him whatever hands they use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Expected = Literal["nobody", "no campaign", "nobody at act", "told"]
"""What a stream must not accuse: no network and no campaign; no campaign; no campaign at `act`; or nothing is asked."""

USED: Mapping[str, tuple[str, ...]] = {
    "place": ("address_value", "address_subnet_value", "address_network_value"),
    "client": ("user_agent_value", "fingerprint_value", "device_value", "session_value"),
    "time": ("started_at", "request_model"),  # a new model is asked from its release on
}
"""Bundles of the exchange sketches: where, with which software, and when an account asks."""

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
    "signup_place": ("signup_address",),
    "signup_client": ("signup_fingerprint",),
    "referrer": ("referrer",),
    "signup_time": ("created_at",),
}
"""Bundles of the accounts table."""

LIFETIME: Mapping[str, tuple[str, ...]] = {"closure": ("closed_at", "closed_reason")}
"""Columns of the accounts table that keep the company of the times of use."""

OF_ACCOUNTS = {**STATED, **LIFETIME}
BUNDLES = (*USED, *STATED)


@dataclass(frozen=True, slots=True)
class Null:
    """One sort of null stream.

    `moves` gives each bundle that moves the number of its permutation: bundles of one number keep each other's
    company, all others part; closures go with the times of use. `apart` gives every account conversations of its own,
    so that none goes on elsewhere.
    """

    name: str
    moves: Mapping[str, int]
    apart: bool
    expected: Expected
    says: str


NULLS = (
    Null(
        "independent",
        {bundle: number for number, bundle in enumerate(BUNDLES)},
        True,
        "nobody",
        "addresses, clients, times, contents and every registration field come from different accounts",
    ),
    Null(
        "contents",
        dict.fromkeys(BUNDLES, 0),
        True,
        "no campaign",
        "hands, times and registration stay together, but whole histories of questions come from other accounts",
    ),
    Null(
        "hands",
        {"place": 0, "client": 1},
        False,
        "told",
        "addresses and clients come from other accounts; registration and contents stay together",
    ),
    Null(
        "registrations",
        {bundle: number for number, bundle in enumerate(STATED)},
        False,
        "told",
        "every registration field comes from another account; hands and contents stay together",
    ),
)
