"""One row gives one result, whatever format it is in and however its values are written."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.read.rows import read_in

KEYS = {"exchange_id": "e0", "account_id": "a", "started_at": "2026-05-01T08:00:00Z"}
SPELLED: dict[str, st.SearchStrategy[object]] = {
    "input_tokens": st.sampled_from(
        [7, 7.0, "7", "7.0", " 7", "", "NULL", "7.5", "x", 2**63, "1e2", "-3", "+4", "0x10"]
    ),
    "status_code": st.sampled_from([200, "200", 200.0, 70_000, "success", "-", True, None]),
    "temperature": st.sampled_from([0.7, "0.7", 1, "1", "nan", "inf", "high", "1e-3", ".5", "5.", "1_000", ""]),
    "user_agent": st.sampled_from(["curl", 7, 0.5, True, "NULL", "-", "None", "\\N", "nan", "", "a\0b", "none"]),
    "input_text": st.sampled_from(["hello", "NULL", "-", "", "\0", "a\0b", 12, "\x1b[31m", "\u202e"]),
    "tool_names": st.sampled_from(['["a", "b"]', "[]", "Read", "a, b", "", "NULL", '["a"', "[1]", '["\\u0000"]', "{}"]),
}


def in_each_format(folder: Path, row: dict[str, object]) -> list[Path]:
    """The row as JSON lines, as a JSON document, as CSV, as TSV, and as Parquet with a type for each value."""
    (folder / "row.jsonl").write_text(json.dumps(row) + "\n")
    (folder / "row.json").write_text(json.dumps([row], indent=1))
    paths = [folder / "row.jsonl", folder / "row.json"]
    for name, delimiter in (("row.csv", ","), ("row.tsv", "\t")):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow(row)
        writer.writerow([json.dumps(value) if isinstance(value, bool) else value for value in row.values()])
        (folder / name).write_text(text.getvalue())
        paths.append(folder / name)
    try:
        stored = pa.table({name: pa.array([value]) for name, value in row.items()})
    except (OverflowError, pa.ArrowInvalid):
        return paths  # no type of Parquet holds it
    pq.write_table(stored, folder / "row.parquet")
    return [*paths, folder / "row.parquet"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(row=st.fixed_dictionaries({}, optional=SPELLED))
def test_every_format_reads_the_same_row(row: dict[str, object]) -> None:
    with TemporaryDirectory() as name:
        read = []
        for path in in_each_format(Path(name), KEYS | row):
            (found,), summary = read_in(Path(name), [path])
            noted = sorted((str(one["column_name"]), str(one["reason"])) for one in summary.altered)
            read.append((path.suffix, found, noted))
    booleans = {column for column, value in row.items() if isinstance(value, bool)}
    for suffix, found, noted in read[1:]:
        # CSV has no booleans: their words are text there, and no numbers
        assert found == read[0][1], suffix
        assert [one for one in noted if one[0] not in booleans] == [one for one in read[0][2] if one[0] not in booleans]


TIMES = {
    "ISO 8601": "2026-05-01T08:00:00.123Z",
    "a blank and no zone": "2026-05-01 08:00:00.123",
    "an offset": "2026-05-01 10:00:00.123 +02:00",
    "blanks around": " 2026-05-01T08:00:00.123Z ",
    "the word UTC": "2026-05-01 08:00:00.123 UTC",
    "seconds": 1777622400.123,
    "seconds in text": "1777622400.123",
    "milliseconds": 1777622400123,
    "milliseconds as a float": 1777622400123.0,
    "microseconds": 1777622400123000,
    "nanoseconds in text": "1777622400123000000",
    "nanoseconds": 1777622400123000000,
}


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES)
def test_a_time_is_the_same_however_it_is_written(tmp_path: Path, time: object) -> None:
    for path in in_each_format(tmp_path, KEYS | {"started_at": time}):
        ((row,), _) = read_in(tmp_path, [path])
        assert row["started_at"] == datetime(2026, 5, 1, 8, 0, 0, 123_000), path.suffix


def test_the_unit_is_that_of_the_file_and_never_of_a_row(tmp_path: Path) -> None:
    rows = [KEYS | {"exchange_id": f"e{n}", "started_at": time} for n, time in enumerate([1777622400123, 1777622400])]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found, summary = read_in(tmp_path, [tmp_path / "log.jsonl"])
    assert [row["exchange_id"] for row in found] == ["e0"]
    assert summary.reasons == {"impossible_time": 1}


def test_one_time_in_another_unit_makes_no_other_wrong(tmp_path: Path) -> None:
    times = [1777622400123, *range(1777622400, 1777622409)]
    rows = [KEYS | {"exchange_id": f"e{n}", "started_at": time} for n, time in enumerate(times)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found, summary = read_in(tmp_path, [tmp_path / "log.jsonl"])
    assert [row["exchange_id"] for row in found] == [f"e{n}" for n in range(1, 10)]
    assert summary.reasons == {"impossible_time": 1}


@pytest.mark.parametrize("keys", [{"account_id": 12345}, {"account_id": 12345.0}, {"account_id": ["12345"]}])
def test_a_number_can_be_an_id(tmp_path: Path, keys: dict[str, object]) -> None:
    (tmp_path / "log.jsonl").write_text(json.dumps(KEYS | keys) + "\n")
    assert read_in(tmp_path, [tmp_path / "log.jsonl"])[0][0]["account_id"] == "12345"


LONG = 123456789012345678901000


def test_long_numbers_stay_different_ids(tmp_path: Path) -> None:
    lines = [{"exchange_id": f"e{n}", "account_id": LONG + n, "device_id": -LONG - n} for n in range(3)]
    text = "".join(json.dumps(KEYS | line) + "\n" for line in lines)
    for name, log in (("alone.jsonl", text), ("beside.jsonl", text + "{\n")):
        (tmp_path / name).write_text(log)
        rows, _ = read_in(tmp_path, [tmp_path / name])
        assert [(row["account_id"], row["device_id"]) for row in rows] == [
            (str(LONG + n), str(-LONG - n)) for n in range(3)
        ]


def test_a_number_that_lost_digits_is_no_id(tmp_path: Path) -> None:
    lines = [KEYS | {"account_id": 1.2345678901234567e23}, KEYS | {"exchange_id": "e1", "device_id": 1e17}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    pq.write_table(pa.Table.from_pylist(lines[:1]), tmp_path / "stored.parquet")
    ((row,), summary) = read_in(tmp_path, [tmp_path / "log.jsonl", tmp_path / "stored.parquet"])
    assert (row["exchange_id"], row["device_id"]) == ("e1", None)
    assert summary.reasons == {"wrong_type": 2}
    assert [(one["column_name"], one["reason"]) for one in summary.altered] == [("device_id", "wrong_type")]


@pytest.mark.parametrize("zero", ["-0", "-0.0", "0", "-0e3"])
def test_zero_has_no_sign(tmp_path: Path, zero: str) -> None:
    line = json.dumps(KEYS | {"temperature": 1}).replace('"temperature": 1', f'"temperature": {zero}') + "\n"
    (tmp_path / "alone.jsonl").write_text(line)
    (tmp_path / "beside.jsonl").write_text(line + "{\n")
    (tmp_path / "row.csv").write_text(f"{','.join(KEYS)},temperature\n{','.join(KEYS.values())},{zero}\n")
    pq.write_table(pa.Table.from_pylist([KEYS | {"temperature": float(zero)}]), tmp_path / "row.parquet")
    for name in ("alone.jsonl", "beside.jsonl", "row.csv", "row.parquet"):
        ((row,), _) = read_in(tmp_path, [tmp_path / name])
        assert str(row["temperature"]) == "0.0", name


def test_messages_in_place_of_a_text_are_read_as_text(tmp_path: Path) -> None:
    said = {"input_text": [{"role": "user", "content": "hi"}], "output_text": [{"role": "assistant", "content": "yes"}]}
    (tmp_path / "log.jsonl").write_text(json.dumps(KEYS | said) + "\n")
    ((row,), summary) = read_in(tmp_path, [tmp_path / "log.jsonl"])
    assert (row["input_text"], row["output_text"], summary.altered) == ("hi", "yes", ())
