"""Whatever a client puts into a record, no format raises, and no row is lost while its keys are there."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.read.gateways import named
from stillwatch.read.gateways.json_text import parsed
from stillwatch.records.inputs import EXCHANGES
from tests.read.gateways.samples import NAMES, rows_of, sample, stated_rows

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["\0", "\ud800", "[]", "{}", "{", '{"role": "assistant"}', "[[[[", "-", "9" * 5000])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "type", "text", "content", "parts", "a", "0", "\ud800"]), inner, max_size=3
        )
        | inner.map(lambda value: json.dumps(value))
    ),
    max_leaves=10,
)
KEYS = EXCHANGES.required


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(*path, key) for key, _ in items]
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found.extend(places(inner, (*path, key)))
    return found


def changed(value: object, path: tuple[str | int, ...], put: object) -> object:
    """A copy in which another value stands at that path."""
    if not path:
        return put
    copied = copy.copy(value)
    assert isinstance(copied, dict | list)
    copied[path[0]] = changed(copied[path[0]], path[1:], put)  # type: ignore[index, call-overload]
    return copied


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_anything_anywhere_in_a_record(name: str, data: st.DataObject) -> None:
    records = sample(name)
    number = data.draw(st.integers(0, len(records) - 1))
    path = data.draw(st.sampled_from([(), *places(records[number])]))
    rows = rows_of(named(name), [changed(records[number], path, data.draw(ANYTHING))])
    assert all(set(row) <= set(EXCHANGES.names) for row in rows)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_row_is_lost_while_its_keys_are_there(name: str, data: st.DataObject) -> None:
    """A field that none of the keys comes from may be anything: the keys of all rows stay what they are."""
    records = sample(name)
    number = data.draw(st.integers(0, len(records) - 1))
    path = data.draw(st.sampled_from(free_places(name)[number]))
    assert keys_of(name, changed(records[number], path, data.draw(ANYTHING))) == keys_of(name, records[number])


@cache
def free_places(name: str) -> list[list[tuple[str | int, ...]]]:
    """For each record of the sample the paths at which neither null nor another text changes a key of any row."""
    return [
        [
            path
            for path in places(record)
            if all(keys_of(name, changed(record, path, put)) == keys_of(name, record) for put in (None, "another"))
        ]
        for record in sample(name)
    ]


def keys_of(name: str, record: object) -> list[list[object]]:
    """The keys of the record's rows."""
    return [[row.get(key) for key in KEYS] for row in rows_of(named(name), [record])]


@pytest.mark.parametrize("name", NAMES)
@given(record=ANYTHING)
@settings(max_examples=200, deadline=None)
def test_any_record(name: str, record: object) -> None:
    rows_of(named(name), [record])


@pytest.mark.parametrize("name", NAMES)
def test_deep_nesting(name: str) -> None:
    deep = parsed("[" * 900 + "]" * 900)
    text = json.dumps({"messages": "[" * 9_000})
    for record in sample(name):
        assert isinstance(record, dict | list)
        for path in places(record):
            rows_of(named(name), [changed(record, path, deep), changed(record, path, text)])


NAMED = ["a", "content", "parts", "message", "response", "meta", "delta", "usage", "trace"]
LISTED = ["choices", "tools", "functions", "messages", "output", "observations"]
WRAPPINGS: list[Callable[[object], object]] = [
    lambda inner: [inner],
    lambda inner: [{}, inner],
    *(partial(lambda key, inner: {key: inner}, key) for key in NAMED),
    *(partial(lambda key, inner: {key: [inner]}, key) for key in LISTED),
    *(partial(lambda kind, inner: {"type": kind, "content": inner}, kind) for kind in ("tool_result", "document", "x")),
    lambda inner: {"role": "user", "content": [inner]},
    lambda inner: {"type": "document", "source": {"type": "content", "content": inner}},
    lambda inner: {"name": "f", "arguments": inner},
    lambda inner: {"function": {"name": "f", "input": inner}},
    lambda inner: {"arrayValue": {"values": [inner]}},
    lambda inner: {"kvlistValue": {"values": [{"key": "k", "value": inner}]}},
]
"""What may stand around a value again and again; the text form of a record allows about a thousand levels."""


@pytest.mark.parametrize("number", range(len(WRAPPINGS)))
@pytest.mark.parametrize("name", NAMES)
def test_deep_nesting_of_every_shape(name: str, number: int) -> None:
    deep: object = "deep"
    for _ in range(300):
        deep = WRAPPINGS[number](deep)
    rows_of(named(name), [deep])
    for record in sample(name)[:3]:
        for path in places(record):
            rows_of(named(name), [changed(record, path, deep)])


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_left_as_it_was(name: str) -> None:
    records = sample(name)
    before = copy.deepcopy(records)
    assert rows_of(named(name), records) == rows_of(named(name), records) == stated_rows(name)
    assert records == before
