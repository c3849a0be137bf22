"""The opened ledger: transactions over it, and its parts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from stillwatch.errors import InputError
from stillwatch.ledger.appeals import Appeals
from stillwatch.ledger.attributions import Attributions
from stillwatch.ledger.connecting import WRITES, engine_for
from stillwatch.ledger.decisions import Decisions
from stillwatch.ledger.failures import explained
from stillwatch.ledger.keys import Keys
from stillwatch.ledger.received import Received
from stillwatch.ledger.said import Judgements, Notes, Views
from stillwatch.ledger.sessions import People, Sessions
from stillwatch.ledger.shares import Shares
from stillwatch.ledger.tables import HEAD
from stillwatch.ledger.work import BulkActions, Claims, Proposals, SavedViews

_VERSION = sa.text("SELECT version_num FROM alembic_version")


class Ledger:
    """One ledger; several threads may use it.

    Each call of a part is one transaction, unless it stands in a block of `writing` or `reading`: then the whole block
    is one, which is kept whole or not at all.
    """

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self.name = name
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._own = threading.local()

    @cached_property
    def decisions(self) -> Decisions:
        """Decisions, and what became of them."""
        return Decisions(self)

    @cached_property
    def appeals(self) -> Appeals:
        """Holders' objections."""
        return Appeals(self)

    @cached_property
    def keys(self) -> Keys:
        """Keys for programs."""
        return Keys(self)

    @cached_property
    def judgements(self) -> Judgements:
        """What people have decided of accounts, networks and campaigns."""
        return Judgements(self)

    @cached_property
    def notes(self) -> Notes:
        """What people wrote beside a subject."""
        return Notes(self)

    @cached_property
    def attributions(self) -> Attributions:
        """What people entered about the actors behind campaigns."""
        return Attributions(self)

    @cached_property
    def views(self) -> Views:
        """Who looked at what."""
        return Views(self)

    @cached_property
    def shares(self) -> Shares:
        """What others are told."""
        return Shares(self)

    @cached_property
    def received(self) -> Received:
        """What partners tell, and where it was seen."""
        return Received(self)

    @cached_property
    def sessions(self) -> Sessions:
        """Who has entered the console."""
        return Sessions(self)

    @cached_property
    def people(self) -> People:
        """Which role the ledger gives to whom."""
        return People(self)

    @cached_property
    def claims(self) -> Claims:
        """Who works on which subject."""
        return Claims(self)

    @cached_property
    def proposals(self) -> Proposals:
        """Judgements that wait for a second person."""
        return Proposals(self)

    @cached_property
    def saved_views(self) -> SavedViews:
        """Views that people kept."""
        return SavedViews(self)

    @cached_property
    def bulk_actions(self) -> BulkActions:
        """Acts on many subjects."""
        return BulkActions(self)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Yields a connection in a transaction that no other writer shares; other processes wait for its end.

        Raises OutputError where it cannot be written, InputError where the ledger is damaged.
        """
        with self._transaction(self._writer) as connection:
            if not connection.get_execution_options().get(WRITES):
                raise AssertionError("a block that only reads cannot write")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yields a connection that sees the ledger as it is at the first read; raises as `writing`."""
        with self._transaction(self._engine) as connection:
            yield connection

    @contextmanager
    def _transaction(self, engine: sa.Engine) -> Iterator[sa.Connection]:
        current = getattr(self._own, "connection", None)
        if current is not None:
            yield current
            return
        with explained(self.name), engine.begin() as connection:
            self._own.connection = connection
            try:
                yield connection
            finally:
                self._own.connection = None

    def check(self) -> None:
        """Reads the whole file of a SQLite ledger; raises InputError where it is damaged."""
        if self._engine.dialect.name != "sqlite":
            return
        with self.reading() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if found != "ok":
            remedy = "keep a copy, then restore it or try `sqlite3 ledger.db .recover`"
            raise InputError(f"the ledger `{self.name}` is damaged ({found}); {remedy}")

    def migrate(self) -> None:
        """Brings the tables up to this version; raises InputError where they are of a newer one."""
        with suppress(sa.exc.DBAPIError), self._engine.begin() as connection:
            if connection.execute(_VERSION).scalar() == HEAD:
                return
        from stillwatch.ledger.migrating import upgrade  # here, because Alembic is rarely needed

        with self.writing() as connection:
            upgrade(connection, self.name)


@contextmanager
def connected(where: Path | str, create: bool) -> Iterator[Ledger]:
    """Yields the ledger at `where` with the tables of this version; raises as `stillwatch.ledger.opened`."""
    engine, name = engine_for(where, create)
    try:
        ledger = Ledger(engine, name)
        ledger.migrate()
        yield ledger
    finally:
        engine.dispose()
