"""Every kind of bad row goes to the quarantine with its line and reason, and takes no other row with it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch import read
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.read.summary import summarise
from stillwatch.settings import EngineSettings, ReadSettings, Settings
from tests.read.rows import START, quarantined, read_in, write_bytes

GOOD = b'{"exchange_id":"%s","account_id":"a","started_at":"2026-05-01T10:00:00Z"}'


ACCOUNT = b'{"exchange_id":"bad","account_id":"%s","started_at":"2026-05-01T10:00:00Z"}'


def with_member(member: str) -> bytes:
    return b'{"exchange_id":"bad","account_id":"a","started_at":"2026-05-01 10:00:00",' + member.encode() + b"}"


JSON_LINES = {
    "cut in a string": (GOOD[:40], "truncated_json", None),
    "cut after a comma": (b'{"exchange_id":"x",', "truncated_json", None),
    "cut before the brace": (GOOD[:-1], "truncated_json", None),
    "no JSON": (b"exchange_id=3", "malformed_json", None),
    "a trailing comma": (b'{"exchange_id":"x",}', "malformed_json", None),
    "two objects": (GOOD + GOOD, "malformed_json", None),
    "an array": (b"[1, 2]", "not_an_object", None),
    "a number": (b"17", "not_an_object", None),
    "a key twice": (with_member('"account_id":"b"'), "duplicate_key", "account_id"),
    "an object for a key": (
        b'{"exchange_id":"x","account_id":{"a":1},"started_at":"2026-05-01"}',
        "wrong_type",
        "account_id",
    ),
    "a truth for a key": (
        b'{"exchange_id":"x","account_id":true,"started_at":"2026-05-01"}',
        "wrong_type",
        "account_id",
    ),
    "a key of broken UTF-8": (ACCOUNT % b"\xff\xfe", "bad_utf8", "account_id"),
    "a key with a NUL": (ACCOUNT % b"\\u0000", "nul", "account_id"),
    "a key with a lone surrogate": (ACCOUNT % b"\\ud800", "lone_surrogate", "account_id"),
    "no account": (b'{"exchange_id":"x","started_at":"2026-05-01"}', "missing_key", "account_id"),
    "an empty account": (b'{"exchange_id":"x","account_id":"","started_at":"2026-05-01"}', "missing_key", "account_id"),
    "a null time": (b'{"exchange_id":"x","account_id":"a","started_at":null}', "missing_key", "started_at"),
    "an empty object": (b"{}", "missing_key", "exchange_id"),
    "no such day": (b'{"exchange_id":"x","account_id":"a","started_at":"2026-02-30"}', "impossible_time", "started_at"),
    "the year 1999": (
        b'{"exchange_id":"x","account_id":"a","started_at":"1999-01-01"}',
        "impossible_time",
        "started_at",
    ),
    "the year 9999": (
        b'{"exchange_id":"x","account_id":"a","started_at":"9999-12-31"}',
        "impossible_time",
        "started_at",
    ),
    "a word for a time": (b'{"exchange_id":"x","account_id":"a","started_at":"now"}', "impossible_time", "started_at"),
    "a number for no time": (b'{"exchange_id":"x","account_id":"a","started_at":17}', "impossible_time", "started_at"),
}


@pytest.mark.parametrize(("line", "reason", "column"), JSON_LINES.values(), ids=JSON_LINES)
def test_a_bad_json_line(tmp_path: Path, line: bytes, reason: str, column: str | None) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\n".join([GOOD % b"one", b"", line, GOOD % b"two", b""]))
    rows, summary = read_in(tmp_path, [path])
    assert [row["exchange_id"] for row in rows] == ["one", "two"]
    assert quarantined(tmp_path, [path]) == [(3, reason, column)]
    assert (summary.rows.read, summary.rows.used, summary.rows.quarantined) == (3, 2, 1)


def test_all_bad_json_lines_together(tmp_path: Path) -> None:
    lines = [line for line, *_ in JSON_LINES.values()]
    path = write_bytes(tmp_path / "log.jsonl.gz", b"\r\n".join([GOOD % b"one", *lines, GOOD % b"two"]))
    assert [why for _, why, _ in quarantined(tmp_path, [path])] == [why for _, why, _ in JSON_LINES.values()]
    assert [row["exchange_id"] for row in read_in(tmp_path, [path])[0]] == ["one", "two"]


UNUSED = {
    "a number for text": ('"user_agent":7', {"user_agent": "7"}, None),
    "a truth for text": ('"channel":true', {"channel": "true"}, None),
    "text for a number": ('"input_tokens":" 7 "', {"input_tokens": 7}, None),
    "a whole fraction": ('"input_tokens":7.0', {"input_tokens": 7}, None),
    "text of a whole fraction": ('"input_tokens":"7.0"', {"input_tokens": 7}, None),
    "a list of one": ('"finish_reason":["stop"]', {"finish_reason": "stop"}, None),
    "a list of one number": ('"status_code":["200"]', {"status_code": 200}, None),
    "a text for a list": ('"tool_names":"bash"', {"tool_names": ["bash"]}, None),
    "numbers in a list": ('"tool_names":["bash",1]', {"tool_names": ["bash", "1"]}, None),
    "objects in a list": (
        '"tool_names":[{"name":"Read"},{"type":"function","function":{"name":"Edit"}}]',
        {"tool_names": ["Read", "Edit"]},
        None,
    ),
    "a word for nothing": ('"status_code":"NULL","device_id":"\\\\N"', {"status_code": None, "device_id": None}, None),
    "that word as a question": ('"input_text":"NULL"', {"input_text": "NULL"}, None),
    "a column twice": ('"channel":"api","channel":"app"', {"channel": "app"}, None),
    "a fraction for an integer": ('"input_tokens":7.5', {"input_tokens": None}, "wrong_type"),
    "a truth for an integer": ('"input_tokens":true', {"input_tokens": None}, "wrong_type"),
    "a word for an integer": ('"status_code":"success"', {"status_code": None}, "wrong_type"),
    "an object for text": ('"input_text":{"role":"user"}', {"input_text": None}, "wrong_type"),
    "objects for text": ('"device_id":[{"role":"user"}]', {"device_id": None}, "wrong_type"),
    "a list for text": ('"user_agent":["curl","wget"]', {"user_agent": None}, "wrong_type"),
    "text that is no list": ('"tool_names":"bash, edit"', {"tool_names": None}, "wrong_type"),
    "past 16 bits": ('"status_code":40000', {"status_code": None}, "out_of_range"),
    "past 64 bits": ('"input_tokens":9223372036854775808', {"input_tokens": None}, "out_of_range"),
    "ten thousand digits": ('"input_tokens":' + "9" * 10_000, {"input_tokens": None}, "out_of_range"),
    "infinity": ('"temperature":Infinity', {"temperature": None}, "out_of_range"),
    "past a float": ('"temperature":1e999', {"temperature": None}, "out_of_range"),
    "a NUL": ('"user_agent":"cu\\u0000rl"', {"user_agent": "curl"}, "replaced"),
    "a lone surrogate": ('"tool_names":["\\ud800"]', {"tool_names": ["\ufffd"]}, "replaced"),
    "nested without end": ('"user_agent":' + "[" * 50_000 + "]" * 50_000, {"user_agent": None}, "wrong_type"),
}


@pytest.mark.parametrize(("member", "read", "reason"), UNUSED.values(), ids=UNUSED)
def test_an_optional_value_never_loses_its_row(
    tmp_path: Path, member: str, read: dict[str, object], reason: str | None
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\n".join([GOOD % b"one", with_member(member), GOOD % b"two"]))
    rows, summary = read_in(tmp_path, [path])
    assert [row["exchange_id"] for row in rows] == ["bad", "one", "two"]
    assert {name: rows[0][name] for name in read} == read
    assert [(one["column_name"], one["reason"], one["rows"], one["line"]) for one in summary.altered] == (
        [] if reason is None else [(next(iter(read)), reason, 1, 2)]
    )


CSV_LINES = {
    "too few cells": (b"x,a", "wrong_field_count"),
    "too many cells": (b"x,a,2026-05-01,1,0.5,[],t,more", "wrong_field_count"),
    "no account": (b"x,,2026-05-01,1,0.5,[],t", "missing_key"),
    "an impossible time": (b"x,a,2026-13-01,1,0.5,[],t", "impossible_time"),
    "text after a closing quote": (b'x,a,2026-05-01,1,0.5,[],"t"t', "malformed_csv"),
}
HEADER = b"exchange_id,account_id,started_at,input_tokens,temperature,tool_names,input_text"


@pytest.mark.parametrize(("line", "reason"), CSV_LINES.values(), ids=CSV_LINES)
def test_a_bad_csv_line(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "log.csv"
    good = b'%s,a,2026-05-01,1,0.5,"[""x""]","two\n\nlines"'
    path.write_bytes(b"\n".join([HEADER, good % b"one", line, good % b"two", b""]))
    rows, summary = read_in(tmp_path, [path])
    assert [(row["exchange_id"], row["input_text"]) for row in rows] == [
        ("one", "two\n\nlines"),
        ("two", "two\n\nlines"),
    ]
    assert [(number, why) for number, why, _ in quarantined(tmp_path, [path])] == [(5, reason)]
    assert (summary.rows.read, summary.rows.used) == (3, 2)


UNUSED_CELLS = {
    "text for a number": (b"x,a,2026-05-01,many,0.5,[],t", "input_tokens", None, "wrong_type"),
    "a whole fraction": (b"x,a,2026-05-01,1.0,0.5,[],t", "input_tokens", 1, None),
    "a name for a list": (b"x,a,2026-05-01,1,0.5,bash,t", "tool_names", ["bash"], None),
    "a list that is none": (b"x,a,2026-05-01,1,0.5,[bash],t", "tool_names", None, "wrong_type"),
    "past 64 bits": (b"x,a,2026-05-01,9223372036854775808,0.5,[],t", "input_tokens", None, "out_of_range"),
    "infinity": (b"x,a,2026-05-01,1,inf,[],t", "temperature", None, "out_of_range"),
    "words for nothing": (b"x,a,2026-05-01,NULL,NaN,\\N,t", "tool_names", None, None),
    "a carriage return in quotes": (b'x,a,2026-05-01,1,0.5,[],"t\rt"', "input_text", "t\rt", None),
}


@pytest.mark.parametrize(("line", "column", "value", "reason"), UNUSED_CELLS.values(), ids=UNUSED_CELLS)
def test_an_optional_cell_never_loses_its_row(
    tmp_path: Path, line: bytes, column: str, value: object, reason: str | None
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"\n".join([HEADER, line, b""]))
    ((row,), summary) = read_in(tmp_path, [path])
    assert row[column] == value
    assert [(one["column_name"], one["reason"], one["line"]) for one in summary.altered] == (
        [] if reason is None else [(column, reason, 2)]
    )


def stored(path: Path, **columns: pa.Array) -> Path:
    rows = len(next(iter(columns.values()))) if columns else 3
    keys = {
        "exchange_id": pa.array([f"e{n}" for n in range(rows)]),
        "account_id": pa.array(["a"] * rows),
        "started_at": pa.array([START] * rows, pa.timestamp("us")),
    }
    pq.write_table(pa.table(keys | columns), path)
    return path


PARQUET_KEYS = {
    "a null key": ({"account_id": pa.array(["a", None, "a"])}, "missing_key"),
    "an empty key": ({"account_id": pa.array(["a", "", "a"])}, "missing_key"),
    "a key with a NUL": ({"account_id": pa.array(["a", "\0a", "a"])}, "nul"),
    "a time too early": ({"started_at": pa.array([START, datetime(1970, 1, 1), START])}, "impossible_time"),
    "text that is no time": ({"started_at": pa.array(["2026-05-01", "soon", "2026-05-01"])}, "impossible_time"),
}


@pytest.mark.parametrize(("columns", "reason"), PARQUET_KEYS.values(), ids=PARQUET_KEYS)
def test_a_bad_parquet_row(tmp_path: Path, columns: dict[str, pa.Array], reason: str) -> None:
    path = stored(tmp_path / "log.parquet", **columns)
    rows, summary = read_in(tmp_path, [path])
    assert [row["exchange_id"] for row in rows] == ["e0", "e2"]
    assert quarantined(tmp_path, [path]) == [(2, reason, next(iter(columns)))]
    assert (summary.rows.read, summary.rows.used, summary.rows.quarantined) == (3, 2, 1)


PARQUET_COLUMNS = {
    "half a token": (pa.array([1.0, 1.5, None]), "input_tokens", [1, None, None], "wrong_type"),
    "past 16 bits": (pa.array([200, 70_000, 200]), "status_code", [200, None, 200], "out_of_range"),
    "past 64 bits": (pa.array([1, 2**63, 2], pa.uint64()), "input_tokens", [1, None, 2], "out_of_range"),
    "a float past 64 bits": (pa.array([1.0, 1e300, 2.0]), "input_tokens", [1, None, 2], "out_of_range"),
    "text that is no number": (pa.array(["1", "x", ""]), "input_tokens", [1, None, None], "wrong_type"),
    "infinity": (pa.array([0.5, float("inf"), None]), "temperature", [0.5, None, None], "out_of_range"),
    "an endless float for an integer": (
        pa.array([1.0, float("-inf"), None]),
        "input_tokens",
        [1, None, None],
        "out_of_range",
    ),
    "lists for text": (pa.array([None, ["a", "b"], ["curl"]]), "user_agent", [None, None, "curl"], "wrong_type"),
    "truths for a number": (pa.array([None, True, None]), "temperature", [None, None, None], "wrong_type"),
    "objects for text": (pa.array([None, {"a": 1}, None]), "device_id", [None, None, None], "wrong_type"),
    "a NUL": (pa.array(["a", "b\0", None]), "user_agent", ["a", "b", None], "replaced"),
    "a NUL in a list": (pa.array([["a"], ["b\0"], None]), "tool_names", [["a"], ["b"], None], "replaced"),
    "words for nothing": (pa.array(["NULL", "x", "-"]), "device_id", [None, "x", None], None),
    "objects for names": (pa.array([[{"name": "Read"}], None, []]), "tool_names", [["Read"], None, []], None),
    "decimals": (pa.array([Decimal("1.50"), None, Decimal("2.00")]), "temperature", [1.5, None, 2.0], None),
}


@pytest.mark.parametrize(("values", "column", "read", "reason"), PARQUET_COLUMNS.values(), ids=PARQUET_COLUMNS)
def test_an_optional_parquet_value_never_loses_its_row(
    tmp_path: Path, values: pa.Array, column: str, read: list[object], reason: str | None
) -> None:
    path = stored(tmp_path / "log.parquet", **{column: values})
    rows, summary = read_in(tmp_path, [path])
    assert [row[column] for row in rows] == read
    assert [(one["column_name"], one["reason"], one["line"]) for one in summary.altered] == (
        [] if reason is None else [(column, reason, 2)]
    )


def test_broken_utf8_in_parquet_text_loses_the_text_and_not_the_row(tmp_path: Path) -> None:
    offsets = pa.array([0, 2, 3, 5], pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ok\xffko")])
    path = stored(tmp_path / "broken.parquet", input_text=broken)
    other = stored(tmp_path / "whole.parquet", input_text=pa.array(["w"]), exchange_id=pa.array(["w0"]))
    rows, summary = read_in(tmp_path, [path, other])
    read = [(row["exchange_id"], row["input_text"]) for row in rows]
    assert read == [("e0", "ok"), ("e1", "\ufffd"), ("e2", "ko"), ("w0", "w")]
    assert (summary.rows.read, summary.rows.quarantined) == (4, 0)
    assert [(one["column_name"], one["reason"]) for one in summary.altered] == [("input_text", "replaced")]


def test_broken_utf8_in_a_parquet_key(tmp_path: Path) -> None:
    offsets = pa.array([0, 2, 3, 5], pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ok\xffko")])
    path = stored(tmp_path / "broken.parquet", account_id=broken)
    assert [row["account_id"] for row in read_in(tmp_path, [path])[0]] == ["ok", "ko"]
    assert quarantined(tmp_path, [path]) == [(2, "bad_utf8", "account_id")]


def test_castable_parquet_columns_are_cast(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "log.parquet",
        account_id=pa.array([7, 8]),
        started_at=pa.array(["2026-05-01T10:00:00.1234567+02:00", "2026-05-01 08:00:00,5"]),
        input_tokens=pa.array([12.0, float("nan")]),
        temperature=pa.array([1, None], pa.int8()),
        channel=pa.array(["api", "app"]).dictionary_encode(),
        max_tokens=pa.array(["5", ""]),
    )
    rows, summary = read_in(tmp_path, [path])
    names = ("account_id", "started_at", "input_tokens", "temperature", "channel", "max_tokens")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("7", datetime(2026, 5, 1, 8, 0, 0, 123_456), 12, 1.0, "api", 5),
        ("8", datetime(2026, 5, 1, 8, 0, 0, 500_000), None, None, "app", None),
    ]
    assert summary.rows.quarantined == 0


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_parquet_times_of_any_unit_and_zone(tmp_path: Path, unit: str, zone: str | None) -> None:
    path = stored(
        tmp_path / "log.parquet",
        started_at=pa.array([1_777_600_000], pa.timestamp("s", zone)).cast(pa.timestamp(unit, zone)),
    )
    rows, _ = read_in(tmp_path, [path])
    assert rows[0]["started_at"] == datetime(2026, 5, 1, 1, 46, 40)


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "csv"])
def test_an_overlong_line_is_never_held_whole(tmp_path: Path, suffix: str) -> None:
    head, row = (HEADER + b"\n", b"%s,a,2026-05-01,1,0.5,[],t\n") if suffix == "csv" else (b"", GOOD + b"\n")
    path = write_bytes(
        tmp_path / f"log.{suffix}", head + row % b"one" + b"x" * 9_500_000 + b"\n" + row % b"two" + b"y" * 9_000
    )
    job = resolve(Inputs((str(path),)), settings=Settings(read=ReadSettings(max_line_bytes=2_000)))
    rows, summary = read_in(tmp_path, job)
    assert [row["exchange_id"] for row in rows] == ["one", "two"]
    first = 2 if suffix == "csv" else 1
    assert quarantined(tmp_path, job) == [(first + 1, "line_too_long", None), (first + 3, "line_too_long", None)]
    assert summary.rows.read == 4


def test_a_verdict_never_depends_on_the_company(tmp_path: Path) -> None:
    # nested deeper than Python's own parser follows: alone, and in a block with a line that is set aside
    deep = with_member('"x":' + "[" * 50_000 + "]" * 50_000).replace(b"bad", b"deep")
    path = tmp_path / "log.jsonl"
    path.write_bytes(deep)
    assert len(read_in(tmp_path, [path])[0]) == 1
    path.write_bytes(b"\n".join([GOOD % b"one", deep, b"{", GOOD % b"two"]))
    assert [row["exchange_id"] for row in read_in(tmp_path, [path])[0]] == ["deep", "one", "two"]
    assert [(line, why) for line, why, _ in quarantined(tmp_path, [path])] == [(3, "truncated_json")]


def test_what_a_row_held_is_kept_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    line = b'{"a":"\xff\x1b[31m\xe2\x80\xae</script>%s{}"' + b"z" * 5_000
    path.write_bytes(line)
    for keep in (False, True):
        job = resolve(Inputs((str(path),)), settings=Settings(read=ReadSettings(keep_raw=keep)))
        with DuckDBEngine(EngineSettings(), tmp_path) as engine:
            read.run(engine, job)
            (row,) = engine.fetch(Query("quarantine", "SELECT * FROM quarantine")).to_pylist()
        assert (row["bytes"], row["digest"]) == (len(line), hashlib.sha256(line).hexdigest())
        if not keep:
            assert row["raw"] is None
    assert row["raw"].startswith('{"a":"\\xff\\x1b[31m\\u202e</script>%s{}"zzz')
    assert len(row["raw"]) == 200
    assert row["raw"].isprintable()


def test_sentinel_times_in_optional_columns_mean_never(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"account_id":"a","closed_at":"9999-12-31"}\n')
    (tmp_path / "b.csv").write_text("account_id,closed_at\nb,0001-01-01\n")
    pq.write_table(pa.table({"account_id": ["c"], "closed_at": [datetime(9999, 12, 31)]}), tmp_path / "c.parquet")
    with DuckDBEngine(EngineSettings(), tmp_path) as engine:
        read.run(engine, resolve(Inputs(accounts=(str(tmp_path),))))
        rows = engine.fetch(Query("accounts", "SELECT account_id, closed_at FROM accounts ORDER BY 1")).to_pylist()
    assert rows == [{"account_id": name, "closed_at": None} for name in "abc"]


@pytest.mark.parametrize(
    ("column", "misspelt", "sentinel"),
    [("valid_until", "0206-05-01", "9999-12-31"), ("valid_from", "9026-05-01", "0001-01-01")],
)
def test_a_misspelt_year_does_not_open_a_permit_for_ever(
    tmp_path: Path, column: str, misspelt: str, sentinel: str
) -> None:
    times = (misspelt, sentinel)
    lines = [{"permit_id": one, "holder": "a", "purpose": "research", column: one} for one in times]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "q.csv").write_text(
        f"permit_id,holder,purpose,{column}\n" + "".join(f"csv {one},a,research,{one}\n" for one in times)
    )
    stored = [
        {**line, "permit_id": f"stored {line[column]}", column: datetime.fromisoformat(line[column])} for line in lines
    ]
    pq.write_table(pa.Table.from_pylist(stored), tmp_path / "r.parquet")
    pq.write_table(pa.Table.from_pylist(lines), tmp_path / "s.parquet")
    job = resolve(Inputs(permits=(str(tmp_path),)))
    with DuckDBEngine(EngineSettings(), tmp_path) as engine:
        read.run(engine, job)
        rows = engine.fetch(Query("permits", f"SELECT permit_id, {column} AS bound FROM permits")).to_pylist()
        found = summarise(engine).altered
    assert {row["bound"] for row in rows} == {None}
    # the sentinel is read as "never", the misspelt year is said, so that no scan begins (`test_decisions`)
    assert [(one["column_name"], one["reason"], one["line"]) for one in found] == [
        (column, "impossible_time", line) for line in (1, 2, 1, 1)
    ]


def test_an_unknown_verdict_decides_nothing(tmp_path: Path) -> None:
    line = {"subject": "a", "verdict": "guilty", "decided_by": "me", "decided_at": "2026-05-01"}
    (tmp_path / "j.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(line | {"verdict": "innocent"}) + "\n")
    pq.write_table(pa.Table.from_pylist([line]), tmp_path / "j.parquet")
    found = quarantined(tmp_path, resolve(Inputs(judgements=(str(tmp_path),))))
    assert [(number, why) for number, why, _ in found] == [(1, "unknown_word"), (1, "unknown_word")]
