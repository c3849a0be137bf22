"""Who has entered the console, until when, and which role the ledger gives to whom."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import ROLES, Session, in_utc, same_person, storable
from stillwatch.ledger.tables import ROLE_GRANTS, SESSION_ENDS, SESSIONS, add

NOBODY = "none"
"""The role that shuts a person out."""


class Sessions(Part):
    """The sessions of one ledger: every process that serves the console knows them, and a restart ends none."""

    def begin(self, person: str, role: str, how: str, at: datetime, lasts: timedelta) -> str:
        """Lets a person in, and returns the secret of the session; raises UsageError for an unknown role."""
        _checked(role, ROLES)
        secret = secrets.token_urlsafe(32)
        when = in_utc(at)
        one = Session(_hashed(secret), named("the person", person), role, when, when + lasts, how)
        with self._ledger.writing() as connection:
            add(connection, SESSIONS, [asdict(one)])
        return secret

    def find(self, secret: str, now: datetime) -> Session | None:
        """The session of this secret; None where there is none, or it has expired or was ended."""
        found = self._living(now, SESSIONS.c.session_sha256 == _hashed(secret))
        return found[0] if found else None

    def list(self, now: datetime) -> tuple[Session, ...]:
        """The sessions that hold now, oldest first."""
        return self._living(now, sa.true())

    def end(self, secret: str, by: str, at: datetime) -> None:
        """Ends a session; whoever shows its secret later is a stranger."""
        self._end([_hashed(secret)], by, at)

    def end_all(self, person: str, by: str, at: datetime) -> int:
        """Ends all sessions of a person, and returns how many there were."""
        mine = [one.session_sha256 for one in self.list(at) if same_person(one.person, person)]
        self._end(mine, by, at)
        return len(mine)

    def _end(self, hashes: Sequence[str], by: str, at: datetime) -> None:
        rows = [{"session_sha256": one, "by": named("`by`", by), "at": in_utc(at)} for one in hashes]
        with self._ledger.writing() as connection:
            add(connection, SESSION_ENDS, rows)

    def _living(self, now: datetime, which: sa.ColumnElement[bool]) -> tuple[Session, ...]:
        ended = sa.select(SESSION_ENDS.c.session_sha256)
        query = sa.select(SESSIONS).where(
            which, SESSIONS.c.expires_at > in_utc(now), SESSIONS.c.session_sha256.not_in(ended)
        )
        with self._ledger.reading() as connection:
            rows = connection.execute(query.order_by(SESSIONS.c.made_at, SESSIONS.c.session_sha256)).mappings()
            return tuple(Session(**row) for row in rows)


class People(Part):
    """Which role the ledger gives to whom; the newest grant counts."""

    def grant(self, person: str, role: str, by: str, at: datetime) -> None:
        """Gives a person a role, or `none`; it holds from that person's next request on."""
        _checked(role, (*ROLES, NOBODY))
        row = {"person": named("the person", person), "role": role, "by": named("`by`", by), "at": in_utc(at)}
        with self._ledger.writing() as connection:
            connection.execute(sa.insert(ROLE_GRANTS), [row])

    def role_of(self, person: str) -> str | None:
        """The role that the ledger gives to a person; None where it says nothing."""
        if not storable(person):
            return None
        query = sa.select(ROLE_GRANTS.c.role).where(ROLE_GRANTS.c.person == " ".join(person.split()))
        with self._ledger.reading() as connection:
            found: str | None = connection.execute(query.order_by(ROLE_GRANTS.c.grant_id.desc()).limit(1)).scalar()
        return found

    def list(self) -> dict[str, str]:
        """By person the role that counts, in the order of their names."""
        query = sa.select(ROLE_GRANTS.c.person, ROLE_GRANTS.c.role).order_by(ROLE_GRANTS.c.grant_id)
        with self._ledger.reading() as connection:
            found = {row.person: row.role for row in connection.execute(query)}
        return dict(sorted(found.items()))


def _checked(role: str, known: tuple[str, ...]) -> None:
    if role not in known:
        raise UsageError([Mistake("`role`", "is no role", f"use {', '.join(f'`{one}`' for one in known)}")])


def _hashed(secret: str) -> str:
    # as for keys: 256 random bits need nothing slower
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
