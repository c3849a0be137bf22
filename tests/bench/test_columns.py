"""What each set of columns buys is counted by account, level and truth."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bench.columns import GIVEN, REQUIRED, found

from stillwatch.records.inputs import EXCHANGES


def run_folder(folder: Path, levels: dict[str, str]) -> Path:
    """A run folder in which each account stands at its level, all in one network."""
    accounts = list(levels)
    members = {"campaign_id": ["C1"] * len(levels), "account_id": accounts, "level": list(levels.values())}
    pq.write_table(pa.table(members), folder / "campaign_members.parquet")
    pq.write_table(pa.table({"account_id": accounts}), folder / "network_members.parquet")
    return folder


def test_campaign_accounts_and_innocents_are_told_apart(tmp_path: Path) -> None:
    run = run_folder(tmp_path, {"a": "act", "b": "act", "c": "watch", "d": "review"})
    counts = found(run, {"a": "campaign", "b": "innocent", "c": "campaign"})
    assert {what: count for what, count in counts.items() if count} == {
        "in a network": 4,
        "campaign accounts at act": 1,
        "innocents at act": 1,
        "campaign accounts at watch": 1,
        "innocents at review": 1,
    }


def test_what_is_given_begins_with_what_the_contract_requires() -> None:
    required = [column.name for column in EXCHANGES.columns if column.required]
    assert list(REQUIRED) == required
    assert GIVEN[0].more == ()
    assert {name for given in GIVEN for name in given.more or ()} <= set(EXCHANGES.names)
