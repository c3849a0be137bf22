"""Decoders turn the bytes of one line into a record, unpackers a record into one record an exchange."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from stillwatch.read.gateways import access_log, langfuse, otlp
from stillwatch.read.gateways.json_text import parsed

Decoder = Callable[[bytes], object]
Unpacker = Callable[[object, Counter[str]], Iterator[object]]


def listed(record: object, _unknown: Counter[str]) -> Iterator[object]:
    """Yields the elements of a list; anything else as it is."""
    if isinstance(record, list):
        yield from record
    else:
        yield record


def _of_each(unpack: Unpacker) -> Unpacker:
    """The unpacker, applied to each element of a list of documents."""

    def unpacked(record: object, unknown: Counter[str]) -> Iterator[object]:
        for one in listed(record, unknown):
            yield from unpack(one, unknown)

    return unpacked


DECODERS: dict[str, Decoder] = {"json": parsed, "access_log": access_log.decode}
UNPACKERS: dict[str, Unpacker] = {
    "list": listed,
    "otlp": _of_each(otlp.unpack),
    "langfuse": _of_each(langfuse.unpack),
}

ROWS_IN: dict[str, frozenset[str]] = {"otlp": otlp.ROWS_IN}
"""The lists in a record whose elements hold exchanges that share nothing but what stands before the list."""
