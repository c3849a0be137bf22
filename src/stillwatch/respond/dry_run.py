"""What a policy would have done in the last days of a run, had it been switched on then; nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from stillwatch.ledger.records import Judgement
from stillwatch.respond.choice import Bars
from stillwatch.respond.decide import incomplete, misspelt, too_far
from stillwatch.respond.findings import Finding, found_in
from stillwatch.respond.people import People
from stillwatch.respond.plan import DAY, Before, Made, Plan, planned
from stillwatch.respond.policy import Policy
from stillwatch.respond.timing import Draw

DAYS = 30
_STEP = timedelta(hours=1)


@dataclass(slots=True)
class Day:
    """One day of the dry run: accounts by effect and by what kept them out."""

    effects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    for_approval: list[str] = field(default_factory=list)
    kept_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would have happened until `until`, the run's newest exchange; from a `refusal` on nothing would have."""

    until: datetime | None
    days: Mapping[date, Day]
    refusal: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Time:
    """The simulation between two steps."""

    waiting: dict[str, tuple[Finding, ...]]
    made: tuple[Made, ...] = ()
    hit: int = 0

    def before(self, now: datetime) -> Before:
        """What a ledger would say at `now`."""
        self.made = tuple(one for one in self.made if one.at > now - DAY)
        return Before(made=self.made)


def dry_run(run: Path, policy: Policy, people: People, said: Mapping[str, Judgement], days: int = DAYS) -> DryRun:
    """Runs the policy hour by hour over the last `days` of a run, as findings came in; `said` are judgements.

    Raises InputError where the run is damaged.
    """
    found = found_in(run)
    if found.newest is None:
        return DryRun(None, {})
    warnings, refusal = misspelt(found, policy, people), incomplete(found, policy, people)
    if refusal is not None:
        return DryRun(found.newest, {}, f"at once: {refusal}", warnings)
    arriving = sorted((min(one.found_at for one in mine), account) for account, mine in found.of.items())
    begins = found.newest - days * DAY
    told: dict[date, Day] = defaultdict(Day)
    time, draw, now, at = _Time({}), Draw(policy.key()), begins, 0
    while now < found.newest + _STEP:
        while at < len(arriving) and arriving[at][0] <= now:
            account = arriving[at][1]
            time.waiting[account] = found.of[account]
            at += 1
        if time.waiting:
            bars = Bars(policy, people, found, said, now)
            plan = planned(replace(found, of=time.waiting), policy, bars, time.before(now), draw, now)
            refusal = too_far(replace(plan, would_hit=plan.would_hit + time.hit), found, policy, people)
            if refusal is not None:
                return DryRun(found.newest, dict(told), f"on {now:%Y-%m-%d}: {refusal}", warnings)
            _tell(plan, told[now.date()], time, now)
        now += _STEP
    days_told = {day: one for day, one in told.items() if one.effects or one.kept_out}
    return DryRun(found.newest, days_told, None, warnings)


def _tell(plan: Plan, day: Day, time: _Time, now: datetime) -> None:
    for new in plan.new:
        account, line = new.choice.finding.account_id, new.choice.line
        if not new.held_out:
            day.effects[line.effect].append(account)
        if new.needs_approval:
            day.for_approval.append(account)
        if line.effect != "observe" and not new.held_out:
            time.hit += 1
            time.made += (Made(now, account, line.effect, line.name, new.choice.finding.subject),)
    for reason, accounts in plan.kept_out.items():
        day.kept_out[reason] = sorted({*day.kept_out[reason], *accounts})
    capped = set(plan.kept_out.get("cap", ()))
    time.waiting = {account: mine for account, mine in time.waiting.items() if account in capped}
