"""Key-pair linkage with pooled anomaly: pairs that share rare keys are linked, and a component is judged as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch_lab.baselines.anomaly import anomalies
from stillwatch_lab.baselines.channels import Channel, channels
from stillwatch_lab.baselines.holdings import Holdings, load, starts
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import Int32, Int64, name_logs
from stillwatch_lab.baselines.unions import Floats, join_sharing_facts, sizes

RARE_SHARE = 0.01  # a key that more than one in a hundred accounts hold is no key
LEAST_FACTS, MOST_FACTS = 2, 8  # keys of different facts a pair must share; one is a home, a shop or a campus
MOST_PAIRS = 2_000_000_000  # pairs looked at in about ten seconds; beyond that the largest keys are sampled


@dataclass(frozen=True, slots=True)
class KeyPairs:
    """Accounts whose linked group is jointly anomalous."""

    name: str = "linked_by_rare_keys_and_jointly_anomalous"
    further_facts: int = 0
    """How many more shared facts a pair needs than it takes to keep strangers from chaining up."""
    source: str = (
        "linkage by shared rare keys with pooled anomaly, as public detection systems describe it; "
        "pooling: Stouffer et al. (1949)"
    )

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The pooled anomaly of each account's component; 0 where it is no more than usual."""
        accounts = name_logs(engine, logs)
        component = components(engine, len(accounts), self.further_facts)
        pooled = pool(anomalies(engine, len(accounts)), component)
        return scored(accounts, np.maximum(pooled, 0.0))


def components(engine: Engine, accounts: int, further_facts: int = 0) -> Int32:
    """The representative of each account's component (accounts,); needs the tables of `tables.name_logs`.

    The facts a pair must share are raised until no component is larger than a rare key can be: such a one is a chain.
    """
    chosen = channels(engine)
    holdings = rare(load(engine, accounts, chosen))
    fact = facts(chosen)[holdings.channel]
    for least in range(LEAST_FACTS, MOST_FACTS):
        component = _joined(holdings, fact, least)
        if sizes(component).max(initial=0) <= most_holders(accounts):
            break
    return _joined(holdings, fact, least + further_facts) if further_facts else component


def _joined(holdings: Holdings, fact: Int64, least: int) -> Int32:
    edges = (holdings.account_start, holdings.edge)
    return join_sharing_facts(holdings.value_start, holdings.holder, holdings.value_of, edges, fact, least)


def most_holders(accounts: int) -> float:
    """How many accounts may hold a value that still counts as a rare key."""
    return max(2.0, RARE_SHARE * accounts)


def facts(chosen: tuple[Channel, ...]) -> Int64:
    """A number for the fact each channel states, (channels,): views of one fact have one number."""
    names = sorted({one.fact for one in chosen})
    return np.array([names.index(one.fact) for one in chosen], np.int64)


def pool(anomaly: Floats, component: Int32) -> Floats:
    """Sum of the normal scores of each account's component over the root of its size: again a normal score."""
    total = np.bincount(component, weights=anomaly, minlength=len(anomaly))
    size = np.bincount(component, minlength=len(anomaly))
    # sums of floats in one order: bincount adds in the order of account indices
    return np.asarray((total / np.sqrt(np.maximum(size, 1)))[component])


def rare(holdings: Holdings) -> Holdings:
    """The holdings of rare keys; where their pairs are too many, each key keeps the same sample of accounts."""
    holders = np.diff(holdings.value_start)
    seldom = holders <= most_holders(holdings.accounts)
    kept = seldom[holdings.value_of] & (_rank_within(holdings) < _sample_size(holders[seldom]))
    return restrict(holdings, kept)


def _sample_size(holders: Int64) -> int:
    """The largest number of holders a key at which the pairs of all keys together stay within MOST_PAIRS."""
    limit = int(holders.max(initial=2))
    while limit > 2 and float((np.minimum(holders, limit).astype(np.float64) ** 2).sum()) > MOST_PAIRS:
        limit = int(limit * 0.9)
    return limit


def _rank_within(holdings: Holdings) -> Int64:
    """Each edge's rank among its value's by a hash of the account, so that all values prefer the same accounts."""
    order_of = np.random.default_rng(0).permutation(holdings.accounts)  # any order will do, if it is the same
    order = np.lexsort((order_of[holdings.holder], holdings.value_of))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - holdings.value_start[holdings.value_of[order]]
    return rank


def restrict(holdings: Holdings, kept: NDArray[np.bool_]) -> Holdings:
    """The holdings without the edges (edges,) that are not kept; values keep their numbers."""
    holder, value_of = holdings.holder[kept], holdings.value_of[kept]
    return Holdings(
        starts(value_of, holdings.values),
        holder,
        value_of,
        holdings.first_at[kept],
        holdings.channel,
        starts(holder, holdings.accounts),
        np.argsort(holder, kind="stable"),
    )


KEY_PAIRS = KeyPairs()
CLOSER_KEY_PAIRS = KeyPairs("linked_by_more_rare_keys_and_jointly_anomalous", further_facts=1)
