"""Numbered altered files: the same seed and number always give the same file."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.fuzz import byte_changes, csv_changes, json_changes, parquet_changes
from bench.fuzz.seeds import seed

PLAIN = 0.05  # share of files that are not altered, so that whole ones are seen to be read
COMPRESSED = 0.25
_STRUCTURE = {"parquet": parquet_changes.change, "jsonl": json_changes.change, "csv": csv_changes.change}
_SUFFIXES = {".jsonl": (".gz", ".zst"), ".csv": (".gz",)}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One altered file: its format, the table it feeds, the end of its name, and its bytes."""

    number: int
    format: str
    table: str
    suffix: str
    data: bytes

    @property
    def name(self) -> str:
        """The file's name, unlike that of every other."""
        return f"{self.number:07}{self.suffix}"


def mutant(first: int, number: int, names: Sequence[str]) -> Mutant:
    """The file with this number of the series that begins with the seed `first`; formats take turns."""
    chance = random.Random(first << 32 | number)
    base = seed(names[number % len(names)], chance, number)
    if chance.random() < PLAIN:
        return Mutant(number, base.format, base.table, base.suffix, base.data)
    data = _changed(base.data, base.suffix, chance)
    packing = _SUFFIXES.get(base.suffix, ())
    if packing and chance.random() < COMPRESSED:
        suffix = chance.choice(packing)
        return Mutant(
            number, base.format, base.table, base.suffix + suffix, byte_changes.compress(data, suffix, chance)
        )
    return Mutant(number, base.format, base.table, base.suffix, data)


def _changed(data: bytes, suffix: str, chance: random.Random) -> bytes:
    structure = _STRUCTURE.get(suffix[1:])
    kind = chance.random()
    if structure is None or kind < 0.35:
        return byte_changes.change(data, chance)
    if suffix != ".parquet" and kind < 0.4:
        return byte_changes.encode(data, chance)
    data = structure(data, chance)
    return byte_changes.change(data, chance) if kind > 0.85 else data
