"""What may leave, as types: a value that none of these types can hold cannot be told to anybody.

Every type checks itself, so that the list holds whatever code makes it: counts are bands, times are whole hours, words
are of fixed lists, values are technical and in their one text. Names of accounts, networks and campaigns do not occur;
`key` is hashed into ids and stands in no object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from stillwatch.ledger.records import ENTITY_ROLES, ENTITY_SORTS
from stillwatch.records.indicators import SUBNET, canonical
from stillwatch.records.inputs import CAPABILITIES

KINDS = ("relay", "reseller", "fraud_ring", "enterprise", "shared_access", "unknown")
"""Kinds of networks, as the contract has them."""

PROFILES = ("partner", "government")
"""For whom something is written: another provider, or an authority."""

NAMED_RUNGS = ("affiliated_with", "is")
"""Rungs of the ladder on which an actor has a name; those below tie findings to one another."""

_BANDS = 16
_LONGEST_NAME = 120
_WORDS = re.compile(r"[a-z][a-z ]{1,39}")
_INDICATOR = re.compile(r"indicator--[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACE = re.compile(r"[A-Z]{2}(: [^:;]{1,100})?")
_CONFIDENCE_STEP = 5


@dataclass(frozen=True, slots=True)
class Band:
    """A count as its number of digits; 0 is none. The count itself cannot be held."""

    digits: int

    def __post_init__(self) -> None:
        """Raises ValueError where there is no such band."""
        if not 0 <= self.digits <= _BANDS:
            raise ValueError("there is no such band")

    @classmethod
    def of(cls, count: int) -> Band:
        """The band of a count (0 or more)."""
        return cls(0 if count <= 0 else min(len(str(count)), _BANDS))

    @property
    def words(self) -> str:
        """The band as it is written: `100 to 999`."""
        return "0" if self.digits == 0 else f"{10 ** (self.digits - 1):,} to {10**self.digits - 1:,}"


def hour(moment: datetime) -> datetime:
    """The hour (UTC) in which a moment lies."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.replace(minute=0, second=0, microsecond=0)


def rounded(confidence: float) -> int:
    """A confidence (0 to 100) in steps of five."""
    return _CONFIDENCE_STEP * round(min(max(confidence, 0.0), 100.0) / _CONFIDENCE_STEP)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A technical value that accounts of a network share."""

    claim: str
    value: str

    def __post_init__(self) -> None:
        """Raises ValueError where the value is not technical, not public or not in its one text."""
        if canonical(self.claim, self.value) != self.value:
            raise ValueError(f"this is no value of `{self.claim}` that may leave")


@dataclass(frozen=True, slots=True)
class SharedNetwork:
    """A network by its kind and what its accounts share."""

    key: str
    kind: str
    indicators: tuple[Indicator, ...]

    def __post_init__(self) -> None:
        """Raises ValueError for a kind that the contract does not know."""
        if self.kind not in KINDS:
            raise ValueError("there is no such kind of network")


@dataclass(frozen=True, slots=True)
class SharedEntity:
    """Somebody whom a person has attributed, with role, places, networks and the rung on which it stands."""

    name: str
    sort: str
    role: str
    rung: str
    likelihood: str
    confidence: str
    places: tuple[str, ...]  # a country's two letters, alone or before a place in it
    networks: tuple[str, ...]  # keys of networks of the campaign

    def __post_init__(self) -> None:
        """Raises ValueError for a natural person, a rung without a name, or a word that is none of the worksheet's."""
        if self.sort not in ENTITY_SORTS or self.role not in ENTITY_ROLES or self.rung not in NAMED_RUNGS:
            raise ValueError("this is nothing that can be attributed to anybody")
        if not self.name or len(self.name) > _LONGEST_NAME or not self.name.isprintable():
            raise ValueError("this is no name")
        if not all(_WORDS.fullmatch(one) for one in (self.likelihood, self.confidence)):
            raise ValueError("likelihood and confidence are words")
        if not all(_PLACE.fullmatch(one) and one.isprintable() for one in self.places):
            raise ValueError("a place begins with its country")


@dataclass(frozen=True, slots=True)
class SharedCampaign:
    """A campaign: its span in whole hours, its size in bands, the capabilities that it is after."""

    key: str
    first_seen: datetime
    last_seen: datetime
    confidence: int
    accounts: Band
    exchanges: Band
    conversations: Band | None
    tokens: Band | None
    capabilities: tuple[str, ...]
    networks: tuple[SharedNetwork, ...]
    entities: tuple[SharedEntity, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a time, word or number that is finer than what may leave."""
        if any(hour(one) != one for one in (self.first_seen, self.last_seen)):
            raise ValueError("times leave as whole hours in UTC")
        if self.last_seen < self.first_seen:
            raise ValueError("a campaign ends after it begins")
        if rounded(self.confidence) != self.confidence:
            raise ValueError("a confidence leaves in steps of five")
        if set(self.capabilities) - set(CAPABILITIES):
            raise ValueError("there is no such capability")


OPINIONS = ("disagree", "neutral", "agree")
"""What can be said of a partner's indicator, in STIX's words; people may have judged what it was seen in both ways."""


@dataclass(frozen=True, slots=True)
class SharedSighting:
    """A partner's indicator that was seen here, since which hour, and what people made of what it was seen in."""

    object_id: str
    since: datetime
    opinion: str | None

    def __post_init__(self) -> None:
        """Raises ValueError for what is no indicator's id, a finer time, or another word."""
        if not _INDICATOR.fullmatch(self.object_id) or hour(self.since) != self.since:
            raise ValueError("this is no sighting that may leave")
        if self.opinion is not None and self.opinion not in OPINIONS:
            raise ValueError("there is no such opinion")


def for_profile(campaign: SharedCampaign, profile: str) -> SharedCampaign:
    """The campaign as a profile has it: an authority is told ranges and who was attributed, no address or machine."""
    if profile not in PROFILES:
        raise ValueError("there is no such profile")
    if profile == "partner":
        return replace(campaign, entities=())
    networks = tuple(
        SharedNetwork(one.key, one.kind, tuple(each for each in one.indicators if each.claim == SUBNET))
        for one in campaign.networks
    )
    return replace(campaign, networks=networks)
