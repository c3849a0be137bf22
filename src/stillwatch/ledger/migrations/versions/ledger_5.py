"""PostgreSQL finds rows by what clients may choose with an index that takes ids of any length."""

from __future__ import annotations

from alembic import op

revision = "ledger_5"
down_revision = "ledger_4"
branch_labels = None
depends_on = None

FOUND_BY = (
    ("decisions", "account_id"),
    ("judgements", "subject"),
    ("notes", "subject"),
    ("audit", "subject"),
    ("claims", "subject"),
    ("proposals", "subject"),
)


def upgrade() -> None:
    """Makes these indexes anew."""
    if op.get_context().dialect.name != "postgresql":
        return
    for table, column in FOUND_BY:
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="hash")
