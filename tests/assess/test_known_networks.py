"""What a run found of a network at its fullest is remembered until a run can judge the network's accounts again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from stillwatch.assess.known_networks import Now, remembers
from stillwatch.records.lineage import LINEAGE, LINEAGE_MEMBERS
from stillwatch.runs.lineage import History

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
