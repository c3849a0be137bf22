"""Exchanges of networks become candidate campaigns, each tested on what did not form it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from stillwatch.engine import Engine, Query
from stillwatch.group.candidates import Candidate, candidate_ids, write
from stillwatch.group.cohorts import (
    Registrations,
    begins_together_test,
    born_together_test,
    load_registrations,
)
from stillwatch.group.exchanges import Exchanges, Lives, Model
from stillwatch.group.group_tests import (
    apart_test,
    handover_test,
    purpose_tests,
    queue_tests,
    reach_test,
    release_test,
    succession_test,
)
from stillwatch.group.loading import load, load_lives, load_releases
from stillwatch.group.measures import all_traffic_tests, measured_tests
from stillwatch.group.purposes import Purpose
from stillwatch.group.reference_population import ReferencePopulation, reference_population
from stillwatch.group.separation import separate
from stillwatch.job import Job
from stillwatch.progress import progress
from stillwatch.records.candidates import REFERENCE_NAMES, Absence, GroupTest
from stillwatch.records.claims import switched_off

READS = (
    "exchange_sketches",
    "account_sketches",
    "accounts",
    "networks",
    "network_members",
    "repeated_texts",
    "previous_lineage",
    "previous_members",
    "previous_run",
    "previous_profiles",
    "previous_standings",
)
WRITES = (
    "candidate_campaigns",
    "candidate_members",
    "candidate_exchanges",
    "group_tests",
    "models",
    "reference_names",
)

MINIMUM_EXCHANGES = 40  # exchanges of a purpose; with fewer, most tests have no statistic


@dataclass(frozen=True, slots=True)
class _Setting:
    """What every network is tested with."""

    reference: ReferencePopulation
    models: list[Model]
    lives: Lives
    registrations: Registrations
    minimum_accounts: int
    off: frozenset[str]  # names of claims that are switched off


def run(engine: Engine, job: Job) -> None:
    """Writes the candidates of each network: its purposes that have enough exchanges to test."""
    minimum = job.settings.link.minimum_accounts
    off = switched_off(job.settings.evidence.off)
    outside, places, parts = load(engine)
    reference = reference_population(outside, places)
    engine.store(REFERENCE_NAMES, reference.names())
    setting = _Setting(
        reference,
        load_releases(engine),
        load_lives(engine),
        load_registrations(engine),
        minimum,
        off,
    )
    threads = job.settings.engine.threads or os.cpu_count() or 1
    write(engine, _candidates(engine, parts, setting, threads), candidate_ids(engine))


def _candidates(
    engine: Engine, parts: Iterator[Iterator[tuple[str, Exchanges]]], setting: _Setting, threads: int
) -> Iterator[list[Candidate]]:
    total = engine.fetch(Query("networks", "SELECT count(*) AS n FROM networks"))["n"][0].as_py()
    with progress("testing networks", total=total) as advance, ThreadPoolExecutor(threads) as pool:
        for networks in parts:
            for found in _in_turn(pool, networks, setting, threads):
                yield found
                del found  # the largest must be gone before the next networks are read
                advance(1)


def _in_turn(
    pool: ThreadPoolExecutor, networks: Iterator[tuple[str, Exchanges]], setting: _Setting, threads: int
) -> Iterator[list[Candidate]]:
    """Candidates of each network in order, while as many networks as there are threads are worked on.

    As many again wait for those: else a small one behind a large one would leave its thread without work.
    """
    pending: deque[Future[list[Candidate]]] = deque()
    for network, exchanges in networks:
        pending.append(pool.submit(_network, network, exchanges, setting))
        if len(pending) >= 2 * threads:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _network(network: str, rows: Exchanges, setting: _Setting) -> list[Candidate]:
    found = (_candidate(network, rows, purpose, setting) for purpose in separate(rows, setting.reference))
    return [one for one in found if one is not None]


def _candidate(network: str, rows: Exchanges, purpose: Purpose, setting: _Setting) -> Candidate | None:
    reference, served = setting.reference, purpose.served
    if served.sum() < MINIMUM_EXCHANGES or len(np.unique(rows.account_index[served])) < setting.minimum_accounts:
        return None
    effort = rows.take(served)
    members = np.unique(effort.account_index)
    closed, first = setting.lives.of(members)
    results = [
        *queue_tests(effort, reference, picked=not purpose.whole),
        *purpose_tests(effort, reference),
        apart_test(purpose),
        reach_test(rows, purpose),
        handover_test(effort, reference),
        release_test(effort, reference.exchanges, setting.models),
        succession_test(closed, first),
        born_together_test(members, setting.registrations),
        begins_together_test(members, setting.registrations),
        *measured_tests(effort, reference),
        *all_traffic_tests(rows, reference),
    ]
    tests = (GroupTest.without(one.test, Absence.SWITCHED_OFF) if one.test in setting.off else one for one in results)
    return Candidate(network, rows, purpose, tuple(tests))
