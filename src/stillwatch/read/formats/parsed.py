"""What reading a stretch of a file gives, whichever format it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stillwatch.read.formats.lines import Line
from stillwatch.read.validation.faults import CUT, Fault
from stillwatch.read.validation.rejects import Reject
from stillwatch.read.validation.typed import Conventions, Typed, Values, typed
from stillwatch.records import Table

WHOLE_ROW = "*"  # stands for the column where a row was cut as a whole


class Places(Protocol):
    """Where each row lies, and the bytes that it was read from."""

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each row's line, (rows,)."""

    def line(self, index: int) -> Line:
        """The line of the row with this index."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line for each row, held one by one."""

    lines: Sequence[Line]

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each row's line, (rows,)."""
        return np.fromiter((line.number for line in self.lines), np.int64, len(self.lines))

    def line(self, index: int) -> Line:
        """The line of the row with this index."""
        return self.lines[index]


@dataclass(frozen=True, slots=True)
class Parsed:
    """Rows in a table's columns, where each lies, and what holds no row at all."""

    typed: Typed
    places: Places
    rejects: tuple[Reject, ...]


class RecordFormat(Protocol):
    """A format that says how the records of a gateway or tool become rows."""

    @property
    def name(self) -> str: ...

    @property
    def decode(self) -> Callable[[bytes], object]:
        """What makes a record of a line or document; it gives None for what is no record."""

    @property
    def rows_in(self) -> frozenset[str]:
        """The lists inside a record whose elements hold rows, and an empty name for an array around records."""

    def rows(self, record: object, unknown: Counter[str]) -> Iterator[dict[str, object]]: ...


@dataclass(slots=True)
class Reader:
    """How the records of one file become rows of a table: as they are named, or by a record format."""

    table: Table
    how: Conventions
    format: RecordFormat | None = None
    unknown: Counter[str] = field(default_factory=Counter)  # fields that the format does not know

    @property
    def rows_in(self) -> frozenset[str]:
        """The lists whose elements hold rows of their own, as the format names them."""
        return frozenset() if self.format is None else self.format.rows_in

    def rows(self, record: object) -> Iterator[Mapping[str, object]]:
        """The rows that one record holds, with values of any type."""
        if self.format is not None:
            yield from self.format.rows(record, self.unknown)
        elif isinstance(record, dict):
            yield record


@dataclass(slots=True)
class Batch:
    """Rows of any types, until there are enough for columns."""

    reader: Reader
    rows: list[Mapping[str, object]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)  # indices of rows of which something was left out
    rejects: list[Reject] = field(default_factory=list)

    def add(self, record: object, line: Line, cut: bool = False) -> None:
        """Adds the rows of one record."""
        for row in self.reader.rows(record):
            if cut:
                self.cut.append(len(self.rows))
            self.rows.append(row)
            self.lines.append(line)

    def parsed(self) -> Parsed:
        """The rows so far as columns."""
        names = {name for row in self.rows for name in row}
        values: dict[str, Values] = {
            name: [row.get(name) for row in self.rows] for name in self.reader.table.names if name in names
        }
        found = typed(self.reader.table, values, len(self.rows), self.reader.how)
        cut = tuple(Fault(index, WHOLE_ROW, CUT, None) for index in self.cut if index not in found.unusable)
        whole = Typed(found.rows, found.unusable, found.faults + cut)
        return Parsed(whole, Listed(self.lines), tuple(self.rejects))
