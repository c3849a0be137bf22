"""Translates a query from DuckDB's dialect to Spark's; a query with a part that has no rule is an error.

Some expressions over one row have no exact equal in Spark: DuckDB's conversions of values to text and of text to
numbers, and its regular expressions. Each becomes a `RowExpression`, which DuckDB itself evaluates inside Spark's
executors. Every other part is rewritten node by node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from stillwatch.engine.allow_list import refusal
from stillwatch.engine.query import Query
from stillwatch.errors import QueryError, QueryErrorKind

_PLACES = ("file_index", "file_row_number")  # columns that DuckDB's reader adds to a file's own
_WHOLE_TYPES = (exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.SMALLINT)
_WHOLE = (exp.Coalesce, exp.Sum, exp.Sub, exp.Round, exp.Null, exp.Paren, exp.Add, exp.Column, exp.BitwiseXorAgg)


@dataclass(frozen=True, slots=True)
class Files:
    """Parquet files that a statement reads under `name`.

    `placed` says that it also reads `file_index` (from 0, in the order of `paths`) and `file_row_number` (from 0).
    """

    name: str
    paths: tuple[str, ...]
    placed: bool


@dataclass(frozen=True, slots=True)
class RowExpression:
    """A function of a row that DuckDB evaluates: SQL over the columns c0, c1, … and the Spark type of its result."""

    name: str
    sql: str
    columns: int
    type: str


@dataclass(slots=True)
class Translation:
    """Spark SQL, and the files and functions to which its names refer."""

    sql: str = ""
    files: dict[str, Files] = field(default_factory=dict)
    expressions: dict[str, RowExpression] = field(default_factory=dict)


def to_spark(query: Query) -> Translation:
    """Translates a query for Spark; raises QueryError when a part of it has no rule."""
    found = Translation()
    try:
        tree = sqlglot.parse_one(query.sql, read="duckdb")
        tree = tree.transform(lambda node: _cut_out(node, found))
        wrong = refusal(tree)
        if wrong is not None:
            reason = f"{wrong}; write it portably or add a rule with a test"
            raise QueryError(query.name, query.sql, reason, QueryErrorKind.STATEMENT)
        for node in reversed(list(tree.walk())):
            rule = _RULES.get(type(node))
            changed = rule(node, found) if rule else node
            if changed is not node:
                node.replace(changed)
        found.sql = tree.sql("spark", identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except (SqlglotError, _NoRuleError) as error:
        reason = f"cannot be translated to Spark's dialect: {error}"
        raise QueryError(query.name, query.sql, reason, QueryErrorKind.STATEMENT) from error
    return found


class _NoRuleError(Exception):
    """A node has a form without a rule, although other forms of its type have one."""


def _cut_out(node: exp.Expr, found: Translation) -> exp.Expr:
    kind = _evaluated_by_duckdb(node)
    if kind is None:
        return node
    columns: dict[str, exp.Column] = {one.sql("duckdb"): one for one in node.find_all(exp.Column)}
    places = {name: f"c{place}" for place, name in enumerate(columns)}
    alone = node.transform(lambda one: exp.column(places[one.sql("duckdb")]) if isinstance(one, exp.Column) else one)
    sql = alone.sql("duckdb")
    name = f"in_duckdb_{_digest(sql + kind)}"
    found.expressions[name] = RowExpression(name, sql, len(columns), kind)
    return exp.Anonymous(
        this="in_duckdb", expressions=[exp.Literal.string(name), *(c.copy() for c in columns.values())]
    )


def _evaluated_by_duckdb(node: exp.Expr) -> str | None:
    """Returns the Spark type of an expression that Spark would evaluate differently, None for any other."""
    if isinstance(node, exp.RegexpFullMatch):
        return "BOOLEAN"
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Trunc):
        return "BOOLEAN"
    if isinstance(node, exp.Try | exp.RegexpReplace):
        return "STRING"
    if not isinstance(node, exp.Cast):  # a TryCast is a Cast
        return None
    from_text_or_time = isinstance(node.this, exp.TryCast)
    to_text = node.to.this is exp.DataType.Type.TEXT and not isinstance(node.this, exp.TimestampTrunc | exp.Null)
    if isinstance(node, exp.TryCast) or from_text_or_time or to_text:
        return str(node.to.sql("spark"))
    return None


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _microseconds(value: exp.Expr) -> exp.Expr:
    return _call("UNIX_MICROS", _call("TO_TIMESTAMP_LTZ", value))


def _double(text: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(text), exp.DataType.Type.DOUBLE)


def _decimal(node: exp.Expr, _: Translation) -> exp.Expr:
    # DuckDB treats `1000.0` as a double in divisions and comparisons; Spark would calculate with decimals.
    return node if node.args["is_string"] or node.name.isdigit() else _double(node.name)


def _function(node: exp.Expr, _: Translation) -> exp.Expr:
    name, arguments = node.name.lower(), node.expressions
    if name == "in_duckdb":
        return _call(arguments[0].name, *arguments[1:])
    if name == "hash":
        return _call("XXHASH64", *arguments)
    (value,) = arguments
    if name == "strlen":
        return _call("OCTET_LENGTH", value)
    if name == "epoch_us":
        return _microseconds(value)
    if name == "epoch_ns":
        return _call("BIGINT", value)  # the session reads nanoseconds as integers
    # This is `isfinite`: Spark orders NaN above every number.
    return exp.paren(exp.and_(value.copy() > _double("-Infinity"), value.copy() < _double("Infinity")))


def _is_infinite(node: exp.Expr, _: Translation) -> exp.Expr:
    return exp.EQ(this=_call("ABS", node.this.copy()), expression=_double("Infinity"))


def _file_rows(node: exp.Expr, found: Translation) -> exp.Expr:
    reader = node.this
    if not isinstance(reader, exp.ReadParquet):
        return node
    first = reader.expressions[0]
    paths = tuple(one.name for one in (first.expressions if isinstance(first, exp.Array) else [first]))
    scope = node.find_ancestor(exp.Select)
    placed = scope is not None and any(one.name in _PLACES for one in scope.find_all(exp.Column))
    name = f"files_{_digest(f'{placed}' + chr(0).join(paths))}"
    found.files[name] = Files(name, paths, placed)
    return exp.Table(this=exp.to_identifier(name), alias=node.args.get("alias"))


def _slice(node: exp.Expr, _: Translation) -> exp.Expr:
    bounds = node.expressions[0]
    ends = (bounds.this, bounds.expression) if isinstance(bounds, exp.Slice) else ()
    if not ends or not all(isinstance(end, exp.Literal) for end in ends) or bounds.args.get("step"):
        raise _NoRuleError(f"`{node.sql('duckdb')}` is no slice between two numbers")
    first, last = (int(end.name) for end in ends)
    return _call("SLICE", node.this.copy(), exp.Literal.number(first), exp.Literal.number(last - first + 1))


def _bytes(node: exp.Expr, _: Translation) -> exp.Expr:
    """Translates `array_slice`, which stands for a part of binary values alone: lists are cut by brackets."""
    first, last = int(node.args["start"].name), int(node.args["end"].name)
    return _call("SUBSTRING", node.this.copy(), exp.Literal.number(first), exp.Literal.number(last - first + 1))


def _seconds(node: exp.Expr, _: Translation) -> exp.Expr:
    """Translates `epoch` of a difference (seconds); DuckDB sums whole days first, then the rest in microseconds."""
    if not isinstance(node.this, exp.Sub):
        raise _NoRuleError("`epoch` has a rule only for a difference of times")
    left, right = (_microseconds(side.copy()).sql("spark") for side in (node.this.this, node.this.expression))
    day, gap = "86400000000", f"({left} - {right})"
    days = f"CAST({gap} DIV {day} * 86400 AS DOUBLE)"
    rest = f"CAST({gap} % {day} AS DOUBLE) / CAST(1000000 AS DOUBLE)"
    return exp.paren(sqlglot.parse_one(f"{days} + {rest}", read="spark"))


def _cast(node: exp.Expr, _: Translation) -> exp.Expr:
    # DuckDB rounds a double to an integer, Spark truncates it: only a whole number may be cast.
    if node.args["to"].this in _WHOLE_TYPES and not (isinstance(node.this, _WHOLE) or node.this.is_int):
        raise _NoRuleError(f"`{node.sql('duckdb')}` may round; round it first")
    return node


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


_RULES: dict[type[exp.Expr], Callable[[exp.Expr, Translation], exp.Expr]] = {
    exp.Literal: _decimal,
    exp.Anonymous: _function,
    exp.IsInf: _is_infinite,
    exp.Table: _file_rows,
    exp.Bracket: _slice,
    exp.ArraySlice: _bytes,
    exp.TimeToUnix: _seconds,
    exp.UnixToTime: lambda node, _: _call("TO_TIMESTAMP_NTZ", _call("TIMESTAMP_MICROS", node.this.copy())),
    exp.Chr: lambda node, _: _call("CHAR", *node.expressions),
    exp.Cast: _cast,
}
