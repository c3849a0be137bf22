"""Reads from the ledger what was decided, objected and attributed about a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stillwatch.report.dossier.facts import Recorded

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger  # the report works without a database


def recorded(ledger: Ledger, campaign: str) -> Recorded:
    """Everything that the ledger holds about a campaign, at one moment."""
    with ledger.reading():
        return Recorded(
            ledger.decisions.about(campaign),
            ledger.appeals.about(campaign),
            ledger.attributions.list(campaign),
            ledger.shares.about(campaign),
        )
