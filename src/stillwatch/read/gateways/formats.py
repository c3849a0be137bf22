"""Formats by name: what turns the records of a gateway's log into rows of `exchanges`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path as File

from stillwatch.errors import Mistake, UsageError
from stillwatch.read.gateways.loading import (
    FOLDER,
    Description,
    describe,
    near,
    shipped_names,
)
from stillwatch.read.gateways.mapping import Row
from stillwatch.read.gateways.paths import Texts, present
from stillwatch.read.gateways.unpackers import DECODERS, ROWS_IN, UNPACKERS, Decoder

_RECOGNISED = 0.5  # share of the first records that a format must explain; programs log failures of their own too
_STRAY = 0.1  # share of the first records up to which those of another format make a file none of several


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """How one gateway writes its log.

    `decode` returns the record that the bytes of a line or document hold, None where they hold none.
    """

    description: Description
    decode: Decoder

    @property
    def name(self) -> str:
        """The name by which users ask for this format."""
        return self.description.name

    @property
    def rows_in(self) -> frozenset[str]:
        """The lists inside a record whose elements hold rows, and an empty name for an array around records."""
        return ROWS_IN.get(self.description.unpack, frozenset()) | {""}

    def rows(self, record: object, unknown: Counter[str]) -> Iterator[Row]:
        """Yields one row an exchange: values as found, not yet typed, by contract column; absent ones are left out.

        Adds to `unknown` the paths of fields that are not read, at most some hundred distinct ones. No record makes
        this raise: what cannot be understood is absent from its row.
        """
        for one in UNPACKERS[self.description.unpack](record, unknown):
            yield self.description.columns.row(one, unknown)

    def explains(self, record: object) -> bool:
        """Returns whether a record, or each of a list, has the fields by which this format is recognised."""
        if isinstance(record, list):
            return bool(record) and all(isinstance(one, dict) and self.explains(one) for one in record)
        texts: Texts = {}
        all_of, any_of = self.description.all_of, self.description.any_of
        return (
            bool(all_of or any_of)
            and all(present(path.find(record, texts)) for path in all_of)
            and (not any_of or any(present(path.find(record, texts)) for path in any_of))
        )


def names() -> tuple[str, ...]:
    """The names of the formats in the package, ascending."""
    return shipped_names()


@cache
def named(name: str) -> Format:
    """Returns the format of this name. Raises UsageError with the nearest name where there is none."""
    if name not in shipped_names():
        raise UsageError([Mistake(f"format `{name}`", "does not exist", near(name, shipped_names()))])
    return load_mapping(FOLDER / f"{name}.toml")


def load_mapping(path: File) -> Format:
    """Returns the format that a mapping file describes. Raises UsageError with every mistake in it."""
    description = describe(path)
    return Format(description, DECODERS[description.decode])


def recognise(records: Sequence[object]) -> Format | None:
    """Returns the one format whose fields the first records of a file have; None where there is none, or several."""
    return _one({form: sum(map(form.explains, records)) for form in _shipped()}, len(records))


def recognise_text(lines: Sequence[bytes]) -> Format | None:
    """Returns the one format that the first lines of a file are in; None where there is none, or several."""
    return _one({form: sum(form.explains(form.decode(line)) for line in lines) for form in _shipped()}, len(lines))


def _shipped() -> Iterator[Format]:
    return map(named, shipped_names())


def _one(counts: dict[Format, int], records: int) -> Format | None:
    # a record or two of another shape are a client's, or a mistake
    found = [form for form, count in counts.items() if count > _STRAY * records]
    return found[0] if len(found) == 1 and counts[found[0]] > _RECOGNISED * records else None
