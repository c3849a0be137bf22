"""The typed document that `build` makes from a run's tables and that every renderer turns into text.

Every string that came from outside has already been made printable (`sanitise`); renderers still escape it for their
own format. Times are UTC without zone, counts are whole numbers, shares lie in 0..1, bits are log2 likelihood ratios.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

UNDATED = datetime(1980, 1, 1)
"""What a document states as its time where the run does not say when it was finished."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the document states about the run itself: its version, its limit and its window of event times."""

    version: str
    false_discovery_rate: float  # share of the accounts at level `act` that may be expected to be innocent
    since: datetime | None = None
    until: datetime | None = None  # not included
    made_at: datetime = UNDATED  # when the run was finished
    most_lost: float = 0.01  # share of rows lost above which every result begins by saying so
    prior: float = 0.1  # share of networks that are taken to serve extraction before anything is known of them
    addresses_wrong: float = 0.05  # share of addresses of which the provider's data name the wrong country


@dataclass(frozen=True, slots=True)
class Share:
    """A capability and its share of a campaign's exchanges."""

    capability: str
    share: float


@dataclass(frozen=True, slots=True)
class NamedShare:
    """A subject or a form and its share of a campaign's exchanges, with its 95 % interval."""

    name: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Day:
    """A campaign's exchanges on one day, split by whether their account had already been detected."""

    day: date
    before: int  # exchanges sent before the evidence against their account was sufficient
    after: int


@dataclass(frozen=True, slots=True)
class Detection:
    """The event times at which the evidence was sufficient, for the first account and for half of the accounts."""

    first: datetime
    half: datetime
    share_before: float  # share of the campaign's exchanges that were sent before their account was detected


@dataclass(frozen=True, slots=True)
class Member:
    """An account of a campaign."""

    account_id: str
    exchanges: int
    probability: float
    level: str
    detected_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that supports (positive bits) or contradicts (negative bits) the finding."""

    claim: str
    bits: float
    sentence: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """An innocent explanation and the result of its test: `excluded`, `possible` or `preferred`."""

    alternative: str
    verdict: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value that several accounts of a network share, such as an address range, a card or a client."""

    value_id: str
    family: str
    claim: str
    accounts: int
    outside_accounts: int
    bits: float
    shown: str | None = None  # the value as the provider's own log has it; None when the run saw only its sketch


@dataclass(frozen=True, slots=True)
class Link:
    """One account has one shared value; `inside` says whether the account is in the campaign being described."""

    account_id: str
    value_id: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One event in the life of a network or campaign, as the table `lineage` records it."""

    subject: str
    event: str
    other: str | None  # the network or campaign that the subject merged into or split from
    at: datetime
    accounts: int  # of the subject after the event; before it where the subject merged or fell silent
    overlap: int | None  # accounts that both sides of the event have in common


@dataclass(frozen=True, slots=True)
class Cleared:
    """A subject of earlier runs that this run did not find again because a person has judged it innocent."""

    event: Event
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """The events of a subject and of every subject that merged into it, oldest first; bounded."""

    events: tuple[Event, ...] = ()
    left_out: int = 0  # events between the first and the others that are not listed


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person decided about a subject, and what the decision applies to in this run."""

    source: str  # `judgement`, or `permit` where the subject is a permit's holder
    subject: str  # as the person named it
    verdict: str  # `confirmed`, `innocent` or `unsure`, of a permit `permitted`
    decided_by: str
    decided_at: datetime | None  # of a permit its beginning
    reason: str
    applies_to: str | None  # network, campaign or account id; None when no such subject exists or ever existed
    accounts: int  # accounts of this run that it covers
    through: tuple[str, ...]  # what has happened to the subject since, in words, oldest first


@dataclass(frozen=True, slots=True)
class NetworkMember:
    """An account of a network."""

    account_id: str
    probability: float  # that it belongs to the network
    linked_at: datetime  # event time from which its own links sufficed
    level: str | None  # the gravest in any campaign; None for an account that is in none


