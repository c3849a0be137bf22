"""What goes to Spark is listed: every query of a scan translates, and what is not known is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sqlglot", reason="sqlglot not installed: the extra `spark` is missing")

import sqlglot
from sqlglot import exp

from stillwatch.engine import Query
from stillwatch.engine.allow_list import FUNCTIONS, NODES
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.engine.translate import to_spark
from stillwatch.errors import QueryError
from stillwatch.records.inputs import INDICATORS
from stillwatch.sketch.account import merged_sql, ranked_sql
from tests.read.odd_logs import check_odd_logs
from tests.scenarios.small_world import SmallWorld, table_of
from tests.sketch.test_instructions import accounts, every, sketched


@pytest.fixture(scope="module")
def asked(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> list[Query]:
    """Every query of a scan with campaigns, of reading logs of every type, and the sums of a state,
    and of requests in instructions; each text once."""
    found: dict[str, Query] = {}

    def noting(method: str) -> None:
        plain = getattr(DuckDBEngine, method)

        def noted(self: DuckDBEngine, *words: object) -> object:
            found.update({word.sql: word for word in words if isinstance(word, Query)})
            return plain(self, *words)

        patched.setattr(DuckDBEngine, method, noted)

    with pytest.MonkeyPatch.context() as patched:
        for method in ("view", "create", "duplicate_hashes", "transform", "fetch", "batches"):
            noting(method)
        folder = tmp_path_factory.mktemp("asked-run")
        told = {"partner": "northwind", "claim": "same_address", "value": "203.0.113.7", "weight": 0.5}
        world.scan(folder / "run", indicators=table_of(folder / "told.parquet", INDICATORS.schema, [told]))
        check_odd_logs(tmp_path_factory.mktemp("odd"), "duckdb")
        sketched(every(accounts("instructions", "Please answer.")), tmp_path_factory.mktemp("sketched"))
    return [ranked_sql(merged_sql()), *(query for query in found.values() if "stored_rows" not in query.sql)]


def nodes(query: Query) -> set[type[exp.Expr]]:
    return {type(node) for node in sqlglot.parse_one(query.sql, read="duckdb").walk()}


def test_every_query_of_a_scan_consists_of_what_is_listed(asked: list[Query]) -> None:
    assert len({query.name for query in asked}) > 60
    for query in asked:
        assert to_spark(query).sql, query.name


def test_nothing_is_listed_that_no_query_says(asked: list[Query]) -> None:
    said = set().union(*(nodes(query) for query in asked))
    assert {node.__name__ for node in NODES - said} == set()
    functions = {
        node.name.lower()
        for query in asked
        for node in sqlglot.parse_one(query.sql, read="duckdb").find_all(exp.Anonymous)
    }
    assert {*FUNCTIONS} - {"in_duckdb"} <= functions


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT list_filter(x, y -> y > 1) FROM t", "ArrayFilter"),
        ("SELECT levenshtein(a, b) FROM t", "Levenshtein"),
        ("SELECT some_new_function(a) FROM t", "some_new_function"),
        ("SELECT a FROM t USING SAMPLE 10%", "TableSample"),
        ("PIVOT t ON a USING sum(b)", "Pivot"),
        ("SELECT CAST(a AS UBIGINT) FROM t", "UBIGINT"),
        ("SELECT regexp_matches(a, 'x') FROM t", "Regexp"),
        ("SELECT a FROM t LIMIT 1", "Limit"),
        ("DELETE FROM t", "Delete"),
        ("SELECT epoch(a) FROM t", "epoch"),
        ("SELECT CAST(a / 2 AS BIGINT) FROM t", "may round"),
        ("SELECT a[b:c] FROM t", "slice"),
        ("SELECT FROM WHERE", "dialect"),
    ],
)
def test_what_is_not_listed_is_an_error_that_names_it(sql: str, named: str) -> None:
    with pytest.raises(QueryError, match=named) as caught:
        to_spark(Query("odd", sql))
    assert caught.value.sql == sql


def test_files_are_numbered_only_where_a_query_asks_for_it() -> None:
    rows = "FROM read_parquet(['/a b/1.parquet', '/a b/2.parquet'], hive_partitioning = false)"
    (plain,) = to_spark(Query("plain", f"SELECT x {rows}")).files.values()
    (placed,) = to_spark(Query("placed", f"SELECT x, 3 + file_index AS n {rows}")).files.values()
    assert plain.paths == placed.paths == ("/a b/1.parquet", "/a b/2.parquet")
    assert (plain.placed, placed.placed) == (False, True)
    assert plain.name != placed.name


def test_an_expression_for_duckdb_is_named_after_what_it_says() -> None:
    first, again, other = (
        to_spark(Query("one", sql)).expressions
        for sql in (
            "SELECT try_cast(a AS DOUBLE) AS x FROM t",
            "SELECT u.b, try_cast(u.b AS DOUBLE) FROM u",
            "SELECT try_cast(a AS BIGINT) AS x FROM t",
        )
    )
    assert first.keys() == again.keys() != other.keys()
    (expression,) = first.values()
    assert (expression.sql, expression.columns, expression.type) == ("TRY_CAST(c0 AS DOUBLE)", 1, "DOUBLE")


def test_paths_are_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "it's [one].parquet")
    (files,) = to_spark(Query("quoted", "SELECT x FROM read_parquet('" + path.replace("'", "''") + "')")).files.values()
    assert files.paths == (path,)
