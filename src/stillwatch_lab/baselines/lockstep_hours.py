"""Lockstep by the hour (SynchroTrap): it links accounts that repeatedly act on the same objects in the same hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.engine import Engine
from stillwatch_lab.baselines.channels import Channel, actions_sql, channels
from stillwatch_lab.baselines.holdings import Holdings, assemble, dense
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import Int32, Int64, name_logs
from stillwatch_lab.baselines.unions import Floats, join_similar, sizes

SIMILAR = 0.5  # pairs with half of their actions in common are linked
LEAST_COMMON = 3  # least common actions, since two accounts with one exchange each would agree fully


@dataclass(frozen=True, slots=True)
class LockstepHours:
    """Scores accounts by their cluster of similar accounts; the objects are `objects`, or every channel in use."""

    name: str
    objects: tuple[str, ...] = ()
    source: str = "Cao et al., Uncovering large groups of active malicious accounts in online social networks, CCS 2014"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The number of other members of each account's cluster, plus its highest similarity to an account."""
        accounts = name_logs(engine, logs)
        chosen = acted_on(engine, self.objects)
        actions, total = read_actions(engine, len(accounts), chosen)
        cluster, similarity = join_similar(
            actions.value_start,
            actions.holder,
            actions.value_of,
            (actions.account_start, actions.edge),
            total,
            (SIMILAR, LEAST_COMMON),
        )
        return scored(accounts, cluster_scores(cluster, similarity))


def acted_on(engine: Engine, objects: Sequence[str]) -> list[Channel]:
    """The channels whose values are the objects: those named, or every channel in use."""
    used = [one for one in channels(engine) if not one.stated]
    return [one for one in used if not objects or one.name in objects]


def cluster_scores(cluster: Int32, similarity: Floats) -> Floats:
    """Scores that order accounts by the size of their cluster and then by their highest similarity, (accounts,)."""
    return sizes(cluster) - 1.0 + similarity


def read_actions(engine: Engine, accounts: int, chosen: Sequence[Channel]) -> tuple[Holdings, Int64]:
    """Actions (an object in an hour) of at least two accounts, and each account's number of all actions."""
    total = np.zeros(accounts, np.int64)
    parts: list[tuple[Int32, Int64, Int64]] = []
    for channel in chosen:
        rows = engine.fetch(actions_sql(channel))
        account_index = rows["account_index"].to_numpy().astype(np.int32)
        total += np.bincount(account_index, minlength=accounts)
        hour = rows["hour"].to_numpy()
        action = dense(rows["value"]) * (hour.max(initial=0) + 1) + hour
        action = dense(pa.chunked_array([action]))
        kept = np.bincount(action, minlength=1)[action] > 1
        shared = dense(pa.chunked_array([action[kept]]))
        parts.append((account_index[kept], shared, np.zeros(len(shared), np.int64)))
    return assemble(accounts, parts), total


EVERY_OBJECT = LockstepHours("acts_in_lockstep_by_the_hour")
ADDRESSES = LockstepHours("uses_addresses_in_lockstep_by_the_hour", ("address_value",))
