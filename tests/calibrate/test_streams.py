"""Null streams keep what they must keep and cut what they must cut; replays hold the accounts that they keep."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.calibrate.bundles import (
    BUNDLES,
    LIFETIME,
    NULL_STREAMS,
    STATED,
    USED,
    NullStream,
)
from stillwatch.calibrate.observed import Observed, observed_sql
from stillwatch.calibrate.streams import (
    Replay,
    draw_null,
    permutations,
    run_null,
    run_replay,
)
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.job import Job
from stillwatch.link.conversation_starts import starts_conversation
from stillwatch.records.definitions import (
    HANDOVER_SENDERS,
    HANDOVER_WITHIN,
)
from stillwatch.records.sketches import EXCHANGE_SKETCHES

NULL = {null.name: null for null in NULL_STREAMS}
PLACED = ("account_id", "address_value")
MOVED = {name for names in USED.values() for name in names}
VALUES = sorted(name for name in MOVED if name.endswith("_value"))


def drawn(engine: DuckDBEngine, observed: Observed, null: NullStream, seed: int = 1) -> pa.Table:
    draw_null(engine, observed, null, seed)
    return engine.fetch(Query("drawn", "SELECT * FROM exchange_sketches ORDER BY exchange_id"))


def original(engine: DuckDBEngine) -> pa.Table:
    return engine.fetch(Query("observed", "SELECT * FROM observed_exchanges ORDER BY exchange_id"))


def holders(rows: pa.Table, column: str) -> Counter[int]:
    """How many accounts hold each value."""
    pairs = set(zip(rows["account_id"].to_pylist(), rows[column].to_pylist(), strict=True))
    return Counter(value for _, value in pairs if value is not None)


@pytest.mark.parametrize("name", NULL)
def test_what_is_asked_never_moves(named: DuckDBEngine, observed: Observed, name: str) -> None:
    before, after = original(named), drawn(named, observed, NULL[name])
    for column in EXCHANGE_SKETCHES.names:
        if column not in MOVED and column != "conversation_value":
            assert after[column].equals(before[column]), column


@pytest.mark.parametrize("name", NULL)
def test_conversations_are_separated_where_questions_move(named: DuckDBEngine, observed: Observed, name: str) -> None:
    few = ", ".join(f"{column} % 50 AS {column}" for column in ("conversation_value", "own_conversation_value"))
    hopping = f"SELECT * REPLACE ({few}) FROM observed_exchanges"
    named.create("hopping", Query("conversations over many accounts", hopping))
    named.view("observed_exchanges", Query("hopping", "SELECT * FROM hopping"))
    before, after = original(named), drawn(named, observed, NULL[name])
    assert max(holders(before, "conversation_value").values()) > 1
    if not NULL[name].own_conversations:
        assert after["conversation_value"].equals(before["conversation_value"])
        return
    assert set(holders(after, "conversation_value").values()) == {1}

    def inside(rows: pa.Table, column: str) -> Counter[tuple[str, int]]:
        talks = Counter(zip(rows["account_id"].to_pylist(), rows[column].to_pylist(), strict=True))
        return Counter((account, turns) for (account, _), turns in talks.items())

    assert inside(after, "conversation_value") == inside(before, "own_conversation_value"), (
        "every account keeps its conversations' lengths"
    )


def test_a_history_comes_from_one_donor_in_its_order(named: DuckDBEngine, observed: Observed) -> None:
    null = NULL["everything"]
    donor = permutations(observed, null, 1)["address"]
    own = original(named).sort_by([("account_index", "ascending"), ("turn", "ascending")])
    moved = drawn(named, observed, null)
    place = dict(zip(moved["exchange_id"].to_pylist(), moved["address_value"].to_pylist(), strict=True))
    values: list[list[int]] = [[] for _ in observed.accounts]
    received: list[list[int]] = [[] for _ in observed.accounts]
    for row in own.select(["exchange_id", "account_index", "address_value"]).to_pylist():
        values[row["account_index"]].append(row["address_value"])
        received[row["account_index"]].append(place[row["exchange_id"]])
    assert sum(map(len, received)) == len(own) > len(received) > 0
    for account, giver in enumerate(donor.tolist()):
        n, m = len(received[account]), len(values[giver])
        assert received[account] == [values[giver][k * m // n] for k in range(n)]


@pytest.mark.parametrize("name", ["everything", "questions"])
def test_times_are_a_donors_in_order(named: DuckDBEngine, observed: Observed, name: str) -> None:
    donor = permutations(observed, NULL[name], 1)["time"]
    times = times_of(original(named), observed)
    received = times_of(drawn(named, observed, NULL[name]), observed)
    assert len(donor) and sum(map(len, received)) == sum(map(len, times)) > len(received)
    for account, giver in enumerate(donor.tolist()):
        own, given = received[account], times[giver]
        n, m = len(own), len(given)
        for k, at in enumerate(own):
            since = given[k * m // n]
            until = given[k * m // n + 1] if k * m // n + 1 < m else since + timedelta(minutes=30)
            assert since <= at <= until
            assert at == since or k * m % n


@pytest.mark.parametrize("name", ["infrastructure", "registration"])
def test_times_stay_where_only_others_move(named: DuckDBEngine, observed: Observed, name: str) -> None:
    before, after = original(named), drawn(named, observed, NULL[name])
    assert all(after[column].equals(before[column]) for column in USED["time"])


def test_requests_taken_over_within_minutes_are_not_any_more(named: DuckDBEngine, observed: Observed) -> None:
    before, after = original(named), drawn(named, observed, NULL["everything"])
    assert taken_over(before) > 30
    assert taken_over(after) <= 1
    assert holders(after, "payload_value") == holders(before, "payload_value"), "who asks what stays"


def test_conversation_starts_stay_where_no_conversation_is_named(named: DuckDBEngine, observed: Observed) -> None:
    nameless = "SELECT * REPLACE (NULL::BIGINT AS conversation_value) FROM observed_exchanges"
    named.create("nameless", Query("no conversation named", nameless))
    named.view("exchange_sketches", Query("nameless", f"SELECT {', '.join(EXCHANGE_SKETCHES.names)} FROM nameless"))
    named.view("account_sketches", Query("accounts", "SELECT DISTINCT account_id, account_index FROM nameless"))
    named.create("renamed", observed_sql())
    named.view("observed_exchanges", Query("renamed", "SELECT * FROM renamed"))
    before, after = starts(original(named)), starts(drawn(named, observed, NULL["everything"]))
    assert 0 < len(before) < len(original(named))
    assert len(after) == len(before)
    assert len(after & before) > 0.999 * len(before), "but for equal times"


def starts(rows: pa.Table) -> set[str]:
    """The exchanges that start a conversation."""
    rows = rows.sort_by([(name, "ascending") for name in EXCHANGE_SKETCHES.order])
    account_index = np.unique(rows["account_id"].to_numpy(zero_copy_only=False), return_inverse=True)[1].astype(
        np.int32
    )
    at = rows["started_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    talks = rows["conversation_value"]
    named = talks.is_valid().to_numpy(zero_copy_only=False)
    first = starts_conversation(account_index, at, talks.fill_null(0).to_numpy(), named)
    return set(rows["exchange_id"].filter(pa.array(first)).to_pylist())


def times_of(rows: pa.Table, observed: Observed) -> list[list[datetime]]:
    """When each account (by account index) asked, in order."""
    times: dict[str, list[datetime]] = {}
    for row in rows.select(["account_id", "started_at"]).to_pylist():
        times.setdefault(row["account_id"], []).append(row["started_at"])
    return [sorted(times[account]) for account in observed.accounts]


def taken_over(rows: pa.Table) -> int:
    """Requests that few accounts make, made again on the next of them within ten minutes."""
    few = holders(rows, "payload_value")
    asked = sorted(
        (row["payload_value"], row["started_at"], row["account_id"])
        for row in rows.select(["payload_value", "started_at", "account_id"]).to_pylist()
        if row["payload_value"] is not None and few[row["payload_value"]] <= HANDOVER_SENDERS
    )
    return sum(
        text == again and account != other and at - before <= timedelta(microseconds=HANDOVER_WITHIN)
        for (text, before, account), (again, at, other) in pairwise(asked)
    )


@pytest.mark.parametrize("column", VALUES)
def test_no_value_gains_holders(named: DuckDBEngine, observed: Observed, column: str) -> None:
    before, after = holders(original(named), column), holders(drawn(named, observed, NULL["everything"]), column)
    assert after
    assert all(after[value] <= before[value] for value in after)


def test_few_values_of_people_are_lost(named: DuckDBEngine, observed: Observed) -> None:
    donor = permutations(observed, NULL["everything"], 1)["address"]
    given = distinct(original(named), observed)[donor]
    received = distinct(drawn(named, observed, NULL["everything"]), observed)
    assert (received <= given).all()
    assert (received == given)[observed.exchanges[donor] <= observed.exchanges].all()
    people = ~observed.strata.linked & ~observed.strata.linked[donor]
    assert received[people].sum() > 0.9 * given[people].sum()


def distinct(rows: pa.Table, observed: Observed) -> np.ndarray:
    """How many addresses each account (by account index) uses."""
    used = Counter(account for account, _ in set(zip(*(rows[n].to_pylist() for n in PLACED), strict=True)))
    return np.array([used[account] for account in observed.accounts])


def test_bundles_of_one_number_have_the_same_donors(observed: Observed) -> None:
    together = permutations(observed, NULL["questions"], 3)
    assert all((donor == together["address"]).all() for donor in together.values())
    apart = permutations(observed, NULL["everything"], 3)
    assert set(apart) == {*BUNDLES, *LIFETIME}
    assert len({donor.tobytes() for donor in apart.values()}) == len(BUNDLES)
    assert (apart["closure"] == apart["time"]).all(), "an account is closed after its last exchange"
    assert not set(permutations(observed, NULL["registration"], 3)) & set(USED)


def test_every_statement_stays_with_its_bundle(named: DuckDBEngine, observed: Observed) -> None:
    draw_null(named, observed, NULL["registration"], 2)
    before = named.fetch(Query("before", "SELECT * FROM observed_accounts"))
    seen = before.filter(pa.compute.is_in(before["account_id"], pa.array(observed.accounts)))
    after = named.fetch(Query("after", "SELECT * FROM accounts"))
    assert sorted(after["account_id"].to_pylist()) == sorted(seen["account_id"].to_pylist())

    def rows(table: pa.Table, names: tuple[str, ...]) -> Counter[tuple[object, ...]]:
        return Counter(zip(*(table[name].to_pylist() for name in names), strict=True))

    for bundle, names in STATED.items():
        assert rows(after, names) == rows(seen, names), bundle
    stays = ("account_id", *LIFETIME["closure"])
    assert rows(after, stays) == rows(seen, stays)
    assert rows(after, ("account_id", "email_hash")) != rows(seen, ("account_id", "email_hash"))


def test_the_same_seed_gives_the_same_stream(named: DuckDBEngine, observed: Observed) -> None:
    first = drawn(named, observed, NULL["everything"], 5)
    assert drawn(named, observed, NULL["everything"], 5).equals(first)
    assert not drawn(named, observed, NULL["everything"], 6).equals(first)


def test_coordination_is_found_and_dies_when_ties_are_cut(observed: Observed, job: Job) -> None:
    assert observed.found.networks > 0
    found = run_null(observed, NULL["everything"], 1, job)
    assert found.accounts == observed.found.accounts
    assert (found.networks, sum(found.campaigns.values())) == (0, 0)


def test_shared_infrastructure_alone_accuses_nobody(observed: Observed, job: Job) -> None:
    found = run_null(observed, NULL["questions"], 1, job)
    assert found.networks > 0, "what tied the accounts is still there"
    assert sum(found.campaigns.values()) == 0


def test_a_replay_holds_the_kept_accounts_inside_the_span(observed: Observed, job: Job) -> None:
    kept = np.arange(len(observed.accounts)) % 2 == 0
    assert run_replay(observed, Replay(kept), job).accounts == kept.sum()
    middle = observed.first + (observed.last - observed.first) / 2
    halves = [
        run_replay(observed, replay, job).accounts for replay in (Replay(kept, until=middle), Replay(kept, middle))
    ]
    assert max(halves) < kept.sum() <= sum(halves)
    beyond = Replay(kept, since=observed.last + timedelta(seconds=1))
    assert run_replay(observed, beyond, job).accounts == 0
