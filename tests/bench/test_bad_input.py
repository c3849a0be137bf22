"""Logs are spoilt as their case says, and the truth with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from bench.bad_input import (
    DAYS,
    MISSING,
    YOUNG,
    Logs,
    cases,
    mostly_machines,
    nobody_alone,
    one_country,
    three_days,
    without,
    young_accounts,
)

from stillwatch.records.inputs import ACCOUNTS, EXCHANGES

BEGIN = datetime(2026, 3, 1)
ROLES = {"a": ("campaign", "letter"), "b": ("innocent", "batch_job"), "c": ("innocent", "enterprise")}
ROLES |= {f"p{number}": ("organic", "person") for number in range(20)}


@pytest.fixture
def logs() -> Logs:
    """An exchange a day and account over ten days; accounts are 5 to 93 days old."""
    days = [(name, BEGIN + timedelta(days=day)) for name in ROLES for day in range(10)]
    account, at = zip(*days, strict=True)
    rows = {"account_id": account, "started_at": at, "input_text": ["x"] * len(at), "client_address": ["1"] * len(at)}
    born = [BEGIN - timedelta(days=5 + 4 * place) for place in range(len(ROLES))]
    stated = {"account_id": list(ROLES), "created_at": born, "payment_country": ["DE", "FR"] * 11 + ["FR"]}
    role, kind = zip(*ROLES.values(), strict=True)
    truth = {
        "accounts": pa.table({"account_id": list(ROLES), "role": role, "kind": kind}),
        "exchanges": pa.table({"account_id": ["a"] * 10, "started_at": at[:10]}),
    }
    return Logs(pa.table(rows), pa.table(stated), Path("permits"), truth)


def accounts(logs: Logs) -> set[str]:
    return set(logs.exchanges["account_id"].to_pylist())


def test_what_is_missing_are_columns_of_the_contract() -> None:
    known = {*EXCHANGES.names, *ACCOUNTS.names}
    assert {column for columns in MISSING.values() for column in columns} <= known
    every = [name for name, _ in cases(pairs=True)]
    assert len(every) == len(set(every))
    assert len(every) > len(list(cases(pairs=False))) > len(MISSING)


def test_columns_and_the_table_of_accounts_can_be_missing(logs: Logs) -> None:
    spoilt = without(logs, "text", "sign-ups")
    assert set(spoilt.exchanges.column_names) == {"account_id", "started_at", "client_address"}
    assert spoilt.accounts is not None
    assert set(spoilt.accounts.column_names) == {"account_id", "payment_country"}
    assert without(logs, "accounts").accounts is None
    assert logs.exchanges.num_columns == 4


def test_three_days_are_the_middle_ones_and_the_truth_is_cut_too(logs: Logs) -> None:
    spoilt = three_days(logs)
    begin, end = (extreme(spoilt.exchanges["started_at"]).as_py() for extreme in (pc.min, pc.max))
    assert end - begin < timedelta(days=DAYS)
    assert spoilt.exchanges.num_rows == DAYS * len(ROLES)
    assert spoilt.truth["exchanges"].num_rows == DAYS


def test_accounts_grow_young_and_who_was_made_together_stays_together(logs: Logs) -> None:
    spoilt = young_accounts(logs).accounts
    assert spoilt is not None
    ages = [(BEGIN - born).days for born in spoilt["created_at"].to_pylist()]
    assert max(ages) <= YOUNG
    assert ages == [(5 + 4 * place) % YOUNG for place in range(len(ROLES))]


def test_one_country_is_left(logs: Logs) -> None:
    spoilt = one_country(logs).accounts
    assert spoilt is not None
    assert len(set(spoilt["payment_country"].to_pylist())) == 1


def test_who_is_left_among_machines_and_outside_groups(logs: Logs) -> None:
    machines, groups = accounts(mostly_machines(logs)), accounts(nobody_alone(logs))
    assert {"a", "b"} <= machines
    assert "c" not in machines
    assert 1 <= len(machines - {"a", "b"}) <= 3
    assert groups == {"a", "b", "c"}
    assert set(nobody_alone(logs).truth["accounts"]["account_id"].to_pylist()) == groups
