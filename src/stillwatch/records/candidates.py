"""Tables between grouping and assessment: candidate campaigns and what testing them gave."""

from __future__ import annotations

from stillwatch.records.columns import Kind, Table, columns

CANDIDATE_CAMPAIGNS = Table(
    "candidate_campaigns",
    (
        *columns(Kind.STRING, "candidate_id network_id", required=True),
        *columns(Kind.INT64, "accounts exchanges", required=True),
        *columns(Kind.TIMESTAMP, "tested_at", required=True),  # event time from which the tests had enough to say
    ),
    ("candidate_id",),
)

CANDIDATE_MEMBERS = Table(
    "candidate_members",
    (
        *columns(Kind.STRING, "candidate_id account_id", required=True),
        *columns(Kind.INT64, "exchanges", required=True),  # of the purpose
        *columns(Kind.FLOAT64, "share", required=True),  # of the account's own exchanges
        *columns(Kind.FLOAT64, "purpose_bits", required=True),  # log2 likelihood ratio of its exchanges, summed
        *columns(Kind.TIMESTAMP, "first_seen", required=True),
    ),
    ("candidate_id", "account_id"),
)

CANDIDATE_EXCHANGES = Table(
    "candidate_exchanges",
    (
        *columns(Kind.STRING, "candidate_id exchange_id account_id", required=True),
        *columns(Kind.TIMESTAMP, "started_at", required=True),
        *columns(Kind.FLOAT64, "probability", required=True),
        *columns(Kind.INT16, "capability"),
        *columns(Kind.STRING, "request_model"),
        *columns(Kind.INT64, "address_subnet_value conversation_value input_tokens output_tokens"),
    ),
    ("candidate_id", "account_id", "exchange_id"),
)

GROUP_TESTS = Table(
    "group_tests",
    (
        *columns(Kind.STRING, "candidate_id test", required=True),
        *columns(Kind.FLOAT64, "statistic reference", required=True),  # the group's, and people's in the same logs
        *columns(Kind.FLOAT64, "bits", required=True),  # log2 likelihood ratio of one effort against people
    ),
    ("candidate_id", "test"),
)
