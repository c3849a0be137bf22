"""Accounts become networks."""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Engine, Query
from stillwatch.link import graph as graphs
from stillwatch.link.kits import background, find_kits
from stillwatch.link.networks import write
from stillwatch.link.persons import assess_persons
from stillwatch.link.rates import adopters
from stillwatch.settings import Job

READS = ("exchange_sketches", "account_sketches", "accounts")
WRITES = ("account_evidence", "networks", "network_members", "network_values", "network_links")


def run(engine: Engine, job: Job) -> None:
    """Per-account evidence first, then kits on the account-value graph."""
    accounts = graphs.positions(engine)
    prior = assess_persons(engine, accounts)
    graph = graphs.load(engine, accounts)
    null = background(graph, adopters(graph, _origin_cells(engine, accounts)))
    settings = job.settings.link
    write(engine, graph, find_kits(graph, null, prior, settings.minimum_accounts, settings.net_bits))


def origin_cells_sql() -> Query:
    """Where and when an account came to be: sign-up week and card issuer, as far as they are known."""
    return Query(
        "origin cells",
        """
SELECT dense_rank() OVER (ORDER BY week, issuer) - 1 AS cell
FROM (
  SELECT
    sketches.position,
    coalesce(CAST(date_trunc('week', accounts.created_at) AS VARCHAR), '') AS week,
    coalesce(accounts.payment_issuer, '') AS issuer
  FROM account_sketches AS sketches
  LEFT JOIN accounts USING (account_id)
)
ORDER BY position
""",
    )


def _origin_cells(engine: Engine, accounts: int) -> graphs.Int32:
    if not engine.columns("accounts"):
        return np.arange(accounts, dtype=np.int32)
    cells = engine.fetch(origin_cells_sql())["cell"].to_numpy().astype(np.int32)
    # one cell for everybody means the table is empty: then nobody's independence can be doubted
    return cells if cells.max(initial=0) > 0 else np.arange(accounts, dtype=np.int32)
