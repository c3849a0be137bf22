"""Key-pair linkage with pooled anomaly: it links accounts that share rare keys and scores components as a whole."""

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

RARE_SHARE = 0.01  # a value of more than one in a hundred accounts does not link
LEAST_FACTS, MOST_FACTS = (
    2,
    8,
)  # keys of different facts that a pair must share; one key alone can be a home, a shop or a campus
MOST_PAIRS = 2_000_000_000  # pairs visited in about ten seconds; with more, the largest keys are sampled


@dataclass(frozen=True, slots=True)
class KeyPairs:
    """Scores accounts by the joint anomaly of their linked group."""

    name: str = "linked_by_rare_keys_and_jointly_anomalous"
    further_facts: int = 0
    """The number of shared facts that a pair needs beyond the least number that avoids chains of strangers."""
    source: str = (
        "linkage by shared rare keys with pooled anomaly, as public detection systems describe it; "
        "pooling: Stouffer et al. (1949)"
    )

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The pooled anomaly of each account's component; 0 if it is not above the usual."""
        accounts = name_logs(engine, logs)
        component = components(engine, len(accounts), self.further_facts)
        pooled = pool(anomalies(engine, len(accounts)), component)
        return scored(accounts, np.maximum(pooled, 0.0))


def components(engine: Engine, accounts: int, further_facts: int = 0) -> Int32:
    """The representative of each account's component (accounts,); needs the tables of `tables.name_logs`.

    The number of facts that a pair must share is raised until no component has more accounts than a rare key may have,
    since a larger one is a chain of strangers.
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
    """The most accounts that may have a value which counts as a rare key."""
    return max(2.0, RARE_SHARE * accounts)


def facts(chosen: tuple[Channel, ...]) -> Int64:
    """The number of each channel's fact, (channels,); views of one fact have one number."""
    names = sorted({one.fact for one in chosen})
    return np.array([names.index(one.fact) for one in chosen], np.int64)


def pool(anomaly: Floats, component: Int32) -> Floats:
    """The sum of normal scores over each account's component, divided by the root of its size: a normal score again."""
    total = np.bincount(component, weights=anomaly, minlength=len(anomaly))
    size = np.bincount(component, minlength=len(anomaly))
    # bincount adds in the order of account indices, so that the sums do not depend on the order of threads.
    return np.asarray((total / np.sqrt(np.maximum(size, 1)))[component])


def rare(holdings: Holdings) -> Holdings:
    """The holdings of rare keys; if they have too many pairs, large keys are cut to the same sample of accounts."""
    holders = np.diff(holdings.value_start)
    seldom = holders <= most_holders(holdings.accounts)
    kept = seldom[holdings.value_of] & (_rank_within(holdings) < _sample_size(holders[seldom]))
    return restrict(holdings, kept)


def _sample_size(holders: Int64) -> int:
    """The largest number of holders per key at which the pairs of all keys stay within MOST_PAIRS."""
    limit = int(holders.max(initial=2))
    while limit > 2 and float((np.minimum(holders, limit).astype(np.float64) ** 2).sum()) > MOST_PAIRS:
        limit = int(limit * 0.9)
    return limit


def _rank_within(holdings: Holdings) -> Int64:
    """Each edge's rank among the edges of its value, in an order of accounts that is the same for all values."""
    order_of = np.random.default_rng(0).permutation(holdings.accounts)  # any fixed order would do
    order = np.lexsort((order_of[holdings.holder], holdings.value_of))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - holdings.value_start[holdings.value_of[order]]
    return rank


def restrict(holdings: Holdings, kept: NDArray[np.bool_]) -> Holdings:
    """The holdings with only the edges of the mask `kept`, (edges,); values keep their numbers."""
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
