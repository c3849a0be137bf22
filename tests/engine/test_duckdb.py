"""The DuckDB engine keeps, streams and writes tables, and says in words what it cannot do."""

from __future__ import annotations

import _thread
import hashlib
import random
import signal
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engine import Query, identifier, literal
from stillwatch.engine.duckdb import ROW_GROUP, DuckDBEngine
from stillwatch.errors import OutputError, QueryError
from stillwatch.records import Kind, Table
from stillwatch.records.columns import columns
from stillwatch.settings import EngineSettings

NUMBERS = Table("numbers", (*columns(Kind.INT64, "n"), *columns(Kind.STRING, "word")), ("n",))


def rows(*values: int) -> pa.Table:
    return pa.table({"n": list(values), "word": [f"w{value}" for value in values]})


def fetched(engine: DuckDBEngine, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in engine.fetch(Query("test", sql)).to_pylist()]


def test_a_table_can_be_made_of_itself(engine: DuckDBEngine) -> None:
    engine.store(NUMBERS, rows(1, 2))
    engine.create("numbers", Query("twice", "SELECT n * 2 AS n, word FROM numbers"))
    assert fetched(engine, "SELECT n FROM numbers ORDER BY n") == [(2,), (4,)]
    engine.view("numbers_seen", Query("seen", "SELECT n FROM numbers"))
    engine.create("numbers_seen", Query("kept", "SELECT 7 AS n"))
    assert fetched(engine, "SELECT * FROM numbers_seen") == [(7,)]


def test_store_casts_and_keeps_the_tables_order_of_columns(engine: DuckDBEngine) -> None:
    engine.store(NUMBERS, pa.table({"word": ["a"], "n": pa.array([1], pa.int8()), "other": [0]}))
    assert engine.columns("numbers") == ("n", "word")
    assert engine.columns("nothing") == ()


def test_batches_may_be_read_while_other_queries_run(engine: DuckDBEngine) -> None:
    engine.create("many", Query("many", "SELECT range AS n FROM range(100_000)"))
    total = 0
    for batch in engine.batches(Query("stream", "SELECT n FROM many"), 1_000):
        assert batch.num_rows <= 2_048
        total += batch.num_rows
        assert fetched(engine, "SELECT count(*) FROM many") == [(100_000,)]
    assert total == 100_000


def test_batches_stream_into_a_table(engine: DuckDBEngine) -> None:
    engine.create("many", Query("many", "SELECT range AS n, 'w' AS word FROM range(10_000)"))
    made = engine.store_batches(NUMBERS, engine.batches(Query("stream", "SELECT n, word FROM many"), 1_000))
    assert made == 10_000
    assert engine.sizes(["numbers", "many", "nothing"]) == {"numbers": 10_000, "many": 10_000}


