"""Rows add up, and the same rows give the same table, however they are broken, repeated, ordered or split."""

from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch import read
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Inputs, Window, resolve
from stillwatch.read.summary import summarise
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES
from stillwatch.settings import EngineSettings, ReadSettings, Settings
from tests.read.rows import START, exchange, quarantined, read_in, write, write_bytes

LINE = b'{"exchange_id":"e%d","account_id":"a","started_at":"2026-05-01T10:00:00Z","input_text":"hello"}'


@settings(max_examples=25)
@given(data=st.data(), rows=st.integers(1, 30), wounds=st.integers(0, 12))
def test_counts_add_up_on_random_corruption(data: st.DataObject, rows: int, wounds: int) -> None:
    text = bytearray(b"\n".join(LINE % (number % 20) for number in range(rows)))
    for _ in range(wounds):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    text += (b"\n" + LINE % 20) * (2 * wounds)  # most lines are whole: else it may look like one object on many lines
    lines = [line for line in bytes(text).split(b"\n") if line.strip(b" \t\r\x0b\x0c")]
    with TemporaryDirectory() as folder:
        path = write_bytes(Path(folder) / "log.jsonl", bytes(text))
        found, summary = read_in(Path(folder), [path])
    counted = summary.rows
    assert counted.read == len(lines)
    assert counted.read == counted.used + counted.duplicate + counted.quarantined
    assert counted.used == len(found) == len({tuple(map(str, row.values())) for row in found})
    assert sum(summary.reasons.values()) == counted.quarantined


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), threads=st.sampled_from([1, 2]), pieces=st.integers(1, 4))
def test_order_split_and_threads_change_nothing(seed: int, threads: int, pieces: int) -> None:
    rows = [exchange(n % 25, input_text=f"text {n % 31}", output_tokens=n % 7) for n in range(60)]
    shuffled = random.Random(seed).sample(rows, len(rows))
    with TemporaryDirectory() as folder:
        whole, counted = read_in(Path(folder), [write(Path(folder) / "whole.jsonl", rows)])
        names = random.Random(seed).sample(["m.jsonl", "a.parquet", "z.csv", "b.jsonl.gz"], pieces)
        paths = [write(Path(folder) / name, shuffled[index::pieces]) for index, name in enumerate(names)]
        found, summary = read_in(Path(folder), paths, threads)
    assert found == whole
    assert summary.rows == counted.rows


def test_the_kept_duplicate_is_the_same_in_any_order(tmp_path: Path) -> None:
    log = write(tmp_path / "log.jsonl", [exchange(1)])
    rows = [{"account_id": "a1", "plan": f"plan {n}"} for n in range(10)]
    kept = []
    for turn, ordered in enumerate((rows, rows[::-1], rows[5:] + rows[:5])):
        accounts = write(tmp_path / f"{turn}.parquet", ordered, ACCOUNTS)
        job = resolve(Inputs((str(log),), accounts=(str(accounts),)))
        with DuckDBEngine(EngineSettings(threads=2), tmp_path) as engine:
            read.run(engine, job)
            kept.append(engine.fetch(Query("accounts", "SELECT * FROM accounts")).to_pylist())
            of_accounts = [row for row in summarise(engine).sources if row["feeds"] == "accounts"]
        assert [(row["rows_used"], row["rows_duplicate"]) for row in of_accounts] == [(1, 9)]
    assert kept[0] == kept[1] == kept[2]


