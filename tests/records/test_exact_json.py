"""Integers keep their digits, whichever parser reads them, and no text makes a number of itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.exact_json import holds_long_integer, is_rounded, lenient, strict

WHOLE = st.integers() | st.integers(-(2**70), 2**70) | st.sampled_from([2**63, 2**64 - 1, 2**64, -(2**63) - 1])
VALUES = st.recursive(
    WHOLE | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


@given(value=st.lists(VALUES) | st.dictionaries(st.text(max_size=3), VALUES), indent=st.sampled_from([None, 0, 2]))
def test_integers_are_exact(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    read = strict(text.encode())
    assert repr(read) == repr(value) == repr(lenient(text))


def test_an_integer_beyond_every_float_is_infinite() -> None:
    assert strict(b"[" + b"9" * 309 + b"]") == [10**309 - 1]
    assert strict(b"[" + b"9" * 100_000 + b", -" + b"9" * 100_000 + b"]") == [float("inf"), float("-inf")]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"a": 18446744073709551616}', True),
        (b"[-9223372036854775809]", True),
        (b"[\n 18446744073709551616]", True),
        (b'{"a": 1777622400123000000}', False),
        (b'{"a": "18446744073709551616"}', False),
        (b'{"a": 0.18446744073709551616}', False),
    ],
)
def test_a_long_integer_is_found(data: bytes, found: bool) -> None:
    assert holds_long_integer(data) == found


@pytest.mark.parametrize("data", [b"", b"{", b"[184467440737095516160,", b'["\xff", 184467440737095516160]'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        strict(data)


def test_a_float_is_rounded_where_several_integers_become_it() -> None:
    assert [is_rounded(one) for one in (2.0**53, -1e300)] == [True, True]
    assert not any(map(is_rounded, (2.0**53 - 1, 2**60, float("inf"), float("nan"), 0.5, "1e300")))
