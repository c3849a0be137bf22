"""Channels of a log: the columns of which two accounts can have the same value."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engine import Engine, Query, identifier
from stillwatch.records.columns import Kind
from stillwatch.records.inputs import ACCOUNTS
from stillwatch.records.sketches import EXCHANGE_SKETCHES

# Values that belong to one person, machine or card: shared-attribute rules are usually written for these columns.
IDENTIFYING = frozenset(
    {"address_value", "device_value", "session_value", "payment_fingerprint", "email_hash", "signup_address"}
)
# Views of one fact: an account that shares an address also shares its subnet, which is no second coincidence.
SAME_FACT = {
    "address_subnet_value": "address_value",
    "address_network_value": "address_value",
    "signup_address": "address_value",
    "head_value": "payload_value",
    "tail_value": "payload_value",
    "user_agent_value": "fingerprint_value",
    "organisation_name": "organisation_id",
    "organisation_country": "organisation_id",
    "payment_issuer": "payment_fingerprint",
    "payment_country": "payment_fingerprint",
    "signup_hour": "signup_minute",
}
# An id of the row itself, and later decisions of the provider, are not values that accounts share.
NOT_SHARED = frozenset({"account_id", "closed_reason"})


@dataclass(frozen=True, slots=True)
class Channel:
    """A column as a channel: its name, the SQL of its value, and its table."""

    name: str
    expression: str
    stated: bool  # at registration; otherwise seen in use

    @property
    def identifying(self) -> bool:
        """True if unconnected accounts seldom share a value."""
        return self.name in IDENTIFYING

    @property
    def fact(self) -> str:
        """The most specific channel with the same information."""
        return SAME_FACT.get(self.name, self.name)


def channels(engine: Engine) -> tuple[Channel, ...]:
    """All channels whose column the logs have; needs the tables of `tables.name_logs`."""
    used = [name for name in EXCHANGE_SKETCHES.names if name.endswith("_value")]
    kinds = {column.name: column.kind for column in ACCOUNTS.columns}
    present = [name for name in engine.columns("logged_accounts") if name in kinds]
    stated = [name for name in present if kinds[name] is Kind.STRING and name not in NOT_SHARED]
    return (
        *(Channel(name, identifier(name), False) for name in used),
        *(Channel(name, f"nullif({identifier(name)}, '')", True) for name in stated),
        *(_signup(unit) for unit in ("minute", "hour") if "created_at" in present),
    )


def _signup(unit: str) -> Channel:
    return Channel(f"signup_{unit}", f"CAST(date_trunc('{unit}', created_at) AS VARCHAR)", True)


def holders_sql(channel: Channel) -> Query:
    """One row an account and value: `account_index`, `value`, `first_at` (of first use, or of registration)."""
    table = "logged_accounts" if channel.stated else "logged_exchanges"
    at = "created_at" if channel.stated else "started_at"
    return Query(
        f"holders of {channel.name}",
        f"""
SELECT account_index, {channel.expression} AS value, min({at}) AS first_at
FROM {table} JOIN logged_indices USING (account_id)
WHERE {channel.expression} IS NOT NULL
GROUP BY account_index, value
""",
    )


def actions_sql(channel: Channel) -> Query:
    """One row an account, value and hour in which the account used the value: `account_index`, `value`, `hour`."""
    return Query(
        f"hours of {channel.name}",
        f"""
SELECT DISTINCT
  account_index, {channel.expression} AS value, date_diff('hour', TIMESTAMP '1970-01-01', started_at) AS hour
FROM logged_exchanges JOIN logged_indices USING (account_id)
WHERE {channel.expression} IS NOT NULL
""",
    )
