"""The only code that touches a database driver."""

from stillwatch.engine.interface import Engine
from stillwatch.engine.query import Query, identifier, literal

__all__ = ["Engine", "Query", "identifier", "literal"]
