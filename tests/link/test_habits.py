"""Habits of a network: shares of its requests and acts beside those of everybody outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.link.copying import Copying
from stillwatch.link.habits import LEAST_ACTS, LEAST_REQUESTS, habit_rows, hour_of_week
from stillwatch.link.ties import UNKNOWN, Lives
from stillwatch.records.known_networks import FOUND_PROFILES
from stillwatch.records.naming import FORMS, SUBJECTS
from stillwatch.records.outputs import NETWORK_MEMBERS
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings

MONDAY = datetime(2026, 5, 4)
NOBODY = np.zeros(5, bool)
MEMBERS = [("N1", np.array([0, 1], np.int32)), ("N2", np.array([2], np.int32))]
"""Accounts 3 and 4 are in no network."""
REQUESTS = frozenset({"active_in_hour", "asks_of_kind", "written_at_density", "sent_in_shape"})
MARKED = {"input_chars": 199, "input_tokens": 100, "output_chars": 70, "output_tokens": 2}
MARKED |= {"instructions_value": 7, "tools_value": 8}


@given(st.datetimes(min_value=datetime(1960, 1, 1), max_value=datetime(2200, 1, 1)))
def test_hours_of_the_week_are_those_of_the_calendar(at: datetime) -> None:
    since = (at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert hour_of_week(np.array([since])).tolist() == [24 * at.weekday() + at.hour]


def lives(created: list[int], first: list[int]) -> Lives:
    return Lives(np.array(created), np.array(first), np.arange(5), Copying(NOBODY, ~NOBODY, np.empty(0, np.int64)))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """N1 asks at nine on Mondays and Tuesdays in turn, N2 less often than counts, everybody else at all hours."""
    rows: list[tuple[int, datetime, int]] = []
    for nth in range(LEAST_REQUESTS):
        rows.append((nth % 2, MONDAY + timedelta(days=nth % 2, hours=9, minutes=nth % 50), 1))
    for nth in range(LEAST_REQUESTS - 1):
        rows.append((2, MONDAY + timedelta(hours=nth), 0))
    for nth in range(336):
        rows.append((3 + nth % 2, MONDAY + timedelta(hours=nth), 0))
    table = [
        {
            "exchange_id": f"x{place}",
            "account_id": f"a{account}",
            "started_at": at,
            "subject": kind,
            "form": kind,
            **(MARKED if account < 2 else {"input_chars": 400, "input_tokens": 100}),
        }
        for place, (account, at, kind) in enumerate(rows)
    ]
    members = [
        {"network_id": name, "account_id": f"a{one}", "probability": 1.0, "bits": 9.0, "linked_at": MONDAY}
        for name, accounts in MEMBERS
        for one in accounts.tolist()
    ]
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        engine.store(EXCHANGE_SKETCHES, pa.Table.from_pylist(table, schema=EXCHANGE_SKETCHES.schema))
        engine.store(NETWORK_MEMBERS, pa.Table.from_pylist(members, schema=NETWORK_MEMBERS.schema))
        yield engine


def habits(engine: DuckDBEngine, of: Lives, off: frozenset[str] = frozenset()) -> dict[str, dict[int, tuple]]:
    parts = [part.cast(FOUND_PROFILES.schema) for part in habit_rows(engine, MEMBERS, of, off)]
    found: dict[str, dict[int, tuple]] = defaultdict(dict)
    for row in pa.concat_tables([FOUND_PROFILES.schema.empty_table(), *parts]).to_pylist():
        assert row["network_id"] == "N1"  # the other one has too little
        found[row["claim"]][row["keyed"]] = row["usage"], row["rate"], row["accounts"]
    return found


NO_ACTS = lives([UNKNOWN] * 5, [0] * 5)


def test_requests_are_counted_by_hour_and_kind_beside_everybody_outside(engine: DuckDBEngine) -> None:
    found = habits(engine, NO_ACTS)
    assert set(found) == REQUESTS
    share = (2 + 0.5) / (336 + 1)  # two weeks of everybody outside, an hour each
    assert found["active_in_hour"] == {9: (0.5, pytest.approx(share), 2), 33: (0.5, pytest.approx(share), 2)}
    kind = len(FORMS) + 1
    assert found["asks_of_kind"] == {kind: (1.0, pytest.approx(0.5 / 337), 2)}
    assert kind < len(SUBJECTS) * len(FORMS)


def test_density_and_shape_are_counted_where_the_log_says_them(engine: DuckDBEngine) -> None:
    found = habits(engine, NO_ACTS)
    assert found["written_at_density"] == {1: (1.0, pytest.approx(0.5 / 337), 2)}  # everybody else has 4
    assert "answered_at_density" not in found  # the log says it of nobody else
    assert found["sent_in_shape"] == {3: (1.0, pytest.approx(0.5 / 337), 2)}


def test_acts_are_sign_ups_and_first_uses_that_the_log_saw_begin(engine: DuckDBEngine) -> None:
    hour, day = 3_600_000_000, 24 * 3_600_000_000
    assert habits(engine, lives([3 * hour] * 5, [40 * day] * 5)).keys() == REQUESTS
    many = [("N1", np.arange(LEAST_ACTS, dtype=np.int32))]
    outside = 3 * LEAST_ACTS
    created = np.full(LEAST_ACTS + outside, 3 * hour)
    first = np.full(LEAST_ACTS + outside, 40 * day + 5 * hour)
    first[LEAST_ACTS:] = 7 * hour  # in use when the log began
    first[: LEAST_ACTS // 2] = 20 * hour  # within a day of its begin: perhaps in use before
    nobody = np.zeros(len(first), bool)
    of = Lives(created, first, np.arange(len(first)), Copying(nobody, ~nobody, np.empty(0, np.int64)))
    (rows,) = (part for part in habit_rows(engine, many, of, REQUESTS | {"answered_at_density"}))
    usage = dict(zip(rows["keyed"].to_pylist(), rows["usage"].to_pylist(), strict=True))
    rate = dict(zip(rows["keyed"].to_pylist(), rows["rate"].to_pylist(), strict=True))
    acts = LEAST_ACTS + LEAST_ACTS // 2
    assert usage == {3: pytest.approx(LEAST_ACTS / acts), 5: pytest.approx(LEAST_ACTS / 2 / acts)}
    assert rate == {3: pytest.approx((outside + 0.5) / (outside + 1)), 5: pytest.approx(0.5 / (outside + 1))}
    few = replace(of, created_at=created[: LEAST_ACTS + 2], first_seen=first[: LEAST_ACTS + 2])
    (rows,) = (part for part in habit_rows(engine, many, few, REQUESTS | {"answered_at_density"}))
    assert rows.num_rows == 0  # two strangers are nobody to stand beside


def test_evidence_that_is_switched_off_leaves_no_habit(engine: DuckDBEngine) -> None:
    assert habits(engine, NO_ACTS, REQUESTS - {"asks_of_kind"}).keys() == {"asks_of_kind"}
    assert list(habit_rows(engine, [], NO_ACTS, frozenset())) == []
