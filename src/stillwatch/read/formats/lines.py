"""Splits a byte stream into blocks of whole numbered lines; a line that is too long is never in memory whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from stillwatch.read.formats.documents import Document, Limits, Scanner
from stillwatch.read.validation.rejects import RAW_CHARACTERS

_PIECE = 1 << 18  # bytes searched at once for line ends: the comparison's result stays in the cache
_START = 4 * RAW_CHARACTERS  # bytes of an overlong line that are kept to show it

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
    """Consecutive lines in file order; those that were longer than is read stand apart, as far as they were kept."""

    lines: Lines
    overlong: tuple[Document, ...]


def blocks(pieces: Iterable[bytes], max_line_bytes: int, rows_in: frozenset[str] = frozenset()) -> Iterator[Block]:
    """Yields the lines of a stream, given in pieces, in blocks of about one piece.

    At most one piece and twice `max_line_bytes` are in memory. Of a longer line, which is taken for a JSON object, the
    texts are cut, so that what remains can be read; where it has lists of rows, named in `rows_in`, it is yielded in
    parts.
    """
    rest, number = b"", 0
    limits = Limits.of(max_line_bytes, rows_in)
    long: _LongLine | None = None
    for piece in pieces:
        data = piece
        if long is not None:
            found, after = long.feed(data)
            yield from _apart(found)
            if after is None:
                continue
            data, number, long = after, number + 1, None
        last = data.rfind(b"\n")
        if last < 0:
            rest += data
        else:
            whole = b"".join((rest, memoryview(data)[:last]))
            yield _split(whole, number, max_line_bytes, limits)
            number += whole.count(b"\n") + 1
            rest = data[last + 1 :]
        if len(rest) > max_line_bytes:
            long = _LongLine(number + 1, Scanner(limits, number + 1))
            found, _ = long.feed(rest)
            yield from _apart(found)
            rest = b""
    if long is not None:
        yield from _apart(long.finish())
    elif rest:
        yield _split(rest, number, max_line_bytes, limits)


def _apart(found: list[Document]) -> Iterator[Block]:
    if found:
        yield Block(joined(()), tuple(found))


@dataclass(slots=True)
class _LongLine:
    """A line of which only what the scanner keeps is in memory."""

    number: int
    scanner: Scanner
    start: bytes = b""
    gave: bool = False  # whether parts of it were given
    found: list[Document] = field(default_factory=list)

    @property
    def is_array(self) -> bool:
        """Whether it is an array of objects where such a line may hold rows."""
        return "" in self.scanner.limits.rows_in and self.start.lstrip().startswith(b"[")

    def feed(self, data: bytes) -> tuple[list[Document], bytes | None]:
        """Takes the line's next bytes; returns what of it can be given, and what follows its end, None before that."""
        line, end, others = data.partition(b"\n")
        self.start = self.start or line[:_START]
        parts = []
        for one in self.scanner.feed(line):
            if one.part or self.is_array:
                parts.append(one)
            else:
                self.found = [*self.found, one][:2]  # two are as wrong as many
        self.gave |= bool(parts)
        return (parts + self.finish(), others) if end else (parts, None)

    def finish(self) -> list[Document]:
        """The rest of the line as one object, not whole where it is none."""
        found = [*self.found, *self.scanner.finish()]
        if self.is_array and self.gave:
            return found
        if len(found) == 1 and found[0].whole and self.start.lstrip().startswith(b"{"):
            return found
        return [Document(self.number, self.start, too_large=True)]


def _split(data: bytes, number: int, max_line_bytes: int, limits: Limits) -> Block:
    ends = _line_ends(data)
    starts = np.append(0, ends[:-1] + 1)
    lines = Lines(data, np.arange(number + 1, number + 1 + len(ends)), starts, ends)
    long = ends - starts > max_line_bytes
    if not long.any():
        return Block(lines, ())
    short = joined([lines.line(index) for index in np.flatnonzero(~long).tolist()])
    found = [_shortened(lines.line(index), limits) for index in np.flatnonzero(long).tolist()]
    return Block(short, tuple(chain.from_iterable(found)))


def _shortened(line: Line, limits: Limits) -> list[Document]:
    long = _LongLine(line.number, Scanner(limits, line.number))
    return long.feed(line.data)[0] + long.finish()


def _line_ends(data: bytes) -> Places:
    octets = np.frombuffer(data, np.uint8)
    # For a whole block at once, the allocator would ask the system for the result's memory each time anew.
    found = [np.flatnonzero(octets[at : at + _PIECE] == ord("\n")) + at for at in range(0, len(data), _PIECE)]
    return np.concatenate([*found, [len(data)]])
