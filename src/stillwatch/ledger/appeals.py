"""Holders object to decisions; a person who had no part in the decision hears them, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.decisions import Decisions
from stillwatch.ledger.parts import Part, Transactions, named, portions
from stillwatch.ledger.records import (
    LONGEST_NAME,
    Appeal,
    AppealEvent,
    Entry,
    Judgement,
    cleaned,
    digest,
    in_utc,
    same_person,
    storable,
)
from stillwatch.ledger.said import Judgements
from stillwatch.ledger.tables import APPEAL_EVENTS, APPEALS, DECISIONS, add
from stillwatch.records.subjects import of_account

MOST_OPEN = 20
"""Undecided appeals against one decision; a holder who writes more has been heard."""

_TABLE, _EVENTS = APPEALS.c, APPEAL_EVENTS.c
_BY_AGE = sa.select(APPEALS).order_by(_TABLE.received_at, _TABLE.appeal_id)


class Appeals(Part):
    """The appeals of one ledger."""

    def __init__(self, ledger: Transactions) -> None:
        super().__init__(ledger)
        self._decisions = Decisions(ledger)
        self._judgements = Judgements(ledger)

    def receive(self, decision_id: str, text: str, at: datetime, contact: str | None = None) -> Appeal:
        """Adds an appeal; the same words about the same decision are one, however often they are sent.

        Raises UsageError where the decision is unknown, the text is empty, or too many appeals wait already.
        """
        said = cleaned(text)
        reach = cleaned(contact or "")[:LONGEST_NAME] or None
        appeal = Appeal("a" + digest(decision_id, said, reach or ""), decision_id, in_utc(at), said, reach)
        if not said:
            raise UsageError([Mistake("`text`", "is empty", "say why the decision is wrong")])
        with self._ledger.writing() as connection:
            if self._decisions.find(decision_id) is None:
                raise UsageError([Mistake("`decision_id`", "is no decision", "copy it from the notice")])
            known = self._appeals(sa.select(APPEALS).where(_TABLE.decision_id == decision_id))
            for one in known:
                if one.appeal_id == appeal.appeal_id:
                    return one
            if sum(one.status in ("received", "assigned") for one in known) >= MOST_OPEN:
                what = f"has {MOST_OPEN} appeals that wait for an answer"
                raise UsageError([Mistake("`decision_id`", what, "wait for the answer")])
            row = asdict(appeal)
            del row["events"]
            add(connection, APPEALS, [row])
        return appeal

    def find(self, appeal_id: str) -> Appeal | None:
        """One appeal, or None."""
        if not storable(appeal_id):
            return None
        found = self._appeals(sa.select(APPEALS).where(_TABLE.appeal_id == appeal_id))
        return found[0] if found else None

    def list(self) -> tuple[Appeal, ...]:
        """Appeals, oldest first."""
        return self._appeals(_BY_AGE)

    def waiting(self) -> tuple[tuple[Appeal, int], ...]:
        """Appeals that nobody has settled, each with its turn, in the order in which they are to be heard.

        Networks and campaigns take turns, and in each the accounts: neither a holder who writes often nor the many
        accounts of one campaign hide another holder's appeal. Of one turn the oldest is the first.
        """
        settled = sa.select(_EVENTS.appeal_id).where(_EVENTS.event == "outcome")
        waiting = self._appeals(_BY_AGE.where(_TABLE.appeal_id.not_in(settled)))
        whom = self._whom([one.decision_id for one in waiting])
        of_account, of_subject = Counter[str](), Counter[str]()
        written = []
        for one in waiting:
            account, subject = whom[one.decision_id]
            written.append((of_account[account], subject, one))
            of_account[account] += 1
        found = []
        for _, subject, one in sorted(written, key=lambda item: item[0]):
            found.append((one, of_subject[subject]))
            of_subject[subject] += 1
        return tuple(sorted(found, key=lambda item: (item[1], item[0].received_at, item[0].appeal_id)))

    def _whom(self, decision_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """By decision the account, and for the sake of what it was decided."""
        columns, found = DECISIONS.c, dict[str, tuple[str, str]]()
        with self._ledger.reading() as connection:
            for some in portions(list(dict.fromkeys(decision_ids))):
                query = sa.select(columns.decision_id, columns.account_id, columns.subject)
                rows = connection.execute(query.where(columns.decision_id.in_(some)))
                found |= {decision_id: (account, subject) for decision_id, account, subject in rows}
        return found

    def about(self, subject: str) -> tuple[Appeal, ...]:
        """Appeals against decisions for the sake of a network or campaign, oldest first."""
        if not storable(subject):
            return ()
        query = sa.select(APPEALS).join(DECISIONS, DECISIONS.c.decision_id == _TABLE.decision_id)
        query = query.where(DECISIONS.c.subject == subject)
        return self._appeals(query.order_by(_TABLE.received_at, _TABLE.appeal_id))

    def assign(self, appeal_id: str, assignee: str, by: str, at: datetime, reason: str = "") -> AppealEvent:
        """Gives an appeal to a person; raises UsageError where that person had a part in the decision."""
        person = named("`--to`", assignee)
        event = AppealEvent(appeal_id, "assigned", named("`--by`", by), in_utc(at), cleaned(reason), None, person)
        with self._ledger.writing() as connection:
            self._check(appeal_id, person, "`--to`")
            self._add(connection, event)
        return event

    def decide(
        self, appeal_id: str, outcome: Literal["upheld", "overturned"], by: str, at: datetime, reason: str
    ) -> AppealEvent:
        """Settles an appeal; `overturned` reverses the decision and records that the account is innocent.

        It grants what else the holder waits for an answer to, too. All rows are one transaction. Raises UsageError
        where the appeal is unknown or settled, no reason is given, or the person made, approved or reversed the
        decision.
        """
        person, why = named("`--by`", by), named("`--reason`", reason)
        if outcome not in ("upheld", "overturned"):
            raise UsageError([Mistake("`--outcome`", "is no outcome", "use `upheld` or `overturned`")])
        event = AppealEvent(appeal_id, "outcome", person, in_utc(at), why, outcome)
        with self._ledger.writing() as connection:
            entry = self._check(appeal_id, person, "`--by`")
            self._add(connection, event)
            if outcome == "overturned":
                self._overturn(connection, entry, event)
        return event

    def _overturn(self, connection: sa.Connection, entry: Entry, event: AppealEvent) -> None:
        """Reverses every living decision of the account, for it is innocent, and says so."""
        account, reason = entry.decision.account_id, f"appeal {event.appeal_id} was granted: {event.reason}"
        ids = {entry.decision.decision_id} | {
            one.decision.decision_id for one in self._decisions.living(event.at) if one.decision.account_id == account
        }
        for decision_id in sorted(ids):
            self._decisions.reverse(decision_id, event.by, event.at, reason)
        self._judgements.add(Judgement(of_account(account), "innocent", event.by, event.at, reason))
        for other in self._appeals(sa.select(APPEALS).where(_TABLE.decision_id.in_(sorted(ids)))):
            if other.status in ("received", "assigned"):
                self._add(connection, replace(event, appeal_id=other.appeal_id, reason=reason))

    def _check(self, appeal_id: str, person: str, option: str) -> Entry:
        """The decision that is appealed against; raises UsageError where `person` cannot settle the appeal."""
        appeal = self.find(appeal_id)
        if appeal is None:
            raise UsageError(
                [Mistake(f"appeal `{appeal_id}`", "is not in the ledger", "see `stillwatch appeals list`")]
            )
        if appeal.status in ("upheld", "overturned"):
            what = f"is settled already ({appeal.status})"
            raise UsageError([Mistake(f"appeal `{appeal_id}`", what, "a new appeal can be made with new reasons")])
        entry = self._decisions.find(appeal.decision_id)
        assert entry is not None  # an appeal is only taken for a decision, and neither can be removed
        concerned = {entry.decision.made_by: "made", **{event.by: event.event for event in entry.events}}
        for other, did in concerned.items():
            if same_person(other, person):
                raise UsageError([Mistake(option, f"{did} the decision", "let another person decide the appeal")])
        return entry

    def _add(self, connection: sa.Connection, event: AppealEvent) -> None:
        once = "" if event.event == "outcome" else f"{event.by}\n{event.assignee}\n{event.at.isoformat()}"
        add(connection, APPEAL_EVENTS, [{"event_id": digest(event.appeal_id, event.event, once), **asdict(event)}])

    def _appeals(self, query: sa.Select[Any]) -> tuple[Appeal, ...]:
        with self._ledger.reading() as connection:
            found = [Appeal(**row) for row in connection.execute(query).mappings()]
            events = _events(connection, [one.appeal_id for one in found])
        return tuple(replace(one, events=tuple(events[one.appeal_id])) for one in found)


def _events(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[AppealEvent]]:
    events: dict[str, list[AppealEvent]] = {one: [] for one in ids}
    for some in portions(ids):
        query = sa.select(APPEAL_EVENTS).where(_EVENTS.appeal_id.in_(some)).order_by(_EVENTS.at, _EVENTS.event_id)
        for row in connection.execute(query).mappings():
            events[row["appeal_id"]].append(AppealEvent(**{key: row[key] for key in row if key != "event_id"}))
    return events
