"""Accounts become networks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.job import Job
from stillwatch.link import graph as graphs
from stillwatch.link import handovers, pools
from stillwatch.link.account_reading import partial_results
from stillwatch.link.biclusters import find_biclusters
from stillwatch.link.conversation_starts import conversation_starts
from stillwatch.link.handovers import find_handovers
from stillwatch.link.membership import AccountPrior
from stillwatch.link.memoryless import perhaps_memoryless, write_account_evidence
from stillwatch.link.networks import write
from stillwatch.link.null_model import fit_null_model
from stillwatch.link.partials import Chunk, UnusableError
from stillwatch.link.pools import find_pools
from stillwatch.link.rates import adopters
from stillwatch.link.rewordings import Rewordings, find_rewordings
from stillwatch.link.self_similarity import coded, contents, similarities
from stillwatch.link.ties import lives_of
from stillwatch.link.values import HANDOVER, POOL
from stillwatch.records import claims
from stillwatch.records.definitions import country_sql

READS = (
    "sources",
    "exchanges",
    "received_groups",
    "exchange_sketches",
    "account_sketches",
    "accounts",
    "previous_lineage",
    "previous_members",
    "previous_run",
    "previous_profiles",
    "previous_standings",
)
WRITES = (
    "account_evidence",
    "networks",
    "network_members",
    "member_ties",
    "repeated_texts",
    "network_values",
    "network_links",
    "found_profiles",
)


def run(engine: Engine, job: Job) -> None:
    """Evidence on each account by itself first, then biclusters of the account-value graph, which become networks."""
    accounts = graphs.count_accounts(engine)
    threads = job.settings.engine.threads or os.cpu_count() or 1
    off = claims.switched_off(job.settings.evidence.off)
    try:
        prior, drawn, reworded, holdings = _read(engine, job, job.partials, accounts)
    except UnusableError:  # found damaged when others had been read: nothing that was kept is taken
        prior, drawn, reworded, holdings = _read(engine, job, None, accounts)
    if claims.RESEMBLES_NO_SINGLE_PERSON in off:
        prior = np.zeros(accounts)
    groups = {} if claims.ASKS_FROM_ONE_POOL.name in off else {POOL: drawn}
    handover_count = np.zeros(accounts, np.int32)
    if claims.TAKES_OVER_REQUESTS.name not in off:
        found = find_handovers(engine, holdings.sent, reworded, accounts)
        groups[HANDOVER], handover_count = handovers.as_groups(found), found.count
    graph = holdings.graph(groups)
    del holdings  # which hold the times of all texts that several accounts sent
    cells, country = _origins(engine, accounts)
    null = fit_null_model(graph, adopters(graph, cells), country, threads)
    settings = job.settings.link
    known = AccountPrior(prior, handover_count)
    lives = lives_of(engine, graph, reworded)
    biclusters = find_biclusters(graph, null, known, settings.minimum_accounts, settings.net_bits, lives)
    write(engine, graph, biclusters, prior, job, lives)


def _read(
    engine: Engine, job: Job, folder: Path | None, accounts: int
) -> tuple[NDArray[np.float64], graphs.Groups, Rewordings, graphs.Holdings]:
    """The bits (accounts,) of each account by itself, content pools, rewordings and holdings, from partial results in
    the folder; see `account_reading.partial_results`."""
    threads = job.settings.engine.threads or os.cpu_count() or 1
    off = claims.switched_off(job.settings.evidence.off)
    with partial_results(engine, folder) as partials:
        of_contents = _of_contents(engine, partials, accounts, job.settings.link.minimum_accounts, threads)
        return *of_contents, graphs.load(engine, partials, accounts, off, job.settings.read.trusted_hops)


def _of_contents(
    engine: Engine, partials: Sequence[Chunk], accounts: int, minimum: int, threads: int
) -> tuple[NDArray[np.float64], graphs.Groups, Rewordings]:
    """The bits (accounts,) of each account by itself, which are also written, the content pools and the rewordings."""
    starts = conversation_starts(partials, accounts)
    held = coded(contents(*starts.of_conversations(), accounts), threads)
    found = similarities(held, threads)
    drawn = find_pools(held, perhaps_memoryless(found), minimum, threads)
    groups = pools.as_groups(drawn, starts, held.conversation_starts)
    return write_account_evidence(engine, found), groups, find_rewordings(starts)


def origins_sql() -> Query:
    """Where and when each account was made, by `account_index`: `cell` numbers the pairs of sign-up week and card
    issuer, `country` the countries stated."""
    return Query(
        "origins",
        f"""
SELECT
  dense_rank() OVER (ORDER BY week, issuer) - 1 AS cell,
  dense_rank() OVER (ORDER BY country) - 1 AS country
FROM (
  SELECT
    sketches.account_index,
    coalesce(CAST(date_trunc('week', accounts.created_at) AS VARCHAR), '') AS week,
    coalesce(accounts.payment_issuer, '') AS issuer,
    {country_sql("accounts")} AS country
  FROM account_sketches AS sketches
  LEFT JOIN accounts USING (account_id)
)
ORDER BY account_index
""",
    )


def _origins(engine: Engine, accounts: int) -> tuple[graphs.Int32, graphs.Int32]:
    rows = engine.fetch(origins_sql())
    cells, country = (rows[name].to_numpy().astype(np.int32) for name in ("cell", "country"))
    # one cell for all accounts means that no accounts table was given: then no account's independence can be doubted
    return (cells if cells.max(initial=0) > 0 else np.arange(accounts, dtype=np.int32)), country
