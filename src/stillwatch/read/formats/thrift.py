"""Reads the compact protocol of Thrift, in which a Parquet file describes itself, from bytes that may be damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = range(1, 14)
_DEEPEST = 32  # structs inside structs; Parquet's own reach 6
_NUMBERS = (I16, I32, I64)


class DamagedError(Exception):
    """The bytes are no Thrift, or say what cannot be; the message is the reason, for a person."""


class Reader:
    """A position in bytes; every method reads on from there and raises DamagedError beyond the end.

    Nothing is made that is larger than the bytes themselves: a list is read element by element, and one that claims
    more elements than bytes are left is refused.
    """

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at, self.end = data, at, len(data)

    def byte(self) -> int:
        """Returns the next byte."""
        if self.at >= self.end:
            raise DamagedError("its description ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        """Returns an unsigned integer of at most 64 bits."""
        data, at, end, value, shift = self.data, self.at, self.end, 0, 0
        while at < end and shift < 70:
            octet = data[at]
            at += 1
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                self.at = at
                return value & 0xFFFFFFFFFFFFFFFF
            shift += 7
        raise DamagedError("its description holds a broken number")

    def integer(self) -> int:
        """Returns a signed integer of at most 64 bits."""
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def binary(self) -> bytes:
        """Returns a string of bytes."""
        size = self.varint()
        start = self.at
        if size > self.end - start:
            raise DamagedError("its description holds a text that is longer than itself")
        self.at = start + size
        return self.data[start : start + size]

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yields id and type of each field of a struct; the caller reads or skips its value before the next."""
        last = 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.integer()
            yield last, head & 0x0F

    def elements(self) -> tuple[int, int]:
        """Returns the type and number of a list's elements, which follow."""
        head = self.byte()
        size = head >> 4 if head >> 4 < 15 else self.varint()
        if size > self.end - self.at:
            raise DamagedError("its description holds a list that is longer than itself")
        return head & 0x0F, size

    def structs(self) -> Iterator[int]:
        """Yields the index of each struct of a list; the caller reads its fields before the next."""
        kind, size = self.elements()
        if size and kind != STRUCT:
            raise DamagedError("its description holds a value of the wrong type")
        yield from range(size)

    def struct(self, wanted: Wanted) -> dict[int, Any]:
        """Returns the values of a struct's wanted fields by their ids; `wanted` gives each the method that reads it."""
        found = {}
        for number, kind in self.fields():
            read = wanted.get(number)
            if read is None:
                self.skip(kind)
            else:
                found[number] = read(self, kind)
        return found

    def number(self, kind: int) -> int:
        """Returns the integer of a field of this type."""
        if kind == BYTE:
            value = self.byte()
            return value - 256 if value > 127 else value
        if kind not in _NUMBERS:
            raise DamagedError("its description holds a value of the wrong type")
        return self.integer()

    def text(self, kind: int) -> bytes:
        """Returns the bytes of a field of this type."""
        if kind != BINARY:
            raise DamagedError("its description holds a value of the wrong type")
        return self.binary()

    def truth(self, kind: int) -> bool:
        """Returns the truth of a field of this type."""
        if kind not in (TRUE, FALSE):
            raise DamagedError("its description holds a value of the wrong type")
        return kind == TRUE

    def skip(self, kind: int, depth: int = 0) -> None:
        """Passes over a value of this type."""
        if kind in _NUMBERS:
            self.varint()
        elif kind == BINARY:
            self.binary()
        elif kind not in (TRUE, FALSE):
            self._skip_larger(kind, depth)

    def _skip_larger(self, kind: int, depth: int) -> None:
        if depth >= _DEEPEST:
            raise DamagedError("its description is nested too deeply")
        if kind == STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind in (LIST, SET):
            inner, size = self.elements()
            for _ in range(size):
                self._skip_element(inner, depth + 1)
        elif kind == MAP:
            self._skip_map(depth + 1)
        else:
            self._pass({BYTE: 1, DOUBLE: 8, UUID: 16}.get(kind))

    def _skip_map(self, depth: int) -> None:
        size = self.varint()
        if size > self.end - self.at:
            raise DamagedError("its description holds a map that is longer than itself")
        kinds = self.byte() if size else 0
        for _ in range(size):
            self._skip_element(kinds >> 4, depth)
            self._skip_element(kinds & 0x0F, depth)

    def _skip_element(self, kind: int, depth: int) -> None:
        # outside a struct a truth takes a byte
        self.skip(BYTE if kind in (TRUE, FALSE) else kind, depth)

    def _pass(self, size: int | None) -> None:
        if size is None:
            raise DamagedError("its description holds a value of an unknown type")
        if size > self.end - self.at:
            raise DamagedError("its description ends too early")
        self.at += size


Wanted = Mapping[int, Callable[[Reader, int], Any]]


def nested(wanted: Wanted) -> Callable[[Reader, int], dict[int, Any]]:
    """Returns the method that reads the wanted fields of a struct inside a struct."""

    def read(reader: Reader, kind: int) -> dict[int, Any]:
        if kind != STRUCT:
            raise DamagedError("its description holds a value of the wrong type")
        return reader.struct(wanted)

    return read


def field_head(last: int, number: int, kind: int) -> bytes:
    """Returns the bytes before the value of a field that follows the field `last`."""
    if 0 < number - last < 16:
        return bytes([(number - last) << 4 | kind])
    return bytes([kind]) + varint(number << 1)


def list_head(kind: int, size: int) -> bytes:
    """Returns the bytes before the elements of a list."""
    return bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind]) + varint(size)


def varint(value: int) -> bytes:
    """Returns an unsigned integer in the protocol's bytes."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
