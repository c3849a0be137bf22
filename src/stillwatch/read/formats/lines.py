"""Splits a byte stream into blocks of whole numbered lines; an overlong line is never held in memory whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.input_files import Source, unreadable
from stillwatch.read.validation.rejects import RAW_CHARACTERS

BLOCK = (
    4_000_000  # bytes parsed at once: a call's fixed cost is small beside them, and two threads' blocks fit in a cache
)
_PIECE = 1 << 18  # bytes searched at once for line ends: the comparison's result stays in the cache
_START = 4 * RAW_CHARACTERS  # bytes of an overlong line that are kept to show it
_BOM = b"\xef\xbb\xbf"

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its 1-based number and its bytes without the line end."""

    number: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in file order, as one byte string with the number, start and end of each line (lines,).

    A Python object is made only for a line that is asked for. Between the lines of `data` there are only line ends and
    blank lines.
    """

    data: bytes
    numbers: Places
    starts: Places
    ends: Places

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Line]:
        return map(self.line, range(len(self)))

    def line(self, index: int) -> Line:
        """Returns the line with this index."""
        return Line(int(self.numbers[index]), self.data[self.starts[index] : self.ends[index]])

    def filled(self) -> Lines:
        """Returns the lines that are not blank."""
        blank = self.starts == self.ends
        first = np.frombuffer(self.data, np.uint8)[self.starts[~blank]]
        suspect = np.flatnonzero(~blank)[first <= ord(" ")]  # ASCII whitespace is at most 0x20
        blank[[index for index in suspect.tolist() if self.line(index).data.isspace()]] = True
        if not blank.any():
            return self
        return Lines(self.data, self.numbers[~blank], self.starts[~blank], self.ends[~blank])


def joined(lines: Sequence[Line]) -> Lines:
    """Returns the lines as one byte string."""
    sizes = np.fromiter((len(line.data) for line in lines), np.int64, len(lines))
    ends = np.cumsum(sizes + 1) - 1
    numbers = np.fromiter((line.number for line in lines), np.int64, len(lines))
    return Lines(b"\n".join(line.data for line in lines), numbers, ends - sizes, ends)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines in file order; of each line in `overlong` only the start was kept."""

    lines: Lines
    overlong: tuple[Line, ...]


def blocks(source: Source, max_line_bytes: int) -> Iterator[Block]:
    """Yields the source's lines in blocks of about BLOCK bytes; at most BLOCK + `max_line_bytes` are in memory.

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
            # The data continues an overlong line: skip to its end.
            _, end, data = data.partition(b"\n")
            if not end:
                continue
            number += 1
            yield Block(joined(()), (Line(number, cut),))
            cut = b""
        last = data.rfind(b"\n")
        if last < 0:
            rest += data
        else:
            block = _split(b"".join((rest, memoryview(data)[:last])), number, max_line_bytes)
            number += len(block.lines) + len(block.overlong)
            yield block
            rest = data[last + 1 :]
        if len(rest) > max_line_bytes:
            cut, rest = rest[:_START], b""
    if cut or rest:
        yield _split(rest, number, max_line_bytes) if rest else Block(joined(()), (Line(number + 1, cut),))


def _split(data: bytes, number: int, max_line_bytes: int) -> Block:
    ends = _line_ends(data)
    starts = np.append(0, ends[:-1] + 1)
    lines = Lines(data, np.arange(number + 1, number + 1 + len(ends)), starts, ends)
    long = ends - starts > max_line_bytes
    if not long.any():
        return Block(lines, ())
    short = joined([lines.line(index) for index in np.flatnonzero(~long).tolist()])
    cut = Lines(data, lines.numbers[long], starts[long], starts[long] + _START)
    return Block(short, tuple(cut))


def _line_ends(data: bytes) -> Places:
    octets = np.frombuffer(data, np.uint8)
    # For a whole block at once, the allocator would ask the system for the result's memory each time anew.
    found = [np.flatnonzero(octets[at : at + _PIECE] == ord("\n")) + at for at in range(0, len(data), _PIECE)]
    return np.concatenate([*found, [len(data)]])
