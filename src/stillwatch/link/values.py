"""What accounts can share: every kind of value, the family it belongs to, and the SQL that finds who holds it.

A *value* is something two accounts can both have: an address, a frame of words, a card issuer, a sign-up minute.
Kinds of one nest are views of the same fact from specific to general (address, its /24, its /16); they are never
added up. Families are facts of different sorts; several must agree before anybody is accused. A *side* is one way to
be alike innocently: users of one tool share all of `software`, people behind one NAT all of `place`. A handover is no
likeness but an act of one hand, and suffices alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stillwatch.engine import Query, identifier
from stillwatch.link.segments import SKETCHES
from stillwatch.records import claims
from stillwatch.records.definitions import signup_subnet_sql


@dataclass(frozen=True, slots=True)
class ValueKind:
    """One way to be alike: the claim it makes, its family, its nest, and the SQL expression of the value."""

    claim: str
    family: str
    nest: str
    side: str
    expression: str
    source: str  # "exchanges": seen in use; "accounts": stated at registration; "handovers": seen between accounts
    coarse: bool = False  # too many strangers share it to hold anybody together, as all customers of a cloud do


SIDES = tuple(claims.INDEPENDENCE_GROUPS)
TOOL_SIDES = ("software", "wording")  # what strangers who use one tool, or one viral prompt, have in common
SUFFICIENT_SIDES = ("handover",)  # an observed act of one hand, not a likeness: nothing else has to agree


def _kind(claim: claims.SharedValue, nest: str, expression: str, source: str) -> ValueKind:
    return ValueKind(claim.name, claim.family, nest, claim.independence_group, expression, source)


def _use(claim: claims.SharedValue, nest: str, expression: str) -> ValueKind:
    return _kind(claim, nest, expression, "exchanges")


def _registration(claim: claims.SharedValue, nest: str, expression: str) -> ValueKind:
    return _kind(claim, nest, expression, "accounts")


KINDS: tuple[ValueKind, ...] = (
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
    _kind(claims.TAKES_OVER_REQUESTS, "handover", "handover_group", "handovers"),
    _registration(claims.SAME_PAYMENT_FINGERPRINT, "card", "payment_fingerprint"),
    _registration(claims.SAME_PAYMENT_ISSUER, "card", "payment_issuer"),
    _registration(claims.SAME_ORGANISATION, "organisation", "organisation_id"),
    _registration(claims.SAME_EMAIL_DOMAIN, "email", "email_domain"),
    _registration(claims.SAME_EMAIL_SHAPE, "email_shape", "email_shape"),
    _registration(claims.SAME_PHONE_PREFIX, "phone", "phone_prefix"),
    _registration(claims.SAME_SIGNUP_ADDRESS, "address", "signup_address"),
    _registration(claims.SAME_SIGNUP_SUBNET, "address", signup_subnet_sql("signup_address")),
    _registration(claims.SAME_SIGNUP_FINGERPRINT, "signup_client", "signup_fingerprint"),
    _registration(claims.SAME_REFERRER, "referrer", "referrer"),
    _registration(claims.SAME_SIGNUP_MINUTE, "signup_time", "CAST(date_trunc('minute', created_at) AS VARCHAR)"),
    _registration(claims.SAME_SIGNUP_HOUR, "signup_time", "CAST(date_trunc('hour', created_at) AS VARCHAR)"),
)


# a tool sends the parameters its makers chose: others under its instructions are another program's (keyed values
# combine by exclusive or)
_USED = {"client_parameters_value": "xor(exchanges.parameters_value, exchanges.instructions_value)"}


def holdings_sql(kind: ValueKind) -> Query:
    """What accounts state of a kind: `account_index` (ascending), `value`, and the account's own `first_at`."""
    return Query(
        f"holdings {kind.claim}",
        f"""
SELECT
  sketches.account_index,
  {kind.expression} AS value,
  sketches.first_seen AS first_at
FROM accounts
JOIN account_sketches AS sketches USING (account_id)
WHERE {kind.expression} IS NOT NULL AND {kind.expression} <> ''
ORDER BY sketches.account_index
""",
    )


def used_value_sql(name: str) -> str:
    """The expression of a value column of exchanges, whose table is called `exchanges`."""
    return _USED.get(name, f"exchanges.{identifier(name)}")


def used_values_sql(accounts: str, columns: Sequence[str]) -> Query:
    """The value columns (null for none) of every exchange of these accounts (a condition), and the account's number."""
    kept = ", ".join(f"{used_value_sql(name)} AS {identifier(name)}" for name in columns)
    return Query(
        "values in use",
        f"""
SELECT exchanges.account_index, exchanges.started_at, {kept}
FROM {SKETCHES} AS exchanges
WHERE {accounts}
""",
    )
