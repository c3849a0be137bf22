"""The columns of a Parquet file, from its own description, as the Arrow types that stand for what engines read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from stillwatch.read.formats.thrift import (
    DamagedError,
    Reader,
    nested,
)

_MOST_COLUMNS = 100_000
_DEEPEST = 64
BYTE_ARRAY, _FIXED = 6, 7
_REPEATED = 2
_MAP, _LIST, _UUID, _VARIANT = 2, 3, 14, 16  # members of the union LogicalType
_MAPS, _LISTS = (1, 2), 3  # converted types
_PHYSICAL = (
    pa.bool_(),
    pa.int32(),
    pa.int64(),
    pa.timestamp("ns"),  # 96 bits, in which old writers kept times
    pa.float32(),
    pa.float64(),
    pa.binary(),
)
_CONVERTED = {
    0: pa.string(),
    4: pa.string(),  # an enumeration
    6: pa.date32(),
    7: pa.time32("ms"),
    8: pa.time64("us"),
    9: pa.timestamp("ms", "UTC"),
    10: pa.timestamp("us", "UTC"),
    11: pa.uint8(),
    12: pa.uint16(),
    13: pa.uint32(),
    14: pa.uint64(),
    15: pa.int8(),
    16: pa.int16(),
    17: pa.int32(),
    18: pa.int64(),
    19: pa.string(),  # JSON
}
_LOGICAL = {
    1: pa.string(),
    4: pa.string(),
    6: pa.date32(),
    11: pa.null(),
    12: pa.string(),
    15: pa.float16(),
    _UUID: pa.uuid(),
}
_UNITS = {1: "ms", 2: "us", 3: "ns"}
_UNIT = nested({unit: nested({}) for unit in _UNITS})
_NUMBERS = nested({1: Reader.number, 2: Reader.number})
_TIME = nested({1: Reader.truth, 2: _UNIT})
_EMPTY = nested({})
_UNION = nested(
    {
        **dict.fromkeys((1, _MAP, _LIST, 4, 6, 11, 12, 13, _UUID, 15, _VARIANT, 17, 18), _EMPTY),
        5: _NUMBERS,
        7: _TIME,
        8: _TIME,
        10: nested({1: Reader.number, 2: Reader.truth}),
    }
)
_ELEMENT = {
    1: Reader.number,
    2: Reader.number,
    3: Reader.number,
    4: Reader.text,
    5: Reader.number,
    6: Reader.number,
    7: Reader.number,
    8: Reader.number,
    10: _UNION,
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column as it is stored: the index of its top-level column, its physical type, and whether it repeats."""

    column: int
    physical: int
    repeats: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """The top-level columns (name, type) in file order, and the stored columns below them."""

    types: tuple[tuple[str, pa.DataType], ...]
    leaves: tuple[Leaf, ...]


def read_columns(reader: Reader) -> Columns:
    """Reads the list of schema elements; raises DamagedError when they make no tree of columns."""
    elements = []
    for index in reader.structs():
        if index > _MOST_COLUMNS:
            raise DamagedError(f"it has more than {_MOST_COLUMNS:,} columns")
        elements.append(reader.struct(_ELEMENT))
    walk = _Walk(elements)
    types = tuple(walk.top_level())
    return Columns(types, tuple(walk.leaves))


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    type: pa.DataType  # of one value, where it repeats
    repeats: bool
    below: tuple[_Node, ...]


class _Walk:
    """Passes over schema elements, which are listed from the top down, each before those below it."""

    def __init__(self, elements: Sequence[dict[int, Any]]) -> None:
        self._elements, self._at = elements, 0
        self.leaves: list[Leaf] = []

    def top_level(self) -> Iterator[tuple[str, pa.DataType]]:
        """Yields name and type of each top-level column."""
        for column in range(self._next().get(5, 0)):
            node = self._node(column, False, 0)
            yield node.name, _stored(node)
        if self._at < len(self._elements):
            raise DamagedError("its columns make no tree")

    def _next(self) -> dict[int, Any]:
        if self._at >= len(self._elements):
            raise DamagedError("its columns make no tree")
        self._at += 1
        return self._elements[self._at - 1]

    def _node(self, column: int, repeats: bool, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise DamagedError(f"its columns are nested more than {_DEEPEST} deep")
        element = self._next()
        name = element.get(4, b"").decode("utf-8", "replace")
        again = element.get(3) == _REPEATED
        if 1 in element and not element.get(5):
            self.leaves.append(Leaf(column, element[1], repeats or again))
            return _Node(name, _leaf(element), again, ())
        below = tuple(self._node(column, repeats or again, depth + 1) for _ in range(element.get(5, 0)))
        return _Node(name, _group(element, below), again, below)


def _stored(node: _Node) -> pa.DataType:
    return pa.list_(node.type) if node.repeats else node.type


def _group(element: dict[int, Any], below: tuple[_Node, ...]) -> pa.DataType:
    logical, converted = next(iter(element.get(10, ())), None), element.get(6)
    if len(below) == 1 and below[0].repeats:
        inner = below[0]
        if logical == _LIST or converted == _LISTS:
            # an older form has no group between the list and its elements
            wrapped = len(inner.below) == 1 and inner.name != "array" and not inner.name.endswith("_tuple")
            return pa.list_(_stored(inner.below[0]) if wrapped else inner.type)
        if (logical == _MAP or converted in _MAPS) and len(inner.below) == 2:
            return pa.map_(*map(_stored, inner.below))
    return pa.struct([] if logical == _VARIANT else [(node.name, _stored(node)) for node in below])


def _leaf(element: dict[int, Any]) -> pa.DataType:
    physical, logical = element[1], element.get(10) or {}
    if not 0 <= physical <= _FIXED:
        raise DamagedError("it has a column of an unknown type")
    for number, values in logical.items():
        found = _logical(number, values)
        if found is not None:
            return found
    converted = element.get(6)
    if converted == 5:
        return _decimal(element.get(8, 0), element.get(7, 0))
    if converted == 21:
        return pa.month_day_nano_interval()
    if converted in _CONVERTED:
        return _CONVERTED[converted]
    return pa.binary(max(element.get(2, 0), 0) or -1) if physical == _FIXED else _PHYSICAL[physical]


def _logical(number: int, values: dict[int, Any]) -> pa.DataType | None:
    if number in (7, 8):
        unit = _UNITS[next(iter(values.get(2, ())), 2)]
        if number == 8:
            return pa.timestamp(unit, "UTC" if values.get(1) else None)
        return pa.time32(unit) if unit == "ms" else pa.time64(unit)
    if number == 5:
        return _decimal(values.get(2, 0), values.get(1, 0))
    if number == 10:
        signed = {8: 15, 16: 16, 32: 17, 64: 18}.get(values.get(1, 0), -1)
        return _CONVERTED.get(signed if values.get(2) else signed - 4)
    # a shape on the globe is no text, no number and no time
    return pa.struct([]) if number in (17, 18) else _LOGICAL.get(number)


def _decimal(precision: int, scale: int) -> pa.DataType:
    # engines read what is longer than 38 digits as a float
    return pa.decimal128(precision, scale) if 1 <= precision <= 38 and 0 <= scale <= precision else pa.float64()
