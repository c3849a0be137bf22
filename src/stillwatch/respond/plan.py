"""What a policy does at one moment: new decisions, renewals and reversals, and whom it leaves alone and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stillwatch.ledger.records import EFFECTS, LEVELS, Entry, storable
from stillwatch.respond.choice import Bars, Choice, choose
from stillwatch.respond.findings import Finding, Found
from stillwatch.respond.policy import Limits, Policy
from stillwatch.respond.timing import Draw

RENEW_IN_LAST = 4
"""An effect is renewed within the last fourth of its life, so that a second person has time to look."""

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Made:
    """A new decision beyond `observe` that is no renewal and holds nobody out, made within the last DAY."""

    at: datetime
    account_id: str
    effect: str
    line: str
    subject: str


@dataclass(frozen=True, slots=True)
class Before:
    """What the ledger says at that moment."""

    living: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)  # by account
    quiet: frozenset[str] = frozenset()  # accounts of which a person has ended an effect lately
    made: tuple[Made, ...] = ()
    lapsed: Mapping[tuple[str, str], datetime] = field(default_factory=dict)  # begins, by account and effect


@dataclass(frozen=True, slots=True)
class New:
    """A decision to add; `renews` is the one that it prolongs."""

    choice: Choice
    held_out: bool
    needs_approval: bool
    renews: Entry | None = None
    since: datetime | None = None  # where it takes up one that lapsed


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be added to the ledger."""

    new: tuple[New, ...]
    reversals: tuple[tuple[Entry, str], ...]  # with the reason
    kept: int  # living decisions that stay
    kept_out: Mapping[str, tuple[str, ...]]  # by reason the accounts that a line would have hit
    would_hit: int  # accounts under an effect beyond `observe` if no cap held it back


def planned(found: Found, policy: Policy, bars: Bars, before: Before, draw: Draw, now: datetime) -> Plan:
    """The plan of a policy for everything that was found; it changes nothing."""
    choices = _choices(found, policy, bars)
    reversals = tuple(_reversals(found, choices, bars, before))
    over = {id(entry) for entry, _ in reversals}
    living = {account: tuple(one for one in mine if id(one) not in over) for account, mine in before.living.items()}
    kept_out: dict[str, list[str]] = defaultdict(list)
    fresh, renewals = [], []
    for account, choice in choices.items():
        reason: str | None = choice.bar or (None if account.strip() and storable(account) else "id")
        mine = living.get(account, ())
        if reason is None and account in before.quiet and choice.line.effect != "observe":
            reason = "person"
        if reason is not None:
            kept_out[reason].append(account)
        elif not any(_as_hard(one, choice) for one in mine):
            fresh.append(choice)
        elif (last := _to_renew(mine, choice, now)) is not None:
            renewals.append(_renewal(choice, last))
    room = _Room(policy.limits, before.made, now)
    new = [*_within_caps(_drawn(_in_turn(fresh, before.made), policy, draw), room, before, kept_out), *renewals]
    acting = {one.finding.account_id for one in fresh if one.line.effect != "observe"}
    acting |= {account for account, mine in living.items() if any(one.decision.effect != "observe" for one in mine)}
    return Plan(
        tuple(new),
        reversals,
        sum(map(len, living.values())),
        {reason: tuple(sorted(accounts)) for reason, accounts in kept_out.items()},
        len(acting),
    )


def _choices(found: Found, policy: Policy, bars: Bars) -> dict[str, Choice]:
    """By account what the policy says, the strongest findings first."""
    said = ((account, choose(account, mine, policy, bars)) for account, mine in found.of.items())
    chosen = [(account, one) for account, one in said if one is not None]
    chosen.sort(key=lambda item: (*(-part for part in item[1].finding.rank), item[0]))
    return dict(chosen)


def _reversals(found: Found, choices: Mapping[str, Choice], bars: Bars, before: Before) -> Iterator[tuple[Entry, str]]:
    for account, mine in before.living.items():
        findings = found.of.get(account, ())
        choice = choices.get(account)
        bar = bars.of(account, findings) or (choice.bar if choice is not None else None)
        for entry in mine:
            reason = _BARRED[bar] if bar is not None else _gone(entry, findings, choice, found.run)
            if reason is not None:
                yield entry, reason


_BARRED = {
    "permit": "the account is under a permit",
    "protected": "the policy protects the account",
    "innocent": "the account was judged innocent",
    "customer": "the account is one of a relay's or reseller's customers below its own level `act`",
}


