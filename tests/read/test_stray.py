"""How a file is read is decided by most of its first records: a stray one, or many broken ones, take no other along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.read.gateways import named
from tests.read.gateways.samples import lines
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
