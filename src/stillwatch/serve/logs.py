"""Log lines in JSON on stderr: what happened, never what a caller wrote and never a secret."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import UTC, datetime

NAME = "stillwatch.serve"
MOST_A_SECOND = 20
"""Lines a second; a hostile client cannot fill the disk with the rest, which are only counted."""


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields = getattr(record, "fields", {})
        line = {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
        if record.exc_info and record.exc_info[1] is not None:
            line |= where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=str)


class Bounded(logging.Filter):
    """Lets so many lines a second pass, and says in the next one how many did not."""

    def __init__(self) -> None:
        super().__init__()
        self._second, self._count, self._lost = 0, 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line passes."""
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._count = now, 0
        self._count += 1
        if self._count > MOST_A_SECOND:
            self._lost += 1
            return False
        if self._lost:
            record.fields = {**getattr(record, "fields", {}), "lines_left_out": self._lost}
            self._lost = 0
        return True


def where(error: BaseException) -> dict[str, str]:
    """Returns the kind of an error and the line that raised it; its words could hold what a caller wrote."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    at = "" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
    return {"error": type(error).__name__, "where": at}


def set_up() -> None:
    """Sends the lines of this package and of the HTTP server to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Bounded())
    for name in (NAME, "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO if name == NAME else logging.WARNING)


def note(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Writes a line."""
    logging.getLogger(NAME).log(level, event, extra={"fields": fields})
