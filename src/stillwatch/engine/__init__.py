"""The only code that touches a database driver."""

from stillwatch.engine.interface import Engine, Kernel
from stillwatch.engine.prefetch import prefetched
from stillwatch.engine.query import Query, identifier, literal

__all__ = ["Engine", "Kernel", "Query", "identifier", "literal", "prefetched"]
