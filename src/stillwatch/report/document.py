"""The one typed document that every renderer turns into what a person reads.

Every string that came from outside has already been made printable (`visible.py`); renderers still escape for their
own format. Times are UTC without zone, counts are whole numbers, shares lie in 0..1, bits are log2 likelihood ratios.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What the document needs beside the tables: the run's version, limit and window."""

    version: str
    innocents_per_100k: float  # the limit below which `act` is allowed
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A capability and its share of a campaign's exchanges."""

    capability: str
    share: float


@dataclass(frozen=True, slots=True)
class Day:
    """A campaign's exchanges on one day, split by whether their account was already detected."""

    day: date
    before: int  # exchanges sent before the evidence against their account sufficed
    after: int


@dataclass(frozen=True, slots=True)
class Detection:
    """When the evidence sufficed, in event time, for the first account and for half of them."""

    first: datetime
    half: datetime
    share_before: float  # of the campaign's exchanges, those sent before their account was detected


@dataclass(frozen=True, slots=True)
class Member:
    """An account in a campaign."""

    account_id: str
    exchanges: int
    probability: float
    level: str
    detected_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact for (positive bits) or against (negative bits)."""

    claim: str
    bits: float
    sentence: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """An innocent explanation and how it fared: `excluded`, `possible` or `preferred`."""

    alternative: str
    verdict: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Value:
    """Something that several accounts of a network hold; its content was never stored, only its claim."""

    value_id: str
    family: str
    claim: str
    accounts: int
    outside_accounts: int
    bits: float


@dataclass(frozen=True, slots=True)
class Link:
    """An account holds a value; `inside` says whether that account is in the campaign being described."""

    account_id: str
    value_id: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Network:
    """Accounts run through one hand. `values` and `links` are bounded samples for reading and drawing."""

    network_id: str
    kind: str
    accounts: int
    exchanges: int
    first_seen: datetime
    last_seen: datetime
    confidence: float
    formed_at: datetime  # event time from which the links sufficed
    evidence: tuple[Evidence, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    values: tuple[Value, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """One extraction effort with everything that speaks for and against it."""

    campaign_id: str
    level: str
    first_seen: datetime
    last_seen: datetime
    accounts: int
    exchanges: int
    conversations: int | None
    input_tokens: int | None
    output_tokens: int | None
    expected_innocent_accounts: float
    confidence: float
    q_value: float
    targets: tuple[Share, ...]  # largest share first
    days: tuple[Day, ...] = ()
    detection: Detection | None = None
    members: tuple[Member, ...] = ()  # the strongest, bounded
    levels: tuple[tuple[str, int], ...] = ()  # level → member accounts
    evidence: tuple[Evidence, ...] = ()  # most bits first
    alternatives: tuple[Alternative, ...] = ()
    networks: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of evidence that this run's columns did not allow, and why."""

    channel: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Source:
    """An input file, its digest and its rows."""

    source: str
    feeds: str
    digest: str
    size: int  # bytes
    rows_read: int
    rows_used: int
    rows_duplicate: int
    rows_quarantined: int
    rows_outside_window: int  # among the used
    ignored_columns: tuple[str, ...]  # columns no table of the contract has


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A reason for not using rows, how many, and one place where it was met."""

    reason: str
    rows: int
    source: str
    line: int
    raw: str


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a run found, ready to be rendered.

    `campaigns` and `networks` (those without a campaign) are bounded; the totals say how many there are.
    """

    facts: Facts
    campaigns: tuple[Campaign, ...]
    campaigns_total: int
    campaign_levels: tuple[tuple[str, int], ...]  # level → campaigns, the gravest first
    campaign_accounts: int  # distinct accounts over all campaigns
    networks: tuple[Network, ...]
    networks_total: int
    channels_off: tuple[Channel, ...]
    sources: tuple[Source, ...]
    quarantine: tuple[Quarantined, ...]
