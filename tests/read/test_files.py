"""Files, folders and globs; what cannot be found or opened is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch import read
from stillwatch.errors import InputError, UsageError
from stillwatch.input_files import find
from stillwatch.job import Inputs, resolve
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from tests.read.rows import START, exchange, read_in, write


def test_folders_are_searched_and_what_other_tools_leave_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    (tmp_path / "_temporary").mkdir()
    for name in ("day=1/a.parquet", "b.JSONL", "_temporary/c.jsonl", ".d.jsonl", "_SUCCESS", "e.txt"):
        (tmp_path / name).touch()
    found, mistakes = find([str(tmp_path)])
    assert [source.path.name for source in found.sources] == ["b.JSONL", "a.parquet"]
    assert found.passed_over == (str(tmp_path / "e.txt"),)
    assert mistakes == []


def test_a_folder_named_like_a_column_adds_none(tmp_path: Path) -> None:
    (tmp_path / "channel=app").mkdir()
    write(tmp_path / "channel=app" / "log.parquet", [exchange(0, channel="api")])
    assert read_in(tmp_path, [tmp_path])[0][0]["channel"] == "api"


def test_every_mistake_is_listed(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").touch()
    patterns = [str(tmp_path / name) for name in ("gone.jsonl", "empty", "notes.txt", "*.csv")]
    _, mistakes = find(patterns)
    assert len(mistakes) == len(patterns)
    with pytest.raises(UsageError) as caught:
        read_in(tmp_path, resolve(Inputs(tuple(patterns))))
    assert len(caught.value.mistakes) == len(patterns)


BROKEN = {
    "cut.parquet": b"PAR1 and no more",
    "empty.parquet": b"",
    "cut.jsonl.gz": gzip.compress(b'{"exchange_id":"x"}\n' * 1_000)[:60],
    "plain.jsonl.gz": b'{"exchange_id":"x"}\n',
    "plain.jsonl.zst": b'{"exchange_id":"x"}\n',
    "short.csv": b"exchange_id,account_id\nx,a\n",
    "twice.csv": b"exchange_id,account_id,started_at,account_id\nx,a,2026-05-01,b\n",
}


@pytest.mark.parametrize(("name", "data"), BROKEN.items(), ids=BROKEN)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=f"`.*{name}` cannot be read"):
        read_in(tmp_path, [tmp_path / name])


def test_parquet_without_a_required_column_is_named(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"exchange_id": ["x"], "acount_id": ["a"], "started_at": [START]}), tmp_path / "log.parquet"
    )
    with pytest.raises(InputError, match=r"no column `account_id` \(is it `acount_id`\?\); it has"):
        read_in(tmp_path, [tmp_path])


def test_parquet_with_broken_pages_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [exchange(n, input_text=f"text {n}" * 50) for n in range(500)])
    path = write(tmp_path / "b.parquet", [exchange(n, input_text=f"text {n}" * 50) for n in range(500)])
    data = bytearray(path.read_bytes())
    data[4:2_000] = bytes(1_996)
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"`.*b\.parquet` cannot be read"):
        read_in(tmp_path, [tmp_path])


def test_empty_text_files_hold_no_rows(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.csv", "c.jsonl.gz"):
        (tmp_path / name).write_bytes(gzip.compress(b"") if name.endswith(".gz") else b"\n")
    assert read_in(tmp_path, [tmp_path])[1].rows.read == 0


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfexchange_id,account_id,started_at\ne1,a,2026-05-01\n")
    (tmp_path / "b.jsonl").write_bytes(b'\xef\xbb\xbf{"exchange_id":"e2","account_id":"a","started_at":"2026-05-01"}')
    assert [row["exchange_id"] for row in read_in(tmp_path, [tmp_path])[0]] == ["e1", "e2"]


def sketches(path: Path, ids: list[str], key_id: str | None) -> Path:
    metadata = {"stillwatch.key_id": key_id} if key_id else None
    schema = EXCHANGE_SKETCHES.schema.with_metadata(metadata)
    rows = [{"exchange_id": one, "account_id": "a", "started_at": START} for one in ids]
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    return path


def test_sketches_are_taken_in_place_of_logs(tmp_path: Path) -> None:
    write(tmp_path / "log.parquet", [exchange(1, account_id="a"), exchange(2, account_id="a")])
    sketches(tmp_path / "sketches.parquet", ["e2", "e3"], "k")
    rows, summary = read_in(tmp_path, [tmp_path])
    assert [row["exchange_id"] for row in rows] == ["e1", "e2"]
    assert [(row["feeds"], row["rows_used"], row["rows_duplicate"]) for row in summary.sources] == [
        ("exchanges", 2, 0),
        ("exchange_sketches", 1, 1),
    ]


def test_a_raw_exchange_takes_the_place_of_no_other_sketch_with_its_id(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", [exchange(1, input_text=text) for text in ("one", "two")])
    rows = [{**exchange(1), "input_chars": chars, "payload_value": n} for n, chars in enumerate((3, 3, 3, 4))]
    schema = EXCHANGE_SKETCHES.schema.with_metadata({"stillwatch.key_id": "k"})
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "sketches.parquet")
    _, summary = read_in(tmp_path, [tmp_path])
    assert [(row["feeds"], row["rows_used"], row["rows_duplicate"]) for row in summary.sources] == [
        ("exchanges", 2, 0),
        ("exchange_sketches", 2, 2),
    ]


@pytest.mark.parametrize("change", ["without a column", "other names"])
def test_sketches_of_another_version_are_refused(tmp_path: Path, change: str) -> None:
    found = pq.read_table(sketches(tmp_path / "s.parquet", ["e1"], "k"))
    place = found.schema.get_field_index("form")
    other = found.schema.field("form").with_metadata({"names": json.dumps(["answer", "question"])})
    changed = (
        found.drop_columns(["form"]) if change == "without a column" else found.cast(found.schema.set(place, other))
    )
    pq.write_table(changed, tmp_path / "s.parquet")
    with pytest.raises(InputError, match="sketches of another version: sketch its logs again"):
        read_in(tmp_path, [tmp_path])


def test_sketches_of_two_keys_are_refused(tmp_path: Path) -> None:
    for name in "kl":
        sketches(tmp_path / f"{name}.parquet", [name], name)
    with pytest.raises(InputError, match="different keys"):
        read.received_key(resolve(Inputs((str(tmp_path),))))
    assert read.received_key(resolve(Inputs((str(tmp_path / "k.parquet"),)))) == read.ReceivedKey("k", False)
