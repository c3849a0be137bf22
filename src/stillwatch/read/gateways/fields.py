"""Collects the values at all paths of a mapping in one walk through a record, and counts the fields that none reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stillwatch.read.gateways.paths import Path, Texts, inside, present

OTHER = "(other fields)"
"""Counts fields beyond the first MOST distinct ones: clients can invent names without end."""
MOST = 300
_LONGEST = 100  # characters of a field's path that are kept


@dataclass(slots=True)
class Field:
    """A key that some path names, with the keys below it.

    `whole` are the numbers of paths that end with this key, `rest` of those that end here if this key stands for all
    their remaining segments, which counts before. `lists` are paths that go on from their segment `at` into a list.
    Where `read_whole`, nothing below is unknown. `direct` are the keys below at which one path ends and none goes on,
    with its number; or with the number's complement where the path's rest as one key counts before.
    """

    below: dict[str, Field] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)
    rest: list[int] = field(default_factory=list)
    lists: list[tuple[int, Path, int]] = field(default_factory=list)
    read_whole: bool = False
    direct: dict[str, int] = field(default_factory=dict)

    def settle(self) -> None:
        """Fills `direct`, once all paths are added."""
        for key, field_here in self.below.items():
            field_here.settle()
            ends = [*field_here.rest, *(~number for number in field_here.whole)]
            if len(ends) == 1 and not (field_here.below or field_here.lists):
                self.direct[key] = ends[0]


def fields_of(paths: Sequence[Path], ignored: Iterable[Path]) -> Field:
    """Returns the fields that these paths read, by their numbers, and those that are ignored on purpose.

    The values of the latter all have the number after the last path's.
    """
    root = Field()
    for number, path in enumerate(paths):
        _add(root, path, number)
    for path in ignored:
        _add(root, path, len(paths))
    root.settle()
    return root


def _add(root: Field, path: Path, number: int) -> None:
    known, last = root, len(path.segments) - 1
    for at, segment in enumerate(path.segments):
        if at < last:
            known.below.setdefault(path.rests[at], Field()).rest.append(number)
        known = known.below.setdefault(segment, Field())
        if at == last:
            known.whole.append(number)
            known.read_whole = True
        elif path.goes_into_a_list(at + 1):
            known.lists.append((number, path, at + 1))
            return


@dataclass(slots=True)
class Walk:
    """A walk through one record: what it has found so far at the paths, by their numbers, and which texts it opened.

    `found` has one place more than there are paths. Names of unknown fields are added to `unknown`: of those that say
    something and that no path reads or passes; at most MOST distinct ones are counted.
    """

    found: list[object]
    unknown: Counter[str]
    texts: Texts = field(default_factory=dict)

    def through(self, record: dict[str, object], known: Field, prefix: str = "", counted: bool = True) -> None:
        """Goes through an object and what is known below it; `prefix` is its path."""
        direct, found = known.direct, self.found
        others = []
        for key, value in record.items():
            number = direct.get(key)
            if number is None:
                others.append(key)
            elif number >= 0:
                found[number] = value
            elif found[~number] is None:
                found[~number] = value
        for key in others:
            field_here = known.below.get(key)
            if field_here is not None:
                self._at(record[key], field_here, f"{prefix}{key}.", counted)
            elif counted and present(record[key]):
                note(self.unknown, f"{prefix}{key}"[:_LONGEST])

    def _at(self, value: object, field_here: Field, prefix: str, counted: bool) -> None:
        found = self.found
        for number in field_here.whole:
            if found[number] is None:
                found[number] = value
        for number in field_here.rest:
            found[number] = value
        for number, path, at in field_here.lists:
            if found[number] is None:
                found[number] = path.find(value, self.texts, at)
        if field_here.below and isinstance(inner := inside(value, self.texts), dict):
            self.through(inner, field_here, prefix, counted and not field_here.read_whole)


def note(unknown: Counter[str], name: str) -> None:
    """Counts one name, as OTHER where MOST distinct names are counted already."""
    unknown[name if name in unknown or len(unknown) < MOST else OTHER] += 1
