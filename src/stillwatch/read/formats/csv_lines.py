"""Gives `csv.reader` the lines of CSV or TSV, and says which of the records that it makes of them stand.

A quote at the start of a cell means that the cell is quoted where the file's writer quotes cells, and is a character
where the writer does not, as in the registered form of TSV. A client can write quotes, but where cells are not quoted
no delimiter and no line end, and where they are, each of its quotes is escaped. So the lines tell which it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_LINE_END = re.compile(rb"\r\n|\n|\r(?=[^\n])")
_TO_QUOTE = re.compile(rb'[^"]*+(?:""[^"]*+)*+"(?!")')
_TAB = b"\t"


@dataclass(slots=True)
class Lines:
    """The lines of one file, of which no quoted cell is longer than the limit.

    A line ends in a line feed, a carriage return or both. `csv.reader` asks for a further line of a record only within
    a quoted cell, so that nothing here has to follow the quotes of lines that are short.
    """

    pieces: Iterator[bytes]
    line_bytes: int
    delimiter: bytes = b""
    columns: int = 0
    quotes: bool = False  # whether the file has shown that its writer quotes cells
    cut: bool = False  # whether a cell of the record was cut
    overlong: list[int] = field(default_factory=list)  # lines that were left out: too many or too long cells
    began: int = 1  # the number of the record's first line
    _number: int = 0  # of the last line
    _held: list[bytes | int] = field(default_factory=list)  # the record's lines; of one too long, how many cells it has
    _size: int = 0  # bytes of the record so far
    _lost: bool = False  # whether the record is too long to be read again
    _ended: bool = False
    _shortened: _ShortCells | None = None
    _again: list[bytes] = field(default_factory=list)
    _parts: Iterator[tuple[bytes, bool]] = field(init=False)

    def __post_init__(self) -> None:
        self._parts = _line_parts(self.pieces)

    @property
    def cell_bytes(self) -> int:
        """How much of a cell is kept."""
        return max(self.line_bytes // 2, 1)

    def begin(self) -> None:
        """Begins a record with the next line."""
        self._held.clear()
        self.began = self._number + 1
        self.cut = self._lost = False
        self._size, self._shortened = 0, None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > 2 * self.line_bytes:
            self._let_go()
        part, ended = self._part()
        if not ended or self._size + len(part) > self.cell_bytes:
            return self._long(part, ended)
        self._number += 1
        self._size += len(part)
        self._held.append(part)
        return part.decode("utf-8", "surrogateescape")

    def _part(self) -> tuple[bytes, bool]:
        if self._again:
            return self._again.pop(), True
        found = next(self._parts, None)
        if found is None:
            self._ended = True
            raise StopIteration
        return found

    def _let_go(self) -> None:
        """Takes a record that is too long to be held for one long cell, unless it looks like rows."""
        if not self._lost and not self.quotes and self._mostly_rows():
            raise StopIteration
        self._lost = True
        self._held.clear()

    def _long(self, part: bytes, ended: bool) -> str:
        """Returns the next line, with its long quoted cells cut; leaves out one that is too long even so."""
        while len(line := self._short(part, ended)) > 2 * self.line_bytes:
            self.overlong.append(self._number)
            if self._held:
                self._held[-1] = 0
            if self._number == self.began:
                self.begin()
            part, ended = self._part()
        return line.decode("utf-8", "surrogateescape")

    def _short(self, part: bytes, ended: bool) -> bytes:
        if self._shortened is None:
            self._shortened = _ShortCells(self.delimiter, self.cell_bytes)
            for line in self._held:
                self._shortened.take(line if isinstance(line, bytes) else b"")
        most = 2 * self.line_bytes
        whole, short, size, delimiters = bytearray(), bytearray(), 0, 0
        while True:
            size += len(part)
            delimiters += part.count(self.delimiter)
            taken = self._shortened.take(part)
            short += taken if len(short) <= most else b""
            whole += part if size <= most else b""
            if ended:
                break
            part, ended = next(self._parts)
        short += self._shortened.finish()
        self.cut |= self._shortened.cut
        self._number += 1
        self._size += size
        if not self._lost:
            self._held.append(bytes(whole) if size <= most else delimiters + 1)
        return bytes(short)

    def stand(self, cells: int) -> bool:
        """Whether the record stands that `csv.reader` made, with so many cells, or with none where it found a fault.

        Otherwise quotes were no quotes, and its lines are rows of their own.
        """
        right = cells == self.columns
        if len(self._held) == 1:
            return self._one_stands(self._held[0], right)
        if self._lost or (right and self.quotes):
            return True
        rows = self._mostly_rows()
        if right and not (rows and self.delimiter == _TAB):
            self.quotes |= not rows
            return True
        # a file is often cut at its end, within a text whose lines one client wrote
        stands = self.quotes and self._ended
        self.quotes = False
        return stands

    def _one_stands(self, line: bytes | int, right: bool) -> bool:
        if isinstance(line, int) or (right and self.quotes) or b'"' not in line:
            return True
        row = self._cells(line) == self.columns
        stands = right or not row or self.quotes
        if right != row:
            self.quotes = right
        return stands

    def taken_back(self) -> Iterator[tuple[int, bytes]]:
        """Yields the record's lines, with their numbers, to be read one by one.

        The last of several is where a quote stood that may begin a record, so it is given out again instead.
        """
        held = self._held
        last = held[-1]
        if len(held) > 1 and isinstance(last, bytes):
            self._again.append(last)
            self._number -= 1
            held.pop()
        for number, line in enumerate(held, start=self.began):
            if isinstance(line, bytes):
                yield number, line
            elif line:
                self.overlong.append(number)

    def _mostly_rows(self) -> bool:
        """Whether most lines of the record have as many cells as the header, if no quote is one."""
        return 2 * sum(self._cells(line) == self.columns for line in self._held) > len(self._held)

    def _cells(self, line: bytes | int) -> int:
        return line.count(self.delimiter) + 1 if isinstance(line, bytes) else line


@dataclass(slots=True)
class _ShortCells:
    """Cuts the quoted cells of one record, which goes by in parts, where they are longer than `most` bytes."""

    delimiter: bytes
    most: int
    cut: bool = False
    _starts: bool = True  # whether the next byte is the first of a cell
    _quoted: bool = False
    _pending: bool = False  # whether the last byte was a quote, which the next one may escape
    _size: int = 0  # bytes of the quoted cell so far

    def take(self, part: bytes) -> bytes:
        """Returns what is kept of the next bytes; a quote at their end waits for what follows."""
        kept, at = bytearray(), 0
        if self._pending and part:
            self._pending = False
            if part.startswith(b'"'):
                at = 1
                self._add(b'""', kept)
            else:
                self._close(kept)
        while at < len(part):
            at = self._within(part, at, kept) if self._quoted else self._outside(part, at, kept)
        return bytes(kept)

    def finish(self) -> bytes:
        """Returns a quote that nothing follows in its line."""
        kept = bytearray()
        if self._pending:
            self._pending = False
            self._close(kept)
        return bytes(kept)

    def _close(self, kept: bytearray) -> None:
        kept += b'"'
        self._quoted = self._starts = False

    def _add(self, data: bytes, kept: bytearray) -> None:
        taken = data[: max(self.most - self._size, 0)]
        if len(taken) < len(data):
            self.cut = True
            if (len(taken) - len(taken.rstrip(b'"'))) % 2:
                taken = taken[:-1]  # half of an escaped quote
        kept += taken
        self._size += len(data)

    def _outside(self, part: bytes, at: int, kept: bytearray) -> int:
        quote = at
        if not self._starts or not part.startswith(b'"', at):
            found = part.find(self.delimiter + b'"', at)
            quote = len(part) if found < 0 else found + len(self.delimiter)
        kept += part[at : quote + 1]
        self._quoted, self._size = quote < len(part), 0
        self._starts = part.endswith(self.delimiter)
        return quote + 1

    def _within(self, part: bytes, at: int, kept: bytearray) -> int:
        found = _TO_QUOTE.match(part, at)
        end = found.end() - 1 if found else len(part)
        self._add(part[at:end], kept)
        if found is None:
            return end
        self._pending = end + 1 == len(part)
        if not self._pending:
            self._close(kept)
        return end + 1


def _line_parts(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yields lines with their ends, and parts of lines that no piece holds whole, with whether the line ends there."""
    rest, inside = b"", False
    for piece in pieces:
        data = rest + piece
        at = 0
        # most of a large cell is no line end, for which one byte is sought far faster than a pattern
        for found in _LINE_END.finditer(data) if b"\n" in data or b"\r" in data else ():
            yield data[at : found.end()], True
            at = found.end()
        end = len(data) - data.endswith(b"\r")  # what follows it decides what it means
        if at < end:
            yield data[at:end], False
        inside = at < end or (inside and at == 0)
        rest = data[end:]
    if rest or inside:
        yield rest, True
