"""Two-bit counters: every value that came twice is marked, and of the others as many as share a counter."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.value_counts import met_again, note


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60), st.integers(1, 3))
def test_a_value_that_came_twice_is_always_marked(values: list[int], copies: int) -> None:
    value = np.array(values * copies, np.int64)
    count = np.zeros(64, np.uint8)
    for half in np.array_split(value, 2):  # counters add up over calls
        note(half, count)
    marked = met_again(value, count)
    times = Counter(value.tolist())
    assert all(mark for one, mark in zip(value.tolist(), marked, strict=True) if times[one] > 1)


def test_few_of_the_values_that_came_once_are_marked() -> None:
    value = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 10_000)
    count = np.zeros(1 << 14, np.uint8)  # 65,536 counters
    note(value, count)
    # a value shares its counter with one of 9,999 others with probability 1 - exp(-9999 / 65536) = 0.141
    assert abs(met_again(value, count).mean() - 0.141) < 0.012
