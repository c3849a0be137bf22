"""No character that a client writes removes its row: it is left out or replaced, in every format alike."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.read.rows import START, read_in

KEYS = {"exchange_id": "e0", "account_id": "a0", "started_at": "2026-04-22T12:30:15Z"}
HOSTILE: dict[str, tuple[str, str]] = {
    "a NUL at the end": ("ask\0", "ask"),
    "NULs within": ("a\0s\0\0k", "ask"),
    "nothing but NUL": ("\0", ""),
    "a lone high surrogate": ("as\ud800k", "as\ufffdk"),
    "a lone low surrogate": ("ask\udfff", "ask\ufffd"),
    "controls": ("a\x01\x1b[31mk", "a\x01\x1b[31mk"),
}


def in_json(folder: Path, text: str) -> Path:
    path = folder / "log.jsonl"
    row = KEYS | {"input_text": text, "user_agent": text, "tool_names": ["t", text], "unread": text}
    path.write_text(json.dumps(KEYS | {"exchange_id": "e1"}) + "\n" + json.dumps(row) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "read"), HOSTILE.values(), ids=HOSTILE)
def test_json_lines_keep_the_row(tmp_path: Path, text: str, read: str) -> None:
    rows, summary = read_in(tmp_path, [in_json(tmp_path, text)])
    assert summary.rows.quarantined == 0
    (row,) = (one for one in rows if one["exchange_id"] == "e0")
    assert (row["input_text"], row["user_agent"]) == (read or None, read or None)
    assert row["tool_names"] == ["t", read]


def test_bytes_that_are_no_text_are_replaced_in_json_lines_and_csv(tmp_path: Path) -> None:
    line = json.dumps(KEYS | {"input_text": "aXk"}).encode().replace(b"X", b"\xff")
    (tmp_path / "log.jsonl").write_bytes(line + b"\n")
    header, cells = ",".join([*KEYS, "input_text"]), ",".join([*KEYS.values(), "aXk"])
    (tmp_path / "log.csv").write_bytes(f"{header}\n{cells}\n".encode().replace(b"X", b"\xff").replace(b"e0", b"e1"))
    for name in ("log.jsonl", "log.csv"):
        ((row,), summary) = read_in(tmp_path, [tmp_path / name])
        assert (row["input_text"], summary.rows.quarantined) == ("a\ufffdk", 0)


def test_csv_keeps_the_row(tmp_path: Path) -> None:
    header = ",".join([*KEYS, "input_text", "tool_names"])
    cells = ",".join([*KEYS.values(), "a\0s\0k", '"[""t\\u0000"", ""s\\ud800""]"'])
    (tmp_path / "log.csv").write_text(f"{header}\n{cells}\n", encoding="utf-8")
    ((row,), summary) = read_in(tmp_path, [tmp_path / "log.csv"])
    assert summary.rows.quarantined == 0
    assert (row["input_text"], row["tool_names"]) == ("ask", ["t", "s\ufffd"])


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_parquet_keeps_the_row(tmp_path: Path, kind: pa.DataType) -> None:
    texts = ["ask\0", "\0", None, "ask"]
    columns = {
        "exchange_id": [f"e{number}" for number in range(4)],
        "account_id": ["a"] * 4,
        "started_at": pa.array([START] * 4, pa.timestamp("us")),
        "input_text": pa.array([one.encode() if one and kind == pa.binary() else one for one in texts], kind),
        "tool_names": [["t\0", "\0"], [], None, ["t"]],
    }
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    rows, summary = read_in(tmp_path, [tmp_path / "log.parquet"])
    assert summary.rows.quarantined == 0
    assert [row["input_text"] for row in rows] == ["ask", None, None, "ask"]
    assert [row["tool_names"] for row in rows] == [["t", ""], [], None, ["t"]]


def test_stored_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    columns = {
        "exchange_id": ["e0", "e1"],
        "account_id": ["a", "a"],
        "started_at": pa.array([START] * 2, pa.timestamp("us")),
        "input_text": pa.array([b"\xff", b"ask"]),
    }
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    rows, summary = read_in(tmp_path, [tmp_path / "log.parquet"])
    assert [row["input_text"] for row in rows] == ["\ufffd", "ask"]
    assert summary.rows.quarantined == 0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(), max_size=12), st.lists(st.text(max_size=4), max_size=3))
def test_whatever_a_client_writes_in_json_the_row_is_used(tmp_path: Path, text: str, tools: list[str]) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(KEYS | {"input_text": text, "tool_names": tools}) + "\n", encoding="utf-8")
    ((row,), summary) = read_in(tmp_path, [path])
    assert (summary.rows.used, summary.rows.quarantined) == (1, 0)
    assert "\0" not in (row["input_text"] or "")


def test_a_csv_column_that_is_named_like_a_key_but_for_blanks_is_another(tmp_path: Path) -> None:
    header, cells = ",".join([" account_id", *KEYS, " user_agent "]), ",".join(["other", *KEYS.values(), "curl"])
    (tmp_path / "log.csv").write_text(f"{header}\n{cells}\n")
    ((row,), _) = read_in(tmp_path, [tmp_path / "log.csv"])
    assert (row["account_id"], row["user_agent"]) == (KEYS["account_id"], "curl")


@pytest.mark.parametrize("written", ["\\u0000", "\\ud800", "a\\u0000b"])
def test_no_id_that_a_client_chooses_loses_its_row(tmp_path: Path, written: str) -> None:
    line = json.dumps(KEYS | {"exchange_id": "ID"}).replace("ID", written)
    (tmp_path / "log.jsonl").write_text(line + "\n")
    columns = {name: [value] for name, value in KEYS.items()} | {"exchange_id": ["\0"], "started_at": [START]}
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    for name in ("log.jsonl", "log.parquet"):
        ((row,), summary) = read_in(tmp_path, [tmp_path / name])
        assert "\ufffd" in str(row["exchange_id"])
        assert summary.rows.quarantined == 0
        assert [(one["column_name"], one["reason"]) for one in summary.altered] == [("exchange_id", "replaced")]
