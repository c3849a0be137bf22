"""A mapping says from which paths of a record each contract column comes; it is applied record by record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stillwatch.read.gateways.bodies import request_values, response_values
from stillwatch.read.gateways.fields import Field, Walk, fields_of
from stillwatch.read.gateways.paths import Path, Texts, inside, present
from stillwatch.records.exact_json import is_rounded

Row = dict[str, object]
"""Values as found, by contract column; a column that is not there is null."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One way to fill a column: the value at a path, several joined, or a constant."""

    paths: tuple[Path, ...]
    constant: object = None
    joined_by: str | None = None  # none: the origin has one path at most
    words: Mapping[str, object] | None = None  # what stands for each text; `*` for any other
    transform: Callable[[object], object] | None = None
    reads_json: bool = False  # whether the transform takes a text for the JSON that it holds
    named: str = ""  # the transform's name, or the unit of time that it reads

    @property
    def is_plain(self) -> bool:
        """Whether the value at the path is the column's as it stands."""
        return len(self.paths) == 1 and (self.joined_by, self.words, self.transform) == (None, None, None)

    def of_one(self, value: object, texts: Texts) -> object:
        """Returns the column's value from the one at this origin's only path."""
        if self.words is not None:
            word = str(value) if isinstance(value, str | int | float) else ""
            return self.words.get(word, self.words.get("*"))
        if self.transform is None:
            return value
        return _read(self.transform, value, texts) if self.reads_json else self.transform(value)

    def of_several(self, found: Sequence[object]) -> object:
        """Returns the values joined where each says something, else None; of no path the constant."""
        if self.joined_by is None:
            return self.constant
        usable = all(present(part) and isinstance(part, str | int | float) and not is_rounded(part) for part in found)
        return self.joined_by.join(map(str, found)) if usable else None


_Placed = tuple[Origin, tuple[int, ...]]
"""An origin, and where the values of its paths stand among those found."""


class MappedColumns:
    """The columns of one format: origins in the order in which they count, and the bodies that fill what they leave.

    `absent` are texts that stand for no value, such as `-`.
    """

    def __init__(
        self,
        origins: Mapping[str, Sequence[Origin]],
        bodies: tuple[Sequence[Path], Sequence[Path]] = ((), ()),
        ignored: Sequence[Path] = (),
        absent: frozenset[str] = frozenset(),
    ) -> None:
        numbers: dict[str, int] = {}
        paths: list[Path] = []

        def number(path: Path) -> int:
            if path.text not in numbers:
                numbers[path.text] = len(paths)
                paths.append(path)
            return numbers[path.text]

        placed: dict[str, list[_Placed]] = {
            column: [(origin, tuple(map(number, origin.paths))) for origin in each] for column, each in origins.items()
        }
        self._plain = [
            (column, [places[0] for _, places in each])
            for column, each in placed.items()
            if all(origin.is_plain for origin, _ in each)
        ]
        self._others = [(column, placed[column]) for column in placed if column not in dict(self._plain)]
        self._bodies = [
            (number(path), values)
            for each, values in zip(bodies, (request_values, response_values), strict=True)
            for path in each
        ]
        self._fields: Field = fields_of(paths, ignored)
        self._count = len(paths)
        self._absent = absent

    def row(self, record: object, unknown: Counter[str]) -> Row:
        """Returns the values of the columns that the record has something for; counts its fields that are not read."""
        walk = Walk([None] * (self._count + 1), unknown)
        if isinstance(record, dict):
            walk.through(record, self._fields)
        found = walk.found
        if self._absent:
            found = [None if isinstance(value, str) and value in self._absent else value for value in found]
        row: Row = {}
        for column, places in self._plain:
            for place in places:
                value = found[place]
                if value or (value is not None and present(value)):
                    row[column] = value
                    break
        self._convert(found, walk.texts, row)
        return row

    def _convert(self, found: Sequence[object], texts: Texts, row: Row) -> None:
        """Adds the columns whose values are changed on their way, and what the bodies say of columns not filled yet."""
        for column, origins in self._others:
            if (value := _first_value(origins, found, texts)) is not None:
                row[column] = value
        for place, values in self._bodies:
            if body := found[place]:
                said = _read(values, body, texts)
                for column, value in said.items() if isinstance(said, dict) else ():
                    row.setdefault(column, value)


def _first_value(origins: Iterable[_Placed], found: Sequence[object], texts: Texts) -> object:
    for origin, places in origins:
        if len(places) == 1 and origin.joined_by is None:
            value = found[places[0]]
            value = None if value is None else origin.of_one(value, texts)
        else:
            value = origin.of_several([found[place] for place in places])
        if value is not None and present(value):
            return value
    return None


def _read(read: Callable[[object], object], value: object, texts: Texts) -> object:
    """Reads what a text holds as JSON, or the text itself where that says nothing.

    A client's own text may look like messages without being any: its words must not be lost.
    """
    held = inside(value, texts)
    if held is None or held is value:
        return read(value)
    if not present(held):
        return None
    said = read(held)
    return said if present(said) else read(value)