VARIED: list[tuple[str, object, object]] = [
    ("system_instructions", "be brief", "be long"),
    ("input_text", "hello", "hellp"),
    ("input_text", "hello", None),
    ("output_text", "yes", "no."),
    ("output_tokens", 1, 2),
    ("request_model", "small", "large"),
    ("user_agent", "curl", "python"),
    ("status_code", 200, 500),
]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize(("column", "one", "other"), VARIED)
def test_no_row_hides_another_with_its_id_account_and_time(
    tmp_path: Path, suffix: str, column: str, one: object, other: object
) -> None:
    rows = [exchange(1, **{column: value}) for value in (one, other)]
    paths = [write(tmp_path / f"{n}.{suffix}", told) for n, told in enumerate((rows, rows[::-1], rows[:1]))]
    found, summary = read_in(tmp_path, paths)
    assert sorted(str(row[column]) for row in found) == sorted(map(str, (one, other)))
    assert (summary.rows.used, summary.rows.duplicate) == (2, 3)


def test_duplicates_are_counted_where_they_lie(tmp_path: Path) -> None:
    one = write(tmp_path / "one.parquet", [exchange(1), exchange(2)])
    two = write(tmp_path / "two.jsonl", [exchange(2), exchange(3), exchange(3)])
    _, summary = read_in(tmp_path, [two, one])
    assert [
        (row["rows_read"], row["rows_used"], row["rows_duplicate"], row["rows_quarantined"]) for row in summary.sources
    ] == [(2, 2, 0, 0), (3, 1, 2, 0)]


def test_a_bad_row_is_no_duplicate_of_a_good_one(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(LINE % 1 + b"\n" + (LINE % 1).replace(b"2026", b"1926") + b"\n")
    found, summary = read_in(tmp_path, [path])
    assert len(found) == 1
    assert (summary.rows.duplicate, summary.rows.quarantined) == (0, 1)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_the_window_is_half_open_and_counted(tmp_path: Path, suffix: str) -> None:
    rows = [exchange(n, started_at=START.replace(day=day)) for n, day in enumerate((1, 2, 2, 3, 4))]
    path = write(tmp_path / f"log.{suffix}", [*rows, rows[0]])
    window = Window(START.replace(day=2), START.replace(day=4))
    found, summary = read_in(tmp_path, resolve(Inputs((str(path),)), window))
    assert [row["exchange_id"] for row in found] == ["e1", "e2", "e3"]
    assert (summary.rows.read, summary.rows.used, summary.rows.duplicate, summary.rows.outside_window) == (6, 5, 1, 2)


HOSTILE = {
    "markup": "</script><img src=x onerror=alert(1)>",
    "formats": "%s %n {0} {__class__} ${jndi:ldap://x}",
    "right to left": "\u202eevil\u2066",
    "SQL": "'); DROP TABLE exchanges; --",
    "quotes": '","exchange_id":"other","x":"',
    "line ends": "a\r\n\u2028\u2029\x85b",
    "one character": "x" * 10_000_000,
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 100,
}


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_changes_only_its_own_row(tmp_path: Path, suffix: str, text: str) -> None:
    rows = [exchange(n, input_text="hello", request_model="m") for n in range(5)]
    before, _ = read_in(tmp_path, [write(tmp_path / f"before.{suffix}", rows)])
    rows[2] |= {"input_text": text, "request_model": text[:1_000_000]}
    after, summary = read_in(tmp_path, [write(tmp_path / f"after.{suffix}", rows)])
    assert [row for row in after if row["exchange_id"] != "e2"] == [row for row in before if row["exchange_id"] != "e2"]
    assert after[2]["input_text"] == text
    assert list(after[2]) == list(EXCHANGES.names)
    assert summary.rows.quarantined == 0


def test_a_record_whose_attributes_are_too_many_is_not_passed_over(tmp_path: Path) -> None:
    many = [{"key": f"gen_ai.prompt.{n}.content", "value": {"stringValue": "x"}} for n in range(2_000)]
    lines = [{"spanId": f"s{n}", "startTimeUnixNano": "1777629600000000000", "attributes": many} for n in range(2)]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    job = resolve(Inputs((str(path),)), settings=Settings(read=ReadSettings(max_line_bytes=2_000, format="otel")))
    assert quarantined(tmp_path, job) == [(1, "line_too_long", None), (2, "line_too_long", None)]
