"""Gives networks and campaigns lasting ids from run to run, and records their history.

A subject (a network or a campaign) is identified by its accounts. A group of accounts in this run continues a subject
of earlier runs if the two share enough accounts. When a subject splits, its largest part keeps the id; when several
subjects merge, the oldest id stays. Source: the matching of communities over time by Greene, Doyle and Cunningham
(2010), with the restriction that an id never passes to another subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.engine import Engine, Query, identifier
from stillwatch.errors import InputError
from stillwatch.records import Table
from stillwatch.records.lineage import (
    CAMPAIGN,
    LINEAGE,
    LINEAGE_MEMBERS,
    NETWORK,
    PREVIOUS_LINEAGE,
    PREVIOUS_MEMBERS,
    PREVIOUS_RUN,
)

RELATED_SHARE = 0.25
"""The least share of the smaller group's accounts at which two groups are related. Networks share no accounts by
chance, so the share only prevents that a few accounts that moved take an id with them. In use are 0.1 to 0.5."""
RELATED_ACCOUNTS = 2  # the least number of shared accounts: a single account never passes an id on

Groups = Mapping[str, frozenset[str]]
"""The accounts of each subject."""


@dataclass(frozen=True, slots=True)
class Known:
    """A network or campaign of earlier runs that this run may continue."""

    subject: str
    born_at: datetime
    accounts: frozenset[str]  # its accounts when it was last found
    silent: bool  # whether the last run did not find it


@dataclass(frozen=True)
class History:
    """The history that earlier runs recorded: the tables LINEAGE and LINEAGE_MEMBERS in Arrow."""

    events: pa.Table
    members: pa.Table
    read_until: datetime | None = None  # event time (UTC) of the newest exchange that the latest run had read

    @classmethod
    def empty(cls) -> History:
        """Returns the history of a run that continues no other run."""
        return cls(LINEAGE.schema.empty_table(), LINEAGE_MEMBERS.schema.empty_table())

    @cached_property
    def subjects(self) -> frozenset[str]:
        """Every id that was ever given."""
        return frozenset(self.events["subject"].to_pylist())

    @cached_property
    def _known(self) -> dict[str, Known]:
        born: dict[str, datetime] = {}
        ended: set[str] = set()
        silent: dict[str, bool] = {}
        for row in self.events.sort_by("run").to_pylist():
            subject, event = row["subject"], row["event"]
            born.setdefault(subject, row["at"])
            silent[subject] = event == "silent"
            if event == "merged_into":
                ended.add(subject)
        accounts = self.current
        return {
            subject: Known(subject, at, accounts.get(subject, frozenset()), silent[subject])
            for subject, at in born.items()
            if subject not in ended
        }

    @property
    def runs(self) -> int:
        """The number of runs so far."""
        return pc.max(self.events["run"]).as_py() or 0

    @cached_property
    def current(self) -> dict[str, frozenset[str]]:
        """The accounts of each subject when it was last found."""
        last = self.members.filter(pc.is_null(self.members["left_at"]))
        found: dict[str, set[str]] = defaultdict(set)
        for subject, account in zip(last["subject"].to_pylist(), last["account_id"].to_pylist(), strict=True):
            found[subject].add(account)
        return {subject: frozenset(accounts) for subject, accounts in found.items()}

    def accounts_at(self, subject: str, moment: datetime) -> frozenset[str]:
        """The accounts that a subject had in the run that had read until `moment` (UTC)."""
        mine = self.members.filter(pc.equal(self.members["subject"], subject)).to_pylist()
        return frozenset(
            row["account_id"]
            for row in mine
            if row["joined_at"] <= moment and (row["left_at"] is None or row["left_at"] > moment)
        )

    def known(self, kind: str) -> dict[str, Known]:
        """Returns the subjects of one kind (NETWORK or CAMPAIGN) that this run may continue, by id."""
        return {subject: one for subject, one in self._known.items() if subject.startswith(kind)}


def history(engine: Engine) -> History:
    """Loads the history from `previous_lineage` and `previous_members`; it is empty without those tables.

    Raises InputError when the previous run has read later exchanges than this run: lineage goes forward in time only.
    """
    events, members, run = (stored(engine, table) for table in (PREVIOUS_LINEAGE, PREVIOUS_MEMBERS, PREVIOUS_RUN))
    then, now = pc.max(run["read_until"]).as_py(), newest_exchange(engine)
    if then is not None and now is not None and then > now:
        raise InputError(
            f"the previous run had read exchanges until {then.isoformat()}Z, but these logs end at "
            f"{now.isoformat()}Z; ids are carried forward in time only: scan the older logs without `--previous`"
        )
    return History(events, members, then)


def stored(engine: Engine, table: Table) -> pa.Table:
    """The rows of a table of an earlier run; none where the engine has no such table."""
    if not engine.columns(table.name):  # null streams have no lineage
        return table.schema.empty_table()
    names = ", ".join(identifier(name) for name in table.names)
    return engine.fetch(Query(table.name, f"SELECT {names} FROM {table.name}")).cast(table.schema)


def newest_exchange(engine: Engine) -> datetime | None:
    """Returns the time (UTC) of the newest exchange that this run has read; None without exchanges."""
    if not engine.columns("account_sketches"):
        return None
    rows = engine.fetch(Query("newest exchange", "SELECT max(last_seen) AS at FROM account_sketches"))
    found: datetime | None = rows["at"][0].as_py()
    return found


def reserved(engine: Engine, past: History) -> frozenset[str]:
    """Returns the ids that no new network or campaign may get: all ids of earlier subjects, and ids of accounts."""
    taken = set(past.subjects)
    for table in ("account_sketches", "accounts"):
        if engine.columns(table):
            alike = f"SELECT account_id FROM {table} WHERE left(account_id, 1) IN ('{NETWORK}', '{CAMPAIGN}')"
            taken.update(engine.fetch(Query(f"ids of {table}", alike))["account_id"].to_pylist())
    return frozenset(taken)


def inherit(
    known: Mapping[str, Known], groups: Sequence[Collection[str]], fresh: Sequence[str], given: Collection[str]
) -> list[str]:
    """Returns the id of each group of accounts (groups,): the id of the subject that it continues, or else a new id.

    `known` are the subjects of that kind. `fresh` (groups,) are the ids that groups get without a history. `given` are
    the ids that no group may get anew (`reserved`).
    """
    shared = related(known, groups)
    heirs: dict[int, list[str]] = defaultdict(list)
    for subject, parts in shared.items():
        largest = min(parts, key=lambda group: (-parts[group], -len(groups[group]), fresh[group]))
        heirs[largest].append(subject)
    names = [""] * len(groups)
    for group, subjects in heirs.items():
        names[group] = min(subjects, key=lambda subject: (known[subject].born_at, subject))
    taken = {*given, *names}
    for group, name in enumerate(names):
        if not name:
            names[group] = _unused(fresh[group], taken)
            taken.add(names[group])
    return names


def related(known: Mapping[str, Known], groups: Sequence[Collection[str]]) -> dict[str, dict[int, int]]:
    """Returns, for each known subject, the number of accounts shared with each related group, by group index."""
    holders: dict[str, list[str]] = defaultdict(list)
    for subject, one in known.items():
        for account in one.accounts:
            holders[account].append(subject)
    shared: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for group, accounts in enumerate(groups):
        for account in accounts:
            for subject in holders.get(account, ()):
                shared[subject][group] += 1
    result: dict[str, dict[int, int]] = {}
    for subject, parts in shared.items():
        size = len(known[subject].accounts)
        kept = {group: n for group, n in parts.items() if _relates(n, size, len(groups[group]))}
        if kept:
            result[subject] = kept
    return result


def _relates(shared: int, one: int, other: int) -> bool:
    return shared >= max(RELATED_ACCOUNTS, RELATED_SHARE * min(one, other))


def _unused(name: str, taken: Collection[str]) -> str:
    """Returns `name`, or an id derived from it when another subject has `name`."""
    number = 0
    found = name
    while found in taken:
        number += 1
        found = name[0] + blake2b(f"{name}/{number}".encode(), digest_size=6).hexdigest()
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """The subjects of one kind that this run found: their accounts, and when the evidence became sufficient (UTC)."""

    accounts: Groups
    born_at: Mapping[str, datetime]


def advance(past: History, found: Mapping[str, Found], at: datetime) -> History:
    """Returns the history after a run that has read exchanges up to `at` (UTC); `found` has its subjects by kind."""
    fresh = [event for kind, one in found.items() for event in _events(past.known(kind), one, at)]
    now = {subject: accounts for one in found.values() for subject, accounts in one.accounts.items()}
    ended = {event.subject for event in fresh if event.event == "merged_into"}
    rows = [{"run": past.runs + 1, **asdict(event)} for event in fresh]
    events = pa.concat_tables([past.events.cast(LINEAGE.schema), pa.Table.from_pylist(rows, schema=LINEAGE.schema)])
    return History(events, _members(past, now, ended, at))


@dataclass(frozen=True, slots=True)
class _Event:
    subject: str
    event: str
    at: datetime
    accounts: int
    overlap: int | None = None
    other: str | None = None


def _events(known: Mapping[str, Known], found: Found, at: datetime) -> Iterator[_Event]:
    now = found.accounts
    order = sorted(now)
    shared = {
        subject: {order[group]: n for group, n in parts.items()}
        for subject, parts in related(known, [now[subject] for subject in order]).items()
    }
    for subject in order:
        if subject in known:
            yield from _continued(known[subject], now[subject], at)
            continue
        parents = [(-parts[subject], parent) for parent, parts in shared.items() if subject in parts and parent in now]
        if parents:
            overlap, parent = min(parents)
            yield _Event(subject, "split_from", at, len(now[subject]), -overlap, parent)
        else:
            yield _Event(subject, "born", found.born_at[subject], len(now[subject]))
    for subject in sorted(known.keys() - now.keys()):
        accounts = len(known[subject].accounts)
        if subject in shared:
            overlap, heir = min((-n, heir) for heir, n in shared[subject].items())
            yield _Event(subject, "merged_into", at, accounts, -overlap, heir)
        elif not known[subject].silent:
            yield _Event(subject, "silent", at, accounts)


def _continued(known: Known, now: frozenset[str], at: datetime) -> Iterator[_Event]:
    before = known.accounts
    if known.silent:
        event = "returned"
    elif now == before:
        return
    else:
        event = "grew" if now > before else "shrank" if now < before else "replaced_accounts"
    yield _Event(known.subject, event, at, len(now), len(before & now))


def _members(past: History, now: Groups, ended: Collection[str], at: datetime) -> pa.Table:
    """Returns the updated membership: accounts that left get `left_at`, accounts that joined get a row.

    The accounts of a subject that this run did not find stay as they are.
    """
    rows, held = [], past.current
    for row in past.members.to_pylist():
        subject, account = row["subject"], row["account_id"]
        gone = subject in ended or (subject in now and account not in now[subject])
        rows.append({**row, "left_at": at} if row["left_at"] is None and gone else row)
    for subject, accounts in now.items():
        rows += [
            {"subject": subject, "account_id": account, "joined_at": at, "left_at": None}
            for account in sorted(accounts - held.get(subject, frozenset()))
        ]
    return pa.Table.from_pylist(rows, schema=LINEAGE_MEMBERS.schema)
