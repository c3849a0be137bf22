"""Sign-ups: the statements, verifications and cards that accounts are registered with."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.records.inputs import ACCOUNT_TYPES, ACCOUNTS, VERIFICATIONS
from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    NONE,
    Accounts,
    Registration,
    World,
)
from stillwatch_lab.worlds.draws import Keys, Reals
from stillwatch_lab.worlds.identity.identifiers import identifiers
from stillwatch_lab.worlds.population import geography

_BIG_MAIL = (
    "gmail.com",
    "outlook.com",
    "icloud.com",
    "hotmail.com",
    "yahoo.com",
    "proton.me",
    "qq.com",
    "163.com",
    "naver.com",
    "gmx.de",
)
_SHAPES = ("a.a", "aa", "aa9", "aa99", "aa9999", "a_a", "a-a", "a.a9", "a.a99", "aa999")
_LETTERS = (4, 5, 6, 7, 8, 9, 10)
_REFERRERS = (None, "search", "friend", "docs", "video", "newsletter", "marketplace", "event", "social", "partner")
ISSUERS = 400
"""The number of card issuers in a world; a few of them issue most cards."""


def draw_registration(keys: Keys, accounts: Accounts) -> Registration:
    """Registrations of ordinary people."""
    count = len(keys)
    kind = draws.pick(keys, "account type", [0.86, 0.07, 0.03, 0.015, 0.025])
    own_domain = draws.uniform(keys, "own domain") < np.where(kind == 0, 0.06, 0.8)
    big = np.array(_BIG_MAIL, dtype=object)[draws.pick(keys, "mail", draws.zipf_weights(len(_BIG_MAIL), 1.3))]
    own = np.array(
        [
            f"{mark[:7]}.{('com', 'org', 'io', 'net')[int(mark[7], 16) % 4]}"
            for mark in identifiers(draws.child(keys, "domain"), 8).to_pylist()
        ],
        dtype=object,
    )
    paid = draws.uniform(keys, "paid") < 0.55
    phoned = draws.uniform(keys, "phoned") < 0.6
    verification = draws.pick(keys, "verification", [0.06, 0.34, 0.28, 0.24, 0.05, 0.03])
    closed = _ordinary_closures(keys, accounts)
    return Registration(
        account_type=kind,
        organisation=np.full(count, NONE, dtype=np.int64),
        email_domain=np.where(own_domain, own, big),
        email_key=draws.child(keys, "email"),
        email_shape=_shapes(keys),
        card_key=draws.child(keys, "card"),
        issuer=draws.pick(keys, "issuer", draws.zipf_weights(ISSUERS, 1.05)),
        card_country=np.where(
            paid,
            np.where(
                draws.uniform(keys, "foreign card") < 0.05,
                draws.whole(keys, "card country", len(geography.COUNTRIES)),
                accounts.country,
            ),
            NONE,
        ),
        phone_country=np.where(phoned, accounts.country, NONE),
        browser=_browsers(keys, accounts),
        referrer=draws.pick(keys, "referrer", [5, 3, 2, 1.5, 1, 0.8, 0.7, 0.5, 1.5, 0.5]),
        verification=np.where(paid & (verification < 3), 3, verification),
        closed=closed,
        closed_reason=np.array(["requested", "unpaid", "policy"], dtype=object)[
            draws.pick(keys, "why closed", [5, 2, 1])
        ],
    )


def _ordinary_closures(keys: Keys, accounts: Accounts) -> Reals:
    closed = draws.uniform(keys, "closes") < 0.015
    return np.where(closed, accounts.end + draws.lognormal(keys, "closes after", 1.0, 1.0), np.nan)


def _shapes(keys: Keys) -> NDArray[np.object_]:
    shapes = []
    lengths = draws.whole(keys, "first name", len(_LETTERS)).tolist()
    more = draws.whole(keys, "last name", len(_LETTERS)).tolist()
    kinds = draws.pick(keys, "shape", draws.zipf_weights(len(_SHAPES), 0.7)).tolist()
    for first, last, kind in zip(lengths, more, kinds, strict=True):
        halves = _SHAPES[kind]
        left = "a" * _LETTERS[first]
        shapes.append(
            left + halves[1:-1].replace("a", "") + "a" * _LETTERS[last]
            if halves[-1] == "a"
            else left + "a" * (last % 4) + halves[1:].replace("a", "")
        )
    return np.array(shapes, dtype=object)


def _browsers(keys: Keys, accounts: Accounts) -> Keys:
    """Sign-up fingerprints: one per browser build and kind of device, of which many accounts share popular ones."""
    build = draws.pick(keys, "browser", draws.zipf_weights(3000, 0.9)).astype(np.uint64)
    return draws.child(build, "browser build")


def accounts_table(world: World) -> pa.Table:
    """The contract's accounts table, ordered by account_id."""
    registration = world.registration
    accounts = world.accounts
    count = len(accounts)
    net, slot = geography.address_codes(
        world, np.arange(count), accounts.born, draws.child(accounts.key, "sign-up hour")
    )
    has_card = registration.card_country != NONE
    columns: dict[str, pa.Array] = {
        "account_id": account_ids(accounts),
        "created_at": moments(world.span.begins, accounts.born),
        "account_type": _chosen(ACCOUNT_TYPES, registration.account_type),
        **_organisations(world),
        "email_domain": pa.array(registration.email_domain.tolist(), pa.string()),
        "email_hash": identifiers(registration.email_key, 32),
        "email_shape": pa.array(registration.email_shape.tolist(), pa.string()),
        "payment_fingerprint": masked(identifiers(registration.card_key, 16), ~has_card),
        "payment_issuer": masked(
            identifiers(draws.child(registration.issuer.astype(np.uint64), "issuer"), 6), ~has_card
        ),
        "payment_country": _chosen([c[0] for c in geography.COUNTRIES], registration.card_country),
        "phone_prefix": _chosen([c[3] for c in geography.COUNTRIES], registration.phone_country),
        "signup_address": geography.address_strings(world, net, slot, accounts.born),
        "signup_fingerprint": identifiers(registration.browser, 16),
        "referrer": _chosen(_REFERRERS, registration.referrer),
        "verification": _chosen(VERIFICATIONS, registration.verification),
        "plan": pa.nulls(count, pa.string()),
        "reseller_id": pa.nulls(count, pa.string()),
        "closed_at": moments(world.span.begins, registration.closed),
        "closed_reason": masked(
            pa.array(registration.closed_reason.tolist(), pa.string()), np.isnan(registration.closed)
        ),
    }
    table = pa.table({name: columns[name] for name in ACCOUNTS.names}, schema=ACCOUNTS.schema)
    return table.sort_by("account_id")


