"""What each reader of a dossier may see; the rest is left out of the document before it is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from stillwatch.report.document import (
    Campaign,
    Document,
    Evidence,
    Judgement,
    Link,
    Network,
    Source,
    Value,
)

NAMED_LEVELS = ("act", "review")
"""Levels of accounts that a dossier names; at `watch` what ties one may be a single link, or what others made of it."""

TECHNICAL = "infrastructure"
"""The family of shared values that concern no holder: addresses and client software."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A sort of reader, and what they may see beyond counts, method and doubts."""

    name: str
    reader: str
    accounts: bool = False  # ids of accounts
    values: bool = False  # shared values of every family; otherwise addresses and client software only
    staff: bool = False  # who decided what and why, names of files
    money: bool = False  # at the user's own prices
    attribution: Literal["all", "concluded", "none"] = "none"
    committee: bool = False  # the page in the order of H.R. 8283


PROFILES = {
    one.name: one
    for one in (
        Profile("internal", "the provider's own staff", True, True, True, True, "all"),
        Profile("partner", "another provider or a cloud"),
        Profile("counsel", "the provider's counsel, and a court", True, True, True, True, "all"),
        Profile("government", "an authority or a committee", False, False, False, True, "concluded", True),
    )
}


def filtered(document: Document, profile: Profile) -> Document:
    """The document without what the profile's reader may not see."""
    if profile.accounts and profile.values and profile.staff:
        return replace(document, campaigns=tuple(_named_only(one) for one in document.campaigns))
    return replace(
        document,
        campaigns=tuple(_campaign(one, profile) for one in document.campaigns),
        sources=tuple(_source(place, one) for place, one in enumerate(document.sources, 1)),
        quarantine=tuple(replace(one, source="an input file", raw="") for one in document.quarantine),
        unread=tuple(replace(one, source=f"a file ({place})") for place, one in enumerate(document.unread, 1)),
    )


def _named_only(campaign: Campaign) -> Campaign:
    return replace(campaign, members=tuple(one for one in campaign.members if one.level in NAMED_LEVELS))


def _campaign(campaign: Campaign, profile: Profile) -> Campaign:
    return replace(
        campaign,
        members=_named_only(campaign).members if profile.accounts else (),
        reference=None,  # what a provider's other customers ask for is its own affair
        evidence=_evidence(campaign.evidence),
        networks=tuple(_network(one) for one in campaign.networks),
        judgements=_judgements(campaign.judgements),
    )


def _network(network: Network) -> Network:
    return replace(
        network,
        evidence=_evidence(network.evidence),
        values=tuple(_value(one) for one in network.values),
        links=_links(network.links),
        judgements=_judgements(network.judgements),
        members=(),
    )


def _evidence(facts: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Without examples, which name values, and without the names of judges."""
    return tuple(
        replace(one, examples=(), sentence="A person has judged it.")
        if one.claim.startswith("judged_")
        else replace(one, examples=())
        for one in facts
    )


def _value(value: Value) -> Value:
    return value if value.family == TECHNICAL else replace(value, shown=None)


def _links(links: Iterable[Link]) -> tuple[Link, ...]:
    """Accounts numbered in the order of their ids, so that the drawing stays and names nobody."""
    found = list(links)
    numbers = {account: place for place, account in enumerate(sorted({one.account_id for one in found}), 1)}
    return tuple(replace(one, account_id=f"account {numbers[one.account_id]:05}") for one in found)


def _judgements(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Those of whole campaigns and networks; an account's would name it."""
    whole = (one for one in judgements if one.applies_to is None or one.applies_to[:1] in ("C", "N"))
    return tuple(
        replace(one, decided_by="", reason="", subject=one.applies_to or "a subject", through=()) for one in whole
    )


def _source(place: int, source: Source) -> Source:
    return replace(source, source=f"input {place}", ignored_columns=())
