"""Attribution: what people entered about the actor behind a campaign."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from stillwatch.ledger.migrations.append_only import keep

revision = "ledger_3"
down_revision = "ledger_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table, its index and triggers."""
    texts = ("hypothesis", "item", "value", "likelihood", "confidence", "turns_over", "text")
    op.create_table(
        "attributions",
        sa.Column("entry_id", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("subject", "kind", "by")),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
    )
    op.create_index("ix_attributions_subject", "attributions", ["subject"])
    keep("attributions", "entry_id")
