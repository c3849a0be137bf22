"""Tests that are plainly measured on a group beside people, without bits: innocent explanations and extraction weigh
them together.

Each is relative to what the group itself could show, so that it means the same in logs of any density.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from stillwatch.group import breadth, lengths, openness, regularity, repeats
from stillwatch.group.exchanges import Exchanges
from stillwatch.group.pool_memory import pool_memory
from stillwatch.group.reference_population import ReferencePopulation
from stillwatch.records import measured as claims
from stillwatch.records.candidates import Absence, GroupTest
from stillwatch.records.group_claim import GroupClaim

Statistic = Callable[[Exchanges], float]
Beside = Callable[[Exchanges, Exchanges], float]

SAMPLE_ACCOUNTS = 400  # accounts whose values are looked at, evenly spaced: more change a mean by hundredths


@dataclass(frozen=True, slots=True)
class Measure:
    """A statistic of a group that people show as well: its claim, and the column without which there is none."""

    claim: GroupClaim
    statistic: Statistic
    column: str | None = None


def _of_askings(statistic: Callable[[repeats.Askings], float]) -> Statistic:
    return lambda exchanges: statistic(repeats.askings(exchanges))


REPEATS = (
    (claims.REPEATS_CONVERSATION_STARTS, repeats.repeated_share),
    (claims.DEALS_OUT_REPEATS, repeats.dealt_repeats),
    (claims.REPEATS_EVENLY, repeats.evenness),
    (claims.PAUSES_BEFORE_REPEATING, repeats.repeat_pause),
)
PEOPLES_REPEATS = tuple(_of_askings(statistic) for _, statistic in REPEATS)
SETTINGS, INSTRUCTIONS, TOOLS = (
    partial(openness.different_values, column=column) for column in ("parameters", "instructions", "tools")
)
VALUES = (
    Measure(claims.CHANGES_NETWORKS, partial(openness.different_values, column="address_network"), "address_network"),
    Measure(claims.CHANGES_CLIENTS, partial(openness.different_values, column="user_agent"), "user_agent"),
    Measure(claims.CHANGES_FINGERPRINTS, partial(openness.different_values, column="fingerprint"), "fingerprint"),
    Measure(claims.CHANGES_SETTINGS, SETTINGS, "parameters"),
    Measure(claims.CHANGES_INSTRUCTIONS, INSTRUCTIONS, "instructions"),
    Measure(claims.CHANGES_TOOLS, TOOLS, "tools"),
    Measure(claims.USES_ONE_CLIENT, partial(openness.same_value, column="user_agent"), "user_agent"),
    Measure(claims.USES_ONE_SETTING, partial(openness.same_value, column="parameters"), "parameters"),
    Measure(claims.HAS_OWN_PLACES, openness.own_places, "subnet"),
    Measure(claims.RENEWS_CLIENTS, openness.renewed_clients, "user_agent"),
)
REGULARITY = (
    Measure(claims.SPREADS_VOLUMES, regularity.volume_spread),
    Measure(claims.SPREADS_LIFETIMES, regularity.span_spread),
    Measure(claims.HAS_LIGHT_USERS, regularity.light_users),
    Measure(claims.ANSWERS_OF_ONE_LENGTH, lengths.answer_spread),
)
TEXTS = (
    Measure(claims.COVERS_THE_POOL, breadth.account_breadth),
    Measure(claims.USES_MANY_WORDS, breadth.word_breadth),
)
OF_ALL_TRAFFIC = (
    Measure(claims.ALL_TRAFFIC_CHANGES_SETTINGS, SETTINGS, "parameters"),
    Measure(claims.ALL_TRAFFIC_CHANGES_INSTRUCTIONS, INSTRUCTIONS, "instructions"),
    Measure(claims.ALL_TRAFFIC_CHANGES_TOOLS, TOOLS, "tools"),
)
BESIDE_CLIENTS: tuple[tuple[GroupClaim, Beside], ...] = (
    (claims.TOOLS_BEYOND_CLIENT, openness.tools_beyond_client),
    (claims.TURNS_BEYOND_CLIENT, openness.turns_beyond_client),
)


def measured_tests(group: Exchanges, reference: ReferencePopulation) -> list[GroupTest]:
    """What is measured on the exchanges of a purpose, in no particular order."""
    sample = _sampled(group)
    texts = Absence.FEW_TEXTS if group.features.any() else Absence.NO_TEXT
    clients = _lacking(group, "user_agent")
    return [
        *_memory(group, texts),
        *_repeats(group, reference),
        *(_beside_people(one, group, reference, Absence.FEW_EXCHANGES) for one in REGULARITY),
        *_times(group, reference),
        *(_beside_people(one, group, reference, texts) for one in TEXTS),
        *(_beside_people(one, sample, reference, _lacking(sample, one.column)) for one in VALUES),
        *(_test(claim, beside(sample, reference.large), None, clients) for claim, beside in BESIDE_CLIENTS),
    ]


def all_traffic_tests(network: Exchanges, reference: ReferencePopulation) -> list[GroupTest]:
    """What is measured on all that a network's accounts ask: a purpose is picked by settings and wording as well, and
    what is left out of it may be the customers of a relay."""
    sample, later = _sampled(network), network.once(pool_memory).same_day
    few = Absence.FEW_TEXTS if network.features.any() else Absence.NO_TEXT
    return [
        _test(claims.ALL_TRAFFIC_RETURNS_ON_THE_SAME_DAY, later.log, 0.0, few, later.error),
        *(_beside_people(one, sample, reference, _lacking(sample, one.column)) for one in OF_ALL_TRAFFIC),
    ]


def _sampled(group: Exchanges) -> Exchanges:
    accounts = np.unique(group.account_index)
    return group.of(accounts[:: max(1, -(-len(accounts) // SAMPLE_ACCOUNTS))])


def _lacking(group: Exchanges, column: str | None) -> Absence:
    return Absence.FEW_EXCHANGES if column is None or group.values[column].any() else Absence.NOT_LOGGED


def _beside_people(one: Measure, group: Exchanges, reference: ReferencePopulation, absent: Absence) -> GroupTest:
    return _test(one.claim, one.statistic(group), reference.of_large(one.statistic), absent)


def _memory(group: Exchanges, absent: Absence) -> list[GroupTest]:
    memory = group.once(pool_memory)
    soon, later = memory.soon, memory.same_day
    return [
        _test(claims.RETURNS_WITHIN_THE_HOUR, soon.log, 0.0, absent, soon.error),
        _test(claims.RETURNS_ON_THE_SAME_DAY, later.log, 0.0, absent, later.error),
        _test(claims.REWORDS_WITHIN_THE_HOUR, soon.alike, 0.0, absent),
    ]


def _repeats(group: Exchanges, reference: ReferencePopulation) -> list[GroupTest]:
    found = repeats.askings(group)
    absent = Absence.FEW_REPEATS if group.values["payload"].any() else Absence.NO_TEXT
    tests = [
        _test(claim, statistic(found), reference.of_large(people), absent)
        for (claim, statistic), people in zip(REPEATS, PEOPLES_REPEATS, strict=True)
    ]
    return [*tests, _test(claims.REPEATS_IN_ORDER, repeats.pass_order(found), 0.0, absent)]


def _times(group: Exchanges, reference: ReferencePopulation) -> list[GroupTest]:
    """What is read in the log's own time: it begins and ends where the people of the reference population do."""
    few, people = Absence.FEW_EXCHANGES, reference.large
    own, usual = regularity.steady_days(group, people)
    tests = [
        _test(claims.VARIES_FROM_DAY_TO_DAY, own, usual, few),
        _test(claims.FALLS_SILENT_TOGETHER, regularity.joint_silence(group, people), 0.0, few),
    ]
    log = reference.of_large(_log)
    for claim, together in (
        (claims.FIRST_USED_ON_ONE_DAY, regularity.joint_starts),
        (claims.LAST_USED_ON_ONE_DAY, regularity.joint_stops),
    ):
        tests.append(_test(claim, together(group, log), together(people, log), few))
    return tests


def _log(people: Exchanges) -> tuple[int, int]:
    at = people.started_at
    return (int(at.min()), int(at.max())) if len(at) else (0, 0)


def _test(
    claim: GroupClaim, own: float, people: float | None, absent: Absence, error: float | None = None
) -> GroupTest:
    usual = None if people is None or math.isnan(people) else round(people, 6)
    if math.isnan(own):
        return GroupTest.without(claim.name, absent, usual)
    return GroupTest(claim.name, round(own, 6), usual, 0.0, error=None if error is None else round(error, 6))