@dataclass(frozen=True, slots=True)
class Network:
    """Accounts that are operated together. `values`, `links` and `members` are bounded samples."""

    network_id: str
    kind: str
    accounts: int
    exchanges: int
    first_seen: datetime
    last_seen: datetime
    confidence: float
    formed_at: datetime  # event time from which there was enough evidence to link the accounts
    evidence: tuple[Evidence, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    values: tuple[Value, ...] = ()
    links: tuple[Link, ...] = ()
    history: History = History()
    judgements: tuple[Judgement, ...] = ()  # bounded
    judgements_total: int = 0
    campaigns: tuple[tuple[str, str], ...] = ()  # id and level of each campaign that uses it
    members: tuple[NetworkMember, ...] = ()  # the likeliest, of a network that is described alone


@dataclass(frozen=True, slots=True)
class Reference:
    """The accounts in no network that campaigns are compared with, and what these ask for."""

    accounts: int
    exchanges: int  # with text
    targets: tuple[Share, ...]  # largest share first


@dataclass(frozen=True, slots=True)
class Campaign:
    """One extraction effort with all evidence for and against it."""

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
    subjects: tuple[NamedShare, ...] = ()  # so too
    forms: tuple[NamedShare, ...] = ()
    days: tuple[Day, ...] = ()
    detection: Detection | None = None
    members: tuple[Member, ...] = ()  # the strongest, bounded
    levels: tuple[tuple[str, int], ...] = ()  # level → member accounts
    evidence: tuple[Evidence, ...] = ()  # most bits first
    alternatives: tuple[Alternative, ...] = ()
    networks: tuple[Network, ...] = ()
    history: History = History()
    judgements: tuple[Judgement, ...] = ()  # bounded
    judgements_total: int = 0
    reference: Reference | None = None  # of the same log; None where it has none, as in runs of version 0.1.0


@dataclass(frozen=True, slots=True)
class EvidenceOff:
    """A sort of evidence that could not be used because columns or days are missing, and the reason in a sentence."""

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
    """A reason for not using rows of one sort of file, how many rows it concerns, and where it was met first."""

    reason: str
    rows: int
    source: str
    line: int
    raw: str
    feeds: str = ""  # as in `Source`; empty where the file is not known


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that was not read, or not to its end, and why."""

    source: str
    reason: str
    in_part: bool  # the rows before its fault are used


@dataclass(frozen=True, slots=True)
class Altered:
    """Accounts whose texts held what no text holds or were cut, those of them in campaigns, and their exchanges."""

    accounts: int = 0
    in_campaigns: int = 0
    exchanges: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a run found, or one campaign or network of it, ready to be rendered.

    `campaigns`, `networks` (those without a campaign), `silent` and the judgements are bounded; the totals say how many
    there are in the run, whatever the document is about.
    """

    facts: RunFacts
    campaigns: tuple[Campaign, ...]
    campaigns_total: int
    campaign_levels: tuple[tuple[str, int], ...]  # level → campaigns, the gravest first
    campaign_accounts: int  # distinct accounts over all campaigns
    networks: tuple[Network, ...]
    networks_total: int
    channels_off: tuple[EvidenceOff, ...]
    sources: tuple[Source, ...]
    quarantine: tuple[Quarantined, ...]
    silent: tuple[Event, ...] = ()  # subjects of earlier runs that this run, as the first, did not find again
    silent_total: int = 0
    cleared: tuple[Cleared, ...] = ()  # subjects that would be silent, but a person has judged them innocent
    cleared_total: int = 0
    judgements_unmatched: tuple[Judgement, ...] = ()  # their subject is neither in this log nor in its history
    judgements_unmatched_total: int = 0
    judgements_elsewhere: tuple[Judgement, ...] = ()  # they apply to no campaign and no network of this run
    judgements_elsewhere_total: int = 0
    unread: tuple[Unread, ...] = ()
    altered: Altered = Altered()
    about: str | None = None  # the campaign or network that alone is described; None where the whole run is

    @property
    def campaigns_left_out(self) -> int:
        """Campaigns of the run that a document about the whole of it does not describe."""
        return 0 if self.about is not None else self.campaigns_total - len(self.campaigns)

    @property
    def networks_left_out(self) -> int:
        """Networks without a campaign that a document about the whole run does not describe."""
        return 0 if self.about is not None else self.networks_total - len(self.networks)
