"""How a file is read is decided by most of its first records: a stray one, or many broken ones, take no other along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.read.gateways import named
from tests.read.gateways.samples import lines
from tests.read.gateways.test_access_log import line
from tests.read.rows import read_in, write_bytes

GOOD = b'{"exchange_id":"%s","account_id":"a","started_at":"2026-05-01T10:00:00Z"}'


@pytest.mark.parametrize("bad", [GOOD[:40], b'{"exchange_id":"x",}'])
def test_many_bad_lines_before_the_others_take_none_with_them(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\n".join([bad] * 300 + [GOOD % b"%d" % number for number in range(5)]) + b"\n")
    found, summary = read_in(tmp_path, [path])
    assert [row["exchange_id"] for row in found] == ["0", "1", "2", "3", "4"]
    assert summary.rows.quarantined == 300


@pytest.mark.parametrize("stray", [GOOD % b"stray", b'{"resourceSpans":[{"scopeSpans":[]}]}'])
def test_a_stray_record_does_not_decide_how_the_others_are_read(tmp_path: Path, stray: bytes) -> None:
    mine = [one for one in lines("litellm") if named("litellm").explains(json.loads(one))]
    alone, _ = read_in(tmp_path, [write_bytes(tmp_path / "alone.jsonl", b"\n".join(mine))])
    path = write_bytes(tmp_path / "log.jsonl", b"\n".join([stray, *mine * 20]))
    found, _ = read_in(tmp_path, [path])
    assert alone
    assert found == alone


@pytest.mark.parametrize("stray", [GOOD % b"stray", b"{}", b'{"a":', b"[", b'["a"', b'[{"a":1}]'])
@pytest.mark.parametrize("at", [0, 7, 20])
def test_a_stray_line_does_not_decide_what_the_others_are(tmp_path: Path, stray: bytes, at: int) -> None:
    text = [line(rest=f" 0.{number}") for number in range(20)]
    records = [GOOD % b"%d" % number for number in range(20)]
    for name, others in (("text.log", text), ("records.log", records), ("records.jsonl", records)):
        alone, _ = read_in(tmp_path, [write_bytes(tmp_path / name, b"\n".join(others))])
        told = [*others[:at], stray, *others[at:]]
        found, summary = read_in(tmp_path, [write_bytes(tmp_path / name, b"\n".join(told))])
        assert len(alone) == 20
        assert [row for row in found if row["exchange_id"] != "stray"] == alone, name
        assert summary.rows.quarantined <= 1


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("open_, between, close", [("[\n", ",\n", "\n]"), ("[", "\n,", "]"), ("[\n", "\n,\n", "\n]")])
def test_an_array_is_one_however_its_lines_end(tmp_path: Path, open_: str, between: str, close: str, end: str) -> None:
    for count in (1, 2, 20):
        rows = (GOOD.decode() % number for number in range(count))
        path = write_bytes(tmp_path / "log.json", (open_ + between.join(rows) + close + end).encode())
        found, summary = read_in(tmp_path, [path])
        assert (len(found), summary.rows.quarantined) == (count, 0)


def test_an_objects_line_in_a_document_does_not_make_it_lines(tmp_path: Path) -> None:
    spread = [json.dumps(json.loads(GOOD % b"%d" % number), indent=1).encode() for number in range(9)]
    path = write_bytes(tmp_path / "log.json", b"\n".join([*spread[:4], GOOD % b"stray", *spread[4:]]))
    found, summary = read_in(tmp_path, [path])
    assert (len(found), summary.rows.quarantined) == (10, 0)
