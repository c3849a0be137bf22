"""What accounts use is found once each, and what nobody else holds mostly goes early."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.holdings import Held, by_account, distinct, perhaps_shared

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
    draws = np.zeros(7, np.int32)
    found = list(zip(*(column.tolist() for column in distinct(start, order, at, value, draws)), strict=True))
    expected: dict[tuple[int, int], int] = {}
    for account, used, when in rows:
        if used:
            expected[account, used] = min(when, expected.get((account, used), when))
    assert sorted(found) == sorted((*pair, when) for pair, when in expected.items())
    assert [row[0] for row in found] == sorted(row[0] for row in found), "accounts must ascend"
    assert draws.tolist() == [sum(account == u for account, _ in expected) for u in range(7)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5), max_size=200))
def test_no_shared_value_is_dropped(values: list[int]) -> None:
    kept = perhaps_shared(held(values)).value.tolist()
    assert all(kept.count(value) == values.count(value) for value in values if values.count(value) > 1)


def test_most_values_of_one_account_are_dropped() -> None:
    values = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 50_000)
    assert len(perhaps_shared(held(values.tolist())).value) < 0.25 * len(values)
