"""The first form of the ledger: its tables, and triggers that keep rows from being changed or removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stillwatch.ledger.migrations.append_only import keep

revision = "ledger_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables, their indexes and triggers."""
    _decisions()
    _appeals()
    _keys()
    _said()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moment(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _optional(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=True) for name in names]


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True, nullable=False)


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _decisions() -> None:
    op.create_table(
        "decisions",
        _id("decision_id"),
        *_moment("made_at"),
        *_text("account_id", "subject", "level", "effect", "reason_code", "policy", "policy_digest", "run", "evidence"),
        *_moment("since", "expires_at"),
        sa.Column("appeal", sa.Text, nullable=False, unique=True),
        *_text("holder_text"),
        sa.Column("held_out", sa.Boolean, nullable=False),
        sa.Column("needs_approval", sa.Boolean, nullable=False),
        *_optional("renews"),
        *_text("made_by"),
    )
    _indexed("decisions", "made_at", "account_id", "subject", "expires_at", "renews")
    op.create_table("decision_events", _id("decision_id"), _id("event"), *_text("by"), *_moment("at"), *_text("reason"))
    _indexed("decision_events", "at")
    keep("decisions", "decision_id", unique="appeal")
    keep("decision_events", "decision_id", "event")


def _appeals() -> None:
    op.create_table(
        "appeals",
        _id("appeal_id"),
        *_text("decision_id"),
        *_moment("received_at"),
        *_text("text"),
        *_optional("contact"),
    )
    _indexed("appeals", "decision_id", "received_at")
    op.create_table(
        "appeal_events",
        _id("event_id"),
        *_text("appeal_id", "event", "by"),
        *_moment("at"),
        *_text("reason"),
        *_optional("outcome", "assignee"),
    )
    _indexed("appeal_events", "appeal_id")
    keep("appeals", "appeal_id")
    keep("appeal_events", "event_id")


def _keys() -> None:
    op.create_table(
        "keys",
        _id("key_id"),
        *_text("name", "scope"),
        sa.Column("secret_sha256", sa.Text, nullable=False, unique=True),
        *_moment("created_at"),
    )
    op.create_table("key_revocations", _id("key_id"), *_moment("revoked_at"), *_text("revoked_by"))
    keep("keys", "key_id", unique="secret_sha256")
    keep("key_revocations", "key_id")


def _said() -> None:
    """What people have said and seen."""
    op.create_table(
        "judgements",
        _id("judgement_id"),
        *_text("subject", "verdict", "decided_by"),
        *_moment("decided_at"),
        *_text("reason"),
    )
    _indexed("judgements", "subject")
    op.create_table("notes", _id("note_id"), *_text("subject", "by"), *_moment("at"), *_text("text"))
    _indexed("notes", "subject")
    op.create_table(
        "audit",
        sa.Column("view_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        *_moment("at"),
        *_text("by", "action", "subject"),
    )
    _indexed("audit", "at", "subject")
    keep("judgements", "judgement_id")
    keep("notes", "note_id")
    keep("audit", "view_id")
