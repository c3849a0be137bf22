"""One finished run, one policy, one ledger: decisions and reversals are added in one transaction, or a refusal is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from stillwatch.ledger.records import Decision, Entry, Evidence, digest, in_utc
from stillwatch.respond.choice import Bars
from stillwatch.respond.findings import JOINED, Found, found_in
from stillwatch.respond.holder import appeal_reference, holder_text
from stillwatch.respond.people import People
from stillwatch.respond.plan import DAY, Before, Made, New, Plan, planned
from stillwatch.respond.policy import Policy
from stillwatch.respond.timing import Draw

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

_ORDERED = re.compile(r"\d+|\d{8}T\d{6}(\.\d{6})?Z")
"""Names of runs that sort by time, as `watch` and `scan` give them."""

REMEMBERED = timedelta(days=3)
"""Who falls below a level and rises again within it does not begin to wait anew: else an account that wavers about a
threshold, or is made to, would never be reached."""

_ASTRAY = timedelta(minutes=10)
"""How far the clocks of the machines that write one ledger may differ."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What one call of `decide` did."""

    run: str
    made_at: datetime
    decided: tuple[Decision, ...] = ()
    renewed: tuple[Decision, ...] = ()
    reversed: tuple[tuple[str, str], ...] = ()  # decision ids with the reason
    kept: int = 0
    kept_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refusal: str | None = None  # why nothing was decided: then nothing was, in whole or in part
    warnings: tuple[str, ...] = ()
    answers: bool = True  # whether gateways may be answered from the run; not where it, clock or inputs were refused


def decide(run: Path, ledger: Ledger, policy: Policy, joins: pa.Table | None, people: People, now: datetime) -> Summary:
    """Adds what the policy makes of a run to the ledger; a repeated call adds nothing.

    Where the policy would go too far, or the clock or the inputs cannot be right, the summary has a `refusal` and no
    decision was made; reversals that are due are made even where the policy goes too far. Raises InputError where the
    run or the ledger is damaged, OutputError where the ledger cannot be written.
    """
    now = in_utc(now)
    found = found_in(run, joins)
    ledger.check()
    with ledger.writing():
        refusal = _refusal(found, ledger, policy, people, now)
        if refusal is not None:
            return Summary(found.run, now, refusal=refusal, answers=False)
        bars = Bars(policy, people, found, ledger.judgements.latest(), now)
        draw = Draw(policy.key())
        plan = planned(found, policy, bars, _before(ledger, policy, now), draw, now)
        ended = tuple((entry.decision.decision_id, reason) for entry, reason in plan.reversals)
        ledger.decisions.lapse(ended, now)
        warnings = misspelt(found, policy, people)
        refusal = too_far(plan, found, policy, people)
        if refusal is not None:
            return Summary(found.run, now, (), (), ended, plan.kept, plan.kept_out, refusal, warnings)
        made = [(one, _decision(one, found, policy, draw, now)) for one in plan.new]
        fresh = ledger.decisions.add([decision for _, decision in made])
    known = {one.decision_id for one in fresh}
    return Summary(
        found.run,
        now,
        tuple(decision for one, decision in made if one.renews is None and decision.decision_id in known),
        tuple(decision for one, decision in made if one.renews is not None and decision.decision_id in known),
        ended,
        plan.kept,
        plan.kept_out,
        None,
        warnings,
    )


def _refusal(found: Found, ledger: Ledger, policy: Policy, people: People, now: datetime) -> str | None:
    """Why nothing can be decided with this clock and these inputs."""
    newest = ledger.decisions.list(limit=1)
    if newest and newest[0].decision.made_at > now + _ASTRAY:
        made = newest[0].decision.made_at
        return (
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but a decision was made at {made:%Y-%m-%d %H:%M}: set the clock"
        )
    if newest and _is_older(found.run, newest[0].decision.run):
        return f"run {found.run} is older than run {newest[0].decision.run}, which was decided on: name the newest run"
    if found.newest is None or not policy.lines:
        return None
    if found.newest > now + DAY:
        return (
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the run has an exchange of {found.newest:%Y-%m-%d %H:%M}: "
            "set the clock, or mend the times of that log"
        )
    if now - found.newest > policy.limits.stale_after:
        days = (now - found.newest) / DAY
        return (
            f"the run's newest exchange is {days:,.0f} days old: scan newer logs, set the clock, or raise "
            "`limits.stale_after`"
        )
    return incomplete(found, policy, people)


def _is_older(run: str, other: str) -> bool:
    """Whether the names of two runs are numbers or times of one form, and this one comes first."""
    return len(run) == len(other) and bool(_ORDERED.fullmatch(run) and _ORDERED.fullmatch(other)) and run < other


def incomplete(found: Found, policy: Policy, people: People) -> str | None:
    """What a policy that acts must know and nobody says."""
    if not policy.acts:
        return None
    if people.permits is None and found.read_permits:
        return f"the run read permits (`{found.read_permits[0]}`), and none are named here: add `--permits`"
    if people.organisation_of is None and (people.permits or policy.protect.organisations):
        return "permits or protections may name organisations, and no account records are named: add `--accounts`"
    if _all_accounts(found, policy, people) is None:
        return "nobody says how many accounts there are: add `--accounts`, or set `limits.all_accounts`"
    return None


