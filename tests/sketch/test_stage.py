"""The stage on an engine: the same sketches whatever the batches, threads, row order and route."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stillwatch import sketch
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import UsageError
from stillwatch.job import Inputs, Job, resolve
from stillwatch.records.inputs import EXCHANGES
from stillwatch.records.sketches import EXCHANGE_SKETCHES, OF_TEXT
from stillwatch.settings import EngineSettings, Settings, SketchSettings
from stillwatch.sketch.stream import HEAD_LETTERS, TAIL_LETTERS, regrouped

ROWS = 5_000
INSTRUCTIONS_KEYED = (
    "instructions_payload",
    "instructions_head",
    "instructions_tail",
    "instructions_shape",
    "instructions_features",
)
LONG = "start " + "filler " * 20_000


def exchanges(rows: int = ROWS) -> pa.Table:
    chance = np.random.default_rng(1)
    words = np.array(["alpha", "beta", "gamma", "delta", "12", "日本語", "é", "</script>", "%s"])
    texts: list[str | None] = [" ".join(chance.choice(words, 1 + n % 40)) for n in range(rows)]
    texts[3], texts[5], texts[7] = None, "", LONG
    given = {
        "exchange_id": [f"e{n}" for n in range(rows)],
        "account_id": [f"a{n % 97}" for n in range(rows)],
        "started_at": [datetime(2026, 4, 22) + timedelta(seconds=n) for n in range(rows)],
        "request_model": ["x" * 1_000_000, *["m\u202e1"] * (rows - 1)],
        "client_address": [f"81.{n % 7}.{n % 250}.{n % 11}" if n % 3 else None for n in range(rows)],
        "user_agent": [f"agent {n % 13}" for n in range(rows - 2)] + ["y" * 500_000 + "1", "y" * 500_000 + "2"],
        "temperature": [None if n % 4 else 0.5 for n in range(rows)],
        "system_instructions": ["Be brief. " * (n % 5) for n in range(rows)],
        "input_text": texts,
        "output_text": ["größe"] * rows,
        "tool_names": [[None, [], ["b", "a"], ["a", "b"]][n % 4] for n in range(rows)],
        "status_code": [200] * rows,
    }
    columns = [given.get(field.name, pa.nulls(rows)) for field in EXCHANGES.schema]
    arrays = [
        pa.array(c, f.type) if isinstance(c, list) else c.cast(f.type)
        for c, f in zip(columns, EXCHANGES.schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=EXCHANGES.schema)


def job(key_file: Path | None = None, batch_rows: int = 32_768, threads: int = 2) -> Job:
    settings = Settings(
        engine=EngineSettings(threads=threads), sketch=SketchSettings(batch_rows=batch_rows, key_file=key_file)
    )
    return resolve(Inputs(), settings=settings)


def sketches(table: pa.Table, folder: Path, wanted: Job) -> pa.Table:
    with DuckDBEngine(wanted.settings.engine, folder) as engine:
        engine.store_batches(EXCHANGES, table.to_batches(max_chunksize=700))
        sketch.run(engine, wanted)
        return engine.fetch(Query("sketches", "SELECT * FROM exchange_sketches ORDER BY exchange_id"))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return sketches(exchanges(), tmp_path_factory.mktemp("expected"), job())


def test_rows_and_columns_are_those_of_the_contract(expected: pa.Table) -> None:
    assert expected.num_rows == ROWS
    assert expected.schema.names == list(EXCHANGE_SKETCHES.names)
    assert expected.schema.types == EXCHANGE_SKETCHES.schema.types


@pytest.mark.parametrize(("batch_rows", "threads"), [(256, 1), (256, 2), (1_000, 2), (32_768, 1)])
def test_batches_and_threads_change_nothing(expected: pa.Table, tmp_path: Path, batch_rows: int, threads: int) -> None:
    assert sketches(exchanges(), tmp_path, job(batch_rows=batch_rows, threads=threads)).equals(expected)


def test_row_order_changes_nothing(expected: pa.Table, tmp_path: Path) -> None:
    shuffled = exchanges().take(np.random.default_rng(2).permutation(ROWS))
    assert sketches(shuffled, tmp_path, job()).equals(expected)


def test_another_key_changes_every_value_and_no_count(expected: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("0123456789abcdef" * 4)
    foreign = sketches(exchanges(), tmp_path, job(path))
    for name in EXCHANGE_SKETCHES.names:
        mine, theirs = expected.column(name), foreign.column(name)
        if name.endswith("_value"):
            assert not set(mine.drop_null().to_pylist()) & set(theirs.drop_null().to_pylist()), name
            assert mine.null_count == theirs.null_count
        elif name not in OF_TEXT or name.endswith(("subject", "form")):
            assert mine.equals(theirs), name


def test_cleaned_names_are_short_and_printable(expected: pa.Table) -> None:
    assert set(expected.column("request_model").to_pylist()) == {"m1", "x" * 64}


def test_absent_text_is_null_and_sizes_are_counted_in_letters(expected: pa.Table) -> None:
    by_id = {row["exchange_id"]: row for row in expected.to_pylist()}
    for name in ("e3", "e5"):
        assert (
            by_id[name]["payload_value"]
            is by_id[name]["minhash"]
            is by_id[name]["subject"]
            is by_id[name]["form"]
            is None
        )
    assert (by_id["e3"]["input_chars"], by_id["e5"]["input_chars"]) == (None, 0)
    assert by_id["e7"]["input_chars"] == len(LONG)
    assert by_id["e0"]["output_chars"] == 5
    assert [by_id[f"e{n}"]["tool_count"] for n in range(4)] == [None, 0, 2, 2]
    assert by_id["e2"]["tools_value"] == by_id["e3"]["tools_value"]
    assert by_id["e0"]["instructions_value"] is None


def test_long_client_words_are_told_apart(expected: pa.Table) -> None:
    assert pc.count_distinct(expected.column("user_agent_value")).as_py() == 13 + 2


def test_no_sketch_holds_a_word_of_the_text(expected: pa.Table) -> None:
    held = b"".join(
        value for name in ("minhash", "content_features") for value in expected.column(name).to_pylist() if value
    )
    assert b"alpha" not in held
    texts = {f.name for f in expected.schema if pa.types.is_string(f.type)}
    assert texts == {"exchange_id", "account_id", "channel", "request_model", "operation", "finish_reason"}


def test_long_texts_that_differ_in_the_middle_only_still_differ(tmp_path: Path) -> None:
    table = exchanges(8)
    halves = "word " * (HEAD_LETTERS + TAIL_LETTERS)
    texts = pa.array([halves + "one " + halves, halves + "two " + halves] * 4)
    made = sketches(table.set_column(table.schema.get_field_index("input_text"), "input_text", texts), tmp_path, job())
    values = made.column("payload_value").to_pylist()
    assert values[0] == values[2] != values[1] == values[3]
    assert len(set(made.column("head_value").to_pylist())) == 1


def test_received_sketches_stand_in_for_raw_logs(expected: pa.Table, tmp_path: Path) -> None:
    first, rest = expected.slice(0, 1_000), exchanges()
    rest = rest.filter(pc.invert(pc.is_in(rest.column("exchange_id"), first.column("exchange_id").combine_chunks())))
    with DuckDBEngine(EngineSettings(threads=2), tmp_path) as engine:
        engine.store_batches(EXCHANGES, rest.to_batches())
        engine.store(replace(EXCHANGE_SKETCHES, name="received_sketches"), first)
        sketch.run(engine, job())
        joined = engine.fetch(Query("sketches", "SELECT * FROM exchange_sketches ORDER BY exchange_id"))
    assert joined.equals(expected)


def test_a_bad_key_file_stops_the_stage(engine: DuckDBEngine, tmp_path: Path) -> None:
    engine.store_batches(EXCHANGES, exchanges(8).to_batches())
    with pytest.raises(UsageError):
        sketch.run(engine, job(tmp_path / "absent"))


def test_batches_are_joined_up_to_rows_and_never_beyond() -> None:
    batches = exchanges(1_000).drop_columns(["request_model"]).to_batches(max_chunksize=64)
    joined = list(regrouped(batches, 256))
    assert [batch.num_rows for batch in joined] == [256, 256, 256, 232]
    assert pa.Table.from_batches(joined).equals(pa.Table.from_batches(batches))
