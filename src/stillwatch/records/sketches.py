"""The textless tables the sketch stage writes.

Every `…_value` is a signed 64-bit keyed hash of something a client or an account holder supplied: equal values
mean equal inputs under one key, and nothing else can be read from them. Null means the input was absent.
"""

from __future__ import annotations

from dataclasses import replace

from stillwatch.records.columns import Column, Kind, Table, columns
from stillwatch.records.inputs import INDICATORS
from stillwatch.records.naming import FORMS, SUBJECTS

FEATURES = 16
"""Content features of one exchange (column `content_features`)."""

EXCHANGE_SKETCHES = Table(
    "exchange_sketches",
    (
        *columns(Kind.STRING, "exchange_id account_id", required=True),
        *columns(Kind.TIMESTAMP, "started_at", required=True),
        # cleaned copies: at most 64 printable characters
        *columns(Kind.STRING, "channel request_model operation finish_reason"),
        # the sender, keyed: exact address, its /24 (v6 /48), its /16 (v6 /32)
        *columns(Kind.INT64, "conversation_value address_value address_subnet_value address_network_value"),
        *columns(Kind.INT64, "user_agent_value fingerprint_value device_value session_value"),
        # the form of the request, keyed: system instructions, set of tool names, tuple of sampling parameters
        *columns(Kind.INT64, "instructions_value tools_value parameters_value"),
        # the text of the request, keyed: whole normalised text, first 8 and last 8 tokens with digits as 9
        *columns(Kind.INT64, "payload_value head_value tail_value"),
        # 64-bit SimHash of token 3-shingles, and 32 bins x 4 bits of one-permutation MinHash (16 bytes)
        *columns(Kind.INT64, "simhash"),
        *columns(Kind.BYTES, "minhash"),
        # 16 little-endian uint32 keyed hashes of word 1-2-grams: a consistent weighted bottom-k sample, 0 = none
        *columns(Kind.BYTES, "content_features"),
        # what the request is about and how it asks: indices into SUBJECTS and FORMS
        Column("subject", Kind.INT16, names=SUBJECTS),
        Column("form", Kind.INT16, names=FORMS),
        # the same of the system instructions, where the question may stand, and all of them with numbers as 9
        *columns(Kind.INT64, "instructions_payload instructions_head instructions_tail instructions_shape"),
        *columns(Kind.BYTES, "instructions_features"),
        Column("instructions_subject", Kind.INT16, names=SUBJECTS),
        Column("instructions_form", Kind.INT16, names=FORMS),
        *columns(Kind.INT32, "input_chars output_chars tool_count"),
        *columns(Kind.INT64, "input_tokens output_tokens cached_tokens reasoning_tokens"),
        *columns(Kind.INT32, "max_tokens"),
        *columns(Kind.INT16, "status_code"),
    ),
    ("account_id", "started_at", "exchange_id"),
)

IN_INSTRUCTIONS = {
    "payload_value": "instructions_payload",
    "head_value": "instructions_head",
    "tail_value": "instructions_tail",
    "content_features": "instructions_features",
    "subject": "instructions_subject",
    "form": "instructions_form",
}
"""Of a column that follows from the user's turns, the one that follows from the system instructions in the same way."""

OF_INSTRUCTIONS = (*IN_INSTRUCTIONS.values(), "instructions_shape")
"""Columns that follow from the instructions of which `instructions_value` is the hash."""

OF_TEXT = frozenset(
    (
        "head_value",
        "tail_value",
        "simhash",
        "minhash",
        "content_features",
        "subject",
        "form",
        *OF_INSTRUCTIONS,
    )
)
"""Columns that follow from the texts of which `payload_value` and `instructions_value` are the hashes, and, but for the
key, from nothing else."""

ADDED_SKETCHES = replace(EXCHANGE_SKETCHES, name="added_sketches")
"""The sketches that this run makes or receives; with a state, those that it adds to the state."""

RECEIVED_GROUPS = Table(
    "received_groups",
    (
        # the first and last account of a row group of received sketches; null where its statistics name none
        *columns(Kind.STRING, "first_account last_account"),
        *columns(Kind.INT64, "rows", required=True),
    ),
    ("first_account", "last_account", "rows"),
)
"""Row groups of received sketches, by which linking sees whether files are in order of accounts."""

ACCOUNT_SKETCHES = Table(
    "account_sketches",
    (
        *columns(Kind.STRING, "account_id", required=True),
        # rank of account_id among all accounts seen: the integer by which later stages join and index arrays
        *columns(Kind.INT32, "account_index", required=True),
        *columns(Kind.INT64, "exchanges", required=True),
        *columns(Kind.TIMESTAMP, "first_seen last_seen", required=True),
        # 32 bits: one for each part of the range of `instructions_shape` in which the account has a value
        *columns(Kind.INT64, "instructions_bits"),
        # of the account's exchanges, where a state keeps them: equal when they are the same
        *columns(Kind.INT64, "digest"),
    ),
    ("account_id",),
)

ACCOUNT_SUMS = replace(
    ACCOUNT_SKETCHES, columns=tuple(column for column in ACCOUNT_SKETCHES.columns if column.name != "account_index")
)
"""What a state keeps of the account sketches: an account's index changes when other accounts come."""

INDICATOR_SKETCHES = Table(
    "indicator_sketches",
    (*INDICATORS.columns, *columns(Kind.INT64, "keyed", required=True)),  # the value as exchange sketches have it
    INDICATORS.order,
)
"""Indicators of partners, hashed under the run's key."""

MEMBER_TIES = Table(
    "member_ties",
    (
        *columns(Kind.STRING, "network_id account_id", required=True),
        # independence groups, besides texts, in which it took up what others of the network held already
        *columns(Kind.INT32, "ways", required=True),
        *columns(Kind.BOOLEAN, "texts", required=True),  # whether it did so in texts, as by taking requests over
    ),
    ("network_id", "account_id"),
)
"""What ties each member to its network by its own acts."""

REPEATED_TEXTS = Table(
    "repeated_texts",
    (
        *columns(Kind.INT32, "account_index", required=True),
        *columns(Kind.INT64, "payload_value", required=True),
    ),
    ("account_index", "payload_value"),
)
"""Texts that a member of a network sent after another customer had, wherever in the log."""

ACCOUNT_EVIDENCE = Table(
    "account_evidence",
    (
        *columns(Kind.STRING, "account_id", required=True),
        *columns(Kind.INT32, "account_index conversation_starts", required=True),
        # similarity of its conversation starts to one another, and to those of the nearest accounts, in [0, 1]
        *columns(Kind.FLOAT64, "within_similarity between_similarity", required=True),
        # log2 likelihood ratio of "no independent person" against "a person"; 0 where nothing can be said
        *columns(Kind.FLOAT64, "memoryless_bits", required=True),
    ),
    ("account_id",),
)
