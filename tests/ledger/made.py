"""Decisions for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stillwatch.ledger.records import Decision, Evidence

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def decision(name: str = "1", **changed: Any) -> Decision:
    """A decision that throttles one account for a week from NOW on."""
    stated: dict[str, Any] = {
        "decision_id": f"d{name}",
        "made_at": NOW,
        "account_id": f"account-{name}",
        "subject": "c1",
        "level": "act",
        "effect": "throttle",
        "reason_code": "extraction",
        "policy": "campaigns",
        "policy_digest": "0" * 32,
        "run": "7",
        "evidence": (Evidence("same_address", 12.5, "They share IP address."),),
        "since": NOW,
        "expires_at": NOW + 7 * DAY,
        "appeal": f"appeal-{name}",
        "holder_text": "A rule of use was broken.",
    }
    return Decision(**stated | changed)
