"""The review queue: what waits for a person, in which order, and what a judgement does.

Within a priority the oldest comes first, and sorts of findings take turns, each with a bounded number, so that no
source of findings can hide another's. Appeals take turns by what they are about and by holder (`ledger.appeals`),
decisions by what they are for: else those on the many accounts of one campaign hide another's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING

from stillwatch.console import subjects
from stillwatch.console.findings import Run
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger import Appeal, Claim, Entry, Judgement
from stillwatch.ledger.records import in_utc, same_person
from stillwatch.settings import ConsoleSettings

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger
    from stillwatch.ledger.work import Proposal

SOON = timedelta(days=2)
"""An appeal that is due within this time goes before everything else."""
_PRIORITY = {"act": 1, "review": 2, "watch": 3}
NOT_FRESH = "what you saw has changed since"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for a person; a lower `priority` comes first."""

    sort: str  # `campaign`, `decision`, `appeal` or `proposal`
    subject: str  # what is opened and taken
    about: str  # in words
    priority: int
    since: datetime
    address: str
    role: str  # who can settle it
    due: datetime | None = None
    taken: Claim | None = None
    turn: int = 0  # among those of one source: a later one of it comes after the earlier ones of others


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits, in order, and how many of each sort there are, shown or not."""

    items: tuple[Item, ...]
    totals: dict[str, int]


def queue(run: Run | None, ledger: Ledger, settings: ConsoleSettings, now: datetime) -> Queue:
    """Everything that waits for a person."""
    entries = ledger.decisions.living(now)
    every = [
        *(_campaigns(run, ledger) if run is not None else ()),
        *_decisions(one for one in entries if one.status(now) == "waiting"),
        *(_appeal(one, turn, settings, now) for one, turn in ledger.appeals.waiting()),
        *(_proposal(one) for one in ledger.proposals.waiting()),
    ]
    held = ledger.claims.held(now)
    totals: dict[str, int] = defaultdict(int)
    for one in every:
        totals[one.sort] += 1
    items = in_turn(every, settings.most_of_a_source)
    return Queue(tuple(_with(one, held.get(one.subject)) for one in items), dict(totals))


def in_turn(items: Iterable[Item], most: int) -> list[Item]:
    """At most `most` of each sort: by priority, sorts in turn within one, of each by turn and then the oldest first."""
    by_priority: dict[int, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    count: dict[str, int] = defaultdict(int)
    for one in sorted(items, key=lambda one: (one.priority, one.turn, one.since, one.subject)):
        if count[one.sort] < most:
            by_priority[one.priority][one.sort].append(one)
            count[one.sort] += 1
    return [
        one
        for priority in sorted(by_priority)
        for row in zip_longest(*(by_priority[priority][sort] for sort in sorted(by_priority[priority])))
        for one in row
        if one is not None
    ]


def next_for(found: Queue, person: str, role_suffices: Sequence[str], skipped: Sequence[str]) -> Item | None:
    """The first item that the person can settle, nobody else works on, and was not skipped."""
    for one in found.items:
        free = one.taken is None or same_person(one.taken.by, person)
        if free and one.role in role_suffices and one.subject not in skipped:
            return one
    return None


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of a subject, and which judgement of it was the newest that the person saw."""

    subject: str
    verdict: str
    reason: str
    seen: str  # the id of that judgement; empty for none


def judge(run: Run | None, ledger: Ledger, settings: ConsoleSettings, word: Word, person: str, now: datetime) -> str:
    """Takes a person's judgement, and returns `judged`, or `proposed` where a second person must share it.

    Raises UsageError where no reason is given, the subject is not known, somebody else works on it, or it was judged
    since the person looked: of two who judge at once, the second sees what the first has said.
    """
    if not word.reason.strip():
        raise UsageError([Mistake("the reason", "is missing", "say in a sentence why")])
    subject = subjects.found(run, word.subject) if run is not None else None
    if subject is None or run is None:
        raise UsageError([Mistake(f"`{word.subject[:80]}`", "is not in the newest run", "look at what it became")])
    with ledger.writing():
        _not_changed(ledger, word, person, now)
        if subject.accounts > settings.second_person_above and word.verdict != "unsure":
            ledger.proposals.add(word.subject, word.verdict, person, now, word.reason)
            outcome = "proposed"
        else:
            _settle(run, ledger, subject, Judgement(word.subject, word.verdict, person, now, word.reason))
            outcome = "judged"
        ledger.claims.release(word.subject, person, now)
    return outcome


