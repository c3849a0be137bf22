"""Lockstep by the hour as SQL joins, as it would be run on a cluster, without compiled kernels.

The scores are the same as those of `lockstep_hours`, which the benchmark runs with a compiled kernel. This module
measures the cost of the method in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stillwatch.engine import Engine, Query
from stillwatch_lab.baselines.channels import Channel, actions_sql
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.lockstep_hours import (
    LEAST_COMMON,
    SIMILAR,
    LockstepHours,
    acted_on,
    cluster_scores,
)
from stillwatch_lab.baselines.tables import Int32, Int64, name_logs
from stillwatch_lab.baselines.unions import Floats

SLICE_PAIRS = 50_000_000  # rows joined at a time, which take about a gigabyte


@dataclass(frozen=True, slots=True)
class LockstepJoins(LockstepHours):
    """The method of `lockstep_hours` in SQL."""

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The number of other members of each account's cluster, plus its highest similarity to an account."""
        accounts = name_logs(engine, logs)
        chosen = acted_on(engine, self.objects)
        keep_actions(engine, chosen)
        left, right, similarity = similar_pairs(engine, len(accounts))
        return scored(accounts, cluster_scores(clusters(len(accounts), left, right), similarity))


def keep_actions(engine: Engine, chosen: Sequence[Channel]) -> None:
    """Makes the tables `shared_actions` (`account_index`, `action`; of two accounts or more) and `action_totals`."""
    for place, channel in enumerate(chosen):
        engine.create(f"actions_{place}", actions_sql(channel))
        engine.create(f"shared_actions_{place}", _shared_sql(place, len(chosen)))
        engine.create(f"action_totals_{place}", _totals_sql(place))
    engine.create("shared_actions", Query("shared actions", _all_sql("shared_actions", len(chosen))))
    every = _all_sql("action_totals", len(chosen))
    totals = f"SELECT account_index, sum(actions) AS actions FROM ({every}) GROUP BY account_index"
    engine.create("action_totals", Query("actions in all", totals))


def _all_sql(name: str, channels: int) -> str:
    return " UNION ALL ".join(f"SELECT * FROM {name}_{place}" for place in range(channels))


def _shared_sql(place: int, channels: int) -> Query:
    """Actions of a channel by two accounts or more: `account_index`, `action` (a number that is unique overall)."""
    return Query(
        "shared actions of a channel",
        f"""
WITH numbered AS (
  SELECT value, hour, {channels} * row_number() OVER (ORDER BY value, hour) + {place} AS action
  FROM actions_{place}
  GROUP BY value, hour
  HAVING count(*) > 1
)
SELECT account_index, action
FROM actions_{place} JOIN numbered USING (value, hour)
""",
    )


def _totals_sql(place: int) -> Query:
    sql = f"SELECT account_index, count(*) AS actions FROM actions_{place} GROUP BY account_index"
    return Query("actions of a channel in all", sql)


def similar_pairs(engine: Engine, accounts: int) -> tuple[Int64, Int64, Floats]:
    """Similar pairs as two arrays of account indices, (pairs,) each, and the highest similarities, (accounts,).

    All pairs with a common action are joined and counted, one slice of the left accounts after the other.
    """
    joined = engine.fetch(
        Query(
            "pairs to join",
            "SELECT coalesce(sum(n * (n - 1) / 2), 0) AS pairs "
            "FROM (SELECT count(*) AS n FROM shared_actions GROUP BY action)",
        )
    )
    slices = 1 + int(joined["pairs"][0].as_py()) // SLICE_PAIRS
    best = np.zeros(accounts)
    found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for number in range(slices):
        engine.create("similar_pairs", similar_sql(number, slices))
        for side in ("l", "r"):
            rows = engine.fetch(_best_sql(side))
            np.maximum.at(best, rows["account_index"].to_numpy(), rows["similarity"].to_numpy())
        rows = engine.fetch(Query("linked pairs", f"SELECT l, r FROM similar_pairs WHERE similarity >= {SIMILAR}"))
        found.append((rows["l"].to_numpy().astype(np.int64), rows["r"].to_numpy().astype(np.int64)))
    left, right = (np.concatenate(side) for side in zip(*found, strict=True))
    return left, right, best


def similar_sql(number: int, slices: int) -> Query:
    """One row a pair with enough common actions: account indices `l` < `r` and their Jaccard similarity."""
    return Query(
        f"similar pairs, slice {number + 1} of {slices}",
        f"""
WITH met AS (
  SELECT one.account_index AS l, other.account_index AS r, count(*) AS common
  FROM shared_actions AS one JOIN shared_actions AS other USING (action)
  WHERE one.account_index < other.account_index AND one.account_index % {slices} = {number}
  GROUP BY l, r
  HAVING count(*) >= {LEAST_COMMON}
)
SELECT l, r, common / (one.actions + other.actions - common) AS similarity
FROM met
JOIN action_totals AS one ON one.account_index = l
JOIN action_totals AS other ON other.account_index = r
""",
    )


def _best_sql(side: str) -> Query:
    return Query(
        "highest similarities",
        f"SELECT {side} AS account_index, max(similarity) AS similarity FROM similar_pairs GROUP BY {side}",
    )


def clusters(accounts: int, left: Int64, right: Int64) -> Int32:
    """The number of each account's connected component, (accounts,)."""
    links = coo_array((np.ones(len(left), np.bool_), (left, right)), shape=(accounts, accounts))
    _, component = connected_components(links, directed=False)
    return np.asarray(component, np.int32)


EVERY_OBJECT_JOINED = LockstepJoins("acts_in_lockstep_by_the_hour")
ADDRESSES_JOINED = LockstepJoins("uses_addresses_in_lockstep_by_the_hour", ("address_value",))
