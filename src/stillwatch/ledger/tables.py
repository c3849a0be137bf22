"""The ledger's tables as this version has them, and how rows are added so that repeating changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from stillwatch.ledger.records import in_utc

HEAD = "ledger_5"
"""The newest migration; a test holds that it is Alembic's head."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(sa.types.TypeDecorator[datetime]):
    """A time in UTC, kept as whole microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        """The number that is kept."""
        return None if value is None else (in_utc(value) - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        """The time that was kept."""
        return None if value is None else _EPOCH + value * _MICROSECOND


METADATA = sa.MetaData()


def _text(name: str, nullable: bool = False, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, **options)


def _moment(name: str, **options: Any) -> sa.Column[datetime]:
    return sa.Column(name, Moment, nullable=False, **options)


def _found_by(table: str, column: str) -> sa.Index:
    """An index of ids that clients may choose: PostgreSQL's usual one refuses a row with a long one."""
    return sa.Index(f"ix_{table}_{column}", column, postgresql_using="hash")


DECISIONS = sa.Table(
    "decisions",
    METADATA,
    _text("decision_id", primary_key=True),
    _moment("made_at", index=True),
    _text("account_id"),
    _found_by("decisions", "account_id"),
    _text("subject", index=True),
    *map(_text, ("level", "effect", "reason_code", "policy", "policy_digest", "run", "evidence")),
    _moment("since"),
    _moment("expires_at", index=True),
    _text("appeal", unique=True),
    _text("holder_text"),
    sa.Column("held_out", sa.Boolean, nullable=False),
    sa.Column("needs_approval", sa.Boolean, nullable=False),
    _text("renews", nullable=True, index=True),
    _text("made_by"),
)

DECISION_EVENTS = sa.Table(
    "decision_events",
    METADATA,
    _text("decision_id", primary_key=True),
    _text("event", primary_key=True),
    _text("by"),
    _moment("at", index=True),
    _text("reason"),
)

APPEALS = sa.Table(
    "appeals",
    METADATA,
    _text("appeal_id", primary_key=True),
    _text("decision_id", index=True),
    _moment("received_at", index=True),
    _text("text"),
    _text("contact", nullable=True),
)

APPEAL_EVENTS = sa.Table(
    "appeal_events",
    METADATA,
    _text("event_id", primary_key=True),
    _text("appeal_id", index=True),
    _text("event"),
    _text("by"),
    _moment("at"),
    _text("reason"),
    _text("outcome", nullable=True),
    _text("assignee", nullable=True),
)

KEYS = sa.Table(
    "keys",
    METADATA,
    _text("key_id", primary_key=True),
    _text("name"),
    _text("scope"),
    _text("secret_sha256", unique=True),
    _moment("created_at"),
)

KEY_REVOCATIONS = sa.Table(
    "key_revocations", METADATA, _text("key_id", primary_key=True), _moment("revoked_at"), _text("revoked_by")
)

JUDGEMENTS = sa.Table(
    "judgements",
    METADATA,
    _text("judgement_id", primary_key=True),
    _text("subject"),
    _found_by("judgements", "subject"),
    _text("verdict"),
    _text("decided_by"),
    _moment("decided_at"),
    _text("reason"),
)

NOTES = sa.Table(
    "notes",
    METADATA,
    _text("note_id", primary_key=True),
    _text("subject"),
    _found_by("notes", "subject"),
    _text("by"),
    _moment("at"),
    _text("text"),
)

