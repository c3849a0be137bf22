"""Whom judgements and permits concern now: what was said of a network or campaign holds for those it was said of.

A judgement names an id at a moment. Later the network grows, splits or merges. The judgement is about the accounts that
belonged then, and about those that joined since while these are fewer than it was made about: beyond that a person
must look again. It holds for a network or campaign of this run as a whole where its accounts are more than half of it
and the strangers fit into the same bound, and elsewhere for its accounts alone. So an operator can neither hide a fleet
in a network that a person has cleared, nor have strangers accused by joining theirs, however slowly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from stillwatch.assess.thresholds import MAJORITY
from stillwatch.records.lineage import CAMPAIGN
from stillwatch.records.subjects import account_of
from stillwatch.runs.lineage import Groups, History

EVER = datetime.min  # a permit without a beginning has held since then
PERMITTED = "permitted"  # stands where a judgement has its verdict


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person has said of a subject: a judgement, or a permit whose holder is a network or campaign."""

    source: str  # `judgement` or `permit`
    subject: str
    verdict: str  # a judgement's, or PERMITTED
    decided_at: datetime  # UTC
    decided_by: str | None = None
    reason: str | None = None
    permit_id: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """One statement beside the subject of this run that it holds for; `subject` None where it exists nowhere."""

    statement: Statement
    subject: str | None
    accounts: int


@dataclass(frozen=True, slots=True)
class Present:
    """What this run knows: accounts seen or registered that a statement names, and its networks and candidates."""

    accounts: frozenset[str]  # as the statements name them
    networks: Groups
    candidates: Groups
    network_of: Mapping[str, str]  # candidate → network