def agree(run: Run, ledger: Ledger, proposal_id: str, person: str, now: datetime, reason: str) -> Judgement:
    """A second person shares a proposal, which becomes a judgement; raises UsageError where that cannot be."""
    with ledger.writing():
        one = _waiting(ledger, proposal_id)
        if same_person(one.by, person):
            raise UsageError([Mistake("the proposal", "is your own", "let a second person look at it")])
        subject = subjects.found(run, one.subject)
        if subject is None:
            raise UsageError([Mistake(f"`{one.subject}`", "is not in the newest run", "decline the proposal")])
        ledger.judgements.take_back(one.proposal_id, "proposal", person, now, reason or "agreed")
        why = f"{one.reason} (shared by {person}{f': {reason}' if reason else ''})"
        said = Judgement(one.subject, one.verdict, one.by, now, why)
        _settle(run, ledger, subject, said)
    return said


def decline(ledger: Ledger, proposal_id: str, person: str, now: datetime, reason: str) -> None:
    """A proposal is declined, or taken back by whoever made it; raises UsageError without a reason."""
    with ledger.writing():
        one = _waiting(ledger, proposal_id)
        ledger.judgements.take_back(one.proposal_id, "proposal", person, now, reason)


def _waiting(ledger: Ledger, proposal_id: str) -> Proposal:
    one = ledger.proposals.find(proposal_id)
    if one is None:
        raise UsageError([Mistake("the proposal", "waits no longer", "look at its subject again")])
    return one


def _not_changed(ledger: Ledger, word: Word, person: str, now: datetime) -> None:
    holder = ledger.claims.held(now).get(word.subject)
    if holder is not None and not same_person(holder.by, person):
        raise UsageError([Mistake(f"`{word.subject}`", f"is being worked on by {holder.by}", "take another one")])
    newest = newest_of(ledger, word.subject)
    if (newest.judgement_id if newest is not None else "") != word.seen:
        said = f"{newest.decided_by} judged it {newest.verdict}" if newest is not None else "it was taken back"
        raise UsageError([Mistake(f"`{word.subject}`", f"{NOT_FRESH}: {said}", "read it again, then say your word")])


def newest_of(ledger: Ledger, subject: str) -> Judgement | None:
    """The judgement of a subject that counts, or None."""
    return next(reversed(ledger.judgements.list(subject)), None)


def _settle(run: Run, ledger: Ledger, subject: subjects.Subject, said: Judgement) -> None:
    kept = ledger.judgements.add(said)
    ledger.judgements.note_finding(subjects.judged(run, subject, kept.judgement_id))


def _campaigns(run: Run, ledger: Ledger) -> Iterable[Item]:
    decided = ledger.judgements.latest()
    proposed = {one.subject for one in ledger.proposals.waiting()}
    for row in subjects.campaigns(run):
        name = row["campaign_id"]
        if name in decided or name in proposed:
            continue
        yield Item(
            "campaign",
            name,
            f"Campaign {name}, level {row['level']}, {row['accounts']:,} accounts",
            _PRIORITY.get(row["level"], 3),
            subjects.first_found(run, name, row["first_seen"]),
            f"/review/campaign/{name}",
            "analyst",
        )


def _decisions(waiting: Iterable[Entry]) -> Iterable[Item]:
    turns: dict[str, int] = defaultdict(int)
    for one in sorted(waiting, key=lambda one: (one.decision.made_at, one.decision.decision_id)):
        yield _decision(one, turns[one.decision.subject])
        turns[one.decision.subject] += 1


def _decision(entry: Entry, turn: int) -> Item:
    one = entry.decision
    return Item(
        "decision",
        one.decision_id,
        f"{one.effect.replace('_', ' ').capitalize()} of one account for {one.subject} waits for a second person",
        1,
        one.made_at,
        f"/decisions/{one.decision_id}",
        "approver",
        turn=turn,
    )


def _appeal(one: Appeal, turn: int, settings: ConsoleSettings, now: datetime) -> Item:
    due = one.received_at + timedelta(days=settings.appeal_days)
    soon = due - in_utc(now) < SOON
    address = f"/appeals/{one.appeal_id}"
    priority = 0 if soon else 2
    about = "An appeal waits for an answer"
    return Item("appeal", one.appeal_id, about, priority, one.received_at, address, "approver", due, None, turn)


def _proposal(one: Proposal) -> Item:
    about = f"{one.by} proposes to judge {one.subject} {one.verdict}: a second person must share it"
    return Item("proposal", one.proposal_id, about, 1, one.at, f"/review/proposal/{one.proposal_id}", "approver")


def _with(one: Item, claim: Claim | None) -> Item:
    return one if claim is None else replace(one, taken=claim)
