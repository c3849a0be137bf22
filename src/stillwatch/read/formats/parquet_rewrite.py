"""Writes a Parquet footer anew, with other names for columns and without saying which bytes are text."""

from __future__ import annotations

from collections.abc import Mapping

from stillwatch.read.formats.parquet_footer import Claims
from stillwatch.read.formats.thrift import BINARY, STRUCT, Reader, field_head, list_head, varint

_NAME, _CHILDREN, _CONVERTED, _LOGICAL = 4, 5, 6, 10
_TEXT_CONVERTED = (b"\x00", b"\x08", b"\x26")  # UTF-8, an enumeration, JSON, as signed integers are written
_TEXT_LOGICAL = (1, 4, 12)


def rewritten_footer(claims: Claims, names: Mapping[int, str], texts: bool) -> bytes:
    """Returns the footer with new names for top-level columns, and with texts as bytes if `texts` is true.

    It has none of the pairs of metadata, since some readers take names and types from there.
    """
    parts = [(*claims.schema, _schema(claims, names, texts)), (*claims.pairs, list_head(STRUCT, 0))]
    out, at = b"", 0
    for start, end, new in sorted(part for part in parts if part[1]):
        out += claims.data[at:start] + new
        at = end
    return out + claims.data[at:]


def _schema(claims: Claims, names: Mapping[int, str], texts: bool) -> bytes:
    reader = Reader(claims.data, claims.schema[0])
    kind, size = reader.elements()
    out = [list_head(kind, size)]
    column, below = -1, [1]  # how many elements are still to come at each depth; the root is no column
    for _ in range(size):
        fields = _fields(reader)
        below[-1] -= 1
        if len(below) == 2 and column + 1 in names:
            fields[_NAME] = (BINARY, _binary(names[column + 1]))
        column += len(below) == 2
        if texts and _is_text(fields):
            fields.pop(_CONVERTED, None)
            fields.pop(_LOGICAL, None)
        out.append(_struct(fields))
        below.append(Reader(fields[_CHILDREN][1]).integer() if _CHILDREN in fields else 0)
        while below and not below[-1]:
            below.pop()
    return b"".join(out)


def _fields(reader: Reader) -> dict[int, tuple[int, bytes]]:
    """Returns type and bytes of every field of a struct."""
    found = {}
    for number, kind in reader.fields():
        start = reader.at
        reader.skip(kind)
        found[number] = kind, reader.data[start : reader.at]
    return found


def _struct(fields: Mapping[int, tuple[int, bytes]]) -> bytes:
    out, last = [], 0
    for number, (kind, value) in sorted(fields.items()):
        out += [field_head(last, number, kind), value]
        last = number
    return b"".join(out) + b"\x00"


def _is_text(fields: Mapping[int, tuple[int, bytes]]) -> bool:
    if _LOGICAL in fields:
        return any(number in _TEXT_LOGICAL for number, _ in _members(fields[_LOGICAL][1]))
    return _CONVERTED in fields and fields[_CONVERTED][1] in _TEXT_CONVERTED


def _members(union: bytes) -> list[tuple[int, int]]:
    reader = Reader(union)
    found = []
    for number, kind in reader.fields():
        found.append((number, kind))
        reader.skip(kind)
    return found


def _binary(text: str) -> bytes:
    data = text.encode()
    return varint(len(data)) + data
