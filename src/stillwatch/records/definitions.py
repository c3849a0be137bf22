"""Definitions that several stages use, each stated once with its unit, its reason and its source.

Compiled loops take these numbers as arguments: a compiled copy of a loop is kept on disk under the date of the loop's
own file, and would not notice that a number imported from this file has changed.
"""

from __future__ import annotations

MINUTE = 60_000_000
"""µs, as all times of the product are counted."""
HOUR = 60 * MINUTE
"""µs"""
DAY = 24 * HOUR
"""µs"""

SILENCE = 30 * MINUTE
"""µs. Where a log names no conversation, an account's first exchange after a longer pause starts a new one.

Half an hour is the usual end of a session in web analytics; it goes back to the 25.5 minutes that Catledge and Pitkow
measured (Characterizing browsing strategies in the World-Wide Web, 1995). Where a log names conversations, the first
exchange of each of an account's conversations is its start, whatever the pauses. What changes the subject within one is
a start as well where requests are compared, not where an account is compared with itself (link.conversation_starts).
"""

CONVERSATION_STARTS = 24
"""Conversation starts of one account that self-similarity compares: more change the ratio by less than its own error
(docs/methods/link.md)."""

HANDOVER_WITHIN = 10 * MINUTE
"""µs. A handover is a request that one account makes and that another repeats at most this much later.

Public relay software retries a refused request on its next account within seconds to minutes.
"""

HANDOVER_SENDERS = 3
"""Accounts that may ever send a text for its repetition to be a handover. A text that more accounts send is a public
prompt, an assignment or a tool's own text, and is repeated by chance. Two requests are the same when their
`payload_value` is: the keyed hash of the whole text, normalised as in docs/methods/sketch.md."""

REFUSED_STATUS = 400
"""HTTP status code from which on a request was not answered (RFC 9110, section 15: 4xx and 5xx are errors). A log
without status codes tells of no refusal."""

SUBNET_BITS = {4: 24, 6: 48}
"""Leading bits of an address that name its subnet, by IP version: what one household, office or server rack has."""

NETWORK_BITS = {4: 16, 6: 32}
"""Leading bits of an address that name its network, by IP version: about what one operator is assigned at once."""


def country_sql(accounts: str) -> str:
    """SQL of the country an account states, '' for none: that of its card, its organisation or its telephone prefix.

    `accounts` is the alias of the accounts table. What people state at registration is compared within a country.
    """
    return f"coalesce({accounts}.payment_country, {accounts}.organisation_country, {accounts}.phone_prefix, '')"


def account_sums_sql(exchanges: str, digest: str = "CAST(NULL AS BIGINT)") -> str:
    """SQL that gives one row for each account of a table of exchange sketches: exchanges, first and last time, bits of
    its instructions, and the `digest` of the exchanges, SQL of an aggregate.

    The bits count instructions that differ in more than numbers, as far as 32 bits can (Whang and others, A linear-time
    probabilistic counting algorithm, 1990), and unlike that number, those of several sets of exchanges can be joined.
    """
    return f"""
SELECT
  account_id, count(*) AS exchanges, min(started_at) AS first_seen, max(started_at) AS last_seen,
  bit_or(CAST(1 AS BIGINT) << CAST((instructions_shape >> 59) + 16 AS INTEGER)) AS instructions_bits, {digest} AS digest
FROM {exchanges}
GROUP BY account_id"""


DIGEST = """CAST(bit_xor(hash(
    exchange_id, started_at, payload_value, conversation_value, address_value, user_agent_value, instructions_value
  ) >> 1) AS BIGINT)"""
"""SQL of a digest of an account's exchanges in any order. An account's own part in it, the id, is hashed together with
keyed values, so that nobody can compute which exchanges make up for which."""


def summed_again_sql(sums: str) -> str:
    """SQL that gives one row for each account, from a query of such rows over several sets of exchanges."""
    return f"""
SELECT
  account_id, CAST(sum(exchanges) AS BIGINT) AS exchanges, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
  bit_or(instructions_bits) AS instructions_bits, bit_xor(digest) AS digest
FROM (
{sums}
)
GROUP BY account_id"""


def refused_sql(exchanges: str) -> str:
    """SQL of whether an exchange was refused; `exchanges` is the alias of a table with `status_code`."""
    return f"coalesce({exchanges}.status_code, 0) >= {REFUSED_STATUS}"
