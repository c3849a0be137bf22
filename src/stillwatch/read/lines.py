"""A byte stream becomes blocks of whole lines, with line numbers and without ever holding an overlong line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from stillwatch.read.files import Source, unreadable
from stillwatch.read.rejects import RAW_CHARACTERS

BLOCK = 4_000_000  # bytes parsed at once: large enough to pay for a call, small enough that two threads fit in a cache
_START = 4 * RAW_CHARACTERS  # bytes of an overlong line that are kept to show it
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its 1-based number and its bytes without the line end."""

    number: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines in file order; `overlong` are those of which only the start was kept."""

    lines: tuple[Line, ...]
    overlong: tuple[Line, ...]


def blocks(source: Source, max_line_bytes: int) -> Iterator[Block]:
    """The source's lines in blocks of about BLOCK bytes; never more than BLOCK + `max_line_bytes` in memory.

    Raises InputError when the file cannot be opened or its compression is broken.
    """
    try:
        with pa.input_stream(str(source.path), compression=source.compression, buffer_size=1 << 20) as stream:
            yield from _blocks(stream, max_line_bytes)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, str(error)) from error


def _blocks(stream: BinaryIO, max_line_bytes: int) -> Iterator[Block]:
    rest, number, cut = b"", 0, b""
    first = True
    while data := stream.read(BLOCK):
        if first:
            data, first = data.removeprefix(_BOM), False
        if cut:
            # inside an overlong line: skip to its end
            _, end, data = data.partition(b"\n")
            if not end:
                continue
            number += 1
            yield Block((), (Line(number, cut),))
            cut = b""
        data = rest + data
        whole, end, rest = data.rpartition(b"\n")
        if end:
            block, number = _split(whole, number, max_line_bytes)
            yield block
        if len(rest) > max_line_bytes:
            cut, rest = rest[:_START], b""
    if cut or rest:
        block, _ = _split(rest, number, max_line_bytes) if rest else (Block((), (Line(number + 1, cut),)), 0)
        yield block


def _split(data: bytes, number: int, max_line_bytes: int) -> tuple[Block, int]:
    lines: list[Line] = []
    overlong: list[Line] = []
    for number, piece in enumerate(data.split(b"\n"), start=number + 1):  # noqa: B020  the last number is returned
        if len(piece) > max_line_bytes:
            overlong.append(Line(number, piece[:_START]))
        else:
            lines.append(Line(number, piece))
    return Block(tuple(lines), tuple(overlong)), number


def numbers(lines: tuple[Line, ...] | list[Line]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The line numbers as an array."""
    return np.fromiter((line.number for line in lines), dtype=np.int64, count=len(lines))
