"""What Spark raises becomes a QueryError of a known kind, or an OutputError when the disk is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import AnalysisException, ParseException, PySparkException

from stillwatch.engine.query import Query
from stillwatch.errors import OutputError, QueryError, QueryErrorKind

_LONGEST_REASON = 1_000  # characters; Spark likes to tell whole plans
# Spark names the condition in its text: what a task raised reaches the driver, and a client, as text alone.
_CONDITIONS = (
    ("INVALID_UTF8_STRING", QueryErrorKind.BROKEN_TEXT),
    ("java.lang.OutOfMemoryError", QueryErrorKind.OUT_OF_MEMORY),
    ("FAILED_READ_FILE", QueryErrorKind.BROKEN_FILE),
    ("CANNOT_READ_FILE_FOOTER", QueryErrorKind.BROKEN_FILE),
    ("PATH_NOT_FOUND", QueryErrorKind.BROKEN_FILE),
    ("OPERATION_CANCELED", QueryErrorKind.INTERRUPTED),
)


@contextmanager
def refusals(query: Query) -> Iterator[None]:
    """Raises QueryError or OutputError for what Spark raises while it runs this statement."""
    try:
        yield
    except (PySparkException, Py4JError, ConnectionError, pa.ArrowException) as error:
        said = str(error).strip()
        if "No space left on device" in said:
            raise OutputError(
                f"the disk is full while running `{query.name}`; nothing was written to the run folder"
            ) from error
        raise QueryError(query.name, query.sql, _reason(said, error), kind_of(error)) from error


def kind_of(error: Exception) -> QueryErrorKind:
    """The kind of an exception that Spark, or the way to it, raises."""
    said = str(error)
    for condition, kind in _CONDITIONS:
        if condition in said:
            return kind
    return QueryErrorKind.STATEMENT if isinstance(error, AnalysisException | ParseException) else QueryErrorKind.OTHER


def _reason(said: str, error: Exception) -> str:
    lines = said.splitlines() or [type(error).__name__]
    # the first line says what went wrong; of a trace of Python's, the last
    reason = f"{lines[0]} {lines[-1]}" if "Traceback" in said else lines[0]
    return reason[:_LONGEST_REASON]
