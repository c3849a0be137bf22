"""Parses CSV and TSV into columns; an empty cell is an absent value, a list is a JSON array."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from stillwatch.errors import InputError
from stillwatch.input_files import Source, unreadable
from stillwatch.read.formats.lines import Line
from stillwatch.read.formats.parsed import Batch, Parsed, Reader
from stillwatch.read.validation.rejects import LINE_TOO_LONG, MALFORMED_CSV, WRONG_FIELD_COUNT, Reject, printable
from stillwatch.records import Table
from stillwatch.records.columns import nearest
from stillwatch.records.inputs import EXCHANGES

_BATCH_ROWS = 4_096
_BATCH_CHARACTERS = 8_000_000
_DELIMITERS = ",\t;|"
_LINE_END = re.compile(rb"\r\n|\n|\r(?=[^\n])")
_TO_QUOTE = re.compile(rb'[^"]*+(?:""[^"]*+)*+"(?!")')
_RAW = 1_000  # bytes of a record that are kept, to say what was in it


@dataclass(slots=True)
class _Feed:
    """Lines for `csv.reader` in which no quoted cell is longer than the limit; it knows the number of the last line.

    A line ends in a line feed, a carriage return or both.
    """

    pieces: Iterator[bytes]
    line_bytes: int
    number: int = 0
    cut: bool = False  # whether a cell was cut since somebody last set this to false
    overlong: list[int] = field(default_factory=list)  # lines that were left out: too many or too long cells
    _quoted: bool = False  # whether the last line ended within quotes
    _cell: int = 0  # bytes so far of the cell within quotes
    _kept: bytearray = field(default_factory=bytearray)  # of a line whose end is not yet seen

    @property
    def cell_bytes(self) -> int:
        """How much of a cell is kept."""
        return max(self.line_bytes // 2, 1)

    def __iter__(self) -> Iterator[str]:
        for part, ended in _line_parts(self.pieces):
            if ended and not self._kept and self._cell + len(part) <= self.cell_bytes:
                self.number += 1
                if part.count(b'"') % 2:
                    self._quoted, self._cell = not self._quoted, 0
                self._cell += len(part) if self._quoted else 0
                yield part.decode("utf-8", "surrogateescape")
                continue
            self._take(part)
            if ended:
                yield from self._line()
        if self._kept:
            yield from self._line()

    def _line(self) -> Iterator[str]:
        self.number += 1
        line = bytes(self._kept)
        self._kept.clear()
        if len(line) > 2 * self.line_bytes:
            self.overlong.append(self.number)
        else:
            yield line.decode("utf-8", "surrogateescape")

    def _take(self, part: bytes) -> None:
        at = 0
        while at < len(part):
            at = self._cell_end(part, at) if self._quoted else self._cell_start(part, at)

    def _keep(self, data: bytes) -> None:
        if len(self._kept) <= 2 * self.line_bytes:
            self._kept += data

    def _cell_start(self, part: bytes, at: int) -> int:
        quote = part.find(b'"', at)
        end = len(part) if quote < 0 else quote + 1
        self._keep(part[at:end])
        self._quoted, self._cell = quote >= 0, 0
        return end

    def _cell_end(self, part: bytes, at: int) -> int:
        found = _TO_QUOTE.match(part, at)
        end = found.end() - 1 if found else len(part)
        taken = part[at : min(end, at + max(self.cell_bytes - self._cell, 0))]
        if len(taken) < end - at:
            self.cut = True
            if (len(taken) - len(taken.rstrip(b'"'))) % 2:
                taken = taken[:-1]  # half of an escaped quote
        self._keep(taken)
        self._cell += end - at
        if found is None:
            return end
        self._keep(b'"')
        self._quoted = False
        return end + 1


def _line_parts(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yields lines with their ends, and parts of lines that no piece holds whole, with whether the line ends there."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        at = 0
        # most of a large cell is no line end, for which one byte is sought far faster than a pattern
        for found in _LINE_END.finditer(data) if b"\n" in data or b"\r" in data else ():
            yield data[at : found.end()], True
            at = found.end()
        torn = _torn(data[at:])
        rest = data[len(data) - torn :]
        if at < len(data) - torn:
            yield data[at : len(data) - torn], False
    if rest:
        yield rest, True


def _torn(data: bytes) -> int:
    """How many bytes at the end wait for what follows them, which decides what they mean."""
    if data.endswith(b"\r"):
        return 1
    quotes = len(data) - len(data.rstrip(b'"'))
    return 2 - quotes % 2 if quotes else 0  # an even number before them escape one another


def parse_csv(reader: Reader, source: Source, pieces: Iterator[bytes], max_line_bytes: int) -> Iterator[Parsed]:
    """Yields the source's records in batches; raises InputError when its first line is no CSV."""
    csv.field_size_limit(2 * max_line_bytes)
    feed = _Feed(pieces, max_line_bytes)
    lines = iter(feed)
    first = next(lines, "")
    names = _names(first, source)
    records = csv.reader(lines, strict=True, delimiter=_delimiter(first, source))
    batch, characters = Batch(reader), 0
    while True:
        began = feed.number + 1
        feed.cut = False
        try:
            record = next(records)
        except StopIteration:
            break
        except csv.Error as error:
            batch.rejects.append(Reject(began, MALFORMED_CSV, str(error)))
            continue
        if "".join(record).strip():
            characters += _add(batch, names, record, (began, feed.cut))
        if len(batch.lines) + len(batch.rejects) >= _BATCH_ROWS or characters >= _BATCH_CHARACTERS:
            yield _with_overlong(batch, feed)
            batch, characters = Batch(reader), 0
    yield _with_overlong(batch, feed)


