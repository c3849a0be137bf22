"""Objects are found in a stream wherever its pieces end, and what is too long or too deep is cut, not lost."""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.formats.documents import (
    DEEPEST,
    Document,
    Limits,
    UndecodableError,
    decode,
    objects,
    repeated_names,
)
from stillwatch.read.gateways.otlp import ROWS_IN, unpack

WIDE = Limits(10_000_000, 10_000_000)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=4)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(
    rows=OBJECTS, size=st.integers(1, 40), shape=st.sampled_from(["array", "lines", "pretty"]), escaped=st.booleans()
)
def test_objects_are_those_of_the_stream(rows: list[object], size: int, shape: str, escaped: bool) -> None:
    indent = 2 if shape == "pretty" else None
    texts = [json.dumps(row, ensure_ascii=escaped, indent=indent) for row in rows]
    text = json.dumps(rows, ensure_ascii=escaped) if shape == "array" else "\n".join(texts)
    found = list(objects(pieces(text.encode("utf-8", "replace"), size), WIDE))
    assert [decode(one.data)[0] for one in found] == [json.loads(text.encode("utf-8", "replace")) for text in texts]
    assert all(one.whole and not one.cut for one in found)


def test_objects_know_their_lines() -> None:
    data = b'[\n{"a": "x\\ny"},\n\n{"b":\n {"c": 1}}, {"d": 2}\n]\n'
    for size in (1, 3, 1_000):
        assert [one.line for one in objects(pieces(data, size), WIDE)] == [2, 4, 5]


@given(text=st.text(min_size=60, max_size=300), size=st.integers(1, 50))
def test_long_texts_are_cut_and_the_rest_stays(text: str, size: int) -> None:
    data = json.dumps({"id": "e1", "text": text, "after": [1, {"b": "c"}]}).encode()
    (found,) = objects(pieces(data, size), Limits(10_000, 30))
    row, _ = decode(found.data)
    assert isinstance(row, dict)
    assert found.cut
    assert (row["id"], row["after"]) == ("e1", [1, {"b": "c"}])
    assert len(str(row["text"])) <= 30


def test_the_innermost_large_part_is_left_out() -> None:
    many = ", ".join(f'"{n}"' for n in range(2_000))
    data = f'{{"id": "e1", "body": {{"model": "m", "messages": [{many}]}}, "after": 1}}'.encode()
    (found,) = objects(pieces(data, 100), Limits(1_000, 500))
    assert decode(found.data)[0] == {"id": "e1", "body": {"model": "m", "messages": None}, "after": 1}
    assert found.cut


def test_many_long_texts_leave_room_for_the_others() -> None:
    row = {f"t{n}": "x" * 200_000 for n in range(40)} | {"id": "e" * 500}
    (found,) = objects([json.dumps(row).encode()], Limits(640_000, 160_000))
    read, _ = decode(found.data)
    assert isinstance(read, dict)
    assert (read.keys(), read["id"], found.cut, found.left_out) == (row.keys(), row["id"], True, False)


SPANS: st.SearchStrategy[object] = st.lists(
    st.builds(lambda size, number: {"spanId": number, "gen_ai.x": "y" * size}, st.integers(0, 60), st.integers())
    | st.sampled_from([None, 7, {}, {"spans": [{"spanId": 1}]}, [], "spans"]),
    max_size=5,
)


def containers(first: dict[str, object], inner: st.SearchStrategy[object], *names: str) -> st.SearchStrategy[object]:
    """Objects that begin with some members, as writers of OTLP begin them, and hold lists after these."""
    lists = st.fixed_dictionaries({}, optional=dict.fromkeys(names, inner))
    return st.lists(st.builds(lambda found: first | found | {"schemaUrl": "u"}, lists), max_size=3)


SCOPES = containers({"scope": {"name": "s"}}, SPANS, "spans", "logRecords")
RESOURCES = containers({"resource": {"attributes": {"a": 1}}}, SCOPES, "scopeSpans", "scopeLogs")


@given(
    document=st.fixed_dictionaries({}, optional={"resourceSpans": RESOURCES, "resourceLogs": RESOURCES}),
    size=st.integers(1, 60),
    room=st.integers(500, 3_000),
    indent=st.sampled_from([None, 1]),
)
def test_a_document_in_parts_holds_the_same_rows(
    document: dict[str, object], size: int, room: int, indent: int | None
) -> None:
    data = json.dumps(document, indent=indent).encode()
    found = list(objects(pieces(data, size), Limits(room, room, rows_in=ROWS_IN)))
    assert len(found) <= 1 or len(data) > room // 4
    assert all(len(one.data) <= room for one in found)
    assert not any(one.cut or one.left_out or one.too_large for one in found)
    read = [row for one in found for row in unpack(decode(one.data)[0], Counter())]
    expected = list(unpack(document, Counter()))
    assert sorted(map(repr, read)) == sorted(map(repr, expected)) or not document


