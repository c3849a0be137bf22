"""The SQL that may reach Spark: sqlglot passes on in silence what it does not know, so this module lists what it may.

A node, a function or a type stands here once a test has shown that both engines give it the same meaning.
"""

from __future__ import annotations

from sqlglot import exp

NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        # statements, sources and joins
        *(exp.Select, exp.From, exp.Table, exp.TableAlias, exp.Subquery, exp.With, exp.CTE, exp.Union, exp.Join),
        *(exp.ReadParquet, exp.Array, exp.Where, exp.Group, exp.Order, exp.Ordered, exp.Distinct),
        *(exp.Qualify, exp.Window, exp.Filter, exp.Star, exp.Column, exp.Identifier, exp.Alias, exp.Paren, exp.Var),
        # values
        *(exp.Literal, exp.Null, exp.Boolean, exp.Interval, exp.Cast, exp.DataType, exp.Neg),
        # conditions
        *(exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
        exp.NullSafeEQ,
        *(exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Greatest, exp.IsInf),
        # numbers
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Round),
        *(exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift),
        # texts and lists
        *(exp.Contains, exp.Chr, exp.Left, exp.Right, exp.Length, exp.DPipe, exp.SHA2),
        *(exp.Replace, exp.Transform, exp.Lambda),
        *(exp.Bracket, exp.Slice, exp.ArraySlice, exp.ArrayToString, exp.ArraySize, exp.ArrayContains),
        # times
        *(exp.TimestampTrunc, exp.TimeToUnix, exp.UnixToTime),
        # over groups and windows
        *(exp.Count, exp.Sum, exp.Min, exp.Max, exp.BitwiseXorAgg, exp.BitwiseOrAgg, exp.RowNumber, exp.DenseRank),
        # a function named in FUNCTIONS
        exp.Anonymous,
    }
)

FUNCTIONS = frozenset({"hash", "isfinite", "strlen", "epoch_us", "epoch_ns", "in_duckdb"})
"""Functions that sqlglot has no node for; each has a rule in `translate`."""

TYPES = frozenset(
    {
        *(exp.DataType.Type.TEXT, exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.SMALLINT),
        *(exp.DataType.Type.DOUBLE, exp.DataType.Type.BOOLEAN, exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMPNTZ),
        *(exp.DataType.Type.VARBINARY, exp.DataType.Type.ARRAY, exp.DataType.Type.MAP),
    }
)


def refusal(tree: exp.Expr) -> str | None:
    """Why a statement may not go to Spark; None when all of it is known."""
    for node in tree.walk():
        if type(node) not in NODES:
            return f"`{type(node).__name__}` in `{_shown(node)}` has no rule for Spark"
        if isinstance(node, exp.Anonymous) and node.name.lower() not in FUNCTIONS:
            return f"function `{node.name}` in `{_shown(node)}` has no rule for Spark"
        if isinstance(node, exp.DataType) and node.this not in TYPES:
            return f"type `{node.sql('duckdb')}` has no rule for Spark"
    return None


def _shown(node: exp.Expr) -> str:
    return node.sql("duckdb")[:80]
