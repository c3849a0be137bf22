"""Exchanges of networks become candidate campaigns, each tested on what did not form it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.engine import Engine, Query
from stillwatch.group.candidates import Candidate, write
from stillwatch.group.members import Exchanges, Int32, Lives, Model, load, load_lives, load_releases
from stillwatch.group.purposes import separate
from stillwatch.group.reference import People, people
from stillwatch.group.trials import (
    Trial,
    apart_test,
    handover_test,
    purpose_tests,
    queue_tests,
    reach_test,
    release_test,
    succession_test,
)
from stillwatch.progress import progress
from stillwatch.settings import Job

READS = ("exchange_sketches", "account_sketches", "accounts", "networks", "network_members")
WRITES = ("candidate_campaigns", "candidate_members", "candidate_exchanges", "group_tests", "models")

TESTS_OF = {
    "queue": (
        "hands_over_refused_requests",
        "keeps_the_same_hours",
        "equalised_volumes",
        "replaces_closed_accounts",
        "moves_to_new_models_at_once",
    ),
    "data_set": ("never_repeats_a_slot", "repeats_questions", "same_sizes"),
    "person": ("draws_from_one_pool",),
    "purpose": (
        "asks_one_mix",
        "narrow_purpose",
        "narrow_vocabulary",
        "reaches_all_accounts",
        "stands_apart_from_people",
    ),
}
"""The tests that each sort of evidence (`Settings.evidence`) has in grouping."""

MINIMUM_EXCHANGES = 40  # fewer say nothing that could be tested


@dataclass(frozen=True, slots=True)
class _Setting:
    """What every network is tested with."""

    exchanges: Exchanges
    reference: People
    models: list[Model]
    lives: Lives
    minimum_accounts: int
    off: frozenset[str]  # tests to do without


def run(engine: Engine, job: Job) -> None:
    """One candidate for each network whose purpose can be told apart."""
    exchanges, outside = load(engine)
    minimum = job.settings.link.minimum_accounts
    off = frozenset(test for sort in job.settings.evidence.off for test in TESTS_OF.get(sort, ()))
    setting = _Setting(exchanges, people(exchanges, outside), load_releases(engine), load_lives(engine), minimum, off)
    rows = engine.fetch(members_sql())
    networks, position = rows["network_id"].to_pylist(), rows["position"].to_numpy().astype(np.int32)
    members: dict[str, list[int]] = {}
    for network, account in zip(networks, position.tolist(), strict=True):
        members.setdefault(network, []).append(account)
    candidates = []
    with progress("testing networks", total=len(members)) as advance:
        for network, accounts in members.items():
            found = _candidate(network, np.array(accounts, np.int32), setting)
            if found is not None:
                candidates.append(found)
            advance(1)
    write(engine, candidates)


def members_sql() -> Query:
    """Members of networks by position."""
    return Query(
        "network members by position",
        """
SELECT members.network_id, sketches.position
FROM network_members AS members JOIN account_sketches AS sketches USING (account_id)
ORDER BY members.network_id, sketches.position
""",
    )


def _candidate(network: str, members: Int32, setting: _Setting) -> Candidate | None:
    rows = setting.exchanges.of(members)
    reference = setting.reference
    purpose = separate(rows, reference.exchanges, reference.few)
    served = purpose.served
    if served.sum() < MINIMUM_EXCHANGES or len(np.unique(rows.position[served])) < setting.minimum_accounts:
        return None
    effort = rows.take(served)
    closed, first = setting.lives.of(np.unique(effort.position))
    results = [
        *queue_tests(effort, reference),
        *purpose_tests(effort, reference),
        apart_test(purpose),
        reach_test(rows, purpose),
        handover_test(effort, reference.crowd),
        release_test(effort, reference.exchanges, setting.models),
        succession_test(closed, first),
    ]
    told = (Trial(one.test, -1.0, -1.0, 0.0) if one.test in setting.off else one for one in results)
    return Candidate(network, rows, purpose, tuple(told))
