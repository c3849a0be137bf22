"""A Parquet footer as a tree of values that can be altered and written back: Thrift's compact protocol, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_NUMBERS = (I16, I32, I64)


@dataclass(slots=True)
class Node:
    """One value: a truth, an integer, bytes, a list of nodes, or for a struct a dict of nodes by field id."""

    kind: int
    value: Any
    of: int = STRUCT  # the kind of a list's elements

    def at(self, *path: int) -> Node:
        """The node at a path of field ids and list indices."""
        node = self
        for step in path:
            node = node.value[step]
        return node

    def set(self, *path: int, to: Any) -> None:
        """Sets the value at a path."""
        self.at(*path).value = to


def footer_of(data: bytes) -> Node:
    """The footer of a Parquet file's bytes."""
    size = int.from_bytes(data[-8:-4], "little")
    return parse(data[-8 - size : -8])[0]


def with_footer(data: bytes, footer: Node | bytes) -> bytes:
    """The file's pages under another footer."""
    size = int.from_bytes(data[-8:-4], "little")
    new = written(footer) if isinstance(footer, Node) else footer
    return data[: -8 - size] + new + len(new).to_bytes(4, "little") + data[-4:]


def altered(path: Path, changes: Mapping[Sequence[int], Any]) -> Path:
    """Changes values of a file's footer in place, by their paths."""
    footer = footer_of(path.read_bytes())
    for place, value in changes.items():
        footer.set(*place, to=value)
    path.write_bytes(with_footer(path.read_bytes(), footer))
    return path


def parse(data: bytes, at: int = 0) -> tuple[Node, int]:
    """The struct at this place, and the place after it."""
    fields, last = {}, 0
    while head := data[at]:
        at += 1
        if head >> 4:
            last += head >> 4
        else:
            last, at = _integer(data, at)
        fields[last], at = _value(data, at, head & 0x0F)
    return Node(STRUCT, fields), at + 1


def written(node: Node) -> bytes:
    """The node as bytes."""
    if node.kind == STRUCT:
        return _struct(node.value)
    if node.kind in _NUMBERS:
        return _varint((node.value << 1 ^ node.value >> 63) & 0xFFFFFFFFFFFFFFFF)
    if node.kind == BYTE:
        return bytes([node.value & 0xFF])
    if node.kind == BINARY:
        return _varint(len(node.value)) + node.value
    if node.kind in (LIST, SET):
        return _list(node)
    return b"" if node.kind in (TRUE, FALSE) else node.value


def _struct(fields: Mapping[int, Node]) -> bytes:
    out, last = b"", 0
    for number, node in sorted(fields.items()):
        step = number - last
        head = bytes([step << 4 | node.kind]) if 0 < step < 16 else bytes([node.kind]) + _varint(number << 1)
        out += head + written(node)
        last = number
    return out + b"\0"


def _list(node: Node) -> bytes:
    nodes, kind = node.value, node.of
    head = bytes([len(nodes) << 4 | kind]) if len(nodes) < 15 else bytes([0xF0 | kind]) + _varint(len(nodes))
    return head + b"".join(
        bytes([1 if node.kind == TRUE else 2]) if kind in (TRUE, FALSE) else written(node) for node in nodes
    )


def _value(data: bytes, at: int, kind: int) -> tuple[Node, int]:
    if kind in (TRUE, FALSE):
        return Node(kind, None), at
    if kind in _NUMBERS:
        value, at = _integer(data, at)
        return Node(kind, value), at
    if kind == STRUCT:
        return parse(data, at)
    if kind == BINARY:
        size, at = _unsigned(data, at)
        return Node(kind, data[at : at + size]), at + size
    if kind in (LIST, SET):
        return _elements(data, at, kind)
    size = {BYTE: 1, DOUBLE: 8}[kind]
    return Node(kind, data[at] if size == 1 else data[at : at + size]), at + size


def _elements(data: bytes, at: int, kind: int) -> tuple[Node, int]:
    head, at = data[at], at + 1
    size = head >> 4
    if size == 15:
        size, at = _unsigned(data, at)
    nodes = []
    for _ in range(size):
        if head & 0x0F in (TRUE, FALSE):
            nodes.append(Node(TRUE if data[at] == 1 else FALSE, None))
            at += 1
        else:
            node, at = _value(data, at, head & 0x0F)
            nodes.append(node)
    return Node(kind, nodes, head & 0x0F), at


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        octet, at = data[at], at + 1
        value |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            return value, at


def _integer(data: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(data, at)
    return value >> 1 ^ -(value & 1), at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
