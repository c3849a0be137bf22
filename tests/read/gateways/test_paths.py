"""Paths find what they name, through objects, lists and JSON in texts, and nothing in anything else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.gateways.json_text import compact, opened, parsed
from stillwatch.read.gateways.paths import parse_path, present

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def find(text: str, record: object) -> object:
    path = parse_path(text)
    assert path is not None
    return path.find(record, {})


class TestFind:
    @pytest.mark.parametrize(
        ("path", "record", "found"),
        [
            ("a", {"a": 1}, 1),
            ("a.b.c", {"a": {"b": {"c": 1}}}, 1),
            ("a.b.c", {"a.b.c": 1, "a": {"b": {"c": 2}}}, 1),
            ("a.b.c", {"a": {"b.c": 1}}, 1),
            ('a."b.c".d', {"a": {"b.c": {"d": 1}}}, 1),
            ("a.b", {"a": '{"b": 1}'}, 1),
            ("a.b", {"a": ' \n{"b": "\\ud800"}'}, "\ud800"),
            ("a.b", {"a": '{"b": 1'}, None),
            ("a.1", {"a": [5, 6]}, 6),
            ("a.2", {"a": [5, 6]}, None),
            ("a.99999999999", {"a": [5]}, None),
            ("a.-1", {"a": [5]}, None),
            ("a.*.b", {"a": [{"b": 1}, 7, {"b": None}, {"b": 2}]}, [1, 2]),
            ("a.*", {"a": [1, None]}, [1]),
            ("a.b", {"a": 5}, None),
            ("a", ["a"], None),
            ("a", None, None),
        ],
    )
    def test_finds(self, path: str, record: object, found: object) -> None:
        assert find(path, record) == found

    @pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", 'a"b', '"a', 'a."b'])
    def test_what_is_no_path(self, text: str) -> None:
        assert parse_path(text) is None

    @given(VALUES, st.lists(st.text(alphabet="ab*01", min_size=1, max_size=3), min_size=1, max_size=4))
    def test_never_raises(self, record: object, segments: list[str]) -> None:
        find(".".join(segments), record)
        find(".".join(segments), json.dumps(record))


@given(VALUES)
def test_json_is_read_back(value: object) -> None:
    assert repr(parsed(json.dumps(value))) == repr(value)


@pytest.mark.parametrize("value", [{"a": [1, "\ud800", None]}, {"a": 10**40}, ["é"]])
def test_json_is_written_without_blanks(value: object) -> None:
    written = compact(value)
    assert json.loads(written) == value
    assert " " not in written


def test_what_is_nested_too_deep_is_written_as_its_type() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert compact(deep) == "[list]"


@pytest.mark.parametrize("text", ["", "7", '"a"', "null", "{", "text {}", "[" * 5000 + "]" * 5000])
def test_other_texts_hold_nothing(text: str) -> None:
    assert opened(text) is None


def test_what_says_something() -> None:
    assert [present(value) for value in (0, False, 0.0, "0", [0])] == [True] * 5
    assert [present(value) for value in (None, "", [], {})] == [False] * 4
