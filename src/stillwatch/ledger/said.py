"""What people said of subjects (judgements, notes) and what they looked at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import (
    VERDICTS,
    Judged,
    Judgement,
    Note,
    View,
    Withdrawal,
    cleaned,
    digest,
    in_utc,
    storable,
)
from stillwatch.ledger.tables import JUDGED, JUDGEMENTS, NOTES, VIEWS, WITHDRAWALS, add


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
        with self._ledger.writing() as connection:
            add(connection, JUDGEMENTS, [{"judgement_id": said.judgement_id, **asdict(said)}])
        return said

    def list(self, subject: str | None = None, about: str | None = None) -> tuple[Judgement, ...]:
        """Judgements that stand, oldest first; of several at one moment the mildest is last, so that it counts.

        With `about` only those whose subject begins so.
        """
        if not storable(subject or ""):
            return ()
        query = sa.select(JUDGEMENTS).where(JUDGEMENTS.c.judgement_id.not_in(sa.select(WITHDRAWALS.c.row_id)))
        if subject is not None:
            query = query.where(JUDGEMENTS.c.subject == subject)
        if about is not None:
            query = query.where(JUDGEMENTS.c.subject.startswith(about, autoescape=True))
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings()
            found = [Judgement(**{key: row[key] for key in row if key != "judgement_id"}) for row in rows]
        return tuple(sorted(found, key=lambda one: (one.decided_at, -VERDICTS.index(one.verdict), one.decided_by)))

    def latest(self) -> dict[str, Judgement]:
        """By subject the judgement that counts."""
        return {one.subject: one for one in self.list()}

    def withdraw(self, judgement_id: str, by: str, at: datetime, reason: str) -> Withdrawal:
        """Takes a judgement back, so that the one before it counts again; raises UsageError where none stands."""
        with self._ledger.writing():
            if not any(one.judgement_id == judgement_id for one in self.list()):
                what = "is not in the ledger, or was withdrawn before"
                raise UsageError([Mistake("the judgement", what, "look at its subject again")])
            return self.take_back(judgement_id, "judgement", by, at, reason)

    def take_back(self, row_id: str, what: str, by: str, at: datetime, reason: str) -> Withdrawal:
        """Notes that something said before holds no longer; who comes second changes nothing."""
        one = Withdrawal(row_id, what, named("`by`", by), in_utc(at), named("the reason", reason))
        with self._ledger.writing() as connection:
            add(connection, WITHDRAWALS, [asdict(one)])
        return one

    def withdrawals(self) -> dict[str, Withdrawal]:
        """By the id of what was taken back who did so, when and why."""
        with self._ledger.reading() as connection:
            return {row["row_id"]: Withdrawal(**row) for row in connection.execute(sa.select(WITHDRAWALS)).mappings()}

    def every(self) -> tuple[Judgement, ...]:
        """All judgements, the newest first, also those that were withdrawn."""
        query = sa.select(JUDGEMENTS).order_by(JUDGEMENTS.c.decided_at.desc(), JUDGEMENTS.c.judgement_id)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings()
            return tuple(Judgement(**{key: row[key] for key in row if key != "judgement_id"}) for row in rows)

    def note_finding(self, one: Judged) -> None:
        """Notes what the run said of a subject when it was judged."""
        with self._ledger.writing() as connection:
            add(connection, JUDGED, [asdict(one) | {"claims": json.dumps(one.claims)}])

    def findings(self) -> dict[str, Judged]:
        """By judgement what the run said of its subject then."""
        with self._ledger.reading() as connection:
            rows = list(connection.execute(sa.select(JUDGED)).mappings())
        return {
            row["judgement_id"]: Judged(
                **{**row, "claims": tuple((str(name), float(bits)) for name, bits in json.loads(row["claims"]))}
            )
            for row in rows
        }


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

    def search(self, text: str, limit: int = 50) -> tuple[Note, ...]:
        """Notes that hold these words, the newest first."""
        if not storable(text):
            return ()
        query = sa.select(NOTES).where(NOTES.c.text.icontains(text, autoescape=True))
        with self._ledger.reading() as connection:
            rows = connection.execute(query.order_by(NOTES.c.at.desc()).limit(limit)).mappings()
            return tuple(Note(**{key: row[key] for key in row if key != "note_id"}) for row in rows)


class Views(Part):
    """Who looked at which account, decision or other subject, and when."""

    def add(self, views: Sequence[View]) -> None:
        """Adds one row for each view."""
        rows = [asdict(one) | {"by": named("`by`", one.by), "subject": cleaned(one.subject)} for one in views]
        if rows:
            with self._ledger.writing() as connection:
                connection.execute(sa.insert(VIEWS), rows)

    def list(self, subject: str | None = None, limit: int = 1_000, by: str | None = None) -> tuple[View, ...]:
        """The newest views first, at most `limit`: of a subject, by a person, or all."""
        if not storable(subject or "") or not storable(by or ""):
            return ()
        query = sa.select(VIEWS).order_by(VIEWS.c.view_id.desc()).limit(max(1, limit))
        if subject is not None:
            query = query.where(VIEWS.c.subject == subject)
        if by is not None:
            query = query.where(VIEWS.c.by == by)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings()
            return tuple(View(**{key: row[key] for key in row if key != "view_id"}) for row in rows)