def first_rows(
    source: Source, pieces: Iterator[bytes], max_line_bytes: int, rows: int
) -> tuple[list[str], list[dict[str, str]]]:
    """Returns the column names in the first line, none for an empty file, and at most so many rows after it."""
    csv.field_size_limit(2 * max_line_bytes)
    lines = iter(_Feed(pieces, max_line_bytes))
    first = next(lines, "")
    names = _names(first, source)
    found: list[dict[str, str]] = []
    try:
        for record in islice(csv.reader(lines, delimiter=_delimiter(first, source)), rows):
            if len(record) == len(names):
                found.append(dict(zip(names, record, strict=True)))
    except csv.Error:
        pass  # the quarantine reports that row
    return names, found


def missing_columns(source: Source, table: Table, present: Sequence[str]) -> InputError:
    """Returns the error for a file without columns that every row of the table must have."""
    shown = ", ".join(f"`{printable(name, 60)}`" for name in present[:30]) or "none"
    absent = []
    for name in table.required:
        if name not in present:
            near = nearest(name, present)
            absent.append(f"`{name}`" + (f" (is it `{printable(near, 60)}`?)" if near else ""))
    reason = f"it has no column {', '.join(absent)}; it has {shown}"
    if table is not EXCHANGES:
        return unreadable(source, reason)
    remedy = "rename columns, or name a `--mapping`, which `stillwatch check --suggest` proposes"
    return unreadable(source, reason, remedy)


def _delimiter(header: str, source: Source) -> str:
    if source.name.endswith(".tsv"):
        return "\t"
    return max(_DELIMITERS, key=header.count)


def _names(header: str, source: Source) -> list[str]:
    try:
        found = next(csv.reader([header], delimiter=_delimiter(header, source)), [])
        # blanks are left out, unless another column is named so: that one is meant then
        given = set(found)
        return [name if name.strip() in given else name.strip() for name in found]
    except csv.Error as error:
        raise unreadable(source, f"its first line is not CSV ({error})") from error


def _add(batch: Batch, names: list[str], record: list[str], place: tuple[int, bool]) -> int:
    number, cut = place
    raw = ",".join(record)
    line = Line(number, raw[:_RAW].encode("utf-8", "surrogateescape"))
    if len(record) != len(names):
        batch.rejects.append(Reject(number, WRONG_FIELD_COUNT, line.data))
    else:
        batch.add(dict(zip(names, record, strict=True)), line, cut)
    return len(raw)


def _with_overlong(batch: Batch, feed: _Feed) -> Parsed:
    batch.rejects.extend(Reject(number, LINE_TOO_LONG, b"") for number in feed.overlong)
    feed.overlong.clear()
    return batch.parsed()
