"""Candidate campaigns as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.group.exchanges import TOKENS, Exchanges
from stillwatch.group.purposes import Purpose
from stillwatch.records import Table
from stillwatch.records.candidates import (
    CANDIDATE_CAMPAIGNS,
    CANDIDATE_EXCHANGES,
    CANDIDATE_MEMBERS,
    GROUP_TESTS,
    GroupTest,
)
from stillwatch.records.lineage import CAMPAIGN
from stillwatch.runs.lineage import history, inherit, reserved

BATCH = 131_072  # exchanges written at once
LIKELIER = 0.5  # probability up to which an exchange is likelier ordinary than of the purpose
TESTED_EXCHANGES = 200  # exchanges of the purpose after which the tests count as having had enough data


@dataclass(frozen=True, slots=True)
class Candidate:
    """One network's exchanges, which of them serve its purpose, and the tests."""

    candidate_id: str
    network_id: str
    exchanges: Exchanges
    purpose: Purpose
    tests: tuple[GroupTest, ...]


def candidate_ids(engine: Engine) -> dict[str, str]:
    """The id of each network's candidate: that of the campaign it continues, or `C` and the network's digits.

    There is one candidate a network, so that campaigns of earlier runs are looked for among the network's accounts.
    """
    rows = engine.fetch(Query("network members", "SELECT network_id, account_id FROM network_members"))
    groups: dict[str, list[str]] = defaultdict(list)
    for network, account in zip(rows["network_id"].to_pylist(), rows["account_id"].to_pylist(), strict=True):
        groups[network].append(account)
    names = sorted(groups)
    past = history(engine)
    fresh = [CAMPAIGN + name[1:] for name in names]
    ids = inherit(past.known(CAMPAIGN), [groups[name] for name in names], fresh, reserved(engine, past))
    return dict(zip(names, ids, strict=True))


def write(engine: Engine, candidates: Iterable[Candidate]) -> None:
    """Writes the four candidate tables; each candidate's exchanges go to disk before the next is asked for."""
    names = engine.fetch(Query("account ids", "SELECT account_id FROM account_sketches ORDER BY account_index"))
    ids = names["account_id"].combine_chunks()
    models = engine.fetch(Query("model names", "SELECT request_model FROM models ORDER BY code"))["request_model"]
    # codes count from 1, 0 is none
    model = pa.concat_arrays([pa.nulls(1, pa.string()), *models.chunks])
    small: dict[Table, list[pa.Table]] = {CANDIDATE_MEMBERS: [], CANDIDATE_CAMPAIGNS: [], GROUP_TESTS: []}

    def exchanges() -> Iterator[pa.RecordBatch]:
        for candidate in candidates:
            small[CANDIDATE_MEMBERS].append(_members(candidate, ids))
            small[CANDIDATE_CAMPAIGNS].append(_campaign(candidate))
            small[GROUP_TESTS].append(_tests(candidate))
            yield from _exchanges(candidate, ids, model)
            del candidate  # before the next is asked for

    engine.store_batches(CANDIDATE_EXCHANGES, exchanges())
    for table, parts in small.items():
        engine.store(table, pa.concat_tables([table.schema.empty_table(), *parts]))


def _exchanges(candidate: Candidate, ids: pa.Array, models: pa.Array) -> Iterator[pa.RecordBatch]:
    # a few at a time: a copy of all that the largest networks served would be as large as everything else together
    served = np.flatnonzero(candidate.purpose.served)
    rows = candidate.exchanges
    for begin in range(0, len(served), BATCH):
        chosen = served[begin : begin + BATCH]
        columns = [
            pa.array([candidate.candidate_id] * len(chosen), pa.string()),
            rows.exchange_id.take(pa.array(chosen)).combine_chunks(),
            ids.take(pa.array(rows.account_index[chosen])),
            pa.array(rows.started_at[chosen], pa.timestamp("us")),
            pa.array(np.round(candidate.purpose.probability[chosen], 6)),
            *(pa.array(code, pa.int16(), mask=code < 0) for code in (rows.subject[chosen], rows.form[chosen])),
            models.take(pa.array(rows.values["model"][chosen])),
            *(_nullable(rows.values[name][chosen], 0) for name in ("subnet", "conversation")),
            *(_nullable(rows.values[name][chosen], -1) for name in TOKENS),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=CANDIDATE_EXCHANGES.schema)


def _nullable(value: NDArray[np.int64], none: int) -> pa.Array:
    return pa.array(value, pa.int64(), mask=value == none)


def _members(candidate: Candidate, ids: pa.Array) -> pa.Table:
    rows, served = candidate.exchanges, candidate.purpose.served
    # in order of account and time: where an account begins it was first seen
    begins = np.diff(rows.account_index, prepend=-1) != 0
    accounts, dense = rows.account_index[begins], np.cumsum(begins) - 1
    count = np.bincount(dense, weights=served, minlength=len(accounts))
    total = np.bincount(dense, minlength=len(accounts))
    ordinary = np.bincount(dense, weights=candidate.purpose.probability <= LIKELIER, minlength=len(accounts))
    bits = np.bincount(dense, weights=np.where(served, candidate.purpose.ratio, 0.0), minlength=len(accounts))
    first = rows.started_at[begins]
    kept = count > 0
    return pa.table(
        {
            "candidate_id": pa.array([candidate.candidate_id] * int(kept.sum()), pa.string()),
            "account_id": ids.take(pa.array(accounts[kept])),
            "exchanges": count[kept].astype(np.int64),
            "share": np.round((count / total)[kept], 6),
            "ordinary": ordinary[kept].astype(np.int64),
            "purpose_bits": np.round(bits[kept] / np.log(2), 3),
            "first_seen": pa.array(first[kept], pa.timestamp("us")),
        },
        schema=CANDIDATE_MEMBERS.schema,
    )


def _campaign(candidate: Candidate) -> pa.Table:
    served = candidate.purpose.served
    times = np.sort(candidate.exchanges.started_at[served])
    return pa.table(
        {
            "candidate_id": [candidate.candidate_id],
            "network_id": [candidate.network_id],
            "accounts": [len(np.unique(candidate.exchanges.account_index[served]))],
            "exchanges": [int(served.sum())],
            "tested_at": pa.array(times[[min(TESTED_EXCHANGES, len(times) - 1)]], pa.timestamp("us")),
            "whole_network": [candidate.purpose.whole],
        },
        schema=CANDIDATE_CAMPAIGNS.schema,
    )


def _tests(candidate: Candidate) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "candidate_id": candidate.candidate_id,
                "test": result.test,
                "statistic": result.statistic,
                "reference": result.reference,
                "bits": round(result.bits, 3),
                "absent": result.absent,
                "error": result.error,
            }
            for result in candidate.tests
        ],
        schema=GROUP_TESTS.schema,
    )
