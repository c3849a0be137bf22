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
    Where `read_whole`, nothing below is unknown.
    """

    below: dict[str, Field] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)
    rest: list[int] = field(default_factory=list)
    lists: list[tuple[int, Path, int]] = field(default_factory=list)
    read_whole: bool = False

    def take(self, value: object, found: list[object], texts: Texts) -> None:
        """Puts this key's value, or what its paths find in it, into `found`."""
        for number in self.whole:
            if found[number] is None:
                found[number] = value
        for number in self.rest:
            found[number] = value
        for number, path, at in self.lists:
            if found[number] is None:
                found[number] = path.find(value, texts, at)


def fields_of(paths: Sequence[Path], ignored: Iterable[Path]) -> Field:
    """Returns the fields that these paths read, by their numbers, and those that are ignored on purpose."""
    root = Field()
    for number, path in enumerate(paths):
        _add(root, path, [number])
    for path in ignored:
        _add(root, path, [])
    return root


def _add(root: Field, path: Path, numbers: list[int]) -> None:
    known, last = root, len(path.segments) - 1
    for at, segment in enumerate(path.segments):
        if at < last:
            known.below.setdefault(path.rests[at], Field()).rest.extend(numbers)
        known = known.below.setdefault(segment, Field())
        if at == last:
            known.whole.extend(numbers)
            known.read_whole = True
        elif path.goes_into_a_list(at + 1):
            known.lists.extend((number, path, at + 1) for number in numbers)
            return


def collect(
    record: dict[str, object],
    known: Field,
    found: list[object],
    texts: Texts,
    unknown: Counter[str] | None,
    prefix: str = "",
) -> None:
    """Puts the values at the paths into `found` by their numbers; adds the names of unknown fields to `unknown`.

    Unknown are fields that say something and that no path reads or passes. At most MOST distinct names are counted.
    """
    below = known.below
    for key, value in record.items():
        field_here = below.get(key)
        if field_here is None:
            if unknown is not None and present(value):
                note(unknown, f"{prefix}{key}"[:_LONGEST])
        elif value is not None:
            field_here.take(value, found, texts)
            if field_here.below and isinstance(inner := inside(value, texts), dict):
                counted = None if field_here.read_whole else unknown
                collect(inner, field_here, found, texts, counted, f"{prefix}{key}.")


def note(unknown: Counter[str], name: str) -> None:
    """Counts one name, as OTHER where MOST distinct names are counted already."""
    unknown[name if name in unknown or len(unknown) < MOST else OTHER] += 1
