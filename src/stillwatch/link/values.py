"""The attributes by which accounts can be alike: the claim of each, and the SQL that finds which account holds a value.

A *value* is something that two accounts can both hold: an address, a card issuer, a minute of sign-up. Attributes of
one *hierarchy* are views of one fact from specific to general (an address, its subnet, its network); their evidence is
never added up. Attributes of one *independence group* are shared by strangers for one innocent reason: users of one
tool share all of `software`, people behind one address translation all of `place`. Several groups must agree before
accounts become a network; a handover is an act of one operator and suffices alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stillwatch.engine import Query, identifier
from stillwatch.link.segments import SKETCHES
from stillwatch.records import claims
from stillwatch.records.addresses import client_address, range_around
from stillwatch.records.definitions import SUBNET_BITS

Reading = Callable[[str, int], str | None]
"""What a text that an account states says, given the number of trusted hops of addresses; None for nothing."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One way to be alike; the claim, its family and its independence group are those of `records/claims.py`."""

    claim: str
    family: str
    hierarchy: str
    group: str
    expression: str  # SQL of the value, over the table that `source` names
    source: str  # "exchanges": seen in use; "accounts": stated at registration; "groups": found between accounts
    coarse: bool = False  # too many strangers share it to hold a network together, as all customers of a cloud do
    reading: Reading | None = None  # of what the expression gives, where texts that differ can say the same


GROUPS = tuple(claims.INDEPENDENCE_GROUPS)
# what strangers who use one tool, or one viral prompt, have in common
TOOL_GROUPS = ("software", "wording", "contents")
# no other group has to agree: a handover is an observed act of one operator, and whom a pool joins stays a candidate
SUFFICIENT_GROUPS = ("handover", "contents")


def _attribute(claim: claims.SharedValue, hierarchy: str, expression: str, source: str) -> Attribute:
    return Attribute(claim.name, claim.family, hierarchy, claim.independence_group, expression, source)


def _use(claim: claims.SharedValue, hierarchy: str, expression: str) -> Attribute:
    return _attribute(claim, hierarchy, expression, "exchanges")


def _registration(claim: claims.SharedValue, hierarchy: str, expression: str) -> Attribute:
    return _attribute(claim, hierarchy, expression, "accounts")


def _address(text: str, trusted_hops: int) -> str | None:
    address = client_address(text, trusted_hops)
    return None if address is None else str(address)


def _subnet(text: str, trusted_hops: int) -> str | None:
    address = client_address(text, trusted_hops)
    return None if address is None else range_around(address, SUBNET_BITS)


