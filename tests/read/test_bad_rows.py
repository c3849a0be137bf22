"""Every kind of bad row goes to the quarantine with its line and reason, and takes no other row with it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch import read
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, resolve
from stillwatch.settings import EngineSettings, ReadSettings, Settings
from tests.read.rows import START, quarantined, read_in, write_bytes

GOOD = b'{"exchange_id":"%s","account_id":"a","started_at":"2026-05-01T10:00:00Z"}'


def with_member(member: str) -> bytes:
    return b'{"exchange_id":"bad","account_id":"a","started_at":"2026-05-01 10:00:00",' + member.encode() + b"}"


JSON_LINES = {
    "cut in a string": (GOOD[:40], "truncated_json"),
    "cut after a comma": (b'{"exchange_id":"x",', "truncated_json"),
    "cut before the brace": (GOOD[:-1], "truncated_json"),
    "no JSON": (b"exchange_id=3", "malformed_json"),
    "a trailing comma": (b'{"exchange_id":"x",}', "malformed_json"),
    "two objects": (GOOD + GOOD, "malformed_json"),
    "an array": (b"[1, 2]", "not_an_object"),
    "a number": (b"17", "not_an_object"),
    "a key twice": (with_member('"channel":"api","channel":"app"'), "duplicate_key"),
    "a number for text": (with_member('"user_agent":7'), "wrong_type"),
    "text for a number": (with_member('"input_tokens":"7"'), "wrong_type"),
    "a fraction for an integer": (with_member('"input_tokens":7.5'), "wrong_type"),
    "a truth for an integer": (with_member('"input_tokens":true'), "wrong_type"),
    "an object for text": (with_member('"input_text":{"role":"user"}'), "wrong_type"),
    "text for a list": (with_member('"tool_names":"bash"'), "wrong_type"),
    "numbers in a list": (with_member('"tool_names":["bash",1]'), "wrong_type"),
    "an integer for a time": (b'{"exchange_id":"x","account_id":"a","started_at":1777600000}', "wrong_type"),
    "past 16 bits": (with_member('"status_code":40000'), "out_of_range"),
    "past 64 bits": (with_member('"input_tokens":9223372036854775808'), "out_of_range"),
    "ten thousand digits": (with_member('"input_tokens":' + "9" * 10_000), "out_of_range"),
    "infinity": (with_member('"temperature":Infinity'), "out_of_range"),
    "a key of broken UTF-8": (GOOD % b"\xff\xfe", "bad_utf8"),
    "a key with a NUL": (GOOD % b"\\u0000", "nul"),
    "a key with a lone surrogate": (GOOD % b"\\ud800", "lone_surrogate"),
    "a NUL beside an object for text": (
        b'{"exchange_id":"x","account_id":"a","started_at":"2026-05-01","user_agent":{},"input_text":"\\ud800"}',
        "wrong_type",
    ),
    "no account": (b'{"exchange_id":"x","started_at":"2026-05-01"}', "missing_key"),
    "an empty account": (b'{"exchange_id":"x","account_id":"","started_at":"2026-05-01"}', "missing_key"),
    "a null time": (b'{"exchange_id":"x","account_id":"a","started_at":null}', "missing_key"),
    "an empty object": (b"{}", "missing_key"),
    "no such day": (b'{"exchange_id":"x","account_id":"a","started_at":"2026-02-30"}', "impossible_time"),
    "the year 1999": (b'{"exchange_id":"x","account_id":"a","started_at":"1999-01-01"}', "impossible_time"),
    "the year 9999": (b'{"exchange_id":"x","account_id":"a","started_at":"9999-12-31"}', "impossible_time"),
    "a word for a time": (b'{"exchange_id":"x","account_id":"a","started_at":"now"}', "impossible_time"),
}


@pytest.mark.parametrize(("line", "reason"), JSON_LINES.values(), ids=JSON_LINES)
def test_a_bad_json_line(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\n".join([GOOD % b"one", b"", line, GOOD % b"two", b""]))
    rows, summary = read_in(tmp_path, [path])
    assert [row["exchange_id"] for row in rows] == ["one", "two"]
    assert [(number, why) for number, why, _ in quarantined(tmp_path, [path])] == [(3, reason)]
    assert (summary.rows.read, summary.rows.used, summary.rows.quarantined) == (3, 2, 1)


def test_all_bad_json_lines_together(tmp_path: Path) -> None:
    lines = [line for line, _ in JSON_LINES.values()]
    path = write_bytes(tmp_path / "log.jsonl.gz", b"\r\n".join([GOOD % b"one", *lines, GOOD % b"two"]))
    assert [why for _, why, _ in quarantined(tmp_path, [path])] == [why for _, why in JSON_LINES.values()]
    assert [row["exchange_id"] for row in read_in(tmp_path, [path])[0]] == ["one", "two"]


CSV_LINES = {
    "too few cells": (b"x,a", "wrong_field_count"),
    "too many cells": (b"x,a,2026-05-01,1,0.5,[],t,more", "wrong_field_count"),
    "text for a number": (b"x,a,2026-05-01,many,0.5,[],t", "wrong_type"),
    "a fraction for an integer": (b"x,a,2026-05-01,1.0,0.5,[],t", "wrong_type"),
    "a list that is none": (b"x,a,2026-05-01,1,0.5,bash,t", "wrong_type"),
    "past 64 bits": (b"x,a,2026-05-01,9223372036854775808,0.5,[],t", "out_of_range"),
    "infinity": (b"x,a,2026-05-01,1,inf,[],t", "out_of_range"),
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


def stored(path: Path, **columns: pa.Array) -> Path:
    rows = len(next(iter(columns.values()))) if columns else 3
    keys = {
        "exchange_id": pa.array([f"e{n}" for n in range(rows)]),
        "account_id": pa.array(["a"] * rows),
        "started_at": pa.array([START] * rows, pa.timestamp("us")),
    }
    pq.write_table(pa.table(keys | columns), path)
    return path


PARQUET_COLUMNS = {
    "a null key": ({"account_id": pa.array(["a", None, "a"])}, "missing_key"),
    "an empty key": ({"account_id": pa.array(["a", "", "a"])}, "missing_key"),
    "a time too early": ({"started_at": pa.array([START, datetime(1970, 1, 1), START])}, "impossible_time"),
    "text that is no time": ({"started_at": pa.array(["2026-05-01", "soon", "2026-05-01"])}, "impossible_time"),
    "half a token": ({"input_tokens": pa.array([1.0, 1.5, None])}, "wrong_type"),
    "past 16 bits": ({"status_code": pa.array([200, 70_000, 200])}, "out_of_range"),
    "past 64 bits": ({"input_tokens": pa.array([1, 2**63, 2], pa.uint64())}, "out_of_range"),
    "text that is no number": ({"input_tokens": pa.array(["1", "x", ""])}, "wrong_type"),
    "infinity": ({"temperature": pa.array([0.5, float("inf"), None])}, "out_of_range"),
    "a list for text": ({"user_agent": pa.array([None, ["curl"], None])}, "wrong_type"),
    "a truth for a number": ({"temperature": pa.array([None, True, None])}, "wrong_type"),
}


@pytest.mark.parametrize(("columns", "reason"), PARQUET_COLUMNS.values(), ids=PARQUET_COLUMNS)
def test_a_bad_parquet_row(tmp_path: Path, columns: dict[str, pa.Array], reason: str) -> None:
    path = stored(tmp_path / "log.parquet", **columns)
    rows, summary = read_in(tmp_path, [path])
    assert [row["exchange_id"] for row in rows] == ["e0", "e2"]
    (found,) = quarantined(tmp_path, [path])
    assert found[:2] == (2, reason)
    assert "e1" in found[2]
    assert (summary.rows.read, summary.rows.used, summary.rows.quarantined) == (3, 2, 1)


def test_broken_utf8_in_parquet_text_loses_the_text_and_not_the_row(tmp_path: Path) -> None:
    offsets = pa.array([0, 2, 3, 5], pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ok\xffko")])
    path = stored(tmp_path / "broken.parquet", input_text=broken)
    other = stored(tmp_path / "whole.parquet", input_text=pa.array(["w"]), exchange_id=pa.array(["w0"]))
    rows, summary = read_in(tmp_path, [path, other])
    read = [(row["exchange_id"], row["input_text"]) for row in rows]
    assert read == [("e0", "ok"), ("e1", None), ("e2", "ko"), ("w0", "w")]
    assert (summary.rows.read, summary.rows.quarantined) == (4, 0)


def test_broken_utf8_in_a_parquet_key(tmp_path: Path) -> None:
    offsets = pa.array([0, 2, 3, 5], pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ok\xffko")])
    path = stored(tmp_path / "broken.parquet", account_id=broken)
    assert [row["account_id"] for row in read_in(tmp_path, [path])[0]] == ["ok", "ko"]
    assert [(line, why) for line, why, _ in quarantined(tmp_path, [path])] == [(2, "bad_utf8")]


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
    found = quarantined(tmp_path, job)
    assert [(line, why) for line, why, _ in found] == [(first + 1, "line_too_long"), (first + 3, "line_too_long")]
    assert [len(raw) for *_, raw in found] == [200, 200]
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


def test_raw_text_is_short_and_printable(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a":"\xff\x1b[31m\xe2\x80\xae</script>%s{}"' + b"z" * 5_000)
    ((_, _, raw),) = quarantined(tmp_path, [path])
    assert raw.startswith('{"a":"\\xff\\x1b[31m\\u202e</script>%s{}"zzz')
    assert len(raw) == 200
    assert raw.isprintable()


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
    assert [(number, why) for number, why, _ in quarantined(tmp_path, job)] == [
        (line, "impossible_time") for line in (1, 2, 1, 1)
    ]
    with DuckDBEngine(EngineSettings(), tmp_path) as engine:
        read.run(engine, job)
        rows = engine.fetch(Query("permits", f"SELECT permit_id, {column} AS bound FROM permits")).to_pylist()
    assert {row["bound"] for row in rows} == {None}
    assert all(sentinel in row["permit_id"] for row in rows)


def test_an_unknown_verdict_decides_nothing(tmp_path: Path) -> None:
    line = {"subject": "a", "verdict": "guilty", "decided_by": "me", "decided_at": "2026-05-01"}
    (tmp_path / "j.jsonl").write_text(json.dumps(line) + "\n" + json.dumps(line | {"verdict": "innocent"}) + "\n")
    pq.write_table(pa.Table.from_pylist([line]), tmp_path / "j.parquet")
    found = quarantined(tmp_path, resolve(Inputs(judgements=(str(tmp_path),))))
    assert [(number, why) for number, why, _ in found] == [(1, "unknown_word"), (1, "unknown_word")]
