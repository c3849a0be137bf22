"""Holders of accounts, as files of a provider name them: the person or organisation, its owners and parents."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from stillwatch.errors import InputError, reason_of
from stillwatch.records.columns import nearest
from stillwatch.records.printable import printable

LONGEST = 1_000
"""Characters of an id or a name that are read."""
LONGEST_COLUMN = 1_000_000
"""Characters of all names in one column, as of a cell."""
MOST_NAMES = 200
"""Names in one column of a holder: whoever fills one in leaves the others their room."""
_LOOKED_AT, _SHOWN = 1_000, 40
"""Rows whose columns are noted, and columns that are named in a message."""
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
ROLES = {
    "name": "holder",
    "organisation_name": "holder",
    "aliases": "alias",
    "owners": "owner",
    "parents": "parent",
}
"""The columns that hold names, and whose names they are."""
_WANTED = frozenset({"account_id", "country", "organisation_country", "birth_date", *ROLES})


@dataclass(frozen=True, slots=True)
class Named:
    """One name of an account's holder. The country is shown to people, and never weighed."""

    account_id: str
    name: str
    role: str = "holder"  # or `alias`, `owner`, `parent`
    country: str = ""
    birth_year: int | None = None


@dataclass(slots=True)
class Counts:
    """How many rows were read, how many of them name no account or nobody, and which columns may be mistyped."""

    rows: int = 0
    unusable: int = 0
    doubts: list[str] = field(default_factory=list)


def read_holders(path: Path, counts: Counts) -> Iterator[Named]:
    """The names in a file of holders (CSV, JSON lines, either as `.gz`, or Parquet), counted as they are read.

    Raises InputError where the file cannot be read, or has no column that names an account or anybody: nobody's name
    would be looked at, which would read like a clearance.
    """
    columns, rows = _columns(path), 0
    for row in rows_of(path, _WANTED):
        rows += 1
        if rows <= _LOOKED_AT:
            columns.update(str(name) for name in row)
        found = list(named(row))
        counts.unusable += not found
        yield from found
    counts.rows += rows
    shown = ", ".join(f"`{printable(name, 60)}`" for name in sorted(columns)[:_SHOWN]) or "none"
    if rows and ("account_id" not in columns or columns.isdisjoint(ROLES)):
        wanted = ", ".join(f"`{name}`" for name in ROLES)
        raise InputError(f"`{path}` needs the column `account_id` and one of {wanted}; it has {shown}")
    counts.doubts += _doubts(path, columns)


def _columns(path: Path) -> set[str]:
    """The columns of a Parquet file, of which only those that are wanted are read; of others rows show them."""
    if path.suffix.lower() != ".parquet":
        return set()
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_schema(path).names)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"`{path}` is no readable Parquet file ({reason_of(error)}); name another") from error


def _doubts(path: Path, columns: set[str]) -> Iterator[str]:
    """What is said of columns that are not read and are called almost like one that is."""
    missing = sorted(_WANTED - columns)
    for name in sorted(columns - _WANTED)[:LONGEST]:
        near = nearest(name, missing)
        if near is not None:
            yield f"`{path}`: column `{printable(name, 60)}` is not read; did you mean `{near}`?"


def named(row: Mapping[str, Any]) -> Iterator[Named]:
    """The names in one row; none where it names no account."""
    account = _text(row.get("account_id"))
    if not account:
        return
    country = _text(row.get("country") or row.get("organisation_country"))
    year = _YEAR.search(_text(row.get("birth_date")))
    born = int(year[1]) if year else None
    for column, role in ROLES.items():
        for name in _texts(row.get(column)):
            own = role in ("holder", "alias")
            yield Named(account, name, role, country if own else "", born if own else None)


def rows_of(path: Path, wanted: Collection[str]) -> Iterator[Mapping[str, Any]]:
    """The rows of a file of holders; of Parquet the columns that are wanted. Raises as `read_holders`."""
    try:
        yield from _rows(path, wanted)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"`{path}` cannot be read ({reason_of(error)}); name a readable file of holders") from error


def _rows(path: Path, wanted: Collection[str]) -> Iterator[Mapping[str, Any]]:
    kind = "".join(path.suffixes[-2:]).lower()
    if kind.endswith(".parquet"):
        yield from _parquet(path, wanted)
        return
    with _opened(path) as stream:
        if ".csv" in kind or ".tsv" in kind:
            csv.field_size_limit(LONGEST_COLUMN)
            yield from csv.DictReader(stream, delimiter="\t" if ".tsv" in kind else ",")
            return
        for line in stream:
            if line.strip():
                yield _json(line)


def _json(line: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _parquet(path: Path, wanted: Collection[str]) -> Iterator[Mapping[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        columns = [name for name in file.schema_arrow.names if name in wanted]
        for batch in file.iter_batches(10_000, columns=columns):
            yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise InputError(f"`{path}` is no readable Parquet file ({reason_of(error)}); name another") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as raw:
        bare = gzip.GzipFile(fileobj=raw) if path.suffix.lower() == ".gz" else raw
        # one name with a broken character must not hide the million behind it
        with io.TextIOWrapper(bare, "utf-8-sig", "replace", newline="") as text:
            yield text


def _texts(value: object) -> list[str]:
    from stillwatch.screening.spelling import seen  # here: `serve` runs without the extra that spelling needs

    parts = value if isinstance(value, list) else _written(value)[:LONGEST_COLUMN].split(";")
    names = (seen(_written(one), LONGEST) for one in parts)
    return list(islice((name for name in names if name), MOST_NAMES))


def _written(value: object) -> str:
    return str(value) if isinstance(value, str | int) or hasattr(value, "isoformat") else ""


def _text(value: object) -> str:
    return _written(value).strip()[:LONGEST]
