"""The draft of a world: every account is first drawn as a person's, and groups then change their members."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.identity.address_blocks import Ranges
from stillwatch_lab.worlds.identity.clients import Client
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.text.corpus import CorpusBuilder
from stillwatch_lab.worlds.text.programs import NONE as NONE
from stillwatch_lab.worlds.text.programs import Program

ORGANIC, INNOCENT, CAMPAIGN = 0, 1, 2
ROLES = ("organic", "innocent", "campaign")
BY_PERSON, AT_RANDOM, IN_TURN = -1, -2, -3
"""Rhythms that need no timetable: a person's days and hours; a queue that gives work to any free account, or to the
one that has waited longest."""


@dataclass(slots=True)
class Accounts:
    """One array entry an account. Days are counted from the world's first midnight UTC and may be negative."""

    key: Keys
    group: Wholes  # index into World.groups, NONE for people outside groups
    weight: Reals  # exchanges wanted, relative to the world's mean
    scaled: NDArray[np.bool_]  # whether the weight is scaled so that the world's total is met
    born: Reals
    start: Reals  # first and last day on which the account can be active
    end: Reals
    country: Wholes
    zone: Reals  # hours ahead of UTC
    late: Reals  # hours by which this person's day begins later than usual
    weekend: Wholes  # class of weekend activity, index into clock.WEEKEND_FACTORS
    keenness: Reals  # below 1 the person's activity falls over the window, above 1 it grows
    rhythm: Wholes  # BY_PERSON, AT_RANDOM, IN_TURN or index into World.timetables
    turns: Reals  # mean exchanges a conversation
    sittings: Reals  # mean conversations a session
    gap: Reals  # median seconds between turns
    pause: Reals  # median seconds between conversations of a session
    jitter: Reals  # log standard deviation of those pauses
    uneven: Reals  # log standard deviation of the days of one person
    idle: Reals  # share of days without any exchange
    home_key: Keys  # one for all accounts of a household
    home_net: Wholes
    home_lease: Reals  # days for which an address stays the same
    mobile_net: Wholes
    mobile_share: Reals
    work_net: Wholes  # NONE, or the network used in working hours
    device: Keys  # device ids are made from it; accounts that run the same software share it
    separate: NDArray[np.bool_]  # whether the persons behind it have devices and homes of their own
    client: Wholes
    second: Wholes  # another client that this person uses
    second_share: Reals
    version: Reals  # how far behind the newest client version when the world begins, 0…1
    upgrade: Reals  # days until the version released during the world is taken up; infinite for frozen clients
    system: Wholes  # NONE: the instructions that the client sends
    model: Wholes  # model used before the release
    lag: Reals  # days from the release to the move; infinite for accounts that stay
    rush: Reals  # share of exchanges on the new model once moved
    program: Wholes  # NONE or index into World.programs
    program_share: Reals  # of conversations that the program writes
    customers: Wholes  # NONE or index into World.customer_pools
    textless: NDArray[np.bool_]  # whether a contract forbids storing its text

    def __len__(self) -> int:
        return len(self.key)


@dataclass(slots=True)
class Registration:
    """The statements and identifiers of accounts at sign-up; one entry an account."""

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
    """A block of addresses. If `scattered`, it is single addresses all over the networks named, as proxies are."""

    key: int
    base: int  # first IPv4 address, or the upper 64 bits of the first IPv6 /64
    size: int
    version: int = 4
    scattered: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Timetable:
    """The working times of a group: windows in days, the seconds its starts are rounded to (0: none)."""

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
    """A permit: purpose, holder (index of an organisation), first and last day, and the most exchanges allowed."""

    organisation: int
    purpose: str
    first: float
    last: float
    limit: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that are drawn together: kind, role, account indices, the parameters used, and the programs it runs.

    `aside` names what a campaign's accounts send besides it. If `spares`, accounts that never work for the campaign
    are no part of it.
    """

    kind: str
    role: int
    accounts: Wholes
    parameters: Parameters
    programs: tuple[int, ...] = ()  # index into World.programs; those of campaigns name their campaign
    aside: str = ""
    spares: bool = False


@dataclass(frozen=True, slots=True)
class Replays:
    """Last turns of conversations that are asked again: of which share of them, at most how often, after how many
    seconds at the median, on which accounts, and whether only on another account than before."""

    share: float
    most: int
    seconds: float
    accounts: Wholes
    elsewhere: bool = True


@dataclass(frozen=True, slots=True)
class Campaign:
    """One extraction effort, which may run over several groups: its profile, its name in the recipe if it has one, the
    key of its data set, how its capabilities share it, and its first group's program."""

    profile: str
    name: str
    key: int
    targets: dict[str, float]
    program: Program


@dataclass(frozen=True, slots=True)
class Span:
    """The world's time: first midnight UTC, length in days, day on which the new model is released."""

    begins: datetime
    days: float
    release: float

    def moment(self, day: float) -> datetime:
        """The UTC time of a day count."""
        return self.begins + timedelta(microseconds=math.floor(day * 86_400_000_000))


@dataclass(frozen=True, slots=True)
class Clock:
    """`hours`: 25 steps of the cumulative local day, 0 to 1; `quiet`: (countries, days) factors of local days from
    the one before the world's first; `weekday` of those days, 0 for Monday."""

    hours: Reals
    quiet: NDArray[np.float64]
    weekday: Wholes


@dataclass(frozen=True, slots=True)
class Habits:
    """What the customers of one pool have in common; these values say that they have neither memory nor clients.

    `returns` is the share of conversations at the mean that go on with an earlier one of the same customer, on any
    account, `hours` (median) later and with chance `same_subject` on its subject; `spread` the exponent by which
    customers differ in activity; `passed_on` the share of customers whose client, parameters and instructions the
    relay passes on, `coding_share` that of them who use the coding tool, `instructs` that with own instructions.
    """

    returns: float = 0.0
    hours: float = 3.0
    same_subject: float = 0.0
    spread: float = 0.8
    passed_on: float = 0.0
    coding_share: float = 0.0
    instructs: float = 0.0


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
    clock: Clock
    ranges: Ranges
    clients: tuple[Client, ...]
    answers: float  # median tokens of an answer to a person
    networks: list[Network] = field(default_factory=list)
    residential: tuple[int, ...] = ()  # networks that scattered addresses come from
    timetables: list[Timetable] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    systems: list[tuple[int, int]] = field(default_factory=list)  # token spans of system instructions
    programs: list[Program] = field(default_factory=list)
    customer_pools: list[tuple[int, int]] = field(default_factory=list)  # key and number of customers
    habits: dict[int, Habits] = field(default_factory=dict)  # by pool of customers; without, the default ones
    permits: list[Permit] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    relays: dict[str, tuple[int, list[str]]] = field(default_factory=dict)  # name: address pool, e-mail domains
    hops: dict[int, float] = field(default_factory=dict)  # group: chance that a turn moves to another account
    hop_openings: set[int] = field(default_factory=set)  # groups of which first turns move as well as later ones
    replays: dict[int, Replays] = field(default_factory=dict)  # by group
    probes: dict[int, tuple[int, float]] = field(default_factory=dict)  # group: program until a day, and that day
    pauses: dict[int, list[tuple[float, float]]] = field(default_factory=dict)  # group: days without any exchange
