"""Which line of a policy an account falls under, and what keeps it out of reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stillwatch.ledger.records import Judgement
from stillwatch.records.subjects import names_a_group, of_account
from stillwatch.respond.findings import CUSTOMERS, Finding, Found
from stillwatch.respond.people import People
from stillwatch.respond.policy import Line, Policy

Bar = Literal["permit", "protected", "innocent", "customer"]
"""What keeps an account out of reach altogether."""

WORDS: dict[str, str] = {
    "permit": "under a permit",
    "protected": "protected by the policy",
    "innocent": "judged innocent",
    "customer": "customers of a relay or reseller below their own level `act`",
    "person": "a person refused or reversed an effect of theirs",
    "hold_out": "held out to measure harm",
    "cap": "beyond the caps an hour or a day",
    "id": "with an id that the ledger does not take",
}
"""Every reason why an account is kept out, as people read it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The line and the finding that concern an account; `bar` is what keeps it out of reach, if anything does."""

    line: Line
    finding: Finding
    bar: Bar | None


def matching(findings: Iterable[Finding], policy: Policy) -> tuple[Line, Finding] | None:
    """The first line of the policy that one of an account's findings fits, with the strongest that does."""
    mine = tuple(findings)
    for line in policy.lines:
        for finding in mine:
            if _fits(line, finding):
                return line, finding
    return None


def _fits(line: Line, finding: Finding) -> bool:
    level = "none" if line.kind == "network" else line.level
    if finding.level != level:
        return False
    if line.network_kinds and finding.network_kind not in line.network_kinds:
        return False
    return not line.subjects or finding.subject in line.subjects or finding.network_id in line.subjects


def innocent(found: Found, said: Mapping[str, Judgement]) -> frozenset[str]:
    """Subjects that a person has cleared, by the ledger's judgements and by those of the run; accounts are as
    `of_account` has them, so that none stands for a network or campaign whose id it took.

    Of an earlier word on a network or campaign the run knows for whom it still holds; a later one holds for all.
    """
    cleared = {subject for subject, one in said.items() if one.verdict == "innocent"}
    resolved = {
        one
        for one in cleared - set(map(of_account, found.of))
        if one in found.cleared_at and found.cleared_at[one] >= said[one].decided_at
    }
    return frozenset(cleared - resolved) | found.innocent


def names_of(account: str, findings: Iterable[Finding]) -> set[str]:
    """The subjects of judgements that concern the account: itself, and the networks and campaigns it is found in."""
    return {of_account(account), *_groups(findings)}


def _groups(findings: Iterable[Finding]) -> set[str]:
    return {name for one in findings for name in (one.subject, one.network_id) if name is not None}


class Bars:
    """Who is out of reach at one moment."""

    def __init__(self, policy: Policy, people: People, found: Found, said: Mapping[str, Judgement], now: datetime):
        self._organisations = people.organisation_of or {}
        self._permitted = people.permitted(now)
        self._protect, self._accounts = policy.protect, policy.protect.all_accounts()
        self._innocent = innocent(found, said)

    def of(self, account: str, findings: Iterable[Finding]) -> Bar | None:
        """What bars the account, whatever the effect."""
        groups, organisation = _groups(findings), self._organisations.get(account)
        # whoever takes a network's id as an account or organisation gets none of its permit
        if {*groups, *(one for one in (account, organisation) if one and not names_a_group(one))} & self._permitted:
            return "permit"
        protect = self._protect
        if account in self._accounts or organisation in protect.organisations or groups & set(protect.subjects):
            return "protected"
        return "innocent" if names_of(account, findings) & self._innocent else None


def choose(account: str, findings: tuple[Finding, ...], policy: Policy, bars: Bars) -> Choice | None:
    """What the policy says of an account; None where no line concerns it."""
    found = matching(findings, policy)
    if found is None:
        return None
    line, finding = found
    bar = bars.of(account, findings)
    if bar is None and line.effect != "observe" and finding.level != "act" and finding.network_kind in CUSTOMERS:
        bar = "customer"
    return Choice(line, finding, bar)
