"""Every value that an account uses is found once, and values that one account alone holds are mostly left out early."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.holdings import (
    Held,
    Log,
    Uses,
    by_account,
    distinct,
    perhaps_shared,
    used_values,
)
from stillwatch.link.partials import Accounts, Chunk, write

ROWS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),  # 0 for none
        st.integers(0, 50),
    ),
    max_size=120,
)


def held(values: list[int]) -> Held:
    value = np.array(values, np.int64)
    return Held(np.arange(len(value), dtype=np.int32), value, np.zeros(len(value), np.int64))


@given(ROWS)
def test_each_account_and_value_comes_once_with_its_first_time(rows: list[tuple[int, int, int]]) -> None:
    start, order = by_account(np.array([row[0] for row in rows], np.int32), 7)
    value, at = np.array([row[1] or 0 for row in rows], np.int64), np.array([row[2] for row in rows], np.int64)
    distinct_count = np.zeros(7, np.int32)
    found = list(zip(*(column.tolist() for column in distinct(start, order, at, value, distinct_count)), strict=True))
    expected: dict[tuple[int, int], int] = {}
    for account, used, when in rows:
        if used:
            expected[account, used] = min(when, expected.get((account, used), when))
    assert sorted(found) == sorted((*pair, when) for pair, when in expected.items())
    assert [row[0] for row in found] == sorted(row[0] for row in found), "accounts must ascend"
    assert distinct_count.tolist() == [sum(account == u for account, _ in expected) for u in range(7)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5), max_size=200))
def test_no_shared_value_is_dropped(values: list[int]) -> None:
    kept = perhaps_shared(held(values)).value.tolist()
    assert all(kept.count(value) == values.count(value) for value in values if values.count(value) > 1)


def test_most_values_of_one_account_are_dropped() -> None:
    values = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 50_000)
    assert len(perhaps_shared(held(values.tolist())).value) < 0.25 * len(values)


COLUMNS = ("address_value", "payload_value", "head_value")  # few a hundred rows; one a row; few, then many
CODES = dict(enumerate(COLUMNS))
LOG = Accounts(pa.array([f"a{n:02}" for n in range(40)]), np.full(40, 100), np.arange(40))


@pytest.fixture
def rows() -> pa.Table:
    """Forty accounts of a hundred exchanges, in no order."""
    generator, rows = np.random.default_rng(1), 4000
    account_index = np.repeat(np.arange(40, dtype=np.int32), 100)
    head = np.where(account_index < 20, account_index % 3, generator.integers(0, 1500, rows)) + 1
    held = {
        "account_index": account_index,
        "started_at": pa.array(generator.integers(0, 10**12, rows), pa.timestamp("us")),
        "address_value": account_index // 2 + 1,
        "payload_value": generator.integers(0, 3000, rows),
        "head_value": head,
    }
    return pa.table(held).take(generator.permutation(rows))


def chunks(folder: Path, rows: pa.Table, *parts: range) -> list[Chunk]:
    """The partial results of the accounts of each part."""
    logs = [Log(rows.filter(pc.is_in(rows["account_index"], pa.array(part, pa.int32()))), 40) for part in parts]
    return [write(folder, LOG, log.accounts, log.partial(COLUMNS, "payload_value")) for log in logs]


def shared(found: Held) -> list[tuple[int, int, int]]:
    """Accounts, values and first times of what two accounts hold."""
    several = np.isin(
        found.value, [v for v, n in zip(*np.unique(found.value, return_counts=True), strict=True) if n > 1]
    )
    kept = found.take(np.flatnonzero(several))
    return list(zip(kept.account_index.tolist(), kept.value.tolist(), kept.first_at.tolist(), strict=True))


def times(found: Uses) -> set[tuple[int, int, int]]:
    """When whose uses of what two accounts hold were."""
    kept = Held(found.account_index, found.value, found.at)
    return set(shared(kept))


def test_accounts_read_in_chunks_hold_the_same_in_the_same_order(tmp_path: Path, rows: pa.Table) -> None:
    whole, parted = np.zeros((3, 40), np.int32), np.zeros((3, 40), np.int32)
    at_once, uses = used_values(chunks(tmp_path, rows, range(40)), CODES, whole, 1)
    in_turn, used = used_values(chunks(tmp_path, rows, range(15), range(25, 40), range(15, 25)), CODES, parted, 1)
    assert (whole == parted).all() and whole.min() > 0
    for code in CODES:
        assert shared(in_turn[code]) and sorted(shared(in_turn[code])) == sorted(shared(at_once[code]))
        assert (np.diff(in_turn[code].account_index) >= 0).all()
    assert len(used.value) >= 2000 and times(used) == times(uses)


def test_every_use_of_a_shared_text_is_known(tmp_path: Path, rows: pa.Table) -> None:
    sent = used_values(chunks(tmp_path, rows, range(40)), CODES, np.zeros((3, 40), np.int32), 1)[1]
    account, text = rows["account_index"].to_numpy(), rows["payload_value"].to_numpy()
    at = rows["started_at"].cast(pa.int64()).to_numpy()
    every = list(zip(account.tolist(), text.tolist(), at.tolist(), strict=True))
    holders = {value: set(account[text == value].tolist()) for value in np.unique(text).tolist()}
    expected = sorted(use for use in every if use[1] and len(holders[use[1]]) > 1)
    found = zip(sent.account_index.tolist(), sent.value.tolist(), sent.at.tolist(), strict=True)
    assert sorted(use for use in found if len(holders[use[1]]) > 1) == expected


def test_accounts_that_are_not_used_hold_nothing(tmp_path: Path, rows: pa.Table) -> None:
    (whole,) = chunks(tmp_path, rows, range(40))
    half = Chunk(whole.path, np.where(whole.index < 20, whole.index, np.int32(-1)))
    count = np.zeros((3, 40), np.int32)
    found, sent = used_values([half], CODES, count, 1)
    alone = used_values(chunks(tmp_path, rows, range(20)), CODES, np.zeros((3, 40), np.int32), 1)
    assert not count[:, 20:].any() and max(sent.account_index) < 20
    assert all(sorted(shared(found[code])) == sorted(shared(alone[0][code])) for code in CODES)
    assert times(sent) == times(alone[1])
