"""Failures of DuckDB itself, provoked: each is of the kind that everybody above relies on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engine.duckdb_errors import refusals
from stillwatch.errors import OutputError, QueryError, QueryErrorKind

ROWS = 3_000


def failed(sql: str, *settings: str) -> QueryErrorKind:
    """The kind of the error that this statement, which must fail, raises."""
    with duckdb.connect() as connection:
        for setting in settings:
            connection.execute(f"SET {setting}")
        with pytest.raises(QueryError) as caught, refusals("provoked", sql):
            connection.sql(sql).fetchall()
    assert (caught.value.name, caught.value.sql) == ("provoked", sql)
    return caught.value.kind


def written(path: Path, compression: str = "zstd") -> bytearray:
    rows = {"text": [f"text {n} " * 20 for n in range(ROWS)], "n": list(range(ROWS))}
    pq.write_table(pa.table(rows), path, compression=compression)
    return bytearray(path.read_bytes())


def cut(path: Path, data: bytearray) -> None:
    path.write_bytes(data[:-10])


def overwritten(path: Path, data: bytearray) -> None:
    data[4:2_000] = bytes(1_996)
    path.write_bytes(data)


def noisy(path: Path, data: bytearray) -> None:
    data[1_000:1_200] = bytes(range(200))
    path.write_bytes(data)


def gone(path: Path, _: bytearray) -> None:
    path.unlink()


@pytest.mark.parametrize("compression", ["snappy", "zstd", "gzip"])
@pytest.mark.parametrize("damage", [cut, overwritten, noisy, gone])
def test_a_file_that_cannot_be_decoded(
    tmp_path: Path, compression: str, damage: Callable[[Path, bytearray], None]
) -> None:
    path = tmp_path / "log.parquet"
    damage(path, written(path, compression))
    assert failed(f"SELECT max(text), sum(n) FROM read_parquet('{path}')") is QueryErrorKind.BROKEN_FILE


def test_a_text_that_is_not_utf8(tmp_path: Path) -> None:
    offsets, data = pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")
    pq.write_table(pa.table({"text": pa.Array.from_buffers(pa.string(), 1, [None, offsets, data])}), tmp_path / "log")
    assert failed(f"SELECT max(text) FROM read_parquet('{tmp_path / 'log'}')") is QueryErrorKind.BROKEN_TEXT


def test_too_little_memory() -> None:
    sql = "SELECT range AS n, list(md5(range::VARCHAR)) AS m FROM range(3_000_000) GROUP BY n ORDER BY m"
    assert failed(sql, "memory_limit = '20MB'", "temp_directory = ''") is QueryErrorKind.OUT_OF_MEMORY


def test_a_statement_that_was_stopped() -> None:
    with duckdb.connect() as connection:
        stop = threading.Timer(0.2, connection.interrupt)
        stop.start()
        with pytest.raises(QueryError) as caught, refusals("long", "…"):
            connection.sql("SELECT count(*) FROM range(100_000_000_000) AS one, range(1_000) AS other").fetchall()
        stop.join()
    assert caught.value.kind is QueryErrorKind.INTERRUPTED


@pytest.mark.parametrize("sql", ["SELEC 1", "SELECT nothing", "SELECT * FROM nowhere", "SELECT no_such_function(1)"])
def test_a_statement_that_is_wrong(sql: str) -> None:
    assert failed(sql) is QueryErrorKind.STATEMENT


def test_a_value_that_cannot_be_converted_is_no_file() -> None:
    assert failed("SELECT CAST('x' AS INTEGER)") is QueryErrorKind.OTHER
    assert failed("SELECT error('half way')") is QueryErrorKind.OTHER


def test_a_full_disk_is_an_output_error() -> None:
    sql = "COPY (SELECT repeat('x', 100_000) FROM range(1_000)) TO '/dev/full' (FORMAT csv)"
    full = pytest.raises(OutputError, match="the disk is full while running `copy`")
    with duckdb.connect() as connection, full, refusals("copy", sql):
        connection.sql(sql)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('Invalid Input Error: Failed to read file "b.parquet": Snappy decompression failure', "BROKEN_FILE"),
        ("Out of Memory Error: could not allocate block", "OUT_OF_MEMORY"),
        ("INTERRUPT Error: Interrupted!", "INTERRUPTED"),
        ("Invalid Input Error: something else", "OTHER"),
    ],
)
def test_what_fails_in_the_midst_of_batches_is_of_the_same_kind(said: str, kind: str) -> None:
    with pytest.raises(QueryError) as caught, refusals("batches", "SELECT 1"):
        raise OSError(said)
    assert caught.value.kind is QueryErrorKind[kind]


def test_which_kinds_may_be_the_fault_of_a_file() -> None:
    files = {kind for kind in QueryErrorKind if kind.may_be_a_file}
    known = QueryErrorKind
    assert files == {known.BROKEN_FILE, known.BROKEN_TEXT, known.LOST, known.OTHER}
