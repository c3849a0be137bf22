"""Decisions in the ledger: adding them, what became of them, and which have an effect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.parts import Part, named, portions
from stillwatch.ledger.records import Decision, DecisionEvent, Entry, Evidence, in_utc, same_person, storable
from stillwatch.ledger.tables import DECISION_EVENTS, DECISIONS, add

_TABLE, _EVENTS = DECISIONS.c, DECISION_EVENTS.c
MOST_LISTED = 1_000
POLICY = "policy"
"""The name under which a policy reverses what it has decided; no person bears it."""


class Decisions(Part):
    """The decisions of one ledger."""

    def add(self, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        """Adds the decisions that the ledger does not have yet, all or none, and returns these."""
        with self._ledger.writing() as connection:
            known = {
                row[0]
                for ids in portions([one.decision_id for one in decisions])
                for row in connection.execute(sa.select(_TABLE.decision_id).where(_TABLE.decision_id.in_(ids)))
            }
            fresh = {one.decision_id: one for one in decisions if one.decision_id not in known}
            add(connection, DECISIONS, [_row(one) for one in fresh.values()])
        return tuple(fresh.values())

    def find(self, decision_id: str) -> Entry | None:
        """One decision, or None."""
        if not storable(decision_id):
            return None
        found = self._entries(sa.select(DECISIONS).where(_TABLE.decision_id == decision_id))
        return found[0] if found else None

    def by_appeal(self, appeal: str) -> Entry | None:
        """The decision with this appeal reference, also where it was typed in small letters, or None."""
        if not storable(appeal):
            return None
        typed = (appeal, appeal.strip().upper())
        found = self._entries(sa.select(DECISIONS).where(_TABLE.appeal.in_(typed)))
        return found[0] if found else None

    def list(
        self,
        account_id: str | None = None,
        subject: str | None = None,
        made_since: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[Entry, ...]:
        """Decisions, newest first, at most `limit` (and MOST_LISTED); those behind the decision with the id `after`."""
        if not all(storable(one) for one in (account_id or "", subject or "", after or "")):
            return ()
        query = sa.select(DECISIONS).order_by(_TABLE.made_at.desc(), _TABLE.decision_id)
        if account_id is not None:
            query = query.where(_TABLE.account_id == account_id)
        if subject is not None:
            query = query.where(_TABLE.subject == subject)
        if made_since is not None:
            query = query.where(_TABLE.made_at >= made_since)
        with self._ledger.reading() as connection:
            if after is not None:
                made_at = connection.execute(sa.select(_TABLE.made_at).where(_TABLE.decision_id == after)).scalar()
                if made_at is None:
                    return ()
                later = sa.and_(_TABLE.made_at == made_at, _TABLE.decision_id > after)
                query = query.where(sa.or_(_TABLE.made_at < made_at, later))
            return self._entries(query.limit(max(1, min(limit, MOST_LISTED))))

    def active(self, now: datetime) -> tuple[Decision, ...]:
        """Decisions with an effect now or later: not expired, refused, reversed or held out, approved where needed."""
        return tuple(one.decision for one in self.living(now) if one.status(now) in ("active", "to_begin"))

    def living(self, now: datetime) -> tuple[Entry, ...]:
        """Decisions that are neither expired, refused nor reversed: also those that wait or are held out."""
        over = sa.select(_EVENTS.decision_id).where(_EVENTS.event.in_(("refused", "reversed")))
        query = sa.select(DECISIONS).where(_TABLE.expires_at > now, _TABLE.decision_id.not_in(over))
        return self._entries(query.order_by(_TABLE.account_id, _TABLE.since, _TABLE.decision_id))

    def ended_by_people(self, since: datetime) -> tuple[Entry, ...]:
        """Decisions that a person, and not the policy that made them, has refused or reversed since then."""
        return self._ended(since, _EVENTS.by != POLICY)

    def lapsed(self, since: datetime) -> tuple[Entry, ...]:
        """Decisions that have lapsed since then because what their policy rested on was gone."""
        return self._ended(since, _EVENTS.by == POLICY)

    def _ended(self, since: datetime, by: sa.ColumnElement[bool]) -> tuple[Entry, ...]:
        query = (
            sa.select(DECISIONS)
            .join(DECISION_EVENTS, _TABLE.decision_id == _EVENTS.decision_id)
            .where(_EVENTS.event.in_(("refused", "reversed")), _EVENTS.at >= since, by)
        )
        return self._entries(query.order_by(_TABLE.decision_id))

    def about(self, subject: str) -> tuple[Entry, ...]:
        """Every decision for the sake of a network or campaign, oldest first."""
        if not storable(subject):
            return ()
        query = sa.select(DECISIONS).where(_TABLE.subject == subject)
        return self._entries(query.order_by(_TABLE.made_at, _TABLE.decision_id))

    def made_between(self, since: datetime, until: datetime) -> tuple[Entry, ...]:
        """Decisions made from `since` on and before `until`."""
        query = sa.select(DECISIONS).where(_TABLE.made_at >= since, _TABLE.made_at < until)
        return self._entries(query.order_by(_TABLE.made_at, _TABLE.decision_id))

    def approve(self, decision_id: str, by: str, at: datetime, reason: str = "") -> DecisionEvent:
        """Lets a decision that needs a second person begin; raises UsageError where it cannot be approved."""
        return self._say(DecisionEvent(decision_id, "approved", _person(by), at, reason), ("waiting",))

    def refuse(self, decision_id: str, by: str, at: datetime, reason: str) -> DecisionEvent:
        """Ends a decision that waits for a second person; raises UsageError where it does not wait."""
        return self._say(DecisionEvent(decision_id, "refused", _person(by), at, reason), ("waiting",))

    def reverse(self, decision_id: str, by: str, at: datetime, reason: str) -> DecisionEvent:
        """Undoes a decision, whatever it is at that moment, and with it what it prolongs and what prolongs it.

        A decision that is reversed already stays as it was: its first reversal is returned. Raises UsageError where
        there is no such decision, or it was refused.
        """
        return self._reverse(DecisionEvent(decision_id, "reversed", _person(by), at, reason))

    def lapse(self, living: Sequence[tuple[str, str]], at: datetime) -> None:
        """Undoes living decisions, each with its reason, because what their policy rested on is gone.

        No person answers for it, and what prolongs a decision is not undone with it.
        """
        when = in_utc(at)
        rows = [asdict(DecisionEvent(one, "reversed", POLICY, when, named("reason", why))) for one, why in living]
        with self._ledger.writing() as connection:
            add(connection, DECISION_EVENTS, rows)

    def _reverse(self, event: DecisionEvent) -> DecisionEvent:
        possible = ("waiting", "to_begin", "active", "expired", "held_out")
        with self._ledger.writing():
            first = self._say(event, possible)
            for other in self.chain(event.decision_id):
                entry = self.find(other)
                if entry is not None and entry.status(event.at) in ("waiting", "to_begin", "active", "held_out"):
                    self._say(replace(event, decision_id=other), possible)
        return first

    def chain(self, decision_id: str) -> tuple[str, ...]:
        """The decision, those that it prolongs, and those that prolong it."""
        seen, waiting = set[str](), [decision_id]
        with self._ledger.reading() as connection:
            while waiting:
                one = waiting.pop()
                if one not in seen:
                    seen.add(one)
                    either = sa.or_(_TABLE.renews == one, _TABLE.decision_id == one)
                    for row in connection.execute(sa.select(_TABLE.decision_id, _TABLE.renews).where(either)):
                        waiting.extend(name for name in row if name is not None)
        return tuple(sorted(seen))

    def _say(self, event: DecisionEvent, possible: Iterable[str]) -> DecisionEvent:
        """Adds an event if the decision is in one of the `possible` states."""
        where = f"decision `{event.decision_id}`"
        by, reason = named("`--by`", event.by), event.reason.strip()
        if event.event != "approved":
            reason = named("`--reason`", reason)
        with self._ledger.writing() as connection:
            entry = self.find(event.decision_id)
            if entry is None:
                raise UsageError([Mistake(where, "is not in the ledger", "see `stillwatch decisions list`")])
            for earlier in entry.events:
                if earlier.event == event.event:
                    return earlier
            status = entry.status(event.at)
            if status not in possible:
                remedy = _REMEDIES.get(status, "see `stillwatch decisions show`")
                raise UsageError([Mistake(where, f"cannot be {event.event}: it is {status.replace('_', ' ')}", remedy)])
            if event.event == "approved" and same_person(by, entry.decision.made_by):
                raise UsageError([Mistake("`--by`", "made this decision", "let a second person approve it")])
            said = DecisionEvent(event.decision_id, event.event, by, in_utc(event.at), reason)
            add(connection, DECISION_EVENTS, [asdict(said)])
        return said

    def _entries(self, query: sa.Select[Any]) -> tuple[Entry, ...]:
        with self._ledger.reading() as connection:
            decisions = [_decision(row) for row in connection.execute(query).mappings()]
            events: dict[str, list[DecisionEvent]] = {one.decision_id: [] for one in decisions}
            for ids in portions(list(events)):
                said = sa.select(DECISION_EVENTS).where(_EVENTS.decision_id.in_(ids)).order_by(_EVENTS.at)
                for row in connection.execute(said).mappings():
                    events[row["decision_id"]].append(DecisionEvent(**row))
        return tuple(Entry(one, tuple(events[one.decision_id])) for one in decisions)


_REMEDIES = {
    "active": "use `stillwatch decisions reverse`",
    "to_begin": "use `stillwatch decisions reverse`",
    "expired": "it has no effect any more",
    "reversed": "it has no effect any more",
    "refused": "it has no effect",
    "held_out": "it has no effect: its account is held out to measure harm",
}


def _person(by: str) -> str:
    """The name; raises UsageError for the one that policies have."""
    if same_person(by, POLICY):
        raise UsageError([Mistake("`--by`", f"is `{POLICY}`, which is no person", "give your own name")])
    return by


def _row(one: Decision) -> dict[str, Any]:
    row = {field.name: getattr(one, field.name) for field in fields(Decision)}
    return row | {"evidence": json.dumps([asdict(item) for item in one.evidence], ensure_ascii=False)}


def _decision(row: Any) -> Decision:
    evidence = tuple(Evidence(**item) for item in json.loads(row["evidence"]))
    return Decision(**{**row, "evidence": evidence})
