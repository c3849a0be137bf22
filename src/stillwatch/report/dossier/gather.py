"""Reads a finished run, the ledger and a price table into a dossier, for one profile."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime

from stillwatch.engine import Engine, Query, literal
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.records import Attribution
from stillwatch.ledger.worksheet import Worksheet, worksheet
from stillwatch.report.build import build
from stillwatch.report.document import RunFacts
from stillwatch.report.dossier.damage import Prices, damage
from stillwatch.report.dossier.facts import Deeds, Dossier, Recorded
from stillwatch.report.dossier.profiles import PROFILES, Profile, filtered
from stillwatch.report.fetch import rows
from stillwatch.report.likeness import past
from stillwatch.report.sanitise import LONGEST_SENTENCE, sanitise

_IN_FORCE = ("active", "expired", "reversed")
"""What a decision is that has, or had, an effect."""


def profile_of(name: str) -> Profile:
    """The profile of that name; raises UsageError where there is none."""
    if name not in PROFILES:
        known = ", ".join(f"`{one}`" for one in PROFILES)
        raise UsageError([Mistake(f"`--profile {name}`", "is no profile", f"choose one of {known}")])
    return PROFILES[name]


def gather(
    engine: Engine,
    facts: RunFacts,
    campaign: str,
    profile: Profile,
    recorded: Recorded | None = None,
    prices: Prices | None = None,
) -> Dossier:
    """The dossier of a campaign; raises UsageError when the run has none of that id."""
    document = build(engine, facts, campaign)
    taken = damage(
        rows(engine, usage_sql(campaign)), rows(engine, texts_sql(campaign)), prices if profile.money else None
    )
    known = Dossier(profile, filtered(document, profile), taken, past(engine, campaign), None, None)
    if recorded is None:
        return known
    deeds = done(recorded, recorded.as_of(facts.made_at), profile)
    return replace(known, deeds=deeds, worksheet=_worksheet(recorded.attributions, profile))


def usage_sql(campaign: str) -> Query:
    """What the campaign took."""
    chosen = f"SELECT * FROM campaign_usage WHERE campaign_id = {literal(campaign)}"
    return Query("dossier usage", f"{chosen} ORDER BY capability, request_model, detected")


def texts_sql(campaign: str) -> Query:
    """How many texts the campaign asked how often."""
    chosen = f"SELECT * FROM campaign_texts WHERE campaign_id = {literal(campaign)}"
    return Query("dossier texts", f"{chosen} ORDER BY capability, times")


def done(recorded: Recorded, as_of: datetime, profile: Profile) -> Deeds:
    """Counts what was decided and what became of it; other recipients are named to the provider's own side only."""
    counts = Counter((one.decision.effect, one.status(as_of)) for one in recorded.decisions)
    events = [event for one in recorded.decisions for event in one.events]
    times = [one.decision.since for one in recorded.decisions if one.decision.effect != "observe"]
    shares = [
        (one.made_at, sanitise(one.recipient) if profile.staff else "a partner", sanitise(one.marking), one.status)
        for one in recorded.shares
    ]
    return Deeds(
        as_of=as_of,
        decisions=tuple((effect, status, many) for (effect, status), many in sorted(counts.items())),
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        began=_began(recorded, as_of),
        approved_by_people=sum(one.event == "approved" for one in events),
        reversed_by_people=sum(one.event == "reversed" and one.by != "policy" for one in events),
        appeals=tuple(sorted(Counter(str(one.status) for one in recorded.appeals).items())),
        shares=tuple(shares),
    )


def _began(recorded: Recorded, as_of: datetime) -> tuple[tuple[str, date, int], ...]:
    """The effects that came into force, in the order in which each first did."""
    first: dict[str, date] = {}
    accounts: dict[str, set[str]] = defaultdict(set)
    for one in (each.decision for each in recorded.decisions if each.status(as_of) in _IN_FORCE):
        if one.effect != "observe":
            first[one.effect] = min(first.get(one.effect, date.max), one.since.date())
            accounts[one.effect].add(one.account_id)
    return tuple(
        (effect, since, len(accounts[effect])) for effect, since in sorted(first.items(), key=lambda it: it[1])
    )


def _worksheet(entries: tuple[Attribution, ...], profile: Profile) -> Worksheet | None:
    """The worksheet; for a reader of conclusions only where a person has concluded something."""
    found = worksheet(map(_printable, entries)) if profile.attribution != "none" else None
    if profile.attribution != "concluded" or found is None:
        return found
    told = tuple(
        replace(one, concluded=replace(one.concluded, by="A person")) for one in found.entities if one.concluded
    )
    if found.conclusion is None:
        return Worksheet((), (), None, told) if told else None
    concluded = tuple(one for one in found.hypotheses if one.name == found.conclusion.hypothesis)
    return Worksheet(concluded, (), replace(found.conclusion, by="A person"), told)


def _printable(entry: Attribution) -> Attribution:
    """The entry with what people wrote as short as every other sentence of a document."""
    return replace(
        entry,
        hypothesis=sanitise(entry.hypothesis),
        item=sanitise(entry.item),
        value=sanitise(entry.value),
        turns_over=sanitise(entry.turns_over, LONGEST_SENTENCE),
        text=sanitise(entry.text, LONGEST_SENTENCE),
    )
