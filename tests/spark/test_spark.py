"""The Spark engine keeps, streams and writes what the DuckDB engine does, and says in words what it cannot do."""

from __future__ import annotations

import hashlib
import os
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.engine import (
    Engine,
    Query,
    identifier,
    literal,
)
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.engine.factory import open_engine
from stillwatch.engine.parquet_files import ROW_GROUP
from stillwatch.errors import EngineError, OutputError, QueryError, QueryErrorKind
from stillwatch.records import Kind, Table
from stillwatch.records.columns import columns
from stillwatch.settings import EngineSettings
from tests.engine.test_duplicate_hashes import texts_met_twice

pytestmark = pytest.mark.spark

NUMBERS = Table("numbers", (*columns(Kind.INT64, "n"), *columns(Kind.STRING, "word")), ("n",))
SPARK = EngineSettings(name="spark", threads=2)


@pytest.fixture
def distributed(spark: None, tmp_path: Path) -> Iterator[Engine]:
    with open_engine(SPARK, tmp_path) as engine:
        yield engine


def rows(*values: int) -> pa.Table:
    return pa.table({"n": list(values), "word": [f"w{value}" for value in values]})


def fetched(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in engine.fetch(Query("test", sql)).to_pylist()]


def test_a_table_can_be_made_of_itself(distributed: Engine) -> None:
    distributed.store(NUMBERS, rows(1, 2))
    distributed.create("numbers", Query("twice", "SELECT n * 2 AS n, word FROM numbers"))
    assert fetched(distributed, "SELECT n FROM numbers ORDER BY n") == [(2,), (4,)]
    distributed.view("numbers_seen", Query("seen", "SELECT n FROM numbers"))
    assert distributed.sizes(["numbers", "numbers_seen", "nothing"]) == {"numbers": 2}
    distributed.create("numbers_seen", Query("kept", "SELECT 7 AS n"))
    assert fetched(distributed, "SELECT * FROM numbers_seen") == [(7,)]


def test_store_casts_and_keeps_the_tables_order_of_columns(distributed: Engine) -> None:
    distributed.store(NUMBERS, pa.table({"word": ["a"], "n": pa.array([1], pa.int8()), "other": [0]}))
    assert distributed.columns("numbers") == ("n", "word")
    assert distributed.columns("nothing") == ()


def test_every_kind_comes_back_as_it_was_stored(distributed: Engine) -> None:
    table = Table("kinds", tuple(column for kind in Kind for column in columns(kind, kind.name.lower())))
    given = {
        Kind.STRING: "é",
        Kind.STRINGS: ["a", None],
        Kind.TIMESTAMP: datetime(2026, 5, 1, 1, 2, 3, 456789),
        Kind.INT64: -(2**63),
        Kind.INT32: 2**31 - 1,
        Kind.INT16: -3,
        Kind.FLOAT64: 0.1,
        Kind.BOOLEAN: True,
        Kind.BYTES: b"\xff\x00",
        Kind.SHARES: [("a", 0.5)],
    }
    made = pa.Table.from_pylist([{kind.name.lower(): value for kind, value in given.items()}, {}], schema=table.schema)
    distributed.store(table, made)
    found = distributed.fetch(Query("kinds", "SELECT * FROM kinds ORDER BY int64"))
    assert found.cast(table.schema).equals(made)


def test_batches_are_ordered_and_bounded(distributed: Engine) -> None:
    values = random.Random(1).sample(range(20_000), 20_000)
    distributed.store(NUMBERS, rows(*values))
    batches = list(distributed.batches(Query("stream", "SELECT n FROM numbers ORDER BY n"), 1_000))
    assert max(batch.num_rows for batch in batches) <= 1_000
    assert pa.Table.from_batches(batches)["n"].to_pylist() == list(range(20_000))


def test_export_has_the_bytes_of_the_other_engine(distributed: Engine, tmp_path: Path) -> None:
    values = random.Random(2).sample(range(ROW_GROUP + 500), ROW_GROUP + 500)
    digests = set()
    with DuckDBEngine(EngineSettings(threads=2), tmp_path) as embedded:
        for engine in (embedded, distributed):
            engine.store(NUMBERS, rows(*values))
            path = tmp_path / "numbers.parquet"
            assert engine.export(NUMBERS, path, {"key_id": "k"}) == len(values)
            digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
            engine.store(NUMBERS, rows())
            assert engine.export(NUMBERS, tmp_path / "none.parquet") == 0
    assert len(digests) == 1


