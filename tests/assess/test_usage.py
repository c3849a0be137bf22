"""What campaigns took adds up to their totals, whichever way it is cut."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.candidates import CANDIDATE_EXCHANGES
from stillwatch.settings import EngineSettings
from tests.assess.tables import EACH, MEMBERS, Rows, assessed, fill


def taken(folder: Path, **changed: object) -> dict[str, Rows]:
    """The stage's tables over exchanges of which each has the changed columns, made from its place."""
    with DuckDBEngine(EngineSettings(threads=2), folder) as engine:
        fill(engine)
        rows = engine.fetch(Query("all", "SELECT * FROM candidate_exchanges ORDER BY ALL")).to_pylist()
        for place, row in enumerate(rows):
            row.update({name: make(place) for name, make in changed.items()})  # type: ignore[operator]
        engine.store(CANDIDATE_EXCHANGES, pa.Table.from_pylist(rows, schema=CANDIDATE_EXCHANGES.schema))
        return assessed(engine)


def total(rows: Rows, name: str) -> int:
    return sum(row[name] for row in rows)


def test_rows_add_up_to_the_campaign(tmp_path: Path) -> None:
    found = taken(tmp_path, payload_value=lambda place: place % 50)
    (campaign,) = found["campaigns"]
    for name in ("exchanges", "conversations", "input_tokens", "output_tokens"):
        assert total(found["campaign_usage"], name) == campaign[name], name
    assert {row["request_model"] for row in found["campaign_usage"]} == {"large", "small"}
    assert {row["detected"] for row in found["campaign_usage"]} == {True, False}
    assert sum(row["times"] * row["texts"] for row in found["campaign_texts"]) == campaign["exchanges"]


def test_detected_exchanges_are_those_after_their_account_was(tmp_path: Path) -> None:
    found = taken(tmp_path)
    at = {row["account_id"]: row["detected_at"] for row in found["campaign_members"]}
    split = Counter(row["started_at"] >= at[row["account_id"]] for row in found["campaign_exchanges"])
    for detected in (True, False):
        rows = [row for row in found["campaign_usage"] if row["detected"] is detected]
        assert total(rows, "exchanges") == split[detected]


@pytest.mark.parametrize(
    ("conversation", "payload", "tasks"),
    [
        (lambda place: place // 4 + 1, lambda place: place + 1, len(MEMBERS) * EACH // 4),  # a task is a conversation
        (lambda place: place // 4 + 1, lambda place: 1, 1),  # each begins with the same words
        (lambda place: None, lambda place: place % 7 + 1, 7),  # without conversations a task is a text
    ],
)
def test_a_task_is_a_conversation_once(tmp_path: Path, conversation: object, payload: object, tasks: int) -> None:
    found = taken(tmp_path, conversation_value=conversation, payload_value=payload)
    assert total(found["campaign_usage"], "tasks") == tasks


def test_what_the_log_does_not_say_is_null(tmp_path: Path) -> None:
    nothing = dict.fromkeys(
        ("conversation_value", "payload_value", "input_tokens", "output_tokens"), lambda place: None
    )
    found = taken(tmp_path, **nothing)
    for row in found["campaign_usage"]:
        assert [row[name] for name in ("conversations", "tasks", "input_tokens", "output_tokens")] == [None] * 4
    assert found["campaign_texts"] == []
