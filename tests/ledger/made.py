"""Decisions, shares and objects for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stillwatch.ledger.exchanged import Share
from stillwatch.ledger.records import Decision, Evidence
from stillwatch.records.identifiers import stamp, stix_id

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


def told(**changed: Any) -> Share:
    """A share for one partner that nobody has to approve."""
    stated: dict[str, Any] = {
        "share_id": "",
        "made_at": NOW,
        "recipient": "northwind",
        "subject": "c1",
        "run": "7",
        "profile": "partner",
        "marking": "amber",
        "legal_basis": "an agreement",
        "made_by": "Ana",
        "digest": "",
        "needs_approval": False,
    }
    return Share(**stated | changed)


def identity(name: str = "A provider") -> dict[str, Any]:
    """An identity."""
    at = stamp(NOW)
    made = {"type": "identity", "spec_version": "2.1", "id": stix_id("identity", name), "created": at, "modified": at}
    return {**made, "name": name, "identity_class": "organization"}


def indicator(number: str = "1", at: datetime = NOW, by: str = "A provider", **changed: Any) -> dict[str, Any]:
    """An indicator of an address, of the version that `at` says."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": stix_id("indicator", by, number),
        "created_by_ref": stix_id("identity", by),
        "created": stamp(NOW),
        "modified": stamp(at),
        "name": f"Address {number}",
        "pattern": f"[ipv4-addr:value = '203.0.113.{number}']",
        "pattern_type": "stix",
        "valid_from": stamp(NOW),
        **changed,
    }
