"""What people work on: who holds which subject, what waits for a second person, views kept, and bulk actions."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import VERDICTS, Claim, digest, in_utc, same_person, storable
from stillwatch.ledger.tables import BULK_ACTIONS, CLAIM_ENDS, CLAIMS, PROPOSALS, SAVED_VIEWS, WITHDRAWALS, add


class Claims(Part):
    """Who works on which subject; of two who want one, the first has it until it is let go or its time is over."""

    def take(self, subject: str, by: str, at: datetime, lasts: timedelta) -> Claim:
        """Takes a subject, or prolongs what the person holds already; raises UsageError where another holds it."""
        person, when = named("`by`", by), in_utc(at)
        if not subject.strip() or not storable(subject):
            raise UsageError([Mistake("`subject`", "is empty", "name what is to be worked on")])
        one = Claim(secrets.token_hex(16), subject, person, when, when + lasts)
        with self._ledger.writing() as connection:
            holder = self.held(at).get(subject)
            if holder is not None and not same_person(holder.by, person):
                what = f"is being worked on by {holder.by} until {holder.until:%H:%M} UTC"
                raise UsageError([Mistake(f"`{subject}`", what, "take another one, or wait")])
            add(connection, CLAIMS, [asdict(one)])
        return one

    def release(self, subject: str, by: str, at: datetime) -> None:
        """Lets a subject go that the person holds."""
        if not storable(subject):
            return
        with self._ledger.writing() as connection:
            query = sa.select(CLAIMS).where(CLAIMS.c.subject == subject, CLAIMS.c.until > in_utc(at))
            mine = [Claim(**row) for row in connection.execute(query).mappings()]
            rows = [{"claim_id": one.claim_id, "at": in_utc(at)} for one in mine if same_person(one.by, by)]
            add(connection, CLAIM_ENDS, rows)

    def held(self, now: datetime) -> dict[str, Claim]:
        """By subject who works on it now."""
        ended = sa.select(CLAIM_ENDS.c.claim_id)
        query = sa.select(CLAIMS).where(CLAIMS.c.until > in_utc(now), CLAIMS.c.claim_id.not_in(ended))
        with self._ledger.reading() as connection:
            rows = connection.execute(query.order_by(CLAIMS.c.at)).mappings()
            return {row["subject"]: Claim(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A judgement that waits for a second person, because it is about many accounts."""

    proposal_id: str
    subject: str
    verdict: str
    by: str
    at: datetime
    reason: str


class Proposals(Part):
    """Judgements that a second person must share."""

    def add(self, subject: str, verdict: str, by: str, at: datetime, reason: str) -> Proposal:
        """Proposes a judgement; raises UsageError where it says too little or one waits for that subject already."""
        if verdict not in VERDICTS:
            raise UsageError([Mistake("`verdict`", "is no verdict", f"use {', '.join(f'`{v}`' for v in VERDICTS)}")])
        person, why, when = named("`by`", by), named("the reason", reason), in_utc(at)
        key = digest("proposal", subject, verdict, person, when.isoformat())
        one = Proposal(key, subject, verdict, person, when, why)
        with self._ledger.writing() as connection:
            if any(other.subject == subject for other in self.waiting()):
                what = "has a proposal that waits for a second person"
                raise UsageError([Mistake(f"`{subject}`", what, "open it, and agree or decline")])
            add(connection, PROPOSALS, [asdict(one)])
        return one

    def waiting(self) -> tuple[Proposal, ...]:
        """Proposals that nobody has agreed to, declined or taken back, oldest first."""
        over = sa.select(WITHDRAWALS.c.row_id)
        query = sa.select(PROPOSALS).where(PROPOSALS.c.proposal_id.not_in(over)).order_by(PROPOSALS.c.at)
        with self._ledger.reading() as connection:
            return tuple(Proposal(**row) for row in connection.execute(query).mappings())

    def find(self, proposal_id: str) -> Proposal | None:
        """A proposal that waits, or None."""
        return next((one for one in self.waiting() if one.proposal_id == proposal_id), None)


@dataclass(frozen=True, slots=True)
class SavedView:
    """An address of the console that a person kept under a name."""

    view_id: str
    owner: str
    name: str
    address: str
    at: datetime


class SavedViews(Part):
    """Views that people kept."""

    def add(self, owner: str, name: str, address: str, at: datetime) -> SavedView:
        """Keeps a view; raises UsageError for what is no address of the console."""
        if not address.startswith("/") or address.startswith("//") or "\\" in address or not storable(address):
            raise UsageError([Mistake("the address", "is none of the console's", "keep a page that is open")])
        called, person, when = named("the name", name), named("`by`", owner), in_utc(at)
        one = SavedView(digest("view", person, called, when.isoformat()), person, called, address[:2_000], when)
        with self._ledger.writing() as connection:
            add(connection, SAVED_VIEWS, [asdict(one)])
        return one

    def list(self, owner: str) -> tuple[SavedView, ...]:
        """What a person kept, oldest first."""
        gone = sa.select(WITHDRAWALS.c.row_id)
        query = sa.select(SAVED_VIEWS).where(SAVED_VIEWS.c.owner == owner, SAVED_VIEWS.c.view_id.not_in(gone))
        with self._ledger.reading() as connection:
            rows = connection.execute(query.order_by(SAVED_VIEWS.c.at)).mappings()
            return tuple(SavedView(**row) for row in rows)


@dataclass(frozen=True, slots=True)
class BulkAction:
    """One act on many subjects: what was done, and what failed with its reason."""

    action_id: str
    what: str
    by: str
    at: datetime
    reason: str
    done: tuple[str, ...]
    failures: Mapping[str, str]


class BulkActions(Part):
    """Acts on many subjects, one row each."""

    def add(
        self, what: str, by: str, at: datetime, reason: str, done: Sequence[str], failures: Mapping[str, str]
    ) -> BulkAction:
        """Notes a bulk action."""
        person, why, when = named("`by`", by), named("the reason", reason), in_utc(at)
        key = digest("bulk", what, person, when.isoformat(), *done)
        one = BulkAction(key, what, person, when, why, tuple(done), dict(failures))
        row = asdict(one) | {"done": json.dumps(one.done), "failures": json.dumps(one.failures)}
        with self._ledger.writing() as connection:
            add(connection, BULK_ACTIONS, [row])
        return one

    def find(self, action_id: str) -> BulkAction | None:
        """A bulk action, or None."""
        query = sa.select(BULK_ACTIONS).where(BULK_ACTIONS.c.action_id == action_id)
        with self._ledger.reading() as connection:
            row = connection.execute(query).mappings().first() if storable(action_id) else None
        return None if row is None else _bulk(row)

    def list(self, limit: int = 100) -> tuple[BulkAction, ...]:
        """The newest first."""
        query = sa.select(BULK_ACTIONS).order_by(BULK_ACTIONS.c.at.desc()).limit(limit)
        with self._ledger.reading() as connection:
            return tuple(_bulk(row) for row in connection.execute(query).mappings())


def _bulk(row: sa.RowMapping) -> BulkAction:
    stated = {**row, "done": tuple(json.loads(row["done"])), "failures": json.loads(row["failures"])}
    return BulkAction(**stated)
