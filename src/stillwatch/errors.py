"""Every exception Stillwatch raises on purpose, drawn as one tree.

    StillwatchError
    ├── UsageError        exit 2: the command line or a settings file is wrong (all mistakes at once)
    └── RunError          exit 1: the run could not finish
        ├── InputError    an input file cannot be read at all
        ├── EngineError   the engine asked for cannot be started
        ├── QueryError    a statement failed in the engine; carries its SQL and a QueryErrorKind
        └── OutputError   the run folder could not be written (disk full, no permission)

A message says in lower-case fragments what is wrong, where, and what to do, with names in backticks.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something a person typed that cannot be used: where it stands, what is wrong and how to mend it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class StillwatchError(Exception):
    """Anything Stillwatch raises on purpose."""

    exit_code = 1


class UsageError(StillwatchError):
    """The command line or a settings file is wrong; every mistake is listed at once."""

    exit_code = 2

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class RunError(StillwatchError):
    """The run could not finish; nothing half-written was left behind."""


class InputError(RunError):
    """An input file cannot be read at all."""


class EngineError(RunError):
    """The engine asked for cannot be started: a package, Java or a server is missing."""


class QueryErrorKind(Enum):
    """Why a statement failed, whichever engine ran it."""

    OUT_OF_MEMORY = "out_of_memory"  # it needs more memory than the run may use
    INTERRUPTED = "interrupted"  # somebody stopped it
    STATEMENT = "statement"  # the statement itself is wrong: no file and no machine could make it right
    BROKEN_TEXT = "broken_text"  # a file that it reads holds a text that is not UTF-8
    BROKEN_FILE = "broken_file"  # a file that it reads is missing or cannot be decoded
    LOST = "lost"  # the engine met what it cannot go on from, and answers nothing more
    OTHER = "other"

    @property
    def may_be_a_file(self) -> bool:
        """Whether a file that the statement reads may be the cause."""
        return self not in (QueryErrorKind.OUT_OF_MEMORY, QueryErrorKind.INTERRUPTED, QueryErrorKind.STATEMENT)


class QueryError(RunError):
    """A statement failed in the engine; the message carries the SQL it failed on.

    The engine alone knows its driver's exceptions and says with `kind` what they mean; everybody else looks at `kind`.
    """

    def __init__(self, name: str, sql: str, reason: str, kind: QueryErrorKind = QueryErrorKind.OTHER) -> None:
        self.name, self.sql, self.reason, self.kind = name, sql, reason, kind
        super().__init__(f"query `{name}` failed: {reason}\n{sql}")


class OutputError(RunError):
    """The run folder could not be written."""


def reason_of(error: BaseException) -> str:
    """Why a file or an address could not be used, in words that follow its name: no number, and no name again."""
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start:,} is not UTF-8"
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return _first_line(error)


def _of_system(error: OSError) -> str:
    inner = getattr(error, "reason", None)
    if isinstance(inner, OSError):  # what `urllib` wraps
        return _of_system(inner)
    if isinstance(error, FileNotFoundError):  # Arrow's has the name in place of a number and of words
        return os.strerror(errno.ENOENT)
    if error.strerror and error.errno and error.errno > 0:  # Arrow's words would name the file again
        return os.strerror(error.errno)
    return error.strerror or _first_line(error)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
