"""Candidate campaigns as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.group.exchanges import TOKENS, Exchanges
from stillwatch.group.purposes import Purpose
from stillwatch.group.taken_over import manners_of_taking_over, taken_and_given
from stillwatch.records import Table
from stillwatch.records.candidates import (
    CANDIDATE_CAMPAIGNS,
    CANDIDATE_EXCHANGES,
    CANDIDATE_MEMBERS,
    GROUP_TESTS,
    GroupTest,
)
from stillwatch.records.lineage import CAMPAIGN, NETWORK
from stillwatch.runs.known_networks import remembered_campaigns, with_accounts
from stillwatch.runs.lineage import Known, history, inherit, reserved

BATCH = 131_072  # exchanges written at once
LIKELIER = 0.5  # probability up to which an exchange is likelier ordinary than of the purpose
FURTHER = 6  # candidates of one network that have ids of their own
TESTED_EXCHANGES = 200  # exchanges of the purpose after which the tests count as having had enough data


@dataclass(frozen=True, slots=True)
class Candidate:
    """One network's exchanges, which of them serve one purpose, and the tests."""

    network_id: str
    exchanges: Exchanges
    purpose: Purpose
    tests: tuple[GroupTest, ...]


@dataclass(frozen=True)
class CandidateIds:
    """Ids of candidates: of the campaigns that they continue, else derived from their networks' ids, which last.

    A network's first candidate has the id of the campaign that the network continues, or `C` and the network's digits.
    """

    first: Mapping[str, str]  # of each network
    known: Mapping[str, Known]
    given: Collection[str]

    def of(self, network: str, candidates: Sequence[Collection[str]], replayed: Sequence[bool]) -> list[str]:
        """The ids of a network's candidates, given the accounts of each and whether it is of turns asked again."""
        names = [self.first[network], *(further(network, turn) for turn in range(2, FURTHER + 1))]
        result = [""] * len(candidates)
        for kind, mine in ((False, names), (True, [further(network, 0)])):
            chosen = [one for one, again in enumerate(replayed) if again == kind]
            known = {name: self.known[name] for name in mine if name in self.known}
            ids = inherit(known, [candidates[one] for one in chosen], mine[: len(chosen)], self.given)
            for one, name in zip(chosen, ids, strict=True):
                result[one] = name
        return result


def further(network: str, turn: int) -> str:
    """The id of a network's `turn`-th candidate (from 2; 0 for turns asked again), where it continues no campaign."""
    return CAMPAIGN + blake2b(f"{network}/{turn}".encode(), digest_size=6).hexdigest()


def candidate_ids(engine: Engine) -> CandidateIds:
    """The ids of candidates: campaigns of earlier runs are looked for among the networks' accounts."""
    rows = engine.fetch(Query("network members", "SELECT network_id, account_id FROM network_members"))
    groups: dict[str, list[str]] = defaultdict(list)
    for network, account in zip(rows["network_id"].to_pylist(), rows["account_id"].to_pylist(), strict=True):
        groups[network].append(account)
    names = sorted(groups)
    past = history(engine)
    networks = {*names, *past.known(NETWORK)}
    others = {further(network, turn) for network in networks for turn in (0, *range(2, FURTHER + 1))}
    known = with_accounts(past.known(CAMPAIGN), remembered_campaigns(engine, groups))
    given = reserved(engine, past)
    first = {name: one for name, one in known.items() if name not in others}
    fresh = [CAMPAIGN + name[1:] for name in names]
    ids = inherit(first, [groups[name] for name in names], fresh, given)
    return CandidateIds(dict(zip(names, ids, strict=True)), known, given)


def write(engine: Engine, networks: Iterable[list[Candidate]], known: CandidateIds) -> None:
    """Writes the four candidate tables; each network's exchanges go to disk before the next are asked for."""
    names = engine.fetch(Query("account ids", "SELECT account_id FROM account_sketches ORDER BY account_index"))
    ids = names["account_id"].combine_chunks()
    models = engine.fetch(Query("model names", "SELECT request_model FROM models ORDER BY code"))["request_model"]
    # codes count from 1, 0 is none
    model = pa.concat_arrays([pa.nulls(1, pa.string()), *models.chunks])
    small: dict[Table, list[pa.Table]] = {CANDIDATE_MEMBERS: [], CANDIDATE_CAMPAIGNS: [], GROUP_TESTS: []}

    def exchanges() -> Iterator[pa.RecordBatch]:
        for candidates in networks:
            for name, candidate in zip(_names(candidates, ids, known), candidates, strict=True):
                small[CANDIDATE_MEMBERS].append(_members(name, candidate, ids))
                small[CANDIDATE_CAMPAIGNS].append(_campaign(name, candidate))
                small[GROUP_TESTS].append(_tests(name, candidate))
                yield from _exchanges(name, candidate, ids, model)
                del candidate
            candidates.clear()  # before the next are asked for

    engine.store_batches(CANDIDATE_EXCHANGES, exchanges())
    for table, parts in small.items():
        engine.store(table, pa.concat_tables([table.schema.empty_table(), *parts]))