def otlp(spans: list[object]) -> bytes:
    resource = {"resource": {"attributes": []}, "scopeSpans": [{"scope": {"name": "s"}, "spans": spans}]}
    return json.dumps({"resourceSpans": [resource]}).encode()


def span(number: int, **others: object) -> dict[str, object]:
    return {"spanId": f"s{number}", "attributes": [{"key": key, "value": value} for key, value in others.items()]}


LARGE: dict[str, dict[str, object]] = {
    "long texts": span(99, **{f"t{n}": {"stringValue": "x" * 40_000} for n in range(20)}),
    "many values": span(99, m={"arrayValue": {"values": [{"stringValue": "x"}] * 20_000}}),
    "many attributes": span(99, **{f"t{n}": {"stringValue": "x"} for n in range(20_000)}),
    "many members": {f"t{n}": n for n in range(20_000)},
}


@pytest.mark.parametrize("large", LARGE)
@pytest.mark.parametrize("size", [50, 10_000_000])
def test_a_large_row_costs_no_other_anything(large: str, size: int) -> None:
    spans: list[object] = [span(n, text={"stringValue": "hello" * 100}) for n in range(20)]
    data = otlp([*spans[:10], LARGE[large], LARGE[large], *spans[10:]])
    found = list(objects(pieces(data, size), Limits(100_000, 25_000, rows_in=ROWS_IN)))
    rows: dict[bool, list[object]] = {True: [], False: []}
    for one in found:
        for resource in decode(one.data)[0]["resourceSpans"] if one.whole else ():  # type: ignore[index]
            for scope in resource["scopeSpans"]:
                assert scope["scope"] == {"name": "s"}
                rows[one.cut] += [span for span in scope["spans"] if span is not None]
    assert rows[False] == spans
    assert [row["spanId"] for row in rows[True]] == ([] if large == "many members" else ["s99", "s99"])  # type: ignore[index]
    assert sum(one.too_large for one in found) == (2 if large == "many members" else 0)
    assert sum(one.left_out for one in found) == (0 if large in ("long texts", "many members") else 2)


def test_an_object_of_too_many_members_is_not_whole() -> None:
    data = ("{" + ", ".join(f'"k{n}": 1' for n in range(2_000)) + '} {"id": 2}').encode()
    first, second = objects(pieces(data, 64), Limits(1_000, 500))
    assert (first.too_large, first.whole, len(first.data)) == (True, False, 1_000)
    assert second == Document(1, b'{"id": 2}')


def test_an_object_that_the_end_cuts_is_not_whole() -> None:
    (found,) = objects([b'{"id": "e1", "te'], WIDE)
    assert (found.torn, found.whole) == (True, False)


@pytest.mark.parametrize("depth", [DEEPEST - 1, DEEPEST, 2_000, 100_000])
@pytest.mark.parametrize("recursion", [1_000, 200_000])  # a host's limit neither changes the answer nor crashes
def test_what_lies_deep_is_left_out(depth: int, recursion: int, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(partial(sys.setrecursionlimit, sys.getrecursionlimit()))
    sys.setrecursionlimit(max(sys.getrecursionlimit(), recursion))
    data = b'{"id": "e1", "deep": ' + b"[" * depth + b"]" * depth + b', "after": "\\ud800"}'
    row, cut = decode(data)
    assert isinstance(row, dict)
    assert (row["id"], row["after"]) == ("e1", "\ud800")
    assert cut == (depth >= DEEPEST)  # the object itself is one level


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": "\\ud800"}', {"a": "\ud800"}),
        (b'{"a": "\xff"}', {"a": "\udcff"}),
        (b'{"a": "\x00\x1b"}', {"a": "\0\x1b"}),
        (b'{"a": Infinity}', {"a": float("inf")}),
        (b'{"a": ' + b"9" * 10_000 + b"}", {"a": float("inf")}),
        (
            b'{"a": 123456789012345678901001, "b": [-9223372036854775809]}',
            {"a": int("123456789012345678901001"), "b": [-(2**63) - 1]},
        ),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (rb'{"a": "cu\x22rl \xD0\xB4 \x5Cx41 \\x22\n\xff"}', {"a": 'cu"rl \u0434 \\x41 \\x22\n\udcff'}),
    ],
)
def test_what_parsers_refuse_is_read(data: bytes, value: object) -> None:
    assert decode(data) == (value, False)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": "x', "truncated_json"),
        (b'{"a": 1,', "truncated_json"),
        (b"a = 1", "malformed_json"),
        (rb'{"a": "\x2"}', "malformed_json"),
        (b"", "truncated_json"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError, match=reason):
        decode(data)


def test_repeated_names_are_those_of_the_object_itself() -> None:
    names = ("account_id", "exchange_id")
    assert repeated_names(b'{"account_id": "a", "account_id": "b", "exchange_id": "e"}', names) == {"account_id"}
    assert repeated_names(b'{"account_id": "a", "body": {"account_id": "b"}}', names) == set()
    assert repeated_names(b'{"account_id": "a", "text": "\\"account_id\\": 1"}', names) == set()
