"""An open table gives every key one place of its own, however their low bits collide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stillwatch.records.open_table import room, slot


@pytest.mark.parametrize(("items", "places"), [(0, 4), (2, 4), (3, 8), (4, 8), (1_000, 2_048)])
def test_a_table_is_filled_by_half_at_most(items: int, places: int) -> None:
    assert room(items) == places


@given(st.sets(st.integers(1, 2**40), min_size=1, max_size=60))
@example({8 * n for n in range(1, 30)})  # all of one low place
@example({7, 15, 23})  # past the end of the table
def test_a_key_is_found_where_it_was_put_and_nowhere_else(given_keys: set[int]) -> None:
    keys = np.zeros(room(len(given_keys)), np.int64)
    places = {}
    for key in sorted(given_keys):
        at = slot(keys, np.int64(key))
        assert keys[at] == 0
        keys[at] = key
        places[key] = at
    assert len(set(places.values())) == len(given_keys)
    assert {key: slot(keys, np.int64(key)) for key in given_keys} == places
    assert keys[slot(keys, np.int64(2**41))] == 0
