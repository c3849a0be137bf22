"""Screening lists in the form of the public Consolidated Screening List, as CSV or JSON, become entries.

A list is the user's file. What cannot be used in it is left out and said; what cannot be a list is refused.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stillwatch.errors import InputError, reason_of
from stillwatch.records.printable import printable
from stillwatch.records.sentences import counted

MOST_BYTES = 500_000_000
MOST_ENTRIES = 1_000_000
MOST_NAMES_OF_AN_ENTRY = 200
_LONGEST_FIELD = 1_000_000
_SEVERAL = re.compile(r"\s*;\s*")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_LETTER = re.compile(r"\w")
_FORM = (
    "source",
    "entity_number",
    "type",
    "programs",
    "alt_names",
    "addresses",
    "citizenships",
    "nationalities",
    "dates_of_birth",
)
"""What tells a list from any other file with a `name`; `id` tells nothing."""
_SHOWN = 10
_REMEDY = "give a list in the Consolidated Screening List's form, as CSV or JSON"
_WITHOUT_NAME, _SHORT, _REPEATED = ("row", "without a name"), ("name", "of one letter"), ("row", "repeated")


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody on a list. `key` names the entry as long as the list keeps its source and number."""

    key: str
    source: str
    kind: str  # `Individual`, `Entity`, `Vessel`, … as the list says
    names: tuple[str, ...]
    programs: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    birth_years: tuple[int, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class ScreeningList:
    """One list's entries, the digest of its file, and what was left out or read otherwise than it stood."""

    name: str
    sha256: str
    entries: tuple[Entry, ...]
    said: tuple[str, ...] = ()


def read_list(path: Path) -> ScreeningList:
    """The list in a file; raises InputError where it cannot be read, is no list, or is larger than any list."""
    raw = _bytes(path)
    text, said = _decoded(raw)
    rows = _json_rows(text, path) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text, path)
    entries, more = _merged(rows, path)
    if not entries:
        raise InputError(f"`{path}` names nobody; give a list with names in its column `name`")
    return ScreeningList(path.name, hashlib.sha256(raw).hexdigest(), entries, (*said, *more))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {reason_of(error)}; name a readable list") from error
    if len(raw) > MOST_BYTES:
        raise InputError(f"`{path}` is larger than {MOST_BYTES:,} bytes; no screening list is: divide it")
    return raw


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace"), ["it is UTF-16, and was read so"]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        said = f"byte {error.start:,} is not UTF-8; it was read as Windows-1252: look whether names stand there rightly"
        return raw.decode("cp1252", "replace"), [said]


def _csv_rows(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.DictReader(io.StringIO(text.replace("\0", ""), newline=""))
    try:
        columns = [one.strip().lower() for one in reader.fieldnames or ()]
        if "name" not in columns:
            raise InputError(f"`{path}` has no column `name`; {_REMEDY}")
        _check(dict.fromkeys(columns), path)
        reader.fieldnames = columns
        yield from reader
    except csv.Error as error:
        raise InputError(f"`{path}` is no CSV at line {reader.line_num:,}: {error}; {_REMEDY}") from error


def _json_rows(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is no JSON: {reason_of(error)}; {_REMEDY}") from error
    rows = found.get("results") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise InputError(f"`{path}` has no list `results`; {_REMEDY}")
    found = [row for row in rows if isinstance(row, dict)]
    _check({key: None for row in found for key in row}, path)
    yield from found


def _check(columns: Collection[str], path: Path) -> None:
    """Raises InputError where the columns are another table's: its names, held against, would read like a clearance.

    A column `name` alone is somebody's own list.
    """
    strange = [one for one in columns if one != "name"]
    if "account_id" in strange or (strange and not set(_FORM) & set(strange)):
        shown = ", ".join(f"`{printable(one, 60)}`" for one in strange[:_SHOWN])
        wanted = ", ".join(f"`{one}`" for one in _FORM)
        raise InputError(f"`{path}` is no screening list: it has {shown}; give one with `name` and some of {wanted}")


def _merged(rows: Iterable[Mapping[str, Any]], path: Path) -> tuple[tuple[Entry, ...], list[str]]:
    """Entries by key, with the names of all rows of that key; and what was left out."""
    found: dict[str, Entry] = {}
    counts = dict.fromkeys((_WITHOUT_NAME, _SHORT, _REPEATED), 0)
    for row in rows:
        entry, short = _entry(row)
        counts[_SHORT] += short
        if entry is None:
            counts[_WITHOUT_NAME] += 1
            continue
        known = found.get(entry.key)
        if known is None:
            if len(found) == MOST_ENTRIES:
                raise InputError(f"`{path}` has more than {MOST_ENTRIES:,} entries; no screening list has: divide it")
            found[entry.key] = entry
            continue
        fresh = tuple(name for name in entry.names if name not in known.names)
        counts[_REPEATED] += not fresh
        found[entry.key] = replace(known, names=(*known.names, *fresh)[:MOST_NAMES_OF_AN_ENTRY])
    said = [f"{counted(count, noun)} {which} left out" for (noun, which), count in counts.items() if count]
    return tuple(found.values()), said


def _entry(row: Mapping[str, Any]) -> tuple[Entry | None, int]:
    names = [_text(row.get("name")), *_texts(row.get("alt_names"))]
    usable = tuple(dict.fromkeys(name for name in names if len(_LETTER.findall(name)) > 1))
    short = sum(len(_LETTER.findall(name)) == 1 for name in names)
    if not usable:
        return None, short
    source = _text(row.get("source"))
    number = next((_text(row.get(one)) for one in ("entity_number", "id", "_id") if _text(row.get(one))), "")
    # without a number the names are the entry; two people of one name in a list without numbers are one
    key = f"{source}\t{number}" if number else f"{source}\t{'|'.join(sorted(usable))}"
    countries = [*_texts(row.get("citizenships")), *_texts(row.get("nationalities")), *_countries(row.get("addresses"))]
    years = {int(year) for one in _texts(row.get("dates_of_birth")) for year in _YEAR.findall(one)}
    return Entry(
        key,
        source,
        _text(row.get("type")),
        usable[:MOST_NAMES_OF_AN_ENTRY],
        tuple(_texts(row.get("programs"))),
        tuple(dict.fromkeys(one for one in countries if one)),
        tuple(sorted(years)),
        _text(row.get("source_information_url") or row.get("source_list_url")),
    ), short


def _countries(addresses: object) -> list[str]:
    if isinstance(addresses, list):
        return [_text(one.get("country")) for one in addresses if isinstance(one, dict)]
    # in CSV an address ends with its country
    return [part for part in (one.rpartition(",")[2].strip() for one in _texts(addresses)) if len(part) == 2]


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [text for text in (_text(one) for one in value) if text]
    return [one for one in _SEVERAL.split(_text(value)) if one]


def _text(value: object) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int) else ""
