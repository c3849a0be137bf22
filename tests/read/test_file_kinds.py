"""Every kind of file is opened as what it is; what cannot be read is named, all at once."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import InputError
from stillwatch.input_files import find, source_at
from stillwatch.job import Inputs, resolve
from stillwatch.read.formats.csv_rows import first_rows
from stillwatch.read.formats.look import look
from stillwatch.read.formats.stream import pieces
from stillwatch.settings import ReadSettings, Settings
from tests.read.rows import quarantined, read_in

ROWS = [{"exchange_id": f"e{n}", "account_id": "a", "started_at": "2026-05-01T08:00:00Z"} for n in range(3)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
ARRAY = json.dumps(ROWS, indent=2).encode()
CSV = b"exchange_id,account_id,started_at\n" + b"".join(b"e%d,a,2026-05-01T08:00:00Z\n" % n for n in range(3))


def zstd(data: bytes) -> bytes:
    stream = pa.BufferOutputStream()
    with pa.CompressedOutputStream(stream, "zstd") as compressed:
        compressed.write(data)
    return stream.getvalue().to_pybytes()


FILES = {
    "log.jsonl": LINES,
    "log.ndjson": LINES,
    "log.json": LINES,
    "array.json": ARRAY,
    "one-line-array.json": json.dumps(ROWS).encode(),
    "pretty.json": b"\n".join(json.dumps(row, indent=1).encode() for row in ROWS),
    "array.jsonl": ARRAY,
    "log.json.gz": gzip.compress(LINES),
    "log.jsonl.bz2": bz2.compress(LINES),
    "log.ndjson.zst": zstd(LINES),
    "two-members.jsonl.gz": b"".join(gzip.compress(line + b"\n") for line in LINES.splitlines()),
    "padded.jsonl.gz": gzip.compress(LINES) + bytes(600),
    "padded-between.jsonl.gz": gzip.compress(LINES[:89]) + bytes(7) + gzip.compress(LINES[89:]) + bytes(512),
    "requests.log": LINES,
    "requests.log.1": LINES,
    "requests.log.2.gz": gzip.compress(LINES),
    "requests.log-20260501": LINES,
    "rows.csv": CSV,
    "rows.csv.zst": zstd(CSV),
    "rows.tsv": CSV.replace(b",", b"\t"),
    "semicolons.csv": CSV.replace(b",", b";"),
    "quoted.csv": b'"exchange_id","account_id","started_at"\r\n' + CSV.split(b"\n", 1)[1].replace(b"\n", b"\r\n"),
    "old-line-ends.csv": CSV.replace(b"\n", b"\r"),
    "mixed-line-ends.csv": CSV.replace(b"\n", b"\r", 1),
    "WITH BOM.CSV": b"\xef\xbb\xbf" + CSV,
}


@pytest.mark.parametrize(("name", "data"), FILES.items(), ids=FILES)
def test_a_kind_of_file_is_read(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    found, mistakes = find([str(tmp_path)])
    assert (len(found.sources), mistakes) == (1, [])
    rows, summary = read_in(tmp_path, [tmp_path])
    assert [row["exchange_id"] for row in rows] == ["e0", "e1", "e2"]
    assert (summary.rows.read, summary.rows.quarantined, summary.altered) == (3, 0, ())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(("name", "data"), [("a.csv", CSV), ("a.jsonl", LINES)])
def test_another_encoding_is_said(tmp_path: Path, name: str, data: bytes, encoding: str) -> None:
    (tmp_path / name).write_bytes(data.decode().encode(encoding))
    with pytest.raises(InputError, match=f"this file is UTF-{'32' if '32' in encoding else '16'}: convert it"):
        read_in(tmp_path, [tmp_path / name])


def test_files_that_are_passed_over_are_named(tmp_path: Path) -> None:
    for name in ("log.jsonl", "notes.txt", "old.xlsx"):
        (tmp_path / name).write_bytes(LINES)
    _, summary = read_in(tmp_path, [tmp_path])
    assert [Path(path).name for path in summary.passed_over] == ["notes.txt", "old.xlsx"]


_MANY = b"".join(LINES.replace(b'"e', b'"f%d-' % n) for n in range(4_000))  # more than is read at once


def damaged(folder: Path) -> None:
    (folder / "good.jsonl").write_bytes(LINES)
    (folder / "cut.jsonl.gz").write_bytes(gzip.compress(_MANY)[:-9])
    (folder / "none.parquet").write_bytes(b"no Parquet")
    (folder / "short.csv").write_bytes(b"exchange_id,account_id\nx,a\n")
    (folder / "words.log").write_bytes(b"INFO started\nINFO stopped\n")


def test_all_unreadable_files_are_named_at_once(tmp_path: Path) -> None:
    damaged(tmp_path)
    with pytest.raises(InputError) as caught:
        read_in(tmp_path, [tmp_path])
    for name in ("cut.jsonl.gz", "none.parquet", "short.csv", "words.log"):
        assert f"{name}` cannot be read" in str(caught.value)
    assert "--skip-unreadable" in str(caught.value)


def test_a_file_without_a_required_column_is_told_which_one_and_how_to_map_it(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"exchange_id,acount_id,started_at\nx,a,2026-05-01\n")
    with pytest.raises(InputError) as caught:
        read_in(tmp_path, [tmp_path / "log.csv"])
    assert "no column `account_id` (is it `acount_id`?)" in str(caught.value)
    assert "`--mapping`, which `stillwatch check --suggest` proposes" in str(caught.value)
    rows = pa.table({"exchange_id": ["x"], "user": ["a"], "started_at": ["2026-05-01"]})
    pq.write_table(rows, tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"no column `account_id`; it has `exchange_id`, `user`"):
        read_in(tmp_path, [tmp_path / "a.parquet"])


def test_the_others_are_used_where_the_settings_say_so(tmp_path: Path) -> None:
    damaged(tmp_path)
    job = resolve(Inputs((str(tmp_path),)), settings=Settings(read=ReadSettings(skip_unreadable=True)))
    rows, summary = read_in(tmp_path, job)
    assert [row["exchange_id"] for row in rows if str(row["exchange_id"]).startswith("e")] == ["e0", "e1", "e2"]
    assert [(Path(str(one["source"])).name, one["in_part"]) for one in summary.unread] == [
        ("cut.jsonl.gz", True),
        ("none.parquet", False),
        ("short.csv", False),
        ("words.log", False),
    ]
    assert summary.rows.read == summary.rows.used + summary.rows.duplicate + summary.rows.quarantined


def test_a_file_of_permits_is_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(LINES)
    (tmp_path / "permits.parquet").write_bytes(b"no Parquet")
    inputs = Inputs((str(tmp_path / "log.jsonl"),), permits=(str(tmp_path / "permits.parquet"),))
    job = resolve(inputs, settings=Settings(read=ReadSettings(skip_unreadable=True)))
    with pytest.raises(InputError, match="permits and judgements must be readable"):
        read_in(tmp_path, job)


def test_a_quoted_cell_without_end_is_cut(tmp_path: Path) -> None:
    text = b'"' + b'say ""x"" ' * 2_000 + b'"'
    rows = b"exchange_id,account_id,started_at,input_text\n" + b"e0,a,2026-05-01," + text + b"\ne1,a,2026-05-01,hi\n"
    (tmp_path / "log.csv").write_bytes(rows)
    job = resolve(Inputs((str(tmp_path / "log.csv"),)), settings=Settings(read=ReadSettings(max_line_bytes=2_000)))
    found, summary = read_in(tmp_path, job)
    assert [row["exchange_id"] for row in found] == ["e0", "e1"]
    assert str(found[0]["input_text"]).startswith('say "x" say "x" ')
    assert len(str(found[0]["input_text"])) <= 1_000
    assert [(one["column_name"], one["reason"], one["line"]) for one in summary.altered] == [("*", "cut", 2)]
    assert quarantined(tmp_path, job) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 10_000])
def test_cells_are_the_same_wherever_pieces_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b'a,b\r\n"x ""y""\r\n""","z"\r"1\r2",\n3,"""4"""\n')
    source = source_at(path)
    assert source is not None
    names, rows = first_rows(source, pieces(source, size), 1_000, 10)
    assert names == ["a", "b"]
    assert [tuple(row.values()) for row in rows] == [('x "y"\r\n"', "z"), ("1\r2", ""), ("3", '"4"')]


def test_the_shape_of_a_log_is_seen_from_all_its_first_lines(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"exchange_id": "cut\n' + LINES)
    source = source_at(tmp_path / "a.jsonl")
    assert source is not None
    assert look(source, ReadSettings()).shape == "lines"