def test_parts_are_kept_apart_and_only_the_one_asked_for_is_read(
    engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillwatch.engine.parquet_files.PARTITION_ROWS", 100)  # written in many turns
    sql = "SELECT CAST(range % 7 AS INTEGER) AS part, 5_000 - range AS n, 'w' || range AS word FROM range(5_000)"
    engine.partition("parted", Query("parted", sql), "part", "n")
    columns = "SELECT part, n, word FROM"
    assert fetched(engine, f"{columns} parted ORDER BY n") == fetched(engine, f"{columns} ({sql}) ORDER BY n")
    files = sorted(path for path in engine.folder.rglob("*") if path.is_file())
    assert len(files) == 7
    files[5].write_bytes(b"nobody reads this")
    own = fetched(engine, "SELECT n FROM parted WHERE part = 4")
    assert own == sorted(own), "rows of one batch ascend"
    wanted = [(n,) for n in range(1, 5_001) if (5_000 - n) % 7 == 3]
    assert fetched(engine, "SELECT n FROM parted WHERE part = 3 ORDER BY n") == wanted
    with pytest.raises(QueryError):
        fetched(engine, "SELECT n FROM parted WHERE part = 5")
    engine.drop("parted")
    assert not any(path.exists() for path in files)


def test_views_have_no_size(engine: DuckDBEngine) -> None:
    engine.view("seen", Query("seen", "SELECT 1 AS n"))
    assert engine.sizes(["seen"]) == {}


def test_nothing_is_copied_on_the_way_to_arrow(engine: DuckDBEngine) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        engine.fetch(Query("one", "SELECT 1 AS n"))
        list(engine.batches(Query("one", "SELECT 1 AS n"), 10))


def test_times_are_utc_whatever_the_machine_says(engine: DuckDBEngine) -> None:
    sql = "SELECT CAST(TIMESTAMPTZ '2026-05-01T10:00:00+02:00' AS TIMESTAMP) AS at"
    assert fetched(engine, sql) == [(datetime(2026, 5, 1, 8),)]
    (batch,) = engine.batches(Query("times", sql), 10)
    assert batch["at"].to_pylist() == [datetime(2026, 5, 1, 8)]


def test_export_has_the_same_bytes_whatever_the_order_and_threads(tmp_path: Path) -> None:
    digests = set()
    for threads, seed in ((1, 1), (2, 2), (2, 3)):
        values = random.Random(seed).sample(range(ROW_GROUP + 500), ROW_GROUP + 500)
        with DuckDBEngine(EngineSettings(threads=threads), tmp_path) as engine:
            engine.store(NUMBERS, rows(*values))
            path = tmp_path / "numbers.parquet"
            assert engine.export(NUMBERS, path, {"key_id": "k"}) == len(values)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert pq.read_metadata(path).num_row_groups == 2
    assert pq.read_schema(path).metadata == {b"stillwatch.key_id": b"k"}
    assert pq.read_table(path)["n"].to_pylist() == list(range(ROW_GROUP + 500))


def test_an_empty_table_is_exported_with_its_columns(engine: DuckDBEngine, tmp_path: Path) -> None:
    engine.store(NUMBERS, rows())
    assert engine.export(NUMBERS, tmp_path / "none.parquet") == 0
    assert pq.read_schema(tmp_path / "none.parquet") == NUMBERS.schema


def test_a_refused_query_carries_its_sql(engine: DuckDBEngine) -> None:
    with pytest.raises(QueryError, match="SELECT nonsense") as caught:
        engine.fetch(Query("nonsense", "SELECT nonsense"))
    assert caught.value.name == "nonsense"
    with pytest.raises(QueryError, match="half way"):
        list(engine.batches(Query("error", "SELECT error('half way')"), 10))


def test_too_little_memory_names_the_setting(tmp_path: Path) -> None:
    settings = EngineSettings(memory_limit="20MB", temp_directory="/dev/null/no", threads=1)
    with DuckDBEngine(settings, tmp_path) as engine, pytest.raises((QueryError, OutputError)) as caught:
        engine.create(
            "big", Query("big", "SELECT range AS n, md5(range::VARCHAR) AS m FROM range(5_000_000) ORDER BY m")
        )
    assert "temp_directory" in str(caught.value) or "/dev/null/no" in str(caught.value)


def test_its_folder_is_gone_when_it_closes(tmp_path: Path) -> None:
    with DuckDBEngine(EngineSettings(), tmp_path) as engine:
        assert engine.folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write in"):
        DuckDBEngine(EngineSettings(), tmp_path / "file" / "below")


def test_outside_text_cannot_leave_its_quotes(engine: DuckDBEngine) -> None:
    for text in ("it's", "'; DROP TABLE x; --", '"', "\\'", "a\nb"):
        assert fetched(engine, f"SELECT {literal(text)} AS {identifier(text)}") == [(text,)]


def test_work_interrupted_before_it_begins_is_never_done(tmp_path: Path) -> None:
    done: list[str] = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # background shells start deaf to it
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        free = threading.Event()
        engine._worker.submit(free.wait)
        threading.Timer(0.1, signal.pthread_kill, (threading.get_ident(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            engine._interruptible(engine._connection, lambda: done.append("late"))
        free.set()
        assert engine.fetch(Query("after", "SELECT 1 AS one")).to_pylist() == [{"one": 1}]
    signal.signal(signal.SIGINT, before)
    assert done == []


@pytest.fixture
def heard() -> Iterator[None]:
    """Interrupts are heard, also where the shell that started the tests ignores them, as it does in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_wakes_nobody_is_heard(engine: DuckDBEngine, heard: None) -> None:
    connection = engine._connection
    late = threading.Timer(30, connection.interrupt)
    late.start()

    def work() -> object:
        _thread.interrupt_main()  # as a signal that comes before the main thread waits: its lock is not woken
        return connection.sql("SELECT count(*) FROM range(10_000_000_000) AS a WHERE a.range % 7 = 1").fetchall()

    with pytest.raises(KeyboardInterrupt):
        engine._interruptible(connection, work)
    assert late.is_alive(), "nobody else ended it"
    late.cancel()
    assert fetched(engine, "SELECT 1") == [(1,)]