def _all_accounts(found: Found, policy: Policy, people: People) -> int | None:
    return policy.limits.all_accounts or people.total or found.accounts_read


def too_far(plan: Plan, found: Found, policy: Policy, people: People) -> str | None:
    """Why the plan goes beyond the policy's share of all accounts; None where it does not."""
    everybody = _all_accounts(found, policy, people)
    if not policy.acts or everybody is None:
        return None
    most = policy.limits.share_of_accounts
    if plan.would_hit <= most * everybody:
        return None
    return (
        f"the policy would put {plan.would_hit:,} of {everybody:,} accounts under an effect "
        f"({100 * plan.would_hit / everybody:.1f} %), more than `limits.share_of_accounts` allows ({100 * most:g} %): "
        "nothing was decided; look at the findings, narrow the lines, or raise the limit"
    )


def _before(ledger: Ledger, policy: Policy, now: datetime) -> Before:
    living: dict[str, list[Entry]] = defaultdict(list)
    for entry in ledger.decisions.living(now):
        living[entry.decision.account_id].append(entry)
    made = tuple(
        Made(
            one.decision.made_at,
            one.decision.account_id,
            one.decision.effect,
            one.decision.policy,
            one.decision.subject,
        )
        for one in ledger.decisions.made_between(now - DAY, now + _ASTRAY)
        if one.decision.made_at > now - DAY
        and one.decision.effect != "observe"
        and not one.decision.held_out
        and one.decision.renews is None
    )
    quiet = ledger.decisions.ended_by_people(now - policy.limits.quiet_after_reversal)
    return Before(
        {account: tuple(mine) for account, mine in living.items()},
        frozenset(one.decision.account_id for one in quiet),
        made,
        _lapsed(ledger, now),
    )


def _lapsed(ledger: Ledger, now: datetime) -> dict[tuple[str, str], datetime]:
    """By account and effect when the earliest decision would have begun that lapsed within REMEMBERED."""
    begins: dict[tuple[str, str], datetime] = {}
    for one in ledger.decisions.lapsed(now - REMEMBERED):
        key = one.decision.account_id, one.decision.effect
        begins[key] = min(begins.get(key, one.decision.since), one.decision.since)
    return begins


def _decision(new: New, found: Found, policy: Policy, draw: Draw, now: datetime) -> Decision:
    line, finding, earlier = new.choice.line, new.choice.finding, new.renews
    appeal = appeal_reference()
    since = max(new.since, now) if new.since is not None else _since(new, policy, draw, now)
    expires_at = since + line.lasts
    renews = earlier.decision.decision_id if earlier is not None else None
    # a run's name is not enough: a folder may be replaced by the next run
    named = (finding.account_id, line.effect, finding.subject, line.name, found.run)
    return Decision(
        decision_id="d" + digest(*named, now.isoformat(), renews or ""),
        made_at=now,
        account_id=finding.account_id,
        subject=finding.subject,
        level=finding.level,
        effect=line.effect,
        reason_code=line.reason_code,
        policy=line.name,
        policy_digest=policy.digest,
        run=found.run,
        evidence=_evidence(new, found),
        since=since,
        expires_at=expires_at,
        appeal=appeal,
        holder_text=holder_text(line, policy.holder, finding, (since, expires_at), appeal),
        held_out=new.held_out,
        needs_approval=new.needs_approval,
        renews=renews,
        made_by=policy.author,
    )


def _since(new: New, policy: Policy, draw: Draw, now: datetime) -> datetime:
    if new.renews is not None:
        return max(new.renews.decision.expires_at, now)
    if new.choice.line.effect == "observe":
        return now
    finding = new.choice.finding
    return draw.start(finding.account_id, finding.subject, now, policy.timing)


def _evidence(new: New, found: Found) -> tuple[Evidence, ...]:
    """The claims of the finding, led by those of the account itself."""
    finding = new.choice.finding
    own = [
        Evidence("belongs_to_network", round(finding.bits, 3), f"Links to the network weigh {finding.bits:.1f} bits.")
    ]
    if finding.joined:
        own.append(Evidence(JOINED, round(finding.bits, 3), "The account joined a network that was known already."))
    elif finding.level != "none":
        own.append(Evidence("takes_part", 0.0, f"It takes part with a probability of {finding.probability:.3f}."))
    return (*own, *found.evidence.get(finding.subject, ()))


def misspelt(found: Found, policy: Policy, people: People) -> tuple[str, ...]:
    """Names in the policy that fit nothing, which may be misspelt."""
    known = set(people.organisation_of or ())
    lost = [
        f"`protect.accounts` names `{account}`, which no account record or finding has"
        for account in sorted(policy.protect.all_accounts() - known - set(found.of))
    ]
    organisations = set((people.organisation_of or {}).values())
    lost += [
        f"`protect.organisations` names `{one}`, which no account record has"
        for one in sorted(set(policy.protect.organisations) - organisations)
    ]
    subjects = {name for mine in found.of.values() for one in mine for name in (one.subject, one.network_id)}
    lost += [
        f"line `{line.name}` names `{one}`, which this run does not find"
        for line in policy.lines
        for one in sorted(set(line.subjects) - subjects)
    ]
    return tuple(lost)
