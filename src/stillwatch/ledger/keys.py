"""Keys that programs show: the secret is told once, and only its sha256 is kept."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import SCOPES, Key, digest, in_utc
from stillwatch.ledger.tables import KEY_REVOCATIONS, KEYS, add

PREFIX = "stillwatch_"
"""Scanners of published code can recognise a secret by it."""


class Keys(Part):
    """The keys of one ledger."""

    def create(self, name: str, scope: str, at: datetime) -> tuple[Key, str]:
        """Makes a key; returns it with its secret, which cannot be had again.

        Raises UsageError where the scope is unknown, or a key that is not revoked has this name.
        """
        mistakes = []
        if scope not in SCOPES:
            mistakes.append(Mistake("`--scope`", "is no scope", f"use {', '.join(f'`{one}`' for one in SCOPES)}"))
        name = named("`--name`", name)
        secret = f"{PREFIX}{scope}_{secrets.token_urlsafe(32)}"
        with self._ledger.writing() as connection:
            if any(one.name == name and one.revoked_at is None for one in self.list()):
                mistakes.append(Mistake("`--name`", "is another key's", "name it otherwise, or revoke that key"))
            if mistakes:
                raise UsageError(mistakes)
            hashed = _hashed(secret)
            key = Key("k" + digest(hashed)[:16], name, scope, in_utc(at))
            row = {"secret_sha256": hashed, **asdict(key)}
            add(connection, KEYS, [{column.name: row[column.name] for column in KEYS.columns}])
        return key, secret

    def find(self, secret: str) -> Key | None:
        """The key with this secret, also one that was revoked (then `revoked_at` is set), or None."""
        found = self._keys(_query().where(KEYS.c.secret_sha256 == _hashed(secret)))
        return found[0] if found else None

    def list(self) -> tuple[Key, ...]:
        """All keys, oldest first, also those that were revoked."""
        return self._keys(_query())

    def by_digest(self) -> dict[str, Key]:
        """All keys under the sha256 of their secrets, in hexadecimal digits, also those that were revoked."""
        with self._ledger.reading() as connection:
            rows = connection.execute(_query().add_columns(KEYS.c.secret_sha256)).mappings()
            return {row["secret_sha256"]: Key(**{k: row[k] for k in row if k != "secret_sha256"}) for row in rows}

    def revoke(self, key_id: str, by: str, at: datetime) -> Key:
        """Ends a key; one that is revoked already stays as it was. Raises UsageError where there is none."""
        with self._ledger.writing() as connection:
            for one in self.list():
                if one.key_id == key_id and one.revoked_at is None:
                    who, when = named("`--by`", by), in_utc(at)
                    add(connection, KEY_REVOCATIONS, [{"key_id": key_id, "revoked_at": when, "revoked_by": who}])
                    return replace(one, revoked_at=when, revoked_by=who)
                if one.key_id == key_id:
                    return one
        raise UsageError([Mistake(f"key `{key_id}`", "is not in the ledger", "see `stillwatch keys list`")])

    def _keys(self, query: sa.Select[Any]) -> tuple[Key, ...]:
        with self._ledger.reading() as connection:
            return tuple(Key(**row) for row in connection.execute(query).mappings())


def _hashed(secret: str) -> str:
    # the secret has 256 random bits: nothing slower is needed, and nothing can be guessed
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _query() -> sa.Select[Any]:
    columns = [KEYS.c[name] for name in ("key_id", "name", "scope", "created_at")]
    both = KEYS.outerjoin(KEY_REVOCATIONS, KEYS.c.key_id == KEY_REVOCATIONS.c.key_id)
    ended = (KEY_REVOCATIONS.c.revoked_at, KEY_REVOCATIONS.c.revoked_by)
    return sa.select(*columns, *ended).select_from(both).order_by(KEYS.c.created_at, KEYS.c.key_id)
