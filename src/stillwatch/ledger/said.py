"""What people said of subjects (judgements, notes) and what they looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import VERDICTS, Judgement, Note, View, cleaned, digest, in_utc, storable
from stillwatch.ledger.tables import JUDGEMENTS, NOTES, VIEWS, add


class Judgements(Part):
    """Judgements of accounts, networks and campaigns; of several on one subject the latest counts."""

    def add(self, one: Judgement) -> Judgement:
        """Adds a judgement; the same one twice is one. Raises UsageError where it says too little."""
        if one.verdict not in VERDICTS:
            raise UsageError([Mistake("`verdict`", "is no verdict", f"use {', '.join(f'`{v}`' for v in VERDICTS)}")])
        said = Judgement(
            one.subject, one.verdict, named("`decided_by`", one.decided_by), in_utc(one.decided_at), cleaned(one.reason)
        )
        if not one.subject.strip() or not storable(one.subject):
            raise UsageError([Mistake("`subject`", "is empty", "name an account, network or campaign")])
        key = digest(said.subject, said.verdict, said.decided_by, said.decided_at.isoformat(), said.reason)
        with self._ledger.writing() as connection:
            add(connection, JUDGEMENTS, [{"judgement_id": key, **asdict(said)}])
        return said

    def list(self, subject: str | None = None) -> tuple[Judgement, ...]:
        """Judgements, oldest first; of several at one moment the mildest is last, so that it counts."""
        if not storable(subject or ""):
            return ()
        query = sa.select(JUDGEMENTS)
        if subject is not None:
            query = query.where(JUDGEMENTS.c.subject == subject)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings()
            found = [Judgement(**{key: row[key] for key in row if key != "judgement_id"}) for row in rows]
        return tuple(sorted(found, key=lambda one: (one.decided_at, -VERDICTS.index(one.verdict), one.decided_by)))

    def latest(self) -> dict[str, Judgement]:
        """By subject the judgement that counts."""
        return {one.subject: one for one in self.list()}


class Notes(Part):
    """Notes beside subjects."""

    def add(self, subject: str, by: str, at: datetime, text: str) -> Note:
        """Adds a note; the same one twice is one. Raises UsageError where it says nothing."""
        note = Note(subject, named("`by`", by), in_utc(at), cleaned(text))
        if not note.text or not subject.strip() or not storable(subject):
            raise UsageError([Mistake("`text`", "is empty, or its subject is", "write what should be known")])
        key = digest(note.subject, note.by, note.at.isoformat(), note.text)
        with self._ledger.writing() as connection:
            add(connection, NOTES, [{"note_id": key, **asdict(note)}])
        return note

    def list(self, subject: str) -> tuple[Note, ...]:
        """The notes beside a subject, oldest first."""
        if not storable(subject):
            return ()
        query = sa.select(NOTES).where(NOTES.c.subject == subject).order_by(NOTES.c.at, NOTES.c.note_id)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings()
            return tuple(Note(**{key: row[key] for key in row if key != "note_id"}) for row in rows)


class Views(Part):
    """Who looked at which account, decision or other subject, and when."""

    def add(self, views: Sequence[View]) -> None:
        """Adds one row for each view."""
        rows = [asdict(one) | {"by": named("`by`", one.by), "subject": cleaned(one.subject)} for one in views]
        if rows:
            with self._ledger.writing() as connection:
                connection.execute(sa.insert(VIEWS), rows)

    def list(self, subject: str | None = None, limit: int = 1_000) -> tuple[View, ...]:
        """The newest views first, at most `limit`."""
        if not storable(subject or ""):
            return ()
        query = sa.select(VIEWS).order_by(VIEWS.c.view_id.desc()).limit(max(1, limit))
        if subject is not None:
            query = query.where(VIEWS.c.subject == subject)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings()
            return tuple(View(**{key: row[key] for key in row if key != "view_id"}) for row in rows)
