"""The console: sessions, roles, claims, proposals, withdrawals and what runs said of the judged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stillwatch.ledger.migrations.append_only import keep

revision = "ledger_4"
down_revision = "ledger_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables, their indexes and triggers."""
    _people()
    _work()
    _said()


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True, nullable=False)


def _number(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column(name, kind, primary_key=True, autoincrement=True)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moment(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _made(
    table: str, key: sa.Column[str] | sa.Column[int], *columns: list[sa.Column[str]] | list[sa.Column[int]]
) -> None:
    op.create_table(table, key, *(one for some in columns for one in some))
    keep(table, key.name)


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _people() -> None:
    times = _moment("made_at", "expires_at")
    _made("sessions", _id("session_sha256"), _text("person", "role"), times, _text("how"))
    _indexed("sessions", "person", "expires_at")
    _made("session_ends", _id("session_sha256"), _text("by"), _moment("at"))
    _made("role_grants", _number("grant_id"), _text("person", "role", "by"), _moment("at"))
    _indexed("role_grants", "person")


def _work() -> None:
    _made("claims", _id("claim_id"), _text("subject", "by"), _moment("at", "until"))
    _indexed("claims", "subject", "until")
    _made("claim_ends", _id("claim_id"), _moment("at"))
    _made("saved_views", _id("view_id"), _text("owner", "name", "address"), _moment("at"))
    _indexed("saved_views", "owner")
    _made("bulk_actions", _id("action_id"), _text("what", "by"), _moment("at"), _text("reason", "done", "failures"))
    _indexed("bulk_actions", "at")


def _said() -> None:
    accounts = sa.Column("accounts", sa.BigInteger, nullable=False)
    _made("judged", _id("judgement_id"), _text("run", "level"), [accounts], _text("claims"))
    _made("withdrawals", _id("row_id"), _text("what", "by"), _moment("at"), _text("reason"))
    _made("proposals", _id("proposal_id"), _text("subject", "verdict", "by"), _moment("at"), _text("reason"))
    _indexed("proposals", "subject")
