"""The engine of a ledger: SQLite in a state folder, or PostgreSQL by URL, set so that what is acknowledged is kept."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from stillwatch.errors import InputError, Mistake, OutputError, UsageError
from stillwatch.ledger import FILE

BUSY_SECONDS = 30
"""How long a process waits for another's transaction; a whole epoch's decisions take seconds."""

WRITES = "stillwatch_writes"
"""The execution option of an engine whose transactions write."""

ONE_WRITER = 7_354_911
"""The advisory lock in PostgreSQL that makes writers wait for one another, as SQLite does by itself."""

_POSTGRESQL = ("postgresql://", "postgres://")


def engine_for(where: Path | str, create: bool) -> tuple[sa.Engine, str]:
    """The engine, and the ledger's name for people (without a password).

    Raises UsageError where `where` cannot hold a ledger, InputError where there is none and `create` is not given.
    """
    if isinstance(where, str) and where.startswith(_POSTGRESQL):
        return _postgresql(where)
    if isinstance(where, str) and "://" in where:
        kind = where.partition("://")[0]
        remedy = "write it like `postgresql://user@host/name`"
        raise UsageError([Mistake(f"`--database {kind}://…`", "is no database that keeps a ledger", remedy)])
    return _sqlite(Path(where), create)


def _postgresql(where: str) -> tuple[sa.Engine, str]:
    try:
        import psycopg  # noqa: F401  the message below is clearer than SQLAlchemy's

        address = sa.make_url("postgresql+psycopg://" + where.partition("://")[2])
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[postgres]'`"
        raise UsageError([Mistake("`--database`", f"needs the package `{error.name}`", remedy)]) from error
    except (sa.exc.ArgumentError, ValueError) as error:
        remedy = "write it like `postgresql://user@host/name`"
        raise UsageError([Mistake("`--database`", "is no address of a database", remedy)]) from error
    engine = sa.create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": BUSY_SECONDS})
    sa.event.listen(engine, "begin", _begin_postgresql)
    return engine, address.set(drivername="postgresql").render_as_string(hide_password=True)


def _begin_postgresql(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _sqlite(folder: Path, create: bool) -> tuple[sa.Engine, str]:
    path = folder / FILE
    if folder.exists() and not folder.is_dir():
        raise UsageError([Mistake(f"`--state {folder}`", "is a file, not a folder", "name a state's folder")])
    if not path.is_file():
        if not create:
            raise InputError(f"there is no ledger in `{folder}`; name the state folder that `respond` or `watch` wrote")
        _make(path)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine, str(path)


def _make(path: Path) -> None:
    """An empty file that others than its owner's group cannot read: it will hold accusations."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o640))
    except OSError as error:
        remedy = "free space there or name a writable `--state`"
        raise OutputError(f"cannot write `{path}`: {error.strerror or error}; {remedy}") from error


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged outlives a power cut
    cursor.execute("PRAGMA recursive_triggers=ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # a transaction that writes takes its lock first: one that read before could not go on after another's write
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
