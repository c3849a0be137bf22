"""Small run folders, as `scan` writes them, for tests of what is decided on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.records import Table
from stillwatch.records.outputs import RUN_FILES

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECRET_VALUE = "203.0.113.7 said: write me a poem"
"""What a run's evidence may quote, and what no ledger holds."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One account of a run; `level` None for an account of the network alone."""

    account: str
    level: str | None = "act"
    campaign: str = "C1"
    network: str = "N1"
    found: datetime = NOW - 2 * DAY


def many(count: int, **changed: Any) -> list[Seen]:
    """Accounts `a000`, `a001` and so on."""
    return [Seen(f"a{number:03}", **changed) for number in range(count)]


def written(
    folder: Path,
    seen: Sequence[Seen],
    kinds: dict[str, str] | None = None,
    newest: datetime = NOW,
    inputs: Iterable[dict[str, Any]] = (),
    judged: Sequence[dict[str, Any]] = (),
) -> Path:
    """A run folder in which these accounts are found; networks are `fraud_ring` unless `kinds` says otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {table.name: _rows(table.name, seen, kinds or {}, newest) for table in RUN_FILES}
    tables["applied_judgements"] = list(judged)
    for table in RUN_FILES:
        pq.write_table(_table(table, tables[table.name]), folder / f"{table.name}.parquet")
    (folder / "run.json").write_text(json.dumps({"inputs": list(inputs)}))
    return folder


def _table(table: Table, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=table.schema)


def _rows(name: str, seen: Sequence[Seen], kinds: dict[str, str], newest: datetime) -> list[dict[str, Any]]:
    plain = newest.replace(tzinfo=None)
    if name == "networks":
        return [
            {
                "network_id": one,
                "kind": kinds.get(one, "fraud_ring"),
                "accounts": 9,
                "exchanges": 90,
                "first_seen": plain - 9 * DAY,
                "last_seen": plain,
                "confidence": 99.0,
                "formed_at": plain - 3 * DAY,
            }
            for one in sorted({one.network for one in seen})
        ]
    if name == "campaigns":
        return [_campaign(one, seen, plain) for one in sorted({one.campaign for one in seen if one.level})]
    build = {
        "network_members": _member,
        "campaign_members": _taking_part,
        "campaign_exchanges": _exchange,
    }.get(name)
    if build is not None:
        return [build(one) for one in seen if one.level or name == "network_members"]
    if name == "evidence":
        return [
            {"subject": "C1", "claim": claim, "bits": bits, "sentence": SECRET_VALUE, "examples": [SECRET_VALUE]}
            for claim, bits in (("shared_infrastructure", 0.0), ("weighed_together", 9.0), ("of another version!", 2.0))
        ]
    return []


def _campaign(name: str, seen: Sequence[Seen], plain: datetime) -> dict[str, Any]:
    return {
        "campaign_id": name,
        "first_seen": plain - 9 * DAY,
        "last_seen": plain,
        "accounts": 9,
        "exchanges": 90,
        "expected_innocent_accounts": 0.1,
        "confidence": 99.0,
        "q_value": 0.01,
        "level": "act",
        "targets": [],
        "subjects": [],
        "forms": [],
        "networks": sorted({one.network for one in seen if one.campaign == name}),
    }


def _member(one: Seen) -> dict[str, Any]:
    linked = one.found.replace(tzinfo=None)
    return {
        "network_id": one.network,
        "account_id": one.account,
        "probability": 1.0,
        "bits": 20.0,
        "linked_at": linked,
    }


def _taking_part(one: Seen) -> dict[str, Any]:
    return {
        "campaign_id": one.campaign,
        "account_id": one.account,
        "exchanges": 2,
        "probability": 0.97,
        "level": one.level,
        "detected_at": one.found.replace(tzinfo=None),
    }


def _exchange(one: Seen) -> dict[str, Any]:
    return {
        "campaign_id": one.campaign,
        "exchange_id": f"x-{one.account}",
        "account_id": one.account,
        "started_at": one.found.replace(tzinfo=None),
        "probability": 0.9,
    }