@dataclass(frozen=True)
class Doubler:
    """Doubles `n`; its process is killed at 3, `deaths` times over, which files in `folder` count."""

    folder: str
    deaths: int

    def __call__(self, batches: Iterator[pa.RecordBatch], threads: int) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = batch["n"].to_pylist()
            died = len(list(Path(self.folder).glob("death-*")))
            if 3 in found and died < self.deaths:
                (Path(self.folder) / f"death-{died}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            yield pa.record_batch({"n": [2 * n for n in found], "word": batch["word"]}, schema=NUMBERS.schema)


def transformed(engine: Engine, folder: Path, deaths: int) -> list[tuple[object, ...]]:
    engine.store(NUMBERS, rows(1, 3, 5))
    doubled = Table("doubled", NUMBERS.columns)
    query = Query("numbers to double", "SELECT n, word FROM numbers")
    assert engine.transform(doubled, query, 2, Doubler(str(folder), deaths)) == 3
    assert engine.sizes(["doubled"]) == {"doubled": 3}
    return fetched(engine, "SELECT n, word FROM doubled ORDER BY n")


def test_a_kernel_is_mapped_on_either_engine(distributed: Engine, engine: DuckDBEngine, tmp_path: Path) -> None:
    expected = [(2, "w1"), (6, "w3"), (10, "w5")]
    assert transformed(engine, tmp_path, 0) == transformed(distributed, tmp_path, 0) == expected


def test_a_task_whose_process_is_killed_runs_again(distributed: Engine, tmp_path: Path) -> None:
    (tmp_path / "deaths").mkdir()
    assert transformed(distributed, tmp_path / "deaths", 1) == [(2, "w1"), (6, "w3"), (10, "w5")]
    assert len(list((tmp_path / "deaths").iterdir())) == 1


def test_a_task_that_keeps_dying_is_an_error_with_its_query(distributed: Engine, tmp_path: Path) -> None:
    (tmp_path / "deaths").mkdir()
    with pytest.raises(QueryError, match="numbers to double"):
        transformed(distributed, tmp_path / "deaths", 99)
    assert distributed.columns("doubled") == ()


def test_a_refused_query_carries_its_sql(distributed: Engine) -> None:
    with pytest.raises(QueryError, match="SELECT nonsense") as caught:
        distributed.fetch(Query("nonsense", "SELECT nonsense"))
    assert caught.value.name == "nonsense"
    assert "UNRESOLVED_COLUMN" in caught.value.reason
    assert caught.value.kind is QueryErrorKind.STATEMENT
    with pytest.raises(QueryError, match="overflow"):
        distributed.fetch(Query("too large", "SELECT n + 9223372036854775807 AS n FROM (SELECT 1 AS n)"))


def test_broken_files_and_texts_are_told_apart(distributed: Engine, tmp_path: Path) -> None:
    offsets, data = pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")
    texts = pa.table({"text": pa.Array.from_buffers(pa.string(), 1, [None, offsets, data])})
    pq.write_table(texts, tmp_path / "text.parquet")
    pq.write_table(pa.table({"text": [f"text {n} " * 20 for n in range(3_000)]}), tmp_path / "page.parquet")
    broken = bytearray((tmp_path / "page.parquet").read_bytes())
    broken[4:2_000] = bytes(1_996)
    (tmp_path / "page.parquet").write_bytes(broken)
    kinds = {"text": QueryErrorKind.BROKEN_TEXT, "page": QueryErrorKind.BROKEN_FILE, "gone": QueryErrorKind.BROKEN_FILE}
    for name, kind in kinds.items():
        with pytest.raises(QueryError) as caught:
            distributed.fetch(Query(name, f"SELECT max(text) AS m FROM read_parquet(['{tmp_path}/{name}.parquet'])"))
        assert caught.value.kind is kind, name


def test_outside_text_cannot_leave_its_quotes(distributed: Engine) -> None:
    for text in ("it's", "'; DROP TABLE x; --", '"', "\\'", "a\nb", "`", "${x}", "\\u0041"):
        assert fetched(distributed, f"SELECT {literal(text)} AS {identifier('a`' + text)}") == [(text,)]


def test_what_comes_twice_is_kept_under_a_name(distributed: Engine) -> None:
    assert texts_met_twice(distributed) == ["b"]


@pytest.mark.usefixtures("spark")
def test_its_folder_is_gone_when_it_closes(tmp_path: Path) -> None:
    with open_engine(SPARK, tmp_path / "it's [here]") as engine:
        engine.store(NUMBERS, rows(1))
        engine.create("kept", Query("kept", "SELECT * FROM numbers"))
        assert fetched(engine, "SELECT n FROM kept") == [(1,)]
    assert list((tmp_path / "it's [here]").iterdir()) == []


@pytest.mark.usefixtures("spark")
def test_a_parent_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write in"), open_engine(SPARK, tmp_path / "file" / "below"):
        pass


@pytest.mark.usefixtures("spark")
def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    nobody = SPARK.model_copy(update={"spark_remote": "sc://127.0.0.1:1"})
    with (
        pytest.raises(EngineError, match="no Spark Connect server answers at `sc://127"),
        open_engine(nobody, tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
