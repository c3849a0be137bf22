"""What SQLite or PostgreSQL says when it fails becomes an error that says where and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from stillwatch.errors import InputError, OutputError, StillwatchError

_DAMAGED = "is damaged ({reason}); keep a copy, then restore it or try `sqlite3 ledger.db .recover`"
_FULL = "cannot be written, there is no space left; free some and run this again: nothing that it holds is lost"
_FAILED = "failed ({reason}); restore it or name another"
_BUSY = "is being written by another process; run this again when that has ended"
_READ_ONLY = "cannot be written ({reason}); run this as the user who may write it, or name another"
_UNOPENED = "cannot be opened ({reason}); free space there, run this as the user who may write it, or name another"
_FAILING = "cannot be used ({reason}); look at the disk's space, quota and health, then run this again"
_CROWDED = "has no room for this ({reason}); run this again later, or give its server more"
_UNREACHABLE = "cannot be reached ({reason}); start that server or name another `--database`"

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_CORRUPT: (InputError, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (InputError, _DAMAGED),
    sqlite3.SQLITE_IOERR: (OutputError, _FAILING),
    sqlite3.SQLITE_FULL: (OutputError, _FULL),
    sqlite3.SQLITE_BUSY: (OutputError, _BUSY),
    sqlite3.SQLITE_LOCKED: (OutputError, _BUSY),
    sqlite3.SQLITE_READONLY: (OutputError, _READ_ONLY),
    sqlite3.SQLITE_CANTOPEN: (OutputError, _UNOPENED),
    sqlite3.SQLITE_PERM: (OutputError, _READ_ONLY),
    # of the errors of input and output, those that say more
    sqlite3.SQLITE_IOERR_WRITE: (OutputError, _FULL),
    sqlite3.SQLITE_IOERR_SHMSIZE: (OutputError, _FULL),  # SQLite cannot make room for what its readers share
    sqlite3.SQLITE_IOERR_READ: (InputError, _DAMAGED),
    sqlite3.SQLITE_IOERR_SHORT_READ: (InputError, _DAMAGED),
    sqlite3.SQLITE_IOERR_CORRUPTFS: (InputError, _DAMAGED),
}

_BY_SQLSTATE = {
    "53100": (OutputError, _FULL),
    "53": (OutputError, _CROWDED),
    "58": (OutputError, _FAILING),
    "25": (OutputError, _READ_ONLY),
    "42501": (OutputError, _READ_ONLY),
    "55P03": (OutputError, _BUSY),
    "08": (OutputError, _UNREACHABLE),
    "57": (OutputError, _UNREACHABLE),
    "28": (OutputError, _UNREACHABLE),
    "3D": (OutputError, _UNREACHABLE),
    "XX": (InputError, _DAMAGED),
}


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turns a database's error in the block into InputError or OutputError about the ledger `name`."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _explained(name, error) from error


def _explained(name: str, error: sa.exc.DBAPIError) -> StillwatchError:
    original = error.orig
    reason = " ".join(str(original).split())[:200]
    kind, words = _meaning(original)
    return kind(f"the ledger `{name}` {words.format(reason=reason)}")


def _meaning(original: BaseException | None) -> tuple[type[StillwatchError], str]:
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", 0)
        for one in (code, code & 0xFF):  # the rest tells apart what is mostly treated alike
            if one in _BY_SQLITE_CODE:
                return _BY_SQLITE_CODE[one]
        return InputError, _FAILED
    state = getattr(original, "sqlstate", None) or "08"  # without a state the server was not there to give one
    for length in (5, 2):
        if state[:length] in _BY_SQLSTATE:
            return _BY_SQLSTATE[state[:length]]
    return InputError, _FAILED
