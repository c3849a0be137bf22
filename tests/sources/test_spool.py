"""Every record of a stream is written in its own format, and none can take another's place in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import OutputError
from stillwatch.sources import spool
from stillwatch.sources.spool import LONGEST, Records, Spool, decoded

ACCESS = b'10.0.0.1 - anna [30/Nov/2026:10:00:00 +0000] "POST /v1/chat HTTP/1.1" 200 12'


def written(folder: Path, *values: bytes) -> dict[str, bytes]:
    """What stands in the file of each ending."""
    spool = Spool(folder)
    spool.clear()
    with spool.records() as records:
        for value in values:
            records.add(value)
        return {path.suffix: path.read_bytes() for path in records.files()}


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (b'{"id": 1}', [b'{"id": 1}']),
        (b'\n {"id": 1,\n "a": 2}\n', [b'{"id": 1,  "a": 2}']),
        (b'{"id": 1}\n{"id": 2}\r\n\n', [b'{"id": 1}', b'{"id": 2}']),
        (b'[{"id": 1}, {"id": 2}]', [b'{"id":1}', b'{"id":2}']),
        (b'[{"id": "\\ud800"}, {"id": 2}]', [b'{"id":"\\ud800"}', b'{"id":2}']),
        (b'[{"id": 1}, {', [b'[{"id": 1}, {']),
        (b'{"id": 1}\n{"broken', [b'{"id": 1} {"broken']),
        (b"no json\nat all", [b"no json at all"]),
        (b"\xff\xfe\n\x00", [b"\xff\xfe \x00"]),
        (b"", []),
        (b" \n", []),
        (b"[]", []),
        (b'[{"id": 123456789012345678901001}]', [b'{"id":123456789012345678901001}']),
    ],
)
def test_json_is_written_a_line_each(value: bytes, lines: list[bytes], tmp_path: Path) -> None:
    assert written(tmp_path, value).get(".jsonl", b"").splitlines() == lines


def test_each_format_has_a_file(tmp_path: Path) -> None:
    message = b"\x0a\x02\x0a\x00"
    found = written(tmp_path, b'{"id": 1}', message, ACCESS, message)
    assert found == {
        ".jsonl": b'{"id": 1}\n',
        ".binpb": (b"\0\0\0\x04" + message) * 2,
        ".log": ACCESS + b"\n",
    }


def test_a_file_that_is_long_enough_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "FILE_BYTES", 20)
    with Spool(tmp_path).records() as records:
        for number in range(5):
            records.add(b'{"id": %d}' % number)
        files = records.files()
    assert [path.read_text(encoding="utf-8").count("id") for path in files] == [2, 2, 1]
    assert (records.records, records.size) == (5, 50)


def test_a_message_whose_length_is_a_bracket_is_no_json(tmp_path: Path) -> None:
    message = b"\x0a{" + b"\x0a" * ord("{")
    assert list(written(tmp_path, message)) == [".binpb"]


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), lambda one: st.dictionaries(st.text(), one))))
def test_values_stay_what_they_are(tmp_path_factory: pytest.TempPathFactory, values: list[object]) -> None:
    folder = tmp_path_factory.getbasetemp() / "values"
    texts = [json.dumps({"id": value}, indent=1).encode() for value in values]
    found = written(folder, *texts).get(".jsonl", b"").splitlines()
    assert [json.loads(line) for line in found] == [json.loads(text) for text in texts]


@given(st.binary(max_size=40))
def test_any_bytes_are_one_record_at_most(tmp_path_factory: pytest.TempPathFactory, value: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "bytes"
    spool = Spool(folder)
    spool.clear()
    with spool.records() as records:
        records.add(value)
        found = [path.read_bytes() for path in records.files() if path.suffix != ".binpb"]
    assert records.records <= 1 or decoded(value.splitlines()[0]) is not None
    assert b"".join(found).count(b"\n") == (records.records if found else 0)


def test_a_record_that_is_too_large_is_counted(tmp_path: Path) -> None:
    records = Spool(tmp_path).records()
    records.add(b"x" * (LONGEST + 1))
    assert (records.too_large, records.records, records.files()) == (1, 0, ())


def test_old_files_are_removed(tmp_path: Path) -> None:
    (tmp_path / "batch-000001.jsonl").write_text("old")
    (tmp_path / "folder").mkdir()
    Spool(tmp_path).clear()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="free space or name another `--state`"):
        Spool(tmp_path / "file" / "batch")


def test_a_full_disk_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = Records(Spool(tmp_path))
    records.add(b'{"id": 1}')

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(records._files, ".jsonl", type("Full", (), {"write": full, "close": full})())
    with pytest.raises(OutputError, match="No space left on device"):
        records.add(b'{"id": 2}')
    with pytest.raises(OutputError):
        records.files()