def account_ids(accounts: Accounts) -> pa.Array:
    """The public id of every account."""
    return identifiers(draws.child(accounts.key, "account id"), 24)


def moments(begins: datetime, days: Reals) -> pa.Array:
    """Timestamps (UTC, microseconds) of day counts; NaN becomes null."""
    start = np.datetime64(begins, "us")
    micros = np.floor(np.where(np.isnan(days), 0.0, days) * 86_400_000_000)
    return pa.array((start + micros.astype("timedelta64[us]")), pa.timestamp("us"), mask=np.isnan(days))


def masked(values: pa.Array, missing: NDArray[np.bool_]) -> pa.Array:
    """The values with nulls where `missing`."""
    return pa.compute.if_else(pa.array(~missing), values, pa.scalar(None, values.type))


def _chosen(words: tuple[str | None, ...] | list[str], index: NDArray[np.int64]) -> pa.Array:
    return pa.array([*words, None], pa.string()).take(pa.array(np.where(index < 0, len(words), index)))


def _organisations(world: World) -> dict[str, pa.Array]:
    members = world.registration.organisation
    known = world.organisations
    ids = identifiers(np.array([organisation.key for organisation in known], dtype=np.uint64), 16).to_pylist()
    return {
        "organisation_id": _chosen(ids, members),
        "organisation_name": _chosen([organisation.name for organisation in known], members),
        "organisation_country": _chosen(
            [geography.COUNTRIES[organisation.country][0] for organisation in known], members
        ),
    }


def organisation_id(world: World, organisation: int) -> str:
    """The public id of one organisation."""
    return str(identifiers(np.array([world.organisations[organisation].key], dtype=np.uint64), 16)[0].as_py())


__all__ = ["ISSUERS", "account_ids", "accounts_table", "draw_registration", "masked", "moments", "organisation_id"]
