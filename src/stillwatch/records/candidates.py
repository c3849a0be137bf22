"""Tables between grouping and assessment: candidate campaigns and what testing them gave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stillwatch.records.columns import Kind, Table, columns

CANDIDATE_CAMPAIGNS = Table(
    "candidate_campaigns",
    (
        *columns(Kind.STRING, "candidate_id network_id", required=True),
        *columns(Kind.INT64, "accounts exchanges", required=True),
        *columns(Kind.TIMESTAMP, "tested_at", required=True),  # event time from which the tests had enough to say
        *columns(Kind.BOOLEAN, "whole_network", required=True),  # the network serves nothing else: nothing was picked
    ),
    ("candidate_id",),
)

CANDIDATE_MEMBERS = Table(
    "candidate_members",
    (
        *columns(Kind.STRING, "candidate_id account_id", required=True),
        *columns(Kind.INT64, "exchanges", required=True),  # of the purpose
        *columns(Kind.FLOAT64, "share", required=True),  # of the account's own exchanges
        # exchanges that are likelier people's than of the purpose, and whose text no other customer had sent before
        *columns(Kind.INT64, "ordinary", required=True),
        # in how many manners it took over requests of others, and sends nothing else
        *columns(Kind.INT64, "manners", required=True),
        # exchanges whose text another account of the network had sent first, or which it sent first and others later
        *columns(Kind.INT64, "taken given", required=True),
        *columns(Kind.FLOAT64, "purpose_bits", required=True),  # log2 likelihood ratio of its exchanges, summed
        *columns(Kind.TIMESTAMP, "first_seen", required=True),
    ),
    ("candidate_id", "account_id"),
)

CANDIDATE_EXCHANGES = Table(
    "candidate_exchanges",
    (
        *columns(Kind.STRING, "candidate_id exchange_id account_id", required=True),
        *columns(Kind.TIMESTAMP, "started_at", required=True),
        *columns(Kind.FLOAT64, "probability", required=True),
        *columns(Kind.INT16, "subject form"),
        *columns(Kind.STRING, "request_model"),
        *columns(Kind.INT64, "address_subnet_value conversation_value payload_value input_tokens output_tokens"),
    ),
    ("candidate_id", "account_id", "exchange_id"),
)

EXCHANGE = tuple(name for name in CANDIDATE_EXCHANGES.names if name not in ("candidate_id", "probability"))
"""What tells exchanges apart: clients can choose the id that some gateways log, and clocks can be coarse."""

GROUP_TESTS = Table(
    "group_tests",
    (
        *columns(Kind.STRING, "candidate_id test", required=True),
        *columns(Kind.FLOAT64, "statistic reference"),  # the group's, and the reference population's; null if unknown
        *columns(Kind.FLOAT64, "bits", required=True),  # log2 likelihood ratio of one effort against people
        *columns(Kind.STRING, "absent"),  # the reason why there is no statistic (`Absence`), else null
        *columns(Kind.FLOAT64, "error"),  # standard error of the statistic; null where it is not estimated
    ),
    ("candidate_id", "test"),
)

REFERENCE_NAMES = Table(
    "reference_names",
    (
        *columns(Kind.INT16, "subject form", required=True),
        *columns(Kind.INT64, "accounts exchanges", required=True),  # accounts: of the whole reference population
    ),
    ("subject", "form"),
)
"""How exchanges of the reference population were named."""

# What both grouping and assessment ask of a purpose that was picked out of a network's exchanges
PLAIN_SHARE = 0.25  # share of the purpose's exchanges that must be plainly its own, by wording and sorts,
PLAIN_TIMES = 8.0  # and so many times the share of people's that would pass for it: relays' customers reach 6 (tuning)
ONE_CUSTOMER_SHARE = 0.1  # share of a network's exchanges that one customer may ask: 25 of 26 efforts ask more (tuning)


class Absence(StrEnum):
    """Why a group test has no statistic."""

    SWITCHED_OFF = "switched_off"  # the settings leave out its sort of evidence
    NO_TEXT = "no_text"  # the log keeps no text of the group's requests
    NO_CONVERSATIONS = "no_conversations"  # the log names no conversations
    NOT_LOGGED = "not_logged"  # the log lacks the column
    NO_RELEASE = "no_release"  # no model appeared while the log ran
    FEW_TEXTS = "few_texts"  # too few texts, or texts that open alike, to compare
    FEW_EXCHANGES = "few_exchanges"  # too few exchanges an account, or active days
    FEW_ACCOUNTS = "few_accounts"  # too few accounts that ask with text
    FEW_REFUSED_REQUESTS = "few_refused_requests"
    FEW_REPEATS = "few_repeats"  # too few texts that are asked again
    FEW_CLOSURES = "few_closures"
    NO_SIGN_UPS = "no_sign_ups"  # no account states when it signed up, or all state one time
    FEW_SIGN_UPS = "few_sign_ups"  # too few accounts of which that is known, or which were first used long after it
    FEW_ON_RELEASE_DAY = "few_on_release_day"  # too few exchanges of the group, or accounts, on a release's first day
    FEW_PEOPLE = "few_people"  # the reference population is too small to say what is ordinary
    PEOPLE_ALIKE = "people_alike"  # accounts of the reference population hardly differ either: no scale to read on


@dataclass(frozen=True, slots=True)
class GroupTest:
    """The outcome of one test of one group: the name of its claim, its statistic, the reference, and its bits.

    There is a statistic unless `absent` says why not; without one the test carries no bits. `reference` is None where
    the reference population shows too little, `error` (standard error) where none is estimated. Raises ValueError where
    these disagree.
    """

    test: str
    statistic: float | None
    reference: float | None
    bits: float
    absent: Absence | None = None
    error: float | None = None

    def __post_init__(self) -> None:
        if (self.statistic is None) != (self.absent is not None):
            raise ValueError(f"{self.test}: a statistic is either there or absent for a reason")
        if self.absent is not None and self.bits != 0.0:
            raise ValueError(f"{self.test}: a test without a statistic carries no bits")

    @classmethod
    def without(cls, test: str, absent: Absence, reference: float | None = None) -> GroupTest:
        """The outcome of a test that could not be computed."""
        return cls(test, None, reference, 0.0, absent)
