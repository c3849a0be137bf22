"""What DuckDB raises becomes a QueryError of a known kind, or an OutputError when the disk is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from stillwatch.errors import OutputError, QueryError, QueryErrorKind

_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT))
_KINDS: tuple[tuple[type[duckdb.Error], QueryErrorKind], ...] = (
    (duckdb.OutOfMemoryException, QueryErrorKind.OUT_OF_MEMORY),
    (duckdb.InterruptException, QueryErrorKind.INTERRUPTED),
    (duckdb.IOException, QueryErrorKind.BROKEN_FILE),
    (duckdb.ParserException, QueryErrorKind.STATEMENT),
    (duckdb.SyntaxException, QueryErrorKind.STATEMENT),
    (duckdb.BinderException, QueryErrorKind.STATEMENT),
    (duckdb.CatalogException, QueryErrorKind.STATEMENT),
    (duckdb.InternalException, QueryErrorKind.LOST),
    (duckdb.FatalException, QueryErrorKind.LOST),
)

_BEGINNINGS = (
    ("Out of Memory Error", QueryErrorKind.OUT_OF_MEMORY),
    ("INTERRUPT Error", QueryErrorKind.INTERRUPTED),
    ("IO Error", QueryErrorKind.BROKEN_FILE),
    ("INTERNAL Error", QueryErrorKind.LOST),
    ("FATAL Error", QueryErrorKind.LOST),
)
"""How the texts of the same begin where Arrow's reader raises them, which has one class for all."""


@contextmanager
def refusals(name: str, sql: str) -> Iterator[None]:
    """Raises QueryError or OutputError for what the driver raises while it runs this statement."""
    try:
        yield
    except UnicodeDecodeError as error:  # the driver's own refusal, in which it repeats bytes of a file
        raise QueryError(name, sql, error.object.decode("utf-8", "replace"), QueryErrorKind.BROKEN_FILE) from error
    except (duckdb.Error, OSError) as error:  # the latter where the driver fails in the midst of its batches
        reason = str(error)
        if any(full in reason for full in _FULL):
            raise OutputError(
                f"the disk is full while running `{name}`: {reason}; nothing was written to the run folder"
            ) from error
        kind = kind_of(error)
        if kind is QueryErrorKind.OUT_OF_MEMORY:
            reason += "; raise `engine.memory_limit` or point `engine.temp_directory` at a larger disk"
        raise QueryError(name, sql, reason, kind) from error


def kind_of(error: duckdb.Error | OSError) -> QueryErrorKind:
    """The kind of an exception of DuckDB's; its text is looked at only where its class says too little."""
    if isinstance(error, OSError):
        known = (kind for begins, kind in _BEGINNINGS if str(error).startswith(begins))
    else:
        known = (kind for raised, kind in _KINDS if isinstance(error, raised))
    if (kind := next(known, None)) is not None:
        return kind
    if type(error) is duckdb.Error:
        return QueryErrorKind.BROKEN_FILE  # what its Parquet decoder raises has no class of its own
    if isinstance(error, duckdb.InvalidInputException | OSError):
        text = str(error)
        if "Invalid string encoding" in text:
            return QueryErrorKind.BROKEN_TEXT
        if "file" in text.lower():  # "Failed to read file", "No magic bytes found at end of file", …
            return QueryErrorKind.BROKEN_FILE
    return QueryErrorKind.OTHER
