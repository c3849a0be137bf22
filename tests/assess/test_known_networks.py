"""What a run found of a network at its fullest is remembered until a run can judge the network's accounts again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stillwatch.assess.known_networks import Now, remembers, write_known
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records import Table
from stillwatch.records.known_networks import FOUND_PROFILES, PREVIOUS_PROFILES, PREVIOUS_STANDINGS
from stillwatch.records.lineage import LINEAGE, LINEAGE_MEMBERS, PREVIOUS_MEMBERS
from stillwatch.records.outputs import (
    CAMPAIGN_MEMBERS,
    CAMPAIGNS,
    NETWORK_PROFILES,
    NETWORK_STANDINGS,
    NETWORKS,
)
from stillwatch.records.sketches import ACCOUNT_SKETCHES
from stillwatch.runs.lineage import History, stored
from stillwatch.settings import EngineSettings

AT = datetime(2026, 5, 1)
DAY = timedelta(days=1)
MERGED = {"run": 2, "subject": "N1", "event": "merged_into", "other": "N2", "at": AT, "accounts": 50}


def standing(**changes: Any) -> dict[str, Any]:
    row = {"network_id": "N1", "campaign_id": "C1", "remembered": False, "accounts": 50, "exchanges": 5_000}
    return row | {"act": 50, "review": 0, "watch": 0, "read_until": AT} | changes


def now(*events: dict[str, Any], **changes: Any) -> Now:
    born = [{"run": 1, "subject": name, "event": "born", "at": AT, "accounts": 50} for name in ("N1", "N2")]
    rows = pa.Table.from_pylist([*born, *events], schema=LINEAGE.schema)
    said: dict[str, Any] = {"newest": AT + 30 * DAY, "oldest": AT - DAY, "cleared": frozenset(), "days": 365}
    return Now(history=History(rows, LINEAGE_MEMBERS.schema.empty_table()), **(said | changes))


WEAK = standing(accounts=9, act=0, watch=9, read_until=AT + 30 * DAY)
GONE, THERE = 0.1, 0.9


@pytest.mark.parametrize(
    ("row", "found", "left", "this", "kept"),
    [
        (standing(), None, GONE, now(), True),
        (standing(), None, THERE, now(), False),
        (standing(), None, GONE, now(MERGED), False),
        (standing(), None, GONE, now(cleared={"N1"}), False),
        (standing(), None, GONE, now(cleared={"C1"}), False),
        (standing(), None, GONE, now(days=29), False),
        (standing(), None, GONE, now(days=0), False),
        (standing(act=10), None, GONE, now(), False),
        (standing(), WEAK, GONE, now(), True),
        (standing(), WEAK, THERE, now(), False),
        (standing(), standing(accounts=20, act=20), GONE, now(), True),
        (standing(), standing(accounts=20, act=20), THERE, now(), True),
        (standing(), standing(accounts=20, act=20), THERE, now(oldest=AT + DAY), False),
        (standing(), standing(accounts=60, act=60), THERE, now(), False),
    ],
    ids=[
        "left the logs",
        "its accounts are there, and no network",
        "merged",
        "cleared",
        "its campaign cleared",
        "too long ago",
        "nothing is remembered",
        "a minority was accused",
        "back, and weak",
        "judged again",
        "smaller than it was, after it left",
        "smaller than it was",
        "nothing of then is in the logs",
        "larger than it was",
    ],
)
def test_what_is_remembered(
    row: dict[str, Any], found: dict[str, Any] | None, left: float, this: Now, kept: bool
) -> None:
    assert remembers(row, found, left, this) is kept


SILENT = {"run": 2, "subject": "N1", "event": "silent", "other": None, "at": AT + DAY, "accounts": 50}
BACK = {"run": 3, "subject": "N1", "event": "returned", "other": None, "at": AT + 60 * DAY, "accounts": 60}


def profiled(run: int, remembered: bool) -> dict[str, Any]:
    """A profile's row of which `keyed` names the run that found it."""
    shares = {"accounts": 50, "usage": 1.0, "rate": 0.001, "held_since": AT}
    return {"network_id": "N1", "claim": "same_address", "keyed": run, "remembered": remembered, **shares}


@pytest.mark.parametrize(
    ("events", "profiles", "known", "kept"),
    [
        ((SILENT,), [profiled(1, True)], standing(remembered=True), [1]),
        ((SILENT,), [profiled(1, False)], standing(), [1]),
        ((), [profiled(1, False)], standing(), []),
        ((SILENT, BACK), [profiled(1, True), profiled(3, False)], standing(), [1]),
        ((SILENT, BACK), [profiled(1, True), profiled(2, False)], standing(remembered=True), [1]),
    ],
    ids=["remembered", "missed for a while", "never missed", "back already", "back in full at last"],
)
def test_what_a_network_was_before_it_was_missed_stays_with_it(
    events: tuple[dict[str, Any], ...],
    profiles: list[dict[str, Any]],
    known: dict[str, Any],
    kept: list[int],
    tmp_path: Path,
) -> None:
    past = now(*events).history
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        store(engine, PREVIOUS_PROFILES, *profiles)
        store(engine, PREVIOUS_STANDINGS, known)
        store(engine, FOUND_PROFILES)
        store(engine, PREVIOUS_MEMBERS)
        at = AT + 60 * DAY
        seen = {"account_id": "a", "account_index": 0, "exchanges": 900, "first_seen": at - DAY, "last_seen": at}
        store(engine, ACCOUNT_SKETCHES, seen)
        member = {"campaign_id": "C1", "account_id": "a", "exchanges": 9, "probability": 1.0, "level": "act"}
        store(engine, CAMPAIGN_MEMBERS, {**member, "detected_at": at})
        times = {"first_seen": at - DAY, "last_seen": at, "formed_at": at}
        row = {"network_id": "N1", "kind": "unknown", "accounts": 1, "exchanges": 900, "confidence": 99.0, **times}
        store(engine, NETWORKS, row)
        numbers = {
            "accounts": 1,
            "exchanges": 900,
            "expected_innocent_accounts": 0.0,
            "confidence": 99.0,
            "q_value": 0.0,
        }
        shares: dict[str, Any] = {"targets": [], "subjects": [], "forms": []}
        of = {"campaign_id": "C1", "level": "act", "networks": ["N1"], **times, **numbers, **shares}
        of.pop("formed_at")
        store(engine, CAMPAIGNS, of)
        write_known(engine, past, past, {"N1": frozenset({"a"})}, frozenset(), 365)
        written = stored(engine, NETWORK_PROFILES)
        standings = stored(engine, NETWORK_STANDINGS)
    assert written["keyed"].to_pylist() == kept
    assert all(written["remembered"].to_pylist())
    assert standings["remembered"].to_pylist() == [False]


def store(engine: DuckDBEngine, table: Table, *rows: dict[str, Any]) -> None:
    engine.store(table, pa.Table.from_pylist(list(rows), schema=table.schema))
