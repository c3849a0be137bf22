"""A world while it is being drawn: everybody is first a person; groups then change what their members share."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from stillwatch.lab.corpus import CorpusBuilder
from stillwatch.lab.draws import Keys, Reals, Wholes
from stillwatch.lab.parameters import Parameters
from stillwatch.lab.programs import Program

NONE = -1
ORGANIC, INNOCENT, CAMPAIGN = 0, 1, 2
ROLES = ("organic", "innocent", "campaign")
BY_PERSON, EVENLY = -1, -2
"""Rhythms that need no timetable: a person's days and hours; spread evenly over the account's own window."""


@dataclass(slots=True)
class Accounts:
    """One array entry an account. Days are counted from the world's first midnight UTC and may be negative."""

    key: Keys
    group: Wholes  # index into World.groups, NONE for people
    weight: Reals  # exchanges wanted, relative to the world's mean
    scaled: NDArray[np.bool_]  # whether the weight yields when the world's total is met
    born: Reals
    start: Reals  # first and last day on which the account can be active
    end: Reals
    country: Wholes
    zone: Reals  # hours ahead of UTC
    late: Reals  # hours by which this person's day is later than the usual one
    weekend: Wholes  # class of weekend activity, see rhythm
    keenness: Reals  # below 1: interest fades over the window; above: grows
    rhythm: Wholes  # BY_PERSON, EVENLY or index into World.timetables
    turns: Reals  # mean exchanges a conversation
    sittings: Reals  # mean conversations a session
    gap: Reals  # median seconds between turns
    pause: Reals  # median seconds between conversations of a session
    home_key: Keys  # households share one
    home_net: Wholes
    home_lease: Reals  # days an address stays
    mobile_net: Wholes
    mobile_share: Reals
    work_net: Wholes  # NONE, or the network used in working hours
    device: Keys  # what device ids are made from; shared where software is
    client: Wholes
    second: Wholes  # another client this person uses
    second_share: Reals
    version: Reals  # how far behind the newest client version, 0…1
    system: Wholes  # NONE: whatever the client sends
    model: Wholes  # model used before the release
    lag: Reals  # days from the release to the move; infinite for those who stay
    rush: Reals  # share of exchanges on the new model once moved
    program: Wholes  # NONE or index into World.programs
    program_share: Reals  # of conversations that the program writes
    customers: Wholes  # NONE or index into World.customer_pools

    def __len__(self) -> int:
        return len(self.key)


@dataclass(slots=True)
class Registration:
    """What an account's holder told or showed at sign-up; one entry an account."""

    account_type: Wholes
    organisation: Wholes  # NONE or index into World.organisations
    email_domain: NDArray[np.object_]
    email_key: Keys
    email_shape: NDArray[np.object_]
    card_key: Keys
    issuer: Wholes
    card_country: Wholes  # NONE: no card
    phone_country: Wholes  # NONE: no phone
    browser: Keys
    referrer: Wholes
    verification: Wholes
    closed: Reals  # day, NaN while open
    closed_reason: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Network:
    """A block of addresses; `scattered` ones are single homes all over the residential networks, as proxies are."""

    key: int
    base: int  # first IPv4 address, or the upper 64 bits of the first IPv6 /64
    size: int
    version: int = 4
    scattered: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a group works: windows in days, the seconds its starts are rounded to (0: none)."""

    starts: Reals
    ends: Reals
    tick: float = 0.0


@dataclass(frozen=True, slots=True)
class Organisation:
    """A legal person that accounts belong to."""

    key: int
    name: str
    country: int
    domain: str


@dataclass(frozen=True, slots=True)
class Permit:
    """Distillation that is allowed: purpose, holder (index of an organisation), first and last day, most exchanges."""

    organisation: int
    purpose: str
    first: float
    last: float
    limit: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts drawn together: their kind and role, which accounts, and the parameters used."""

    kind: str
    role: int
    accounts: Wholes
    parameters: Parameters
    targets: dict[str, float] = field(default_factory=dict)
    rung: str = ""
    program: int = NONE  # what a campaign's exchanges are written by


@dataclass(frozen=True, slots=True)
class Span:
    """The world's time: first midnight UTC, length in days, day on which the new model is released."""

    begins: datetime
    days: float
    release: float

    def moment(self, day: float) -> datetime:
        """The UTC time of a day count."""
        return self.begins + timedelta(microseconds=math.floor(day * 86_400_000_000))


@dataclass(slots=True)
class World:
    """Everything drawn so far."""

    key: int
    parameters: Parameters
    span: Span
    corpus: CorpusBuilder
    mean: float  # exchanges an account, over the whole world
    accounts: Accounts
    registration: Registration
    networks: list[Network] = field(default_factory=list)
    residential: list[int] = field(default_factory=list)  # networks that scattered addresses come from
    timetables: list[Timetable] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    systems: list[tuple[int, int]] = field(default_factory=list)  # token spans of system instructions
    programs: list[Program] = field(default_factory=list)
    customer_pools: list[tuple[int, int]] = field(default_factory=list)  # key and number of customers
    permits: list[Permit] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    hops: dict[int, float] = field(default_factory=dict)  # group: chance that a turn moves to another account
    pauses: dict[int, list[tuple[float, float]]] = field(default_factory=dict)  # group: days without any exchange