VIEWS = sa.Table(
    "audit",
    METADATA,
    sa.Column("view_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _moment("at", index=True),
    _text("by"),
    _text("action"),
    _text("subject"),
    _found_by("audit", "subject"),
)

SHARES = sa.Table(
    "shares",
    METADATA,
    _text("share_id", primary_key=True),
    _moment("made_at", index=True),
    _text("recipient", index=True),
    *map(_text, ("subject", "run", "profile", "marking", "legal_basis", "made_by", "digest")),
    sa.Column("needs_approval", sa.Boolean, nullable=False),
    _text("withdraws", nullable=True),
    _text("bundle"),
)

SHARE_EVENTS = sa.Table(
    "share_events",
    METADATA,
    _text("share_id", primary_key=True),
    _text("event", primary_key=True),
    _text("by"),
    _moment("at"),
    _text("reason"),
)

SHARED_OBJECTS = sa.Table(
    "shared_objects",
    METADATA,
    _moment("added_at", primary_key=True),
    _text("share_id", index=True),
    _text("recipient"),
    _text("object_id"),
    _moment("version"),
    _text("type"),
    _text("body"),
    sa.Index("ix_shared_objects_page", "recipient", "added_at"),
    sa.Index("ix_shared_objects_version", "recipient", "object_id", "version"),
)

RECEIVED_OBJECTS = sa.Table(
    "received_objects",
    METADATA,
    _moment("received_at", primary_key=True),
    _text("partner"),
    _text("object_id"),
    _moment("version"),
    _text("type"),
    _text("body"),
    sa.Index("ix_received_objects_page", "partner", "received_at"),
    sa.Index("ix_received_objects_version", "partner", "object_id", "version"),
)

RECEIPTS = sa.Table(
    "receipts",
    METADATA,
    _text("receipt_id", primary_key=True),
    _text("partner", index=True),
    _moment("at"),
    _text("outcome"),
)

SIGHTINGS = sa.Table(
    "sightings",
    METADATA,
    _text("sighting_id", primary_key=True),
    _text("partner", index=True),
    *map(_text, ("object_id", "subject", "run")),
    _moment("seen_at"),
)


ATTRIBUTIONS = sa.Table(
    "attributions",
    METADATA,
    _text("entry_id", primary_key=True),
    _text("subject", index=True),
    _text("kind"),
    _text("by"),
    _moment("at"),
    *map(_text, ("hypothesis", "item", "value", "likelihood", "confidence", "turns_over", "text")),
)

JUDGED = sa.Table(
    "judged",
    METADATA,
    _text("judgement_id", primary_key=True),
    *map(_text, ("run", "level")),
    sa.Column("accounts", sa.BigInteger, nullable=False),
    _text("claims"),
)

WITHDRAWALS = sa.Table(
    "withdrawals",
    METADATA,
    _text("row_id", primary_key=True),
    *map(_text, ("what", "by")),
    _moment("at"),
    _text("reason"),
)

PROPOSALS = sa.Table(
    "proposals",
    METADATA,
    _text("proposal_id", primary_key=True),
    _text("subject"),
    _found_by("proposals", "subject"),
    *map(_text, ("verdict", "by")),
    _moment("at"),
    _text("reason"),
)

SESSIONS = sa.Table(
    "sessions",
    METADATA,
    _text("session_sha256", primary_key=True),
    _text("person", index=True),
    _text("role"),
    _moment("made_at"),
    _moment("expires_at", index=True),
    _text("how"),
)

SESSION_ENDS = sa.Table("session_ends", METADATA, _text("session_sha256", primary_key=True), _text("by"), _moment("at"))

ROLE_GRANTS = sa.Table(
    "role_grants",
    METADATA,
    sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("person", index=True),
    *map(_text, ("role", "by")),
    _moment("at"),
)

CLAIMS = sa.Table(
    "claims",
    METADATA,
    _text("claim_id", primary_key=True),
    _text("subject"),
    _found_by("claims", "subject"),
    _text("by"),
    _moment("at"),
    _moment("until", index=True),
)

CLAIM_ENDS = sa.Table("claim_ends", METADATA, _text("claim_id", primary_key=True), _moment("at"))

SAVED_VIEWS = sa.Table(
    "saved_views",
    METADATA,
    _text("view_id", primary_key=True),
    _text("owner", index=True),
    *map(_text, ("name", "address")),
    _moment("at"),
)

BULK_ACTIONS = sa.Table(
    "bulk_actions",
    METADATA,
    _text("action_id", primary_key=True),
    *map(_text, ("what", "by")),
    _moment("at", index=True),
    *map(_text, ("reason", "done", "failures")),
)


def add(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds the rows whose primary keys the table does not have yet."""
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=list(table.primary_key.columns))
    connection.execute(statement, [dict(row) for row in rows])
