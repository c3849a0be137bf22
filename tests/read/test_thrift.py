"""Thrift's compact protocol is read as it was written, and never past its end."""

from __future__ import annotations

import pytest
from bench.fuzz.thrift_tree import BINARY, I64, LIST, STRUCT, TRUE, Node, written
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.formats.thrift import DamagedError, Reader, field_head, list_head, nested, varint

INTEGERS = st.integers(-(2**63), 2**63 - 1).map(lambda value: Node(I64, value))
LEAVES = INTEGERS | st.binary(max_size=40).map(lambda value: Node(BINARY, value)) | st.just(Node(TRUE, None))
STRUCTS = st.recursive(
    st.dictionaries(st.integers(1, 40), LEAVES, max_size=5).map(lambda fields: Node(STRUCT, fields)),
    lambda inner: st.dictionaries(
        st.integers(1, 300), inner | st.lists(inner, max_size=20).map(lambda nodes: Node(LIST, nodes)), max_size=4
    ).map(lambda fields: Node(STRUCT, fields)),
    max_leaves=12,
)


@given(STRUCTS)
def test_every_struct_is_passed_over_to_its_end(node: Node) -> None:
    data = written(node)
    reader = Reader(data + b"rest")
    reader.skip(STRUCT)
    assert reader.at == len(data)


@given(INTEGERS, st.binary(max_size=300), st.integers(1, 5_000))
def test_wanted_fields_are_read_and_others_passed_over(number: Node, data: bytes, place: int) -> None:
    inner = Node(STRUCT, {place: number, place + 1: Node(BINARY, data), place + 2: Node(TRUE, None)})
    wanted = nested({place: Reader.number, place + 1: Reader.text, place + 2: Reader.truth})
    found = Reader(written(Node(STRUCT, {1: Node(LIST, [inner] * 20), 7: inner}))).struct({7: wanted})
    assert found == {7: {place: number.value, place + 1: data, place + 2: True}}


@given(st.binary(max_size=60))
def test_bytes_that_are_no_struct_are_refused_or_read_within_their_end(data: bytes) -> None:
    reader = Reader(data)
    try:
        reader.struct({1: Reader.number, 2: Reader.text, 3: nested({1: Reader.truth})})
    except DamagedError:
        return
    assert reader.at <= len(data)


DAMAGED = {
    "empty": b"",
    "cut": b"\x15",
    "a number without end": b"\x16" + b"\xff" * 11,
    "a text past the end": b"\x18\x7f",
    "a list past the end": b"\x19\xfc\xff\xff\xff\x7f",
    "a map past the end": b"\x1b\xff\x01",
    "no type": b"\x1e",
    "structs without end": b"\x1c" * 40,
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedError, match="its description "):
        Reader(data).struct({})


@given(st.integers(0, 2**64 - 1), st.integers(1, 3_000), st.integers(1, 12))
def test_heads_are_written_as_they_are_read(value: int, number: int, kind: int) -> None:
    assert Reader(varint(value)).varint() == value
    assert next(Reader(field_head(0, number, kind)).fields()) == (number, kind)
    size = number % 90
    assert Reader(list_head(kind, size) + b"\0" * size).elements() == (kind, size)
