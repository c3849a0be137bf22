"""A small run folder in which one campaign on a relay stands at `act`, for tests of what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.records.outputs import RUN_FILES

NOW = datetime(2026, 6, 1, 12, 34, 56, 789_000, tzinfo=UTC)
PLAIN = NOW.replace(tzinfo=None)
DAY = timedelta(days=1)
CAMPAIGN, NETWORK = "C00000000000a", "N00000000000b"

TOLD = {
    "same_address": "203.0.113.7",
    "same_subnet": "203.0.113.0/24",
    "same_client_fingerprint": "t13d1516h2_8daaf6152771_e5627efa2ab1",
    "same_user_agent": "collector/1.2 (O'Neill \\ batch)",
    "same_device": "7f1d9b3e-device-44",
}
"""Values that may leave, by claim."""
KEPT = {
    "same_payment_fingerprint": "card-4711",
    "same_organisation": "org-4712",
    "same_email_domain": "firm-4713.example",
    "same_session": "session-4714",
    "same_address_network": "203.0.0.0/16",
    "same_payload": "whole-question-4715",
}
"""Values that stay, by claim."""


def value(claim: str, shown: str | None, accounts: int = 40, outside: int = 0, number: int = 0) -> dict[str, Any]:
    """A row of `network_values`."""
    return {
        "network_id": NETWORK,
        "value_id": f"V{number:08d}",
        "family": "infrastructure",
        "claim": claim,
        "accounts": accounts,
        "outside_accounts": outside,
        "bits": 123.5,
        "shown": shown,
    }


def tables(level: str = "act", values: list[dict[str, Any]] | None = None) -> dict[str, list[dict[str, Any]]]:
    """The rows of the run by table."""
    every = [*TOLD.items(), *KEPT.items()]
    return {
        "networks": [
            {
                "network_id": NETWORK,
                "kind": "relay",
                "accounts": 5_417,
                "exchanges": 90_871,
                "first_seen": PLAIN - 40 * DAY,
                "last_seen": PLAIN,
                "confidence": 99.0,
                "formed_at": PLAIN - 30 * DAY,
            }
        ],
        "network_values": values
        if values is not None
        else [value(claim, shown, number=place) for place, (claim, shown) in enumerate(every)],
        "campaigns": [
            {
                "campaign_id": CAMPAIGN,
                "first_seen": PLAIN - 30 * DAY,
                "last_seen": PLAIN,
                "accounts": 417,
                "exchanges": 61_234,
                "conversations": 5_120,
                "input_tokens": 7_111_222,
                "output_tokens": 3_222_111,
                "expected_innocent_accounts": 0.4,
                "confidence": 98.61,
                "q_value": 0.013,
                "level": level,
                "targets": [("software_engineering", 0.61), ("unclear", 0.3), ("grading", 0.04)],
                "subjects": [("software", 1.0)],
                "forms": [("answer", 1.0)],
                "networks": [NETWORK],
            }
        ],
        "campaign_members": [
            {
                "campaign_id": CAMPAIGN,
                "account_id": "account-5150",
                "exchanges": 146,
                "probability": 0.99,
                "level": level,
                "detected_at": PLAIN,
            }
        ],
        "evidence": [
            {
                "subject": CAMPAIGN,
                "claim": "same_address",
                "bits": 12.0,
                "sentence": "They share the address 203.0.113.7.",
                "examples": ["203.0.113.7"],
            }
        ],
    }


def written(folder: Path, rows: dict[str, list[dict[str, Any]]] | None = None) -> Path:
    """Writes the run folder."""
    folder.mkdir(parents=True, exist_ok=True)
    given = tables() if rows is None else rows
    for table in RUN_FILES:
        pq.write_table(
            pa.Table.from_pylist(given.get(table.name, []), schema=table.schema), folder / f"{table.name}.parquet"
        )
    (folder / "run.json").write_text("{}")
    return folder
