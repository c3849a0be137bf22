"""Every method that finds groups of accounts, on the same sketches: published baselines as the lab has them, and more.

The lab's baselines score accounts; here the groups behind the scores are asked for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.coordination.projections import act_together, born_close, similar_users
from stillwatch.engine import Engine, Query, identifier
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.settings import EngineSettings
from stillwatch_lab.baselines import dense_blocks, entity_resolution, key_pairs, lockstep_hours
from stillwatch_lab.baselines.channels import channels
from stillwatch_lab.baselines.holdings import dense, load
from stillwatch_lab.baselines.interface import Logs, UnavailableError
from stillwatch_lab.baselines.tables import microseconds, name_logs, read_events
from stillwatch_lab.baselines.unions import join_holders, join_similar

SECOND = 1_000_000  # µs
Labels = NDArray[np.integer]
Groups = Callable[[Engine, int, Logs], list[Labels]]


@dataclass(frozen=True, slots=True)
class Method:
    """A published method: what it joins accounts by, its source, and the function that gives groups of indices.

    `by_time` says that it needs times of use that mean something.
    """

    name: str
    source: str
    groups: Groups
    by_time: bool = False


def components(label: Labels) -> list[Labels]:
    """The account indices of each label (accounts,) that at least two accounts have."""
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(label) else []
    return [part for part in parts if len(part) > 1]


def _lockstep(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    actions, total = lockstep_hours.read_actions(engine, accounts, lockstep_hours.acted_on(engine, ()))
    edges = (actions.account_start, actions.edge)
    least = (lockstep_hours.SIMILAR, lockstep_hours.LEAST_COMMON)
    cluster, _ = join_similar(actions.value_start, actions.holder, actions.value_of, edges, total, least)
    return components(cluster)


def _key_pairs(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    return components(key_pairs.components(engine, accounts))


def _rare_values(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    held = key_pairs.rare(load(engine, accounts, channels(engine)))
    return components(join_holders(accounts, held.value_start, held.holder))


def _dense_blocks(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    held = load(engine, accounts, channels(engine))
    found = dense_blocks.blocks(held, dense_blocks.BLOCKS)
    return [part for part in components(_ranks(found)) if found[part[0]] > 0]


def _ranks(values: NDArray[np.float64]) -> Labels:
    return np.unique(values, return_inverse=True)[1]


def _entity_resolution(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    found = None if logs.accounts is None else entity_resolution.matches(engine)
    if found is None:
        raise UnavailableError("no two accounts agree on what entity resolution compares")
    label = np.arange(accounts) + accounts
    label[found[1]["unique_id"].to_numpy()] = dense(found[1]["cluster_id"])
    return components(label)


def _similar_users(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    used = [one for one in channels(engine) if not one.stated]
    return components(similar_users(load(engine, accounts, used)))


def _act_together(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    account, value, at = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, channel in enumerate(one for one in channels(engine) if not one.stated):
        name = identifier(channel.name)
        rows = engine.fetch(
            Query(
                "uses",
                f"SELECT account_index, {name} AS value, started_at FROM logged_exchanges "
                f"JOIN logged_indices USING (account_id) WHERE {name} IS NOT NULL",
            )
        )
        account.append(rows["account_index"].to_numpy().astype(np.int64))
        value.append(rows["value"].to_numpy() // 64 * 64 + number)  # values of two columns never meet
        at.append(microseconds(rows["started_at"]))
    joined = [np.concatenate(one) for one in (account, value, at)]
    return components(act_together(joined[0], joined[1], joined[2], accounts))


def _same_second(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    events = read_events(engine, accounts)
    account = np.repeat(np.arange(accounts, dtype=np.int64), np.diff(events.start))
    second = events.at // SECOND
    return components(act_together(account, second, np.zeros_like(second), accounts))


def _born_close(engine: Engine, accounts: int, logs: Logs) -> list[Labels]:
    rows = engine.fetch(
        Query(
            "sign-ups",
            "SELECT account_index, created_at FROM logged_accounts JOIN logged_indices USING (account_id) "
            "WHERE created_at IS NOT NULL ORDER BY account_index",
        )
    )
    index = rows["account_index"].to_numpy()
    return [index[part] for part in components(born_close(microseconds(rows["created_at"])))]


METHODS = (
    Method("lockstep by the hour", "SynchroTrap: Cao et al., CCS 2014", _lockstep, True),
    Method("act together within a minute", "CooRTweet: Righetti & Balluff 2025", _act_together, True),
    Method("post in the same seconds", "after DeBot: Chavoshi, Hamooni & Mueen, ICDM 2016", _same_second, True),
    Method("similar users, top 0.5 %", "Pacheco et al., ICWSM 2021", _similar_users),
    Method("any rare value", "Akoglu, Tong & Koutra 2015", _rare_values),
    Method("pairs of rare keys", "as detection systems describe it", _key_pairs),
    Method("dense blocks", "FRAUDAR: Hooi et al., KDD 2016", _dense_blocks),
    Method("entity resolution", "Splink 5: Linacre et al. 2022", _entity_resolution),
    Method("born within an hour", "Xiao, Freeman & Hwa, AISec 2015", _born_close),
)


def found_groups(method: Method, logs: Logs, threads: int) -> list[frozenset[str]] | None:
    """The groups of account ids that a method finds; None where it cannot run on these logs."""
    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(threads=threads), Path(folder)) as engine:
        accounts = name_logs(engine, logs)
        try:
            groups = method.groups(engine, len(accounts), logs)
        except UnavailableError:
            return None
        return [frozenset(accounts.take(pa.array(group)).to_pylist()) for group in groups]
