"""A query as a value: its name and its SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """SQL that some engine will run; `name` is what an error message calls it."""

    name: str
    sql: str


def literal(text: str) -> str:
    """A SQL string literal; the only way outside text (a path, never a client's words) enters SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
