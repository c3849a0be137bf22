"""Sharing: what was told to whom and why, what came of it, what partners told, and where it was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stillwatch.ledger.migrations.append_only import keep

revision = "ledger_2"
down_revision = "ledger_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables, their indexes and triggers."""
    _told()
    _heard()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moment(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True, nullable=False)


def _moment_id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, nullable=False, autoincrement=False)


def _told() -> None:
    op.create_table(
        "shares",
        _id("share_id"),
        *_moment("made_at"),
        *_text("recipient", "subject", "run", "profile", "marking", "legal_basis", "made_by", "digest"),
        sa.Column("needs_approval", sa.Boolean, nullable=False),
        sa.Column("withdraws", sa.Text, nullable=True),
        *_text("bundle"),
    )
    op.create_index("ix_shares_made_at", "shares", ["made_at"])
    op.create_index("ix_shares_recipient", "shares", ["recipient"])
    op.create_table("share_events", _id("share_id"), _id("event"), *_text("by"), *_moment("at"), *_text("reason"))
    op.create_table(
        "shared_objects",
        _moment_id("added_at"),
        *_text("share_id", "recipient", "object_id"),
        *_moment("version"),
        *_text("type", "body"),
    )
    op.create_index("ix_shared_objects_share_id", "shared_objects", ["share_id"])
    op.create_index("ix_shared_objects_page", "shared_objects", ["recipient", "added_at"])
    op.create_index("ix_shared_objects_version", "shared_objects", ["recipient", "object_id", "version"])
    keep("shares", "share_id")
    keep("share_events", "share_id", "event")
    keep("shared_objects", "added_at")


def _heard() -> None:
    op.create_table(
        "received_objects",
        _moment_id("received_at"),
        *_text("partner", "object_id"),
        *_moment("version"),
        *_text("type", "body"),
    )
    op.create_index("ix_received_objects_page", "received_objects", ["partner", "received_at"])
    op.create_index("ix_received_objects_version", "received_objects", ["partner", "object_id", "version"])
    op.create_table("receipts", _id("receipt_id"), *_text("partner"), *_moment("at"), *_text("outcome"))
    op.create_index("ix_receipts_partner", "receipts", ["partner"])
    op.create_table(
        "sightings",
        _id("sighting_id"),
        *_text("partner", "object_id", "subject", "run"),
        *_moment("seen_at"),
    )
    op.create_index("ix_sightings_partner", "sightings", ["partner"])
    keep("received_objects", "received_at")
    keep("receipts", "receipt_id")
    keep("sightings", "sighting_id")
