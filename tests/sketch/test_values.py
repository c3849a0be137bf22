"""Keyed column values: equal inputs, equal values; nothing else in common."""

from __future__ import annotations

import pyarrow as pa
import pytest

from stillwatch.key import Key
from stillwatch.sketch.values import column_values, parameter_values, set_values

TEXTS = ["curl/8.1", "python-requests", None, "", "curl/8.1", "nul\0inside", "\u202eright to left", "x" * 1_000_000]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_values_depend_on_the_text_alone_not_on_type_slice_or_neighbours(kind: pa.DataType, key: Key) -> None:
    column = pa.array(TEXTS, pa.string()).cast(kind)
    whole = column_values(column, key, "user_agent").to_pylist()
    assert whole[0] == whole[4]
    assert whole[2] is None and whole[3] is None
    assert len(set(whole) - {None}) == 5
    for start in range(len(TEXTS)):
        assert column_values(column.slice(start), key, "user_agent").to_pylist() == whole[start:]


def test_purposes_and_keys_give_unlinkable_values(key: Key) -> None:
    column = pa.array([f"device {n}" for n in range(2_000)])
    made = [column_values(column, k, p).to_pylist() for k in (key, Key(b"z" * 16)) for p in ("device_id", "session_id")]
    assert len({value for values in made for value in values}) == 4 * 2_000
    agreeing = [
        (a ^ b).bit_count() if a ^ b >= 0 else 64 - (~(a ^ b)).bit_count() for a, b in zip(*made[::2], strict=True)
    ]
    assert 31 < sum(agreeing) / len(agreeing) < 33  # half of the bits agree, as for unrelated numbers


def test_sets_ignore_order_and_repetition(key: Key) -> None:
    lists = [["a", "b"], ["b", "a", "b"], ["ab"], [], None, ["a"], ["a", None]]
    found = set_values(pa.array(lists, pa.list_(pa.string())), key, "tool_names").to_pylist()
    assert found[0] == found[1]
    assert found[3] is None and found[4] is None
    assert len({found[0], found[2], found[5]}) == 3
    sliced = set_values(pa.array(lists, pa.list_(pa.string())).slice(1, 3), key, "tool_names").to_pylist()
    assert sliced == found[1:4]


def test_parameters_distinguish_absent_from_zero_and_ignore_the_sign_of_zero(key: Key) -> None:
    temperature = pa.array([None, 0.0, -0.0, 0.7, None], pa.float64())
    tokens = pa.array([None, None, None, None, 0], pa.int32())
    found = parameter_values([temperature, tokens], key).to_pylist()
    assert found[0] is None
    assert found[1] == found[2]
    assert len({found[1], found[3], found[4]}) == 3
