"""Exchanges of networks become candidate campaigns, each tested on what did not form it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.engine import Engine, Query
from stillwatch.group.candidates import Candidate, write
from stillwatch.group.members import Exchanges, Int32, load
from stillwatch.group.purposes import separate
from stillwatch.group.reference import People, people
from stillwatch.group.trials import purpose_tests, queue_tests
from stillwatch.progress import progress
from stillwatch.settings import Job

READS = ("exchange_sketches", "account_sketches", "networks", "network_members")
WRITES = ("candidate_campaigns", "candidate_members", "candidate_exchanges", "group_tests", "models")

MINIMUM_EXCHANGES = 40  # fewer say nothing that could be tested


def run(engine: Engine, job: Job) -> None:
    """One candidate for each network whose purpose can be told apart."""
    exchanges, outside = load(engine)
    reference = people(exchanges, outside)
    members = engine.fetch(members_sql())
    networks = engine.fetch(Query("networks", "SELECT network_id FROM networks ORDER BY network_id"))
    candidates = []
    with progress("testing networks", total=len(networks)) as advance:
        for network in networks["network_id"].to_pylist():
            chosen = members.filter(pa.compute.equal(members["network_id"], network))
            found = _candidate(network, chosen["position"].to_numpy().astype(np.int32), exchanges, reference)
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


def _candidate(network: str, members: Int32, exchanges: Exchanges, reference: People) -> Candidate | None:
    rows = exchanges.take(np.isin(exchanges.position, members))
    purpose = separate(rows, reference.exchanges)
    served = purpose.probability > 0.5
    if served.sum() < MINIMUM_EXCHANGES or len(np.unique(rows.position[served])) < 2:
        return None
    effort = rows.take(served)
    results = queue_tests(effort, reference) + purpose_tests(effort, reference)
    return Candidate(network, rows, purpose, tuple(results))
