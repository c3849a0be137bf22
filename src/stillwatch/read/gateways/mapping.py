"""A mapping says from which paths of a record each contract column comes; it is applied record by record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stillwatch.read.gateways.bodies import request_values, response_values
from stillwatch.read.gateways.paths import Path, Texts, inside, present

Row = dict[str, object]
"""Values as found, by contract column; a column that is not there is null."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One way to fill a column: a value at a path, several joined, or a constant."""

    paths: tuple[Path, ...]
    constant: object = None
    joined_by: str | None = None  # none: the origin has one path at most
    words: Mapping[str, object] | None = None  # what stands for each text; other texts are absent
    transform: Callable[[object], object] | None = None
    reads_json: bool = False  # whether the transform takes a text for the JSON that it holds
    absent: frozenset[str] = frozenset()

    def value(self, record: object, texts: Texts) -> object:
        """Returns the value that this origin finds in a record, None where there is none."""
        if not self.paths:
            return self.constant
        if self.joined_by is not None:
            parts = [path.find(record, texts) for path in self.paths]
            usable = all(isinstance(part, str | int | float) and self._says_something(part) for part in parts)
            return self.joined_by.join(map(str, parts)) if usable else None
        value = self.paths[0].find(record, texts)
        if not self._says_something(value):
            return None
        if self.words is not None:
            return self.words.get(str(value)) if isinstance(value, str | int | float) else None
        return self._transformed(value, texts)

    def _says_something(self, value: object) -> bool:
        return present(value) and not (isinstance(value, str) and value in self.absent)

    def _transformed(self, value: object, texts: Texts) -> object:
        if self.transform is None:
            return value
        return _read(self.transform, value, texts) if self.reads_json else self.transform(value)


@dataclass(frozen=True, slots=True)
class MappedColumns:
    """The columns of one format: origins in the order in which they count, and the bodies that fill what they leave."""

    origins: Mapping[str, tuple[Origin, ...]]
    requests: tuple[Path, ...] = ()
    responses: tuple[Path, ...] = ()
    absent: frozenset[str] = field(default=frozenset())

    def row(self, record: object, texts: Texts) -> Row:
        """Returns the values of the columns that the record has something for."""
        row: Row = {}
        for column, origins in self.origins.items():
            for origin in origins:
                value = origin.value(record, texts)
                if value is not None and present(value):
                    row[column] = value
                    break
        for paths, values in ((self.requests, request_values), (self.responses, response_values)):
            for path in paths:
                body = path.find(record, texts)
                if present(body):
                    found = _read(values, body, texts)
                    for column, value in found.items() if isinstance(found, dict) else ():
                        row.setdefault(column, value)
        return row


def _read(read: Callable[[object], object], value: object, texts: Texts) -> object:
    """Reads what a text holds as JSON, or the text itself where that says nothing.

    A client's own text may look like messages without being any: its words must not be lost.
    """
    held = inside(value, texts)
    if held is None or held is value:
        return read(value)
    if not present(held):
        return None
    found = read(held)
    return found if present(found) else read(value)
