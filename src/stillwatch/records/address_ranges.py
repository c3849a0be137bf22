"""The provider's own address data: which country a range is registered in, and which ranges hold machines only."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from stillwatch.errors import InputError, reason_of
from stillwatch.records.address_columns import Words

MOST_RANGES = 20_000_000
"""Ranges of one file; what is longer is no list of ranges of the internet."""
_LONGEST_LINE = 1_000
Address = IPv4Address | IPv6Address
Range = tuple[Address, Address, str]
Numbered = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges that do not overlap, in their order, by IP version; of IPv6 the upper 64 bits."""

    first: dict[int, NDArray[np.uint64]]
    last: dict[int, NDArray[np.uint64]]
    names: dict[int, NDArray[np.object_]]

    def names_of(self, words: Words) -> NDArray[np.object_]:
        """The name of the range in which each address lies, None where none does; `words` as by `address_words`."""
        found: NDArray[np.object_] = np.full(len(words), None, dtype=object)
        for version, column in ((4, 2), (6, 1)):
            rows = np.flatnonzero(words[:, 0, 0] == version)
            if not len(rows) or not len(self.first[version]):
                continue
            keys = words[rows, 0, column]
            place = np.searchsorted(self.first[version], keys, side="right") - 1
            inside = (place >= 0) & (keys <= self.last[version][place])
            found[rows[inside]] = self.names[version][place[inside]]
        return found


def read_countries(path: Path) -> Ranges:
    """Rows of first address, last address and country; raises InputError that names the row at fault."""
    return _ranges(path, _country_rows(path))


def read_lists(paths: Sequence[Path]) -> Ranges:
    """Ranges one a line, each under the name of its file; raises InputError that names the line at fault."""
    return _sorted([one for path in paths for one in _bounded(path, _listed(path))])


def _country_rows(path: Path) -> Iterator[Range]:
    with _opened(path) as stream:
        rows = csv.reader(stream)
        for number, row in enumerate(rows, 1):
            try:
                first, last, country = ip_address(row[0].strip()), ip_address(row[1].strip()), row[2].strip().upper()
            except (ValueError, IndexError) as error:
                if number == 1:
                    continue  # a heading
                raise InputError(
                    f"`{path}` line {number}: no row of first address, last address, country ({error})"
                ) from error
            yield first, last, country[:2]


def _listed(path: Path) -> Iterator[Range]:
    with _opened(path) as stream:
        for number, line in enumerate(stream, 1):
            text = line[:_LONGEST_LINE].partition("#")[0].strip()
            if not text:
                continue
            try:
                network = ip_network(text, strict=False)
            except ValueError as error:
                raise InputError(f"`{path}` line {number}: no range of addresses ({error})") from error
            yield network[0], network[-1], path.name


def _ranges(path: Path, rows: Iterable[Range]) -> Ranges:
    return _sorted(list(_bounded(path, rows)))


def _bounded(path: Path, rows: Iterable[Range]) -> Iterator[Range]:
    try:
        for number, row in enumerate(rows):
            if number >= MOST_RANGES:
                raise InputError(f"`{path}` has more than {MOST_RANGES:,} ranges")
            if row[0].version != row[1].version or int(row[0]) > int(row[1]):
                raise InputError(f"`{path}`: no range goes from {row[0]} to {row[1]}")
            yield row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"`{path}` cannot be read ({reason_of(error)}); name a readable file of ranges") from error


def _sorted(rows: list[Range]) -> Ranges:
    first: dict[int, NDArray[np.uint64]] = {}
    last: dict[int, NDArray[np.uint64]] = {}
    names: dict[int, NDArray[np.object_]] = {}
    for version, shift in ((4, 0), (6, 64)):
        mine = _flat((int(one[0]) >> shift, int(one[1]) >> shift, one[2]) for one in rows if one[0].version == version)
        first[version] = np.array([one[0] for one in mine], np.uint64)
        last[version] = np.array([one[1] for one in mine], np.uint64)
        names[version] = np.array([one[2] for one in mine], dtype=object)
    return Ranges(first, last, names)


def _flat(rows: Iterable[Numbered]) -> list[Numbered]:
    """The same as pieces that do not overlap: of ranges inside one another the innermost counts."""
    found: list[Numbered] = []
    around: list[Numbered] = []  # ranges that have begun, the innermost last
    begins = 0  # of what is not cut yet
    for first, last, name in sorted(rows, key=lambda one: (one[0], -one[1])):
        begins = _cut(around, begins, first, found)
        begins = _cut(around, begins, first, found)
        while around and around[-1][1] <= last:  # one that only overlaps gives way to the later one
            around.pop()
        around.append((first, last, name))
    _cut(around, begins, 1 << 64, found)
    return found


def _cut(around: list[Numbered], begins: int, until: int, found: list[Numbered]) -> int:
    """Adds the pieces of the ranges around from `begins` to before `until`, and returns where the next one begins."""
    while around and begins < until:
        first, last, name = around[-1]
        start, end = max(first, begins), min(last, until - 1)
        if start <= end:
            found.append((start, end, name))
            begins = end + 1
        if last >= until:
            break
        around.pop()
    return until


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
        yield stream