def _gone(entry: Entry, findings: tuple[Finding, ...], choice: Choice | None, run: str) -> str | None:
    """Why a living decision no longer stands; None where it does."""
    decision = entry.decision
    level = max((one.level for one in findings), key=LEVELS.index, default=None)
    if level is None:
        return f"run {run} finds the account in no network"
    if LEVELS.index(level) < LEVELS.index(decision.level):
        return f"the account's level fell from `{decision.level}` to `{level}` in run {run}"
    if choice is None:
        return "no line of the policy asks for it any more"
    if choice.line.rank < EFFECTS.index(decision.effect):
        return f"the policy asks for `{choice.line.effect}` now"
    return None


def _as_hard(entry: Entry, choice: Choice) -> bool:
    return EFFECTS.index(entry.decision.effect) >= choice.line.rank


def _to_renew(mine: tuple[Entry, ...], choice: Choice, now: datetime) -> Entry | None:
    """The account's last decision of this effect, when it is about to end."""
    same = [one for one in mine if one.decision.effect == choice.line.effect]
    if not same:
        return None
    last = max(same, key=lambda one: one.decision.expires_at)
    life = last.decision.expires_at - last.decision.since
    waiting = last.status(now) == "waiting"
    return last if not waiting and last.decision.expires_at - now <= life / RENEW_IN_LAST else None


def _renewal(choice: Choice, last: Entry) -> New:
    """A renewal needs a second person again only where the line always asks for one."""
    return New(choice, last.decision.held_out, choice.line.always_approved and not last.decision.held_out, last)


def _in_turn(fresh: list[Choice], made: tuple[Made, ...]) -> list[Choice]:
    """The choices in the order in which caps take them in: by level, and within one by turns of what they are for.

    Whoever has many throwaway accounts found would else keep every other campaign out for as long as they last. What
    was `made` within the last DAY has had its turn. In a campaign or network the strongest findings come first.
    """
    turns = Counter(subject for _, subject in {(one.account_id, one.subject) for one in made})
    ordered = []
    for one in fresh:
        ordered.append((-LEVELS.index(one.finding.level), turns[one.finding.subject], one))
        turns[one.finding.subject] += 1
    return [one for *_, one in sorted(ordered, key=lambda each: each[:2])]


def _drawn(fresh: list[Choice], policy: Policy, draw: Draw) -> Iterator[tuple[Choice, bool]]:
    for one in fresh:
        acts = one.line.effect != "observe"
        yield one, acts and draw.held_out(one.finding.account_id, policy.hold_out)


class _Room:
    """What the caps leave, in accounts. Who comes under the same effect again within a DAY, as a finding that wavers
    makes it, counts once: else one such finding would keep all others out."""

    def __init__(self, limits: Limits, made: tuple[Made, ...], now: datetime) -> None:
        self._limits = limits
        first: dict[tuple[str, str], datetime] = {}
        self._sizes: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in made:
            pair = one.account_id, one.effect
            first[pair] = min(first.get(pair, one.at), one.at)
            self._sizes[one.line, one.subject].add(one.account_id)
        self._in_day = set(first)
        self._in_hour = sum(at > now - HOUR for at in first.values())

    def takes(self, choice: Choice) -> bool:
        """Whether there is room for the decision, which then counts."""
        account = choice.finding.account_id
        pair = account, choice.line.effect
        if pair not in self._in_day:
            if self._in_hour >= self._limits.per_hour or len(self._in_day) >= self._limits.per_day:
                return False
            self._in_day.add(pair)
            self._in_hour += 1
        self._sizes[choice.line.name, choice.finding.subject].add(account)
        return True

    def needs_approval(self, choice: Choice) -> bool:
        """Whether a second person must look; asked once all decisions are counted."""
        line = choice.line
        if line.effect == "observe":
            return False
        size = len(self._sizes[line.name, choice.finding.subject])
        return line.always_approved or size > self._limits.second_person_above


def _within_caps(
    drawn: Iterator[tuple[Choice, bool]], room: _Room, before: Before, kept_out: dict[str, list[str]]
) -> list[New]:
    """The new decisions that the caps leave room for, each with whether it needs a second person."""
    allowed: list[tuple[Choice, bool]] = []
    for choice, held_out in drawn:
        if held_out:
            kept_out["hold_out"].append(choice.finding.account_id)
        elif choice.line.effect != "observe" and not room.takes(choice):
            kept_out["cap"].append(choice.finding.account_id)
            continue
        allowed.append((choice, held_out))
    return [
        New(choice, held_out, not held_out and room.needs_approval(choice), None, _taken_up(choice, before))
        for choice, held_out in allowed
    ]


def _taken_up(choice: Choice, before: Before) -> datetime | None:
    return before.lapsed.get((choice.finding.account_id, choice.line.effect))