def _names(candidates: list[Candidate], ids: pa.Array, known: CandidateIds) -> list[str]:
    if not candidates:
        return []
    groups = [ids.take(pa.array(np.unique(one.exchanges.account_index[one.purpose.served]))) for one in candidates]
    replayed = [one.purpose.replayed for one in candidates]
    return known.of(candidates[0].network_id, [group.to_pylist() for group in groups], replayed)


def _exchanges(name: str, candidate: Candidate, ids: pa.Array, models: pa.Array) -> Iterator[pa.RecordBatch]:
    # a few at a time: a copy of all that the largest networks served would be as large as everything else together
    served = np.flatnonzero(candidate.purpose.served)
    rows = candidate.exchanges
    for begin in range(0, len(served), BATCH):
        chosen = served[begin : begin + BATCH]
        columns = [
            pa.array([name] * len(chosen), pa.string()),
            rows.exchange_id.take(pa.array(chosen)).combine_chunks(),
            ids.take(pa.array(rows.account_index[chosen])),
            pa.array(rows.started_at[chosen], pa.timestamp("us")),
            pa.array(np.round(candidate.purpose.probability[chosen], 6)),
            *(pa.array(code, pa.int16(), mask=code < 0) for code in (rows.subject[chosen], rows.form[chosen])),
            models.take(pa.array(rows.values["model"][chosen])),
            *(_nullable(rows.values[column][chosen], 0) for column in ("subnet", "conversation", "payload")),
            *(_nullable(rows.values[column][chosen], -1) for column in TOKENS),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=CANDIDATE_EXCHANGES.schema)


def _nullable(value: NDArray[np.int64], none: int) -> pa.Array:
    return pa.array(value, pa.int64(), mask=value == none)


def _members(name: str, candidate: Candidate, ids: pa.Array) -> pa.Table:
    rows, served = candidate.exchanges, candidate.purpose.served
    # in order of account and time: where an account begins it was first seen
    begins = np.diff(rows.account_index, prepend=-1) != 0
    accounts, dense = rows.account_index[begins], np.cumsum(begins) - 1
    count = np.bincount(dense, weights=served, minlength=len(accounts))
    total = np.bincount(dense, minlength=len(accounts))
    # what another had sent before is no work of its own: members that send people's requests again hide behind nobody
    likely = candidate.purpose.probability > LIKELIER
    ordinary = np.bincount(dense, weights=~likely & (rows.values["repeats"] == 0), minlength=len(accounts))
    # of a network that serves one purpose as a whole an exchange may still be likelier ordinary
    took, gave = rows.once(taken_and_given)
    manners = manners_of_taking_over(rows, served & likely, took)
    taken, given = (np.bincount(dense, weights=one, minlength=len(accounts)) for one in (took, gave))
    bits = np.bincount(dense, weights=np.where(served, candidate.purpose.ratio, 0.0), minlength=len(accounts))
    first = rows.started_at[begins]
    kept = count > 0
    return pa.table(
        {
            "candidate_id": pa.array([name] * int(kept.sum()), pa.string()),
            "account_id": ids.take(pa.array(accounts[kept])),
            "exchanges": count[kept].astype(np.int64),
            "share": np.round((count / total)[kept], 6),
            "ordinary": ordinary[kept].astype(np.int64),
            "manners": manners[kept],
            "taken": taken[kept].astype(np.int64),
            "given": given[kept].astype(np.int64),
            "purpose_bits": np.round(bits[kept] / np.log(2), 3),
            "first_seen": pa.array(first[kept], pa.timestamp("us")),
        },
        schema=CANDIDATE_MEMBERS.schema,
    )


def _campaign(name: str, candidate: Candidate) -> pa.Table:
    served = candidate.purpose.served
    times = np.sort(candidate.exchanges.started_at[served])
    return pa.table(
        {
            "candidate_id": [name],
            "network_id": [candidate.network_id],
            "accounts": [len(np.unique(candidate.exchanges.account_index[served]))],
            "exchanges": [int(served.sum())],
            "tested_at": pa.array(times[[min(TESTED_EXCHANGES, len(times) - 1)]], pa.timestamp("us")),
            "whole_network": [candidate.purpose.whole],
        },
        schema=CANDIDATE_CAMPAIGNS.schema,
    )


def _tests(name: str, candidate: Candidate) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "candidate_id": name,
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
