"""Every column of every table is tried: what is marked there is not in what leaves, unless the list says how."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import StillwatchError, UsageError
from stillwatch.records import Kind, Table
from stillwatch.records.columns import Column
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, JUDGEMENTS, PERMITS
from stillwatch.records.outputs import RUN_FILES
from stillwatch.share import gather
from stillwatch.share.preview import objects_for
from stillwatch.share.stix import Sender, bundle
from tests.share.runs import CAMPAIGN, KEPT, NOW, TOLD, tables, value, written

SENDER = Sender("A provider", "amber", NOW)

MARKS: dict[Kind, Any] = {
    Kind.STRING: "canary8675309x",
    Kind.STRINGS: ["canary8675309x"],
    Kind.TIMESTAMP: datetime(2026, 5, 13, 7, 21, 43, 654_321),
    Kind.INT64: 86_753,
    Kind.INT32: 86_753,
    Kind.INT16: 8_675,
    Kind.FLOAT64: 0.8675309,
    Kind.BOOLEAN: True,
    Kind.SHARES: [("canary8675309x", 0.8675309)],
}
TRACES = ("canary8675309x", "07:21:43", "654321", ".654", "86753", "86,753", "8675,", "8,675", "0.8675309", "86.75")
"""How a mark would look in text."""
ALL = (EXCHANGES, ACCOUNTS, PERMITS, JUDGEMENTS, *RUN_FILES)
EVERY = [(table, column) for table in ALL for column in table.columns if column.kind is not Kind.BOOLEAN]


def marked(folder: Path, table: Table, column: Column) -> Path:
    """The small run with the mark in that column of every row; a table without rows gets one."""
    rows = tables()
    mine = rows.get(table.name) or [{one.name: MARKS[one.kind] for one in table.columns}]
    run = written(folder, {**rows, table.name: [] if table not in RUN_FILES else mine})
    changed = pa.Table.from_pylist([{**row, column.name: MARKS[column.kind]} for row in mine], schema=table.schema)
    pq.write_table(changed, run / f"{table.name}.parquet")
    return run


@pytest.mark.parametrize(("table", "column"), EVERY, ids=lambda one: one.name)
def test_no_column_leaves_as_it_is(tmp_path: Path, table: Table, column: Column) -> None:
    run = marked(tmp_path / "run", table, column)
    for profile in ("partner", "government"):
        try:
            said = json.dumps(bundle(objects_for(run, CAMPAIGN, SENDER, profile)))
        except StillwatchError as error:  # what cannot be told is refused, and the refusal quotes no value
            said = str(error).replace(str(run), "")
            assert column.name in gather.READS.get(table.name, ())
        if (table.name, column.name) == ("network_values", "shown") and profile == "partner":
            assert "canary8675309x" in said  # the one column whose text leaves, as a program's name
            continue
        if (table.name, column.name) == ("campaigns", "level"):
            continue  # a refusal says which of three words it is
        assert [trace for trace in TRACES if trace in said] == []


def test_the_marks_would_be_seen() -> None:
    row = {"a": MARKS[Kind.STRING], "b": MARKS[Kind.INT64], "c": MARKS[Kind.FLOAT64], "d": str(MARKS[Kind.TIMESTAMP])}
    assert len([trace for trace in TRACES if trace in json.dumps(row)]) >= 4


def test_only_listed_columns_exist_in_the_tables() -> None:
    names = {table.name: table.names for table in RUN_FILES}
    assert {table: set(columns) - set(names[table]) for table, columns in gather.READS.items()} == {
        table: set() for table in gather.READS
    }


def test_inputs_cannot_be_read(tmp_path: Path) -> None:
    run = written(tmp_path)
    for table in (EXCHANGES, ACCOUNTS, PERMITS, JUDGEMENTS):
        with pytest.raises(KeyError):
            gather._rows(run, table.name)


def test_technical_values_leave_and_others_stay(tmp_path: Path) -> None:
    found = gather.campaign_of(written(tmp_path), CAMPAIGN)
    assert {one.claim: one.value for one in found.networks[0].indicators} == TOLD
    said = json.dumps(bundle(objects_for(tmp_path, CAMPAIGN, SENDER, "partner")))
    assert [text for text in KEPT.values() if text in said] == []


@pytest.mark.parametrize(
    ("accounts", "outside", "leaves"), [(40, 0, True), (2, 0, False), (19, 1, True), (18, 1, False), (40, 3, False)]
)
def test_a_value_of_strangers_or_of_few_stays(tmp_path: Path, accounts: int, outside: int, leaves: bool) -> None:
    rows = tables(values=[value("same_address", "203.0.113.7", accounts, outside)])
    found = gather.campaign_of(written(tmp_path, rows), CAMPAIGN)
    assert bool(found.networks[0].indicators) is leaves


@pytest.mark.parametrize("level", ["review", "watch"])
def test_what_does_not_stand_at_act_is_not_told(tmp_path: Path, level: str) -> None:
    with pytest.raises(UsageError, match=f"stands at `{level}`"):
        gather.campaign_of(written(tmp_path, tables(level)), CAMPAIGN)


def test_an_unknown_campaign_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not in this run"):
        gather.campaign_of(written(tmp_path), "C1")
