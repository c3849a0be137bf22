"""Runs a query of the report and returns its rows as dictionaries, all of them or grouped by one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.engine import Engine, Query

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]


def rows(engine: Engine, query: Query) -> Rows:
    """All rows of the query, in its order; raises QueryError when a table is missing."""
    found: Rows = engine.fetch(query).to_pylist()
    return found


def grouped(engine: Engine, query: Query, column: str) -> dict[str, Rows]:
    """The rows of the query by their value in `column`, each group in the query's order."""
    groups: dict[str, Rows] = {}
    for row in rows(engine, query):
        groups.setdefault(row[column], []).append(row)
    return groups
