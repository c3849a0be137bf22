"""Queries whose rows are read while those before them are worked on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from stillwatch.engine import Query, prefetched
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import QueryError
from stillwatch.settings import EngineSettings

# no engine ends this, and none answers it without counting
WITHOUT_END = Query("without end", "SELECT count(*) AS n FROM range(1000000000000) AS a(x) WHERE hash(x) % 7 = 3")


def numbered(count: int) -> list[Query]:
    return [Query(str(n), f"SELECT {n} AS n") for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_tables_come_in_the_order_of_their_queries(engine: DuckDBEngine, count: int) -> None:
    assert [rows["n"].to_pylist() for rows in prefetched(engine, numbered(count))] == [[n] for n in range(count)]


def test_the_next_is_read_while_one_is_worked_on_and_no_more(engine: DuckDBEngine) -> None:
    asked: list[str] = []
    second = threading.Event()

    class Watched:
        def fetch(self, query: Query) -> object:
            asked.append(query.name)
            if query.name == "1":
                second.set()
            return engine.fetch(query)

    tables = prefetched(Watched(), numbered(5))  # type: ignore[arg-type]
    next(tables)
    assert second.wait(10), "the second is read though nobody asked for it"
    assert asked == ["0", "1"]


def test_a_refused_query_is_raised_in_its_turn(engine: DuckDBEngine) -> None:
    tables = prefetched(engine, [*numbered(1), Query("broken", "SELECT nothing")])
    assert next(tables)["n"].to_pylist() == [0]
    with pytest.raises(QueryError, match="broken"):
        next(tables)


def test_closing_stops_what_is_read_ahead(tmp_path: Path) -> None:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        tables = prefetched(engine, [*numbered(1), WITHOUT_END])
        next(tables)
        tables.close()
    assert list(tmp_path.iterdir()) == []