@dataclass(frozen=True, slots=True)
class Resolution:
    """Judgements by candidate and by account, accounts that each permit covers, and what was applied to what."""

    candidates: Mapping[str, str]
    judges: Mapping[str, str]  # by candidate that has a judgement, who made it
    confirmed: frozenset[str]  # candidates of which some accounts were confirmed with a network or campaign of theirs
    accounts: Mapping[str, str]
    permitted: Mapping[str, frozenset[str]]
    applied: tuple[Applied, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """The accounts that a statement is about, and how many more may join before it must be made again."""

    accounts: frozenset[str]
    room: int


def covered(past: History, subject: str, since: datetime, groups: Groups) -> Covered:
    """Whom a statement about `subject`, made at `since` (UTC), is about.

    `groups` are this run's subjects: one without a past is known by its present accounts. A statement older than the
    subject is about its first accounts.
    """
    if subject not in past.subjects:
        accounts = groups.get(subject, frozenset())
        return Covered(accounts, len(accounts))
    mine = past.members.filter(pc.equal(past.members["subject"], subject)).to_pylist()
    since = max(since, min((row["joined_at"] for row in mine), default=since))
    judged = set(past.accounts_at(subject, since))
    room = len(judged) - 1
    joined: dict[datetime, set[str]] = defaultdict(set)
    for row in mine:
        if row["joined_at"] > since:
            joined[row["joined_at"]].add(row["account_id"])
    for _, fresh in sorted(joined.items()):
        if len(fresh - judged) > room:
            room = 0
            break
        room -= len(fresh - judged)
        judged |= fresh
    return Covered(frozenset(judged), room)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a statement about a network or campaign concerns in this run."""

    statement: Statement
    accounts: frozenset[str]  # that it is about
    whole: Groups  # this run's networks or candidates that it holds for as a whole

    @property
    def rest(self) -> frozenset[str]:
        """The accounts it is about outside those."""
        return self.accounts.difference(*self.whole.values())


def scope(past: History, present: Present, one: Statement) -> Scope | None:
    """Whom the statement concerns; None where its subject is no network or campaign of this run or an earlier one."""
    groups = present.candidates if one.subject.startswith(CAMPAIGN) else present.networks
    if one.subject not in groups and one.subject not in past.subjects:
        return None
    about = covered(past, one.subject, one.decided_at, groups)
    whole = {subject: held for subject, held in groups.items() if _holds_for(about, held)}
    return Scope(one, about.accounts, whole)


def _holds_for(about: Covered, accounts: frozenset[str]) -> bool:
    strangers = len(accounts - about.accounts)
    return strangers <= about.room and strangers < (1.0 - MAJORITY) * len(accounts)


def resolve(past: History, present: Present, statements: Sequence[Statement]) -> Resolution:
    """What each statement means in this run.

    Of several judgements of one candidate its own counts first, then its network's own, then those of the campaigns
    and networks that it descends from. Where such ancestors were judged differently, each judgement holds for its own
    accounts alone. An account's own judgement outranks whatever was said of its network. Where an account has taken
    the id of a network or campaign, it is confirmed alone and not cleared with them: it accuses and hides nobody. A
    subject that names an account expressly concerns that account alone.
    """
    scopes = [
        found
        for one in statements
        if not (one.verdict == "confirmed" and one.subject in present.accounts)
        and (found := scope(past, present, one)) is not None
    ]
    judged = [one for one in scopes if one.statement.permit_id is None]
    decisive, contested = _by_candidate(judged, present)
    inherited = [(one.statement, one.accounts if one in contested else one.rest) for one in judged]
    accounts: dict[str, str] = {}
    # the latest word on an account counts; of two at one moment, the one that clears it
    for said, concerned in sorted(inherited, key=lambda item: (item[0].decided_at, item[0].verdict == "innocent")):
        accounts.update(dict.fromkeys(concerned, said.verdict))
    mine = frozenset(account for account, verdict in accounts.items() if verdict == "confirmed")
    confirmed = frozenset(name for name, members in present.candidates.items() if members & mine)
    shared = {one.statement.subject for one in scopes}
    accounts.update(
        {
            account_of(one.subject) or one.subject: one.verdict
            for one in statements
            if one.subject in present.accounts and one.subject not in shared
        }
    )
    permitted: dict[str, frozenset[str]] = {}
    for one in scopes:
        if one.statement.permit_id is not None:
            before = permitted.get(one.statement.permit_id, frozenset())
            permitted[one.statement.permit_id] = before.union(one.accounts, *one.whole.values())
    applied = tuple(row for one in statements for row in _applied(one, scopes, past, present))
    candidates = {name: said.verdict for name, said in decisive.items()}
    judges = {name: said.decided_by or "" for name, said in decisive.items()}
    return Resolution(candidates, judges, confirmed, accounts, permitted, applied)


def _by_candidate(judged: Sequence[Scope], present: Present) -> tuple[dict[str, Statement], list[Scope]]:
    """The judgement of each candidate that has one, and the scopes that contradict one another on a candidate.

    Of several that agree, the latest is named.
    """
    said: dict[str, list[tuple[int, Scope]]] = {}
    for one in judged:
        for candidate, network in present.network_of.items():
            if candidate in one.whole:
                said.setdefault(candidate, []).append((0 if candidate == one.statement.subject else 2, one))
            if network in one.whole:
                said.setdefault(candidate, []).append((1 if network == one.statement.subject else 3, one))
    decisive: dict[str, Statement] = {}
    contested: list[Scope] = []
    for candidate, ranked in said.items():
        first = min(rank for rank, _ in ranked)
        best = [one for rank, one in ranked if rank == first]
        if len({one.statement.verdict for one in best}) == 1:
            decisive[candidate] = max((one.statement for one in best), key=lambda one: (one.decided_at, one.subject))
        else:
            contested += best
    return decisive, contested


def _applied(one: Statement, scopes: Sequence[Scope], past: History, present: Present) -> Iterator[Applied]:
    """What to tell of a statement: each subject it holds for, or that it concerns nobody who is known."""
    known = False
    for found in scopes:
        if found.statement is one:
            known = True
            for subject, held in sorted(found.whole.items()):
                yield Applied(one, subject, len(held))
            if not found.whole:
                yield Applied(one, one.subject, len(found.rest))
    if not known and one.subject in present.accounts:
        yield Applied(one, one.subject, 1)
    elif not known:
        account = account_of(one.subject) or one.subject
        belonged = pc.any(pc.equal(past.members["account_id"], account)).as_py()
        yield Applied(one, one.subject if belonged else None, 0)


Events = Mapping[str, Sequence[tuple[int, Mapping[str, Any]]]]
"""By network or campaign its rows of LINEAGE and those of its splits, each with its place in the order of runs."""


def events_of(history: History) -> Events:
    """The events of a history by the subjects that they concern."""
    found: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for place, row in enumerate(history.events.sort_by("run").to_pylist()):
        found[row["other"] if row["event"] == "split_from" else row["subject"]].append((place, row))
    return found


def through(events: Events, subject: str, since: datetime) -> list[str]:
    """What happened to a network or campaign after `since` (UTC), oldest first, on to the subject it merged into."""
    said: list[str] = []
    waiting = iter(events.get(subject, ()))
    merged = -1  # the place of the last merge: of the subject that lived on, only later events are told
    while (following := next(waiting, None)) is not None:
        place, row = following
        if row["at"] <= since or place <= merged or row["event"] == "born":
            continue
        said.append(f"{row['at']:%Y-%m-%d}: {_happened(row)}")
        if row["event"] == "merged_into":
            merged, waiting = place, iter(events.get(row["other"], ()))
    return said


def _happened(row: Mapping[str, Any]) -> str:
    accounts, overlap = row["accounts"], row["overlap"]
    return {
        "grew": f"grew from {overlap:,} to {accounts:,} accounts" if overlap is not None else "",
        "shrank": f"shrank to {accounts:,} accounts",
        "replaced_accounts": f"replaced accounts: {overlap or 0:,} stayed, it now has {accounts:,}",
        "merged_into": f"merged into {row['other']} with {accounts:,} accounts",
        "split_from": f"{row['subject']} split from it with {accounts:,} accounts",
        "silent": f"fell silent with {accounts:,} accounts",
        "returned": f"returned with {accounts:,} accounts, {overlap or 0:,} of them known",
    }[row["event"]]
