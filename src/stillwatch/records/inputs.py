"""The tables a provider hands in (contract §1)."""

from __future__ import annotations

from stillwatch.records.columns import Kind, Table, columns

TEXTS = ("system_instructions", "input_text", "output_text")
"""The columns of exchanges that hold what people and models wrote: most of the bytes, and gone after sketching."""

EXCHANGES = Table(
    "exchanges",
    (
        *columns(Kind.STRING, "exchange_id account_id", required=True),
        *columns(Kind.TIMESTAMP, "started_at", required=True),
        *columns(Kind.STRING, "channel request_model conversation_id operation client_address user_agent"),
        *columns(Kind.STRING, "client_fingerprint device_id session_id"),
        *columns(Kind.INT64, "input_tokens output_tokens cached_tokens reasoning_tokens"),
        *columns(Kind.INT32, "max_tokens choice_count"),
        *columns(Kind.FLOAT64, "temperature top_p"),
        *columns(Kind.STRING, "finish_reason"),
        *columns(Kind.INT16, "status_code"),
        *columns(Kind.STRING, " ".join(TEXTS)),
        *columns(Kind.STRINGS, "tool_names"),
    ),
    ("exchange_id",),
)

ACCOUNTS = Table(
    "accounts",
    (
        *columns(Kind.STRING, "account_id", required=True),
        *columns(Kind.TIMESTAMP, "created_at"),
        *columns(Kind.STRING, "account_type organisation_id organisation_name organisation_country"),
        *columns(Kind.STRING, "email_domain email_hash email_shape"),
        *columns(Kind.STRING, "payment_fingerprint payment_issuer payment_country phone_prefix"),
        *columns(Kind.STRING, "signup_address signup_fingerprint referrer verification"),
        *columns(Kind.STRING, "plan reseller_id"),
        *columns(Kind.TIMESTAMP, "closed_at"),
        *columns(Kind.STRING, "closed_reason"),
    ),
    ("account_id",),
)

PERMITS = Table(
    "permits",
    (
        *columns(Kind.STRING, "permit_id holder purpose", required=True),
        *columns(Kind.TIMESTAMP, "valid_from valid_until"),
        *columns(Kind.STRINGS, "models"),
        *columns(Kind.INT64, "exchange_limit"),
        *columns(Kind.STRINGS, "duties"),
    ),
    ("permit_id",),
)

JUDGEMENTS = Table(
    "judgements",
    (
        *columns(Kind.STRING, "subject verdict decided_by", required=True),
        *columns(Kind.TIMESTAMP, "decided_at", required=True),
        *columns(Kind.STRING, "reason"),
    ),
    ("subject", "decided_at", "decided_by"),
)

INDICATORS = Table(
    "indicators",
    (
        *columns(Kind.STRING, "partner claim value", required=True),  # claim and value as in `records.indicators`
        *columns(Kind.FLOAT64, "weight", required=True),  # the probability that what the partner tells is right
        *columns(Kind.TIMESTAMP, "valid_from valid_until"),  # uses outside say nothing
        *columns(Kind.BOOLEAN, "matched"),  # found common by private matching; the rest is the partner's word alone
    ),
    ("partner", "claim", "value"),
)
"""Technical values that partners told."""

QUARANTINE = Table(
    "quarantine",
    (
        *columns(Kind.STRING, "source", required=True),
        *columns(Kind.INT64, "line", required=True),
        *columns(Kind.STRING, "reason", required=True),
        *columns(Kind.STRING, "column_name"),  # the column at fault; null where the row as a whole cannot be read
        *columns(Kind.INT64, "bytes", required=True),  # of the row as it was read
        *columns(Kind.STRING, "digest", required=True),  # sha256 of those bytes, by which a person finds the row again
        *columns(Kind.STRING, "raw"),  # its first characters, only where `keep_raw` asks for them
    ),
    ("source", "line", "reason"),
)

ALTERED_VALUES = Table(
    "altered_values",
    (
        *columns(Kind.STRING, "source feeds column_name", required=True),
        # `replaced` or `cut` for a text that lost characters, else why the value counts as absent
        *columns(Kind.STRING, "reason", required=True),
        *columns(Kind.INT64, "rows", required=True),
        *columns(Kind.INT64, "line", required=True),  # of the first of them
        *columns(Kind.STRING, "example"),  # that value, shortened; null for what people and models wrote
    ),
    ("source", "feeds", "column_name", "reason"),
)
"""Values that were not used as they stand, by file and column."""

ALTERED_ACCOUNTS = Table(
    "altered_accounts",
    (
        *columns(Kind.STRING, "account_id column_name", required=True),
        *columns(Kind.INT64, "rows", required=True),  # in which characters were replaced, or the text was cut
    ),
    ("account_id", "column_name"),
)
"""Accounts whose texts held what no text holds: ordinary programs send hardly any such text."""

UNREAD_FILES = Table(
    "unread_files",
    (
        *columns(Kind.STRING, "source reason", required=True),
        # whether the rows before its fault were used; whether its name says no known kind, so that nobody opened it
        *columns(Kind.BOOLEAN, "in_part passed_over", required=True),
    ),
    ("source",),
)
"""Files among those named that were passed over or could not be read to their end."""

CONFLICTING_ROWS = Table(
    "conflicting_rows",
    (
        *columns(Kind.STRING, "feeds key", required=True),
        *columns(Kind.INT64, "rows", required=True),  # with this key and different content
        *columns(Kind.STRING, "source", required=True),  # of the row that counts
        *columns(Kind.INT64, "line", required=True),
    ),
    ("feeds", "key"),
)
"""Rows of accounts, permits and judgements that contradict one another."""

SOURCES = Table(
    "sources",
    (
        *columns(Kind.STRING, "source feeds digest", required=True),  # path as found, table it feeds, sha256
        *columns(Kind.STRING, "format"),  # by which it was read; null in runs of version 0.1.0
        *columns(Kind.INT64, "bytes rows_read rows_used rows_duplicate rows_quarantined", required=True),
        *columns(Kind.INT64, "rows_outside_window", required=True),  # counted among the used, kept out of the tables
        *columns(Kind.STRINGS, "ignored_columns"),  # columns of the file that no table of the contract has
    ),
    ("source", "feeds"),
)

EVIDENCE_SOURCES = Table(
    "evidence_sources",
    (
        *columns(Kind.STRING, "name", required=True),
        *columns(Kind.BOOLEAN, "available", required=True),
        *columns(Kind.STRING, "sentence", required=True),  # what it shows, and what it needs where it is not available
    ),
    ("name",),
)

ACCOUNT_TYPES = ("individual", "organisation", "education", "research", "startup")
VERIFICATIONS = ("none", "email", "phone", "card", "identity", "contract")
PERMIT_PURPOSES = ("licensed_distillation", "evaluation", "research", "red_team", "resale")
VERDICTS = ("confirmed", "innocent", "unsure")
CAPABILITIES = (
    "agentic_reasoning",
    "software_engineering",
    "long_horizon_planning",
    "tool_use",
    "computer_use",
    "mathematical_reasoning",
    "grading",
    "reasoning_trace",
    "safety_rewriting",
    "data_analysis",
    "general_instruction",
    "other",
)
"""Capability words of the contract: what campaigns target."""