ATTRIBUTES: tuple[Attribute, ...] = (
    _use(claims.SAME_ADDRESS, "address", "address_value"),
    _use(claims.SAME_SUBNET, "address", "address_subnet_value"),
    replace(_use(claims.SAME_ADDRESS_NETWORK, "address", "address_network_value"), coarse=True),
    _use(claims.SAME_CLIENT_FINGERPRINT, "client", "fingerprint_value"),
    _use(claims.SAME_USER_AGENT, "client", "user_agent_value"),
    _use(claims.SAME_DEVICE, "device", "device_value"),
    _use(claims.SAME_SESSION, "device", "session_value"),
    _use(claims.SAME_INSTRUCTIONS, "instructions", "instructions_value"),
    _use(claims.SAME_OPENING_WORDS, "frame", "head_value"),
    _use(claims.SAME_CLOSING_WORDS, "frame", "tail_value"),
    _use(claims.SAME_TOOLS, "tools", "tools_value"),
    _use(claims.SAME_PARAMETERS, "parameters", "parameters_value"),
    _use(claims.SAME_PARAMETERS_OF_CLIENT, "parameters", "client_parameters_value"),
    _use(claims.SAME_PAYLOAD, "payload", "payload_value"),
    _use(claims.CONTINUES_CONVERSATION, "conversation", "conversation_value"),
    _attribute(claims.TAKES_OVER_REQUESTS, "handover", "handover_group", "groups"),
    _attribute(claims.ASKS_FROM_ONE_POOL, "pool", "pool", "groups"),
    _registration(claims.SAME_PAYMENT_FINGERPRINT, "card", "payment_fingerprint"),
    _registration(claims.SAME_PAYMENT_ISSUER, "card", "payment_issuer"),
    _registration(claims.SAME_ORGANISATION, "organisation", "organisation_id"),
    _registration(claims.SAME_EMAIL_DOMAIN, "email", "email_domain"),
    _registration(claims.SAME_EMAIL_SHAPE, "email_shape", "email_shape"),
    _registration(claims.SAME_PHONE_PREFIX, "phone", "phone_prefix"),
    replace(_registration(claims.SAME_SIGNUP_ADDRESS, "address", "signup_address"), reading=_address),
    replace(_registration(claims.SAME_SIGNUP_SUBNET, "address", "signup_address"), reading=_subnet),
    _registration(claims.SAME_SIGNUP_FINGERPRINT, "signup_client", "signup_fingerprint"),
    _registration(claims.SAME_REFERRER, "referrer", "referrer"),
    _registration(claims.SAME_SIGNUP_MINUTE, "signup_time", "CAST(date_trunc('minute', created_at) AS VARCHAR)"),
    _registration(claims.SAME_SIGNUP_HOUR, "signup_time", "CAST(date_trunc('hour', created_at) AS VARCHAR)"),
    replace(  # who signs up on one day also uses what versions are then new: the day alone founds nothing
        _registration(claims.SAME_SIGNUP_DAY, "signup_time", "CAST(date_trunc('day', created_at) AS VARCHAR)"),
        coarse=True,
    ),
)

HIERARCHIES = tuple(dict.fromkeys(attribute.hierarchy for attribute in ATTRIBUTES))

# by attribute code, which is its place in ATTRIBUTES: the places of its hierarchy and of its group
HIERARCHY_OF = np.array([HIERARCHIES.index(attribute.hierarchy) for attribute in ATTRIBUTES])
GROUP_OF = np.array([GROUPS.index(attribute.group) for attribute in ATTRIBUTES])
GROUP_OF_HIERARCHY = np.array([GROUP_OF[np.argmax(place == HIERARCHY_OF)] for place in range(len(HIERARCHIES))])
USED = tuple(dict.fromkeys(one.expression for one in ATTRIBUTES if one.source == "exchanges"))  # columns of exchanges
TIMED = "payload_value"  # of them the texts, whose every use is read: who repeats one within minutes takes it over
HANDOVER, POOL = (code for code, attribute in enumerate(ATTRIBUTES) if attribute.source == "groups")

# A tool sends the parameters that its makers chose; other parameters under its instructions are another program's.
# Keyed values combine by exclusive or.
_USED = {"client_parameters_value": "xor(exchanges.parameters_value, exchanges.instructions_value)"}


def holdings_sql(attribute: Attribute, of: str = "account_sketches") -> Query:
    """The values that the accounts of the table `of` state of an attribute: `account_index` (ascending), `value`, and
    the account's own `first_at`."""
    return Query(
        f"holdings {attribute.claim}",
        f"""
SELECT
  sketches.account_index,
  {attribute.expression} AS value,
  sketches.first_seen AS first_at
FROM accounts
JOIN {of} AS sketches USING (account_id)
WHERE {attribute.expression} IS NOT NULL AND {attribute.expression} <> ''
ORDER BY sketches.account_index
""",
    )


def used_value_sql(name: str) -> str:
    """SQL of a value column of exchanges, whose table is called `exchanges`."""
    return _USED.get(name, f"exchanges.{identifier(name)}")


def used_values_sql(accounts: str, columns: Sequence[str]) -> Query:
    """The value columns (null for none) of every exchange of some accounts, with `account_index` and `started_at`.

    `accounts` is an SQL condition on the account.
    """
    kept = ", ".join(f"{used_value_sql(name)} AS {identifier(name)}" for name in columns)
    return Query(
        "values in use",
        f"""
SELECT exchanges.account_index, exchanges.started_at, {kept}
FROM {SKETCHES} AS exchanges
WHERE {accounts}
""",
    )
