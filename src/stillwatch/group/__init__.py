"""Exchanges of networks become candidate campaigns, each tested on what did not form it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.engine import Engine, Query
from stillwatch.group.candidates import Candidate, write
from stillwatch.group.members import Exchanges, Int32, Lives, Model, load, load_lives, load_releases
from stillwatch.group.purposes import separate
from stillwatch.group.reference import People, people
from stillwatch.group.trials import apart_test, handover_test, purpose_tests, queue_tests, release_test, succession_test
from stillwatch.progress import progress
from stillwatch.settings import Job

READS = ("exchange_sketches", "account_sketches", "accounts", "networks", "network_members")
WRITES = ("candidate_campaigns", "candidate_members", "candidate_exchanges", "group_tests", "models")

MINIMUM_EXCHANGES = 40  # fewer say nothing that could be tested


@dataclass(frozen=True, slots=True)
class _Setting:
    """What every network is tested with."""

    exchanges: Exchanges
    reference: People
    models: list[Model]
    lives: Lives
    minimum_accounts: int


def run(engine: Engine, job: Job) -> None:
    """One candidate for each network whose purpose can be told apart."""
    exchanges, outside = load(engine)
    minimum = job.settings.link.minimum_accounts
    setting = _Setting(exchanges, people(exchanges, outside), load_releases(engine), load_lives(engine), minimum)
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
    served = purpose.probability > 0.5
    if served.sum() < MINIMUM_EXCHANGES or len(np.unique(rows.position[served])) < setting.minimum_accounts:
        return None
    effort = rows.take(served)
    closed, first = setting.lives.of(np.unique(effort.position))
    results = [
        *queue_tests(effort, reference),
        *purpose_tests(effort, reference),
        apart_test(purpose),
        handover_test(effort, reference.crowd),
        release_test(effort, reference.exchanges, setting.models),
        succession_test(closed, first),
    ]
    return Candidate(network, rows, purpose, tuple(results))
