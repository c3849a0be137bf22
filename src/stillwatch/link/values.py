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


SIDES = ("software", "wording", "place", "registration", "payment", "time", "lifecycle", "handover")
TOOL_SIDES = ("software", "wording")  # what strangers who use one tool, or one viral prompt, have in common
SUFFICIENT_SIDES = ("handover",)  # an observed act of one hand, not a likeness: nothing else has to agree


def _use(claim: str, family: str, nest: str, side: str, expression: str) -> ValueKind:
    return ValueKind(claim, family, nest, side, expression, "exchanges")


def _registration(claim: str, family: str, nest: str, side: str, expression: str) -> ValueKind:
    return ValueKind(claim, family, nest, side, expression, "accounts")


KINDS: tuple[ValueKind, ...] = (
    _use("same_address", "infrastructure", "address", "place", "address_value"),
    _use("same_subnet", "infrastructure", "address", "place", "address_subnet_value"),
    replace(_use("same_address_network", "infrastructure", "address", "place", "address_network_value"), coarse=True),
    _use("same_client_fingerprint", "infrastructure", "client", "software", "fingerprint_value"),
    _use("same_user_agent", "infrastructure", "client", "software", "user_agent_value"),
    _use("same_device", "infrastructure", "device", "software", "device_value"),
    _use("same_session", "infrastructure", "device", "software", "session_value"),
    _use("same_instructions", "content", "instructions", "software", "instructions_value"),
    _use("same_opening_words", "content", "frame", "wording", "head_value"),
    _use("same_closing_words", "content", "frame", "wording", "tail_value"),
    _use("same_tools", "content", "tools", "software", "tools_value"),
    _use("same_parameters", "content", "parameters", "software", "parameters_value"),
    _use("same_parameters_of_client", "content", "parameters", "software", "client_parameters_value"),
    _use("same_payload", "payload", "payload", "wording", "payload_value"),
    _use("continues_conversation_of", "lifecycle", "conversation", "lifecycle", "conversation_value"),
    ValueKind("takes_over_requests_of", "lifecycle", "handover", "handover", "handover_group", "handovers"),
    _registration("same_payment_fingerprint", "payment", "card", "payment", "payment_fingerprint"),
    _registration("same_payment_issuer", "payment", "card", "payment", "payment_issuer"),
    _registration("same_organisation", "registration", "organisation", "registration", "organisation_id"),
    _registration("same_email_domain", "registration", "email", "registration", "email_domain"),
    _registration("same_email_shape", "registration", "email_shape", "registration", "email_shape"),
    _registration("same_phone_prefix", "registration", "phone", "registration", "phone_prefix"),
    _registration("same_signup_address", "registration", "address", "place", "signup_address"),
    _registration("same_signup_subnet", "registration", "address", "place", signup_subnet_sql("signup_address")),
    _registration("same_signup_fingerprint", "registration", "signup_client", "software", "signup_fingerprint"),
    _registration("same_referrer", "registration", "referrer", "registration", "referrer"),
    _registration(
        "same_signup_minute", "time", "signup_time", "time", "CAST(date_trunc('minute', created_at) AS VARCHAR)"
    ),
    _registration("same_signup_hour", "time", "signup_time", "time", "CAST(date_trunc('hour', created_at) AS VARCHAR)"),
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


def used_values_sql(accounts: str, columns: Sequence[str]) -> Query:
    """The value columns (null for none) of every exchange of these accounts (a condition), and the account's number."""
    kept = ", ".join(f"{_USED.get(name, f'exchanges.{identifier(name)}')} AS {identifier(name)}" for name in columns)
    return Query(
        "values in use",
        f"""
SELECT exchanges.account_index, exchanges.started_at, {kept}
FROM {SKETCHES} AS exchanges
WHERE {accounts}
""",
    )
