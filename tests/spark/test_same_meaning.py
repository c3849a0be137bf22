"""What is translated means the same: DuckDB and Spark evaluate it over the same rows and agree on every value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.engine.factory import open_engine
from stillwatch.records import Kind, Table
from stillwatch.records.columns import columns
from stillwatch.settings import EngineSettings
from tests.sketch.test_instructions import accounts, every, question, sketched_by

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]

VALUES = Table(
    "given_values",
    (
        *columns(Kind.INT64, "n m"),
        *columns(Kind.FLOAT64, "x"),
        *columns(Kind.STRING, "s t"),
        *columns(Kind.TIMESTAMP, "seen"),
        *columns(Kind.STRINGS, "words"),
        *columns(Kind.BYTES, "b"),
    ),
)
ROWS = [
    {
        "n": 0,
        "m": -1,
        "x": 0.0,
        "s": "",
        "t": "a:b:c:d",
        "seen": datetime(2026, 5, 1),
        "words": [],
        "b": b"\x00\xff\x7f\x80z",
    },
    {"n": 7, "m": 2**63 - 1, "x": 2.5, "s": "é\U0001f600x", "t": "a:b", "seen": datetime(1969, 12, 31, 23, 59, 59, 1)},
    {"n": -7, "m": -(2**63), "x": -2.5, "s": "it's \\ \n", "t": "10.1.2.33", "words": ["é", None, "m"], "b": b"abcde"},
    {
        "n": 3,
        "m": 5,
        "x": math.nan,
        "s": "a\0b",
        "t": "1.2\n",
        "seen": datetime(2026, 12, 31, 1, 2, 3, 456789),
        "words": ["x"],
    },
    {
        "n": 4,
        "m": 6,
        "x": math.inf,
        "s": "z",
        "t": "::1",
        "seen": datetime(2024, 2, 29, 12),
        "words": ["m"],
        "b": b"abc",
    },
    {"n": 5, "m": 8, "x": -math.inf, "s": "Z", "t": "x", "seen": datetime(2026, 5, 4)},
    {"n": 6, "m": 9, "x": 1e-7, "s": "\U00010000", "t": "\uffff"},
    {},
]
EXPRESSIONS = (
    "n IS NOT DISTINCT FROM CASE WHEN m < 7 THEN 3 END",
    "s IS NOT DISTINCT FROM CASE WHEN n < 5 THEN s END",
    "xor(n, m)",
    "n // 4",
    "n / 200",
    "n / 1000.0 / 3",
    "coalesce(x, 0.0)",
    "CAST(round(CASE WHEN isfinite(x) THEN x END * 1000) AS BIGINT)",
    "CAST(round(CASE WHEN isfinite(x) THEN x END) AS BIGINT)",
    "isfinite(x)",
    "isinf(x)",
    "greatest(1, n)",
    "length(s)",
    "strlen(s)",
    "left(s, 2) || '|' || right(s, 1)",
    "sha256(s)",
    "nullif(s, '')",
    "contains(s, chr(0))",
    "CASE WHEN contains(s, chr(0)) THEN replace(s, chr(0), '') ELSE s END",
    "list_transform(words, lambda item: replace(item, chr(0), ''))",
    "list_transform(words, lambda item: replace(item, 'm', ''))",
    r"s = 'it''s \ '",
    "array_length(words)",
    "words IS NULL OR array_length(words) = 0 OR list_contains(words, 'm')",
    "array_to_string(words, '')",
    "epoch_us(seen)",
    "epoch(seen - TIMESTAMP '2020-02-29 17:00:00.000007') / 86400.0",
    "CAST(seen AS DATE)",
    *(f"CAST(date_trunc('{unit}', seen) AS VARCHAR)" for unit in ("minute", "hour", "week")),
    "seen >= TIMESTAMP '2026-05-01 00:00:00'",
    "seen + INTERVAL 3 DAY",
    "((n + 7)::BIGINT << 40) + 1",
    "try_cast(x AS VARCHAR)",
    "try_cast(t AS DOUBLE)",
    "CAST(row(n, x, s, seen, words) AS VARCHAR)",
    "CAST({'s': left(try_cast(s AS VARCHAR), 60), 'seen': left(try_cast(seen AS VARCHAR), 60)} AS VARCHAR)",
    "sha256(CAST(row(n, x, s, seen, words) AS VARCHAR))",
    "array_slice(b, 1, 2) || array_slice(b, 3, 4)",
)
QUERIES = (
    *(f"SELECT s AS v, row_number() OVER (ORDER BY {key}) AS n" for key in ("s, n", "s DESC, n", "x, n", "x DESC, n")),
    "SELECT dense_rank() OVER (ORDER BY seen, t) AS v, n",
    "SELECT s AS v, row_number() OVER (PARTITION BY n > 3 ORDER BY seen DESC, s) AS n",
    "SELECT count(DISTINCT s) AS v, count(x) AS n",
    "SELECT CAST(bit_xor(greatest(n, 0) >> 1) AS BIGINT) AS v, count(*) AS n",
    "SELECT bit_or(CAST(1 AS BIGINT) << CAST((m >> 59) + 16 AS INTEGER)) AS v, count(*) AS n",
    "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS v, count(*) FILTER (WHERE n > 3) AS n",
    "SELECT min(s) AS v, max(t) AS n",
)


@pytest.fixture(scope="module")
def engines(spark: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    folder: Path = tmp_path_factory.mktemp("both")
    with (
        DuckDBEngine(EngineSettings(threads=1), folder) as embedded,
        open_engine(EngineSettings(name="spark", threads=2), folder) as distributed,
    ):
        for engine in (embedded, distributed):
            engine.store(VALUES, pa.Table.from_pylist(ROWS, schema=VALUES.schema))
        yield embedded, distributed


def told(engine: Engine, sql: str) -> list[Any]:
    """The rows in an order of their own, NaN as a word: it equals nothing."""
    rows = [tuple(row.values()) for row in engine.fetch(Query("test", sql)).to_pylist()]
    return sorted(repr(row) for row in rows)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_agree(engines: tuple[Engine, Engine], expression: str) -> None:
    sql = f"SELECT coalesce(n, -1) AS place, {expression} AS value FROM given_values"
    embedded, distributed = (told(engine, sql) for engine in engines)
    assert distributed == embedded
    assert len({row.partition(", ")[2] for row in embedded}) > 1, "equal constants would prove nothing"


@pytest.mark.parametrize("query", QUERIES)
def test_orders_groups_and_windows_agree(engines: tuple[Engine, Engine], query: str) -> None:
    embedded, distributed = (told(engine, f"{query} FROM given_values") for engine in engines)
    assert distributed == embedded


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=60))
@settings(max_examples=5)
def test_texts_pass_as_literals_and_in_order(engines: tuple[Engine, Engine], texts: list[str]) -> None:
    rows = " UNION ALL ".join(
        f"SELECT {literal(text)} AS v, {n} AS n" for n, text in enumerate(texts) if "\0" not in text
    )
    if not rows:
        return
    sql = f"SELECT v, sha256(v) AS d, row_number() OVER (ORDER BY v, n) AS r FROM ({rows})"
    embedded, distributed = (told(engine, sql) for engine in engines)
    assert distributed == embedded


def test_the_last_bits_of_a_division_agree(engines: tuple[Engine, Engine]) -> None:
    sql = "SELECT n, m / 86400.0 / 7 AS v, n / greatest(1, n) AS w FROM given_values"
    embedded, distributed = (told(engine, sql) for engine in engines)
    assert distributed == embedded


def test_questions_in_instructions_are_read_alike(engines: tuple[Engine, Engine]) -> None:
    chance = np.random.default_rng(3)
    both = {f"a{n}": [(question(chance), question(chance)) for _ in range(20)] for n in range(3)}
    table = every(both | accounts("instructions", "Please answer."))
    (embedded, made), (distributed, _) = (sketched_by(engine, table) for engine in engines)
    assert distributed.to_pylist() == embedded.to_pylist()
    assert embedded.to_pylist() != made.to_pylist()
